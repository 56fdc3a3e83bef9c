"""Inspector of Word and Excel files: archive limits, no active content, no external links."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from api.inspection.findings import Finding, Suspect
from api.inspection.xml_parts import BULKY, PartReader, reader_of

ENTRIES = 5_000
UNPACKED = 300_000_000  # bytes of all entries, those of embedded documents included
NESTED = 50_000_000  # bytes of one embedded document
RATIO = 300
"""Largest compression ratio; tables saved by Excel reach 100."""
RATIO_EXEMPT = 1_000_000  # bytes of an entry before the ratio is checked
DEPTH = 2
"""Nesting: a document, and documents embedded in it (the table behind a chart)."""
SLICE = 256 * 1024  # bytes

_MAIN = "application/vnd.openxmlformats-officedocument."
WORD = f"{_MAIN}wordprocessingml.document.main+xml"
EXCEL = f"{_MAIN}spreadsheetml.sheet.main+xml"
"""Content types of the main part, in lower case."""
CONTENT_TYPES = "[content_types].xml"

_PROGRAMS = re.compile(
    r"(vbaproject\w*\.bin|vbadata\.xml|\.(exe|dll|com|scr|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|jar|lnk|msi))$"
)
_ACTIVE = ("macroenabled", "vbaproject", "macrosheet", "activex", "intlmacro", "dialogsheet")
_BEGINNINGS = {
    b"MZ": Finding.SCRIPTS,
    b"\x7fELF": Finding.SCRIPTS,
    b"\xd0\xcf\x11\xe0": Finding.EMBEDDED_FILES,  # OLE
    b"Rar!": Finding.EMBEDDED_FILES,
    b"7z\xbc\xaf": Finding.EMBEDDED_FILES,
    b"\x1f\x8b": Finding.EMBEDDED_FILES,
    b"%PDF": Finding.EMBEDDED_FILES,
    b"{\\rt": Finding.EMBEDDED_FILES,
}
_ARCHIVE = b"PK\x03\x04"
_LOCAL = 30  # bytes of a local header before the name
_UNKNOWN = 0xFFFFFFFF
_STREAMED, _ENCRYPTED = 0x8, 0x1  # flags: sizes follow the content; content needs a password


def inspect_word(file: BinaryIO) -> None:
    """Check a DOCX file. Raises: Suspect."""
    _Package(file).inspect({WORD})


def inspect_excel(file: BinaryIO) -> None:
    """Check an XLSX file. Raises: Suspect."""
    _Package(file).inspect({EXCEL})


@dataclass
class _Budget:
    """Remaining bytes to decompress, for a document and everything embedded in it."""

    left: int = UNPACKED

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Suspect(Finding.TOO_COMPLEX)


@dataclass
class _Package:
    """One ZIP archive; its entries are decompressed one by one and not kept."""

    file: BinaryIO
    budget: _Budget = field(default_factory=_Budget)
    depth: int = 1

    def inspect(self, kinds: set[str]) -> None:
        """``kinds``: permitted content types of the main part."""
        try:
            with zipfile.ZipFile(self.file) as archive:
                self._inspect(archive, kinds)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise Suspect(Finding.DAMAGED) from None

    def _inspect(self, archive: zipfile.ZipFile, kinds: set[str]) -> None:
        entries = archive.infolist()
        if len(entries) > ENTRIES or sum(e.file_size for e in entries) > self.budget.left:
            raise Suspect(Finding.TOO_COMPLEX)
        names = [_plain_name(entry) for entry in entries]
        if len(set(names)) < len(names):
            raise Suspect(Finding.DAMAGED)  # programs differ in which duplicate they read
        self._compare_headers(entries)
        if CONTENT_TYPES not in names:
            raise Suspect(Finding.OTHER_KIND)
        for entry, name in zip(entries, names, strict=True):
            if entry.is_dir():
                continue
            reader = self._read(archive, entry, name)
            if name == CONTENT_TYPES:
                _check_types(reader, kinds, names)

    def _compare_headers(self, entries: Sequence[zipfile.ZipInfo]) -> None:
        """Check that local headers agree with the central directory and entries do not overlap."""
        end = 0
        for entry in sorted(entries, key=lambda e: e.header_offset):
            self.file.seek(entry.header_offset)
            head = self.file.read(_LOCAL)
            if entry.header_offset < end or len(head) < _LOCAL or head[:4] != _ARCHIVE:
                raise Suspect(Finding.DAMAGED)
            flags, method = (
                int.from_bytes(head[6:8], "little"),
                int.from_bytes(head[8:10], "little"),
            )
            packed, size = (
                int.from_bytes(head[18:22], "little"),
                int.from_bytes(head[22:26], "little"),
            )
            name = int.from_bytes(head[26:28], "little")
            extra = int.from_bytes(head[28:30], "little")
            if flags & _ENCRYPTED:
                raise Suspect(Finding.ENCRYPTED)
            unknown = {packed, size} <= {_UNKNOWN} or bool(flags & _STREAMED)
            same_size = unknown or (packed, size) == (entry.compress_size, entry.file_size)
            same_name = self.file.read(name) == _raw_name(entry)
            if method != entry.compress_type or not same_size or not same_name:
                raise Suspect(Finding.DAMAGED)
            end = entry.header_offset + _LOCAL + name + extra + entry.compress_size

    def _read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> PartReader:
        """Decompress an entry completely and inspect every piece."""
        reader, kept = reader_of(name), bytearray()
        nested, size = False, 0
        for piece in _pieces(archive, entry):
            if size == 0:
                nested = _check_beginning(piece, name)
            size += len(piece)
            self.budget.take(len(piece))
            if size > RATIO_EXEMPT and size > RATIO * max(entry.compress_size, 1):
                raise Suspect(Finding.TOO_COMPLEX)
            reader.feed(piece)
            if nested:
                kept += piece
            if len(kept) > NESTED:
                raise Suspect(Finding.TOO_COMPLEX)
        if size != entry.file_size:
            raise Suspect(Finding.DAMAGED)
        reader.close()
        if nested:
            if self.depth == DEPTH:
                raise Suspect(Finding.EMBEDDED_FILES)
            _Package(io.BytesIO(kept), self.budget, self.depth + 1).inspect({WORD, EXCEL})
        return reader


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Suspect(Finding.DAMAGED)
    try:
        with archive.open(entry) as unpacked:
            while piece := unpacked.read(SLICE):
                yield piece
    except RuntimeError:  # zipfile: a password is needed
        raise Suspect(Finding.ENCRYPTED) from None
    except zlib.error:
        raise Suspect(Finding.DAMAGED) from None


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def _plain_name(entry: zipfile.ZipInfo) -> str:
    """The entry's name as Office compares it. Raises: Suspect for a path outside the archive."""
    name = entry.orig_filename.replace("\\", "/").lower()
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in name or any(c < " " for c in name):
        raise Suspect(Finding.DAMAGED)
    if _PROGRAMS.search(name):
        raise Suspect(Finding.SCRIPTS)
    return name


def _check_beginning(piece: bytes, name: str) -> bool:
    """Whether the entry is an archive itself. Raises: Suspect for executable content."""
    for beginning, finding in _BEGINNINGS.items():
        if piece.startswith(beginning) and not (beginning == b"MZ" and name.endswith(".xml")):
            raise Suspect(finding)
    if not piece.startswith(_ARCHIVE):
        return False
    if not name.endswith((".docx", ".xlsx")):
        raise Suspect(Finding.EMBEDDED_FILES)
    return True


def _extensions(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for part in parts if part.startswith("."))


def _check_types(reader: PartReader, kinds: set[str], names: Sequence[str]) -> None:
    """Check the declared content types: the main part is present, no active content."""
    types = reader.content_types
    if any(word in kind for _, kind in types for word in _ACTIVE):
        raise Suspect(Finding.SCRIPTS)
    if any("oleobject" in kind for _, kind in types):
        raise Suspect(Finding.EMBEDDED_FILES)
    if any(_is_out_of_place(part, kind) for part, kind in types):
        raise Suspect(Finding.DAMAGED)
    mains = tuple(part.lstrip("/") for part, kind in types if kind in kinds)
    if not any(name in mains or name.endswith(_extensions(mains)) for name in names):
        raise Suspect(Finding.OTHER_KIND)


def _is_out_of_place(part: str, kind: str) -> bool:
    """Whether a part that Office reads as XML has a name that this inspector would skip."""
    if not (kind.startswith(_MAIN) and kind.endswith("+xml")):
        return False
    name = part.lstrip("/")
    is_bulky = kind.endswith((".worksheet+xml", ".sharedstrings+xml"))
    return not name.endswith(".xml") or (name.startswith(BULKY) and not is_bulky)
