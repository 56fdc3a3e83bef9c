"""DOCX templates: finds the placeholders of a file, and replaces them by texts.

Only the text of paragraphs is touched. Word splits a placeholder into several runs as it likes, so
the texts of a paragraph are joined before they are searched; the result has the look of the run in
which the placeholder begins. What was filled in is not searched again.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree  # type: ignore[import-untyped]

from db.domain.documents.placeholders import BLANK, expression_of
from db.domain.documents.templates import FoundPlaceholder, Scan

ENTRIES, ENTRY_BYTES, UNPACKED = 2_000, 20_000_000, 60_000_000
TEXT_BYTES = 8_000_000  # of one part with paragraphs
MAX_PLACEHOLDERS = 1_000
CONTEXT = 25  # characters shown around a placeholder
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIN = "wordprocessingml.document.main+xml"
_PARTS = {
    "wordprocessingml.header+xml": "верхний колонтитул",
    _MAIN: "основной текст",
    "wordprocessingml.footer+xml": "нижний колонтитул",
    "wordprocessingml.footnotes+xml": "сноски",
    "wordprocessingml.endnotes+xml": "концевые сноски",
}
"""End of the content type → name for people, in the order of the preview."""
Element: TypeAlias = etree._Element


class BadTemplate(Exception):
    """The file cannot be read as a template; the message is a Russian sentence."""


@dataclass(frozen=True)
class Part:
    """A part of the file that has paragraphs."""

    name: str
    label: str
    root: Element


def scan(content: bytes) -> Scan:
    """Find all placeholders. Raises: BadTemplate."""
    result, rows = Scan(), 0
    for part in parts_of(content):
        numbers = {row: rows + at for at, row in enumerate(part.root.iter(f"{W}tr"))}
        rows += len(numbers)
        for number, paragraph in enumerate(part.root.iter(f"{W}p"), 1):
            text = "".join(piece for piece, _ in _pieces(paragraph))
            place = f"{part.label}, абзац {number}"
            row = next(paragraph.iterancestors(f"{W}tr"), None)
            row_number = -1 if row is None else numbers[row]
            for match in _PLACEHOLDER.finditer(text):
                shown = f"{place}: «{_around(text, *match.span())}»"
                expression = expression_of(match[1])
                result.found.append(FoundPlaceholder(expression, shown, row_number))
            rest = _PLACEHOLDER.sub("\0", text)
            for braces in ("{{", "}}"):
                if (at := rest.find(braces)) >= 0:
                    shown = _around(rest, at, at + 2).replace("\0", "{{…}}")
                    result.stray.append(f"{place}: «{shown}»")
            if len(result.found) > MAX_PLACEHOLDERS:
                raise BadTemplate(
                    f"В шаблоне больше {MAX_PLACEHOLDERS} подстановок, сократите его."
                )
    return result


def fill(
    content: bytes, texts: Mapping[str, str], rows: Mapping[str, Sequence[Mapping[str, str]]]
) -> bytes:
    """The document: placeholders replaced, and table rows repeated for each of their records.

    ``rows``: name of the records in lower case → expression → text, for each record.
    Raises: BadTemplate.
    """
    parts = {part.name: part.root for part in parts_of(content)}
    for root in parts.values():
        for row in list(root.iter(f"{W}tr")):
            if (records := _records_of(row, rows)) is not None:
                _repeat(row, records, texts)
        for paragraph in root.iter(f"{W}p"):
            _replace(paragraph, texts)
    return _rewritten(content, parts)


def parts_of(content: bytes) -> list[Part]:
    """Parts with paragraphs, headers first. Raises: BadTemplate."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
            types = _parse(_read(archive, "[Content_Types].xml"))
            declared = {
                str(each.get("PartName", "")).lstrip("/"): str(each.get("ContentType", ""))
                for each in types
                if isinstance(each.tag, str) and each.tag.endswith("}Override")
            }
            found = [
                Part(name, label, _parse(_read(archive, name)))
                for ending, label in _PARTS.items()
                for name, kind in declared.items()
                if kind.endswith(ending)
            ]
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        raise BadTemplate(DAMAGED) from error
    if not found:
        raise BadTemplate(DAMAGED)
    return found


DAMAGED = "Файл повреждён. Откройте его в Word и сохраните заново как .docx."
TOO_LARGE = "Шаблон слишком велик. Уберите из него большие картинки и таблицы."


def read_part(content: bytes, name: str) -> Element | None:
    """An XML part by its name; None if the file has none. Raises: BadTemplate."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return _parse(_read(archive, name)) if name in archive.namelist() else None


def pieces_text(paragraph: Element) -> str:
    """The text of a paragraph, with tabs and line ends."""
    return "".join(piece for piece, _ in _pieces(paragraph))


def _check_size(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    sizes = [entry.file_size for entry in entries]
    if len(entries) > ENTRIES or sum(sizes) > UNPACKED or max(sizes, default=0) > ENTRY_BYTES:
        raise BadTemplate(TOO_LARGE)


def _read(archive: zipfile.ZipFile, name: str, limit: int = TEXT_BYTES) -> bytes:
    """An entry; what its header says of its size is not believed."""
    with archive.open(name) as entry:
        content = entry.read(limit + 1)
    if len(content) > limit:
        raise BadTemplate(TOO_LARGE)
    return content


def _parse(content: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadTemplate(DAMAGED) from error
    if root.getroottree().docinfo.doctype:
        raise BadTemplate(DAMAGED)
    return root


def _pieces(paragraph: Element) -> Iterator[tuple[str, Element | None]]:
    """Texts of a paragraph with their elements; breaks and tabs have none.

    A text box within the paragraph has paragraphs of its own.
    """
    for each in paragraph.iter(f"{W}t", f"{W}tab", f"{W}br", f"{W}cr"):
        parent = each.getparent()
        if parent is None or next(each.iterancestors(f"{W}p"), None) is not paragraph:
            continue
        if each.tag == f"{W}t":
            yield each.text or "", each
        elif parent.tag == f"{W}r":  # not a tab stop of the paragraph's properties
            yield ("\t" if each.tag == f"{W}tab" else "\n"), None


def _around(text: str, start: int, end: int) -> str:
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    shown = f"{before}{text[start:end][:60]}{after}"
    return " ".join(shown.replace("\n", " ").split())


def _records_of(
    row: Element, rows: Mapping[str, Sequence[Mapping[str, str]]]
) -> Sequence[Mapping[str, str]] | None:
    """Records that a row is repeated for; None if it has no placeholder of any."""
    for paragraph in row.iter(f"{W}p"):
        if next(paragraph.iterancestors(f"{W}tr"), None) is not row:
            continue
        for match in _PLACEHOLDER.finditer(pieces_text(paragraph)):
            group, dot, _ = match[1].partition(".")
            if dot and group.strip().casefold() in rows:
                return rows[group.strip().casefold()]
    return None


def _repeat(row: Element, records: Sequence[Mapping[str, str]], texts: Mapping[str, str]) -> None:
    """Put a filled copy before the row for each record; without records one with blanks."""
    for record in records or ({},):
        copy = deepcopy(row)
        copy.tail = None
        for paragraph in copy.iter(f"{W}p"):
            _replace(paragraph, {**texts, **record})
        row.addprevious(copy)
    parent = row.getparent()
    assert parent is not None  # the copies have been put before it
    parent.remove(row)


def _replace(paragraph: Element, texts: Mapping[str, str]) -> None:
    pieces = [(text, element) for text, element in _pieces(paragraph)]
    whole = "".join(text for text, _ in pieces)
    matches = list(_PLACEHOLDER.finditer(whole))
    if not matches:
        return
    start, changed = 0, []
    for text, element in pieces:
        end = start + len(text)
        if element is not None:
            changed.append((element, _piece_text(text, start, end, matches, texts)))
        start = end
    for element, new in changed:
        if new != (element.text or ""):
            _write(element, new)


def _piece_text(
    text: str, start: int, end: int, matches: Sequence[re.Match[str]], texts: Mapping[str, str]
) -> str:
    """New text of one piece: a value stands where its placeholder begins."""
    parts, at = [], start
    for match in matches:
        if match.end() <= start or match.start() >= end:
            continue
        parts.append(text[at - start : max(at, match.start()) - start])
        if match.start() >= start:
            parts.append(texts.get(expression_of(match[1]), BLANK))
        at = min(end, match.end())
    return "".join([*parts, text[at - start :]])


def _write(element: Element, text: str) -> None:
    """Set the text of a `w:t`; line ends become breaks."""
    first, *others = _NOT_XML.sub("", text).split("\n")
    element.text = first
    element.set(SPACE, "preserve")
    last = element
    for line in others:
        following = etree.Element(f"{W}t", {SPACE: "preserve"})
        following.text = line
        last.addnext(following)
        last.addnext(etree.Element(f"{W}br"))
        last = following


def _rewritten(content: bytes, parts: Mapping[str, Element]) -> bytes:
    """The archive with other texts; everything else is copied."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in archive.infolist():
            if entry.filename in parts:
                root = parts[entry.filename]
                data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
            else:
                data = _read(archive, entry.filename, ENTRY_BYTES)
            written.writestr(entry.filename, data)
    return out.getvalue()
