"""Inspectors of XML parts of an Office file: well-formed, no DTD, no automatic loading."""

import re
from collections.abc import Mapping
from urllib.parse import unquote
from xml.parsers import expat

from api.inspection.findings import Finding, Suspect

HYPERLINK = "/hyperlink"
_LOCAL_TARGET = re.compile(r"(?i)(file:/{0,3})?[a-z]:[\\/]|[^\\/:?#]+(/[^\\/:?#]+)*$")
"""A local drive, or a path relative to the document."""
_COMMAND = re.compile(r"(?i)\bDDE(AUTO)?\b")
_OTHER_FILE = re.compile(
    r"(?i)^\s*+(?:INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|LINK\s++\S++)\s++(?:\"\s*+)?"
    r"(?:https?:|ftp:|file:(?!/*+[a-z]:)|\\\\|//)"
)
BULKY = ("xl/worksheets/", "xl/sharedstrings.xml")
"""Names, in lower case, of parts with too many elements to inspect each."""
INSTRUCTION = 10_000  # characters of one field's instruction


class PartReader:
    """Reader of one entry; this base class accepts any bytes and serves non-XML entries."""

    def __init__(self) -> None:
        self.content_types: list[tuple[str, str]] = []
        """Pairs of part (or extension with its dot) and type, in lower case; only from
        [Content_Types].xml."""

    def feed(self, piece: bytes) -> None:
        """Inspect the next piece. Raises: Suspect."""

    def close(self) -> None:
        """Finish at the end of the entry. Raises: Suspect."""


class XmlReader(PartReader):
    """Reader that checks well-formedness and refuses a DTD."""

    def __init__(self) -> None:
        super().__init__()
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, piece: bytes) -> None:
        self._parse(piece, last=False)

    def close(self) -> None:
        self._parse(b"", last=True)

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError:
            raise Suspect(Finding.DAMAGED) from None


class ContentTypesReader(XmlReader):
    """Reader of [Content_Types].xml: collects the content types."""

    def __init__(self) -> None:
        super().__init__()
        self._parser.StartElementHandler = self._element

    def _element(self, _: str, attributes: Mapping[str, str]) -> None:
        if (kind := attributes.get("ContentType")) is not None:
            part = attributes.get("PartName") or f".{attributes.get('Extension', '')}"
            self.content_types.append((part.lower(), kind.partition(";")[0].strip().lower()))


class RelationshipsReader(XmlReader):
    """Reader of relationships: hyperlinks are permitted, automatically loaded targets are not."""

    def __init__(self) -> None:
        super().__init__()
        self._parser.StartElementHandler = self._element

    def _element(self, _: str, attributes: Mapping[str, str]) -> None:
        outside = attributes.get("TargetMode", "").lower() == "external"
        kind, target = attributes.get("Type", ""), attributes.get("Target", "")
        if kind.lower().endswith(("/vbaproject", "/wordvbadata", "/xlmacrosheet")):
            raise Suspect(Finding.SCRIPTS)
        if kind.lower().endswith("/afchunk"):  # HTML or RTF that Word imports
            raise Suspect(Finding.EMBEDDED_FILES)
        if outside and not kind.endswith(HYPERLINK) and not _LOCAL_TARGET.match(unquote(target)):
            raise Suspect(Finding.OUTSIDE_LINKS)


class BodyReader(XmlReader):
    """Reader of document parts: refuses fields and connections that run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self._instruction: list[str] = []
        self._inside = False
        self._parser.StartElementHandler = self._element
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def _element(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "ddeLink":
            raise Suspect(Finding.SCRIPTS)
        if local == "webPr" or (local == "connection" and _is_on(attributes, "refreshOnLoad")):
            raise Suspect(Finding.OUTSIDE_LINKS)
        self._inside = local == "instrText"
        if local == "fldSimple":
            _check_instruction(next((v for k, v in attributes.items() if k.endswith("instr")), ""))
        if local == "fldChar":
            self._finish()

    def _end(self, _: str) -> None:
        self._inside = False

    def _text(self, text: str) -> None:
        if self._inside:
            self._instruction.append(text)
            if len(self._instruction) > INSTRUCTION:
                raise Suspect(Finding.TOO_COMPLEX)

    def _finish(self) -> None:
        """Check a field instruction, which may be split into many runs."""
        _check_instruction("".join(self._instruction))
        self._instruction.clear()

    def close(self) -> None:
        super().close()
        self._finish()


def _check_instruction(instruction: str) -> None:
    if _COMMAND.search(instruction):
        raise Suspect(Finding.SCRIPTS)
    if _OTHER_FILE.search(instruction):
        raise Suspect(Finding.OUTSIDE_LINKS)


def _is_on(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(name, "0").strip().lower() in ("1", "true")


def _refuse_doctype(*_: object) -> None:
    raise Suspect(Finding.TOO_COMPLEX)


def reader_of(name: str) -> PartReader:
    """Reader for an entry. ``name``: its name in lower case."""
    if name == "[content_types].xml":
        return ContentTypesReader()
    if name.endswith(".rels"):
        return RelationshipsReader()
    if name.endswith(".xml"):
        return XmlReader() if name.startswith(BULKY) else BodyReader()
    return PartReader()
