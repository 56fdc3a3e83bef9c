"""Inspector of PDF: the file can be parsed, has a page and no active content.

It checks every object that the parser reaches, and also the raw bytes for names that only active
content has, because a viewer may parse the file differently.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import DependencyError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from api.inspection.findings import Finding, Suspect

MAX_OBJECTS = 1_000_000
ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute"})
SCRIPTS = frozenset({"/JS", "/JavaScript", "/XFA"})
EMBEDDED = frozenset({"/EmbeddedFiles", "/EF", "/RichMedia"})
JUMPS = frozenset({"/GoToR", "/GoToE"})
"""Actions that open another document; from a server they can leak the reader's credentials."""
PASSIVE = frozenset({"/Resources", "/StructTreeRoot", "/Metadata", "/Thumb", "/Parent"})
"""Entries without actions, such as fonts and images: nearly all of a large file."""
OVERLAP = 64  # bytes, longer than every searched name in any encoding
SLICE = 1024 * 1024  # bytes
DICTIONARY = 4_000  # bytes searched for the beginning of a stream
MAX_UNPACKED = 200_000_000  # bytes of all object streams


def inspect_pdf(file: BinaryIO) -> None:
    """Check a PDF file. Raises: Suspect."""
    try:
        _check_objects(file)
    except (Suspect, MemoryError):
        raise
    except DependencyError:  # unsupported encryption
        raise Suspect(Finding.ENCRYPTED) from None
    except Exception:  # noqa: BLE001 the parser raises many types on hostile input
        raise Suspect(Finding.DAMAGED) from None
    _check_bytes(file)


def _check_objects(file: BinaryIO) -> None:
    reader = PdfReader(file)
    if reader.is_encrypted:
        raise Suspect(Finding.ENCRYPTED)
    if next(iter(reader.pages), None) is None:
        raise Suspect(Finding.DAMAGED)
    for found in _dictionaries(reader):
        if found.keys() & SCRIPTS or _entry(found, "/S") in ACTIONS:
            raise Suspect(Finding.SCRIPTS)
        if found.keys() & EMBEDDED or _entry(found, "/Type") == "/EmbeddedFile":
            raise Suspect(Finding.EMBEDDED_FILES)
        if isinstance(found, StreamObject) and "/F" in found:  # its content is in another file
            raise Suspect(Finding.OUTSIDE_LINKS)
        if _entry(found, "/S") in JUMPS and _is_elsewhere(found):
            raise Suspect(Finding.OUTSIDE_LINKS)


def _is_elsewhere(jump: DictionaryObject) -> bool:
    """Whether the action opens a file on a server, not one next to the document."""
    place = jump.get("/F")
    if not isinstance(place, DictionaryObject):
        return _is_of_a_server(place)
    return place.get("/FS") is not None or any(map(_is_of_a_server, place.values()))


def _is_of_a_server(name: object) -> bool:
    if isinstance(name, IndirectObject):
        name = name.get_object()
    plain = name.decode("latin-1") if isinstance(name, bytes) else name
    return isinstance(plain, str) and bool(_SERVER.match(plain))


_SERVER = re.compile(r"\s*(?:[\\/]{2}|[A-Za-z][A-Za-z0-9+.-]{1,20}:)")
"""\\\\server, //server, or a URL scheme; a single letter is a drive."""


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary that is reachable from the trailer, each once, in no order."""
    waiting: list[Any] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    visited = 0
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            key = (found.idnum, found.generation)
            if key in seen:
                continue
            seen.add(key)
            found = reader.get_object(found)
        visited += 1
        if visited > MAX_OBJECTS:
            raise Suspect(Finding.TOO_COMPLEX)
        if isinstance(found, DictionaryObject):
            yield found
            held = (v for k, v in dict.items(found) if k not in PASSIVE)
            waiting.extend(v for v in held if isinstance(v, _CONTAINERS))
        elif isinstance(found, ArrayObject):
            waiting.extend(v for v in list.__iter__(found) if isinstance(v, _CONTAINERS))


def _entry(found: DictionaryObject, key: str) -> str:
    """Value of a direct or referenced name; "" for anything else."""
    value = dict.get(found, key)
    named = value.get_object() if isinstance(value, IndirectObject) else value
    return str(named) if isinstance(named, NameObject) else ""


_CONTAINERS = (IndirectObject, DictionaryObject, ArrayObject)


def _name(word: str) -> bytes:
    """Pattern for a PDF name, any letter of which may be written as #hex."""
    letters = "".join(f"(?:{c}|#(?i:{ord(c):02x}))" for c in word)
    return f"/{letters}(?![A-Za-z0-9#])".encode()


_NAMES = {
    Finding.SCRIPTS: re.compile(_name("JavaScript") + b"|" + _name("Launch")),
    Finding.EMBEDDED_FILES: re.compile(_name("EmbeddedFile") + b"|" + _name("EmbeddedFiles")),
}
_OBJECT_STREAM = re.compile(_name("ObjStm"))
_BEGIN = re.compile(rb"stream\r?\n")


def _check_bytes(file: BinaryIO) -> None:
    """Search raw bytes and object streams, also unreachable ones."""
    file.seek(0)
    kept, end = b"", 0
    streams: set[int] = set()
    while content := file.read(SLICE):
        window, begin = kept + content, end - len(kept)
        _check_names(window)
        streams.update(begin + found.start() for found in _OBJECT_STREAM.finditer(window))
        kept, end = window[-OVERLAP:], end + len(content)
    left = MAX_UNPACKED
    for place in streams:
        left -= _check_object_stream(file, place, left)


def _check_names(content: bytes) -> None:
    for finding, pattern in _NAMES.items():
        if pattern.search(content):
            raise Suspect(finding)


def _check_object_stream(file: BinaryIO, place: int, limit: int) -> int:
    """Search the object stream whose dictionary is at ``place``; returns its decompressed size."""
    file.seek(place)
    content = file.read(SLICE)
    begin = _BEGIN.search(content, 0, DICTIONARY)
    if begin is None:
        return 0
    packed, kept, size = zlib.decompressobj(), b"", 0
    content = content[begin.end() :]
    while content and not packed.eof:
        try:
            objects = packed.decompress(content, SLICE)
        except zlib.error:  # another filter, or no stream at all
            return size
        size += len(objects)
        if size > limit:
            raise Suspect(Finding.TOO_COMPLEX)
        _check_names(kept + objects)
        kept = objects[-OVERLAP:]
        content = packed.unconsumed_tail or file.read(SLICE)
    return size
