"""Inspectors of PNG, JPEG and TIFF: they check the structure without decoding the pixels."""

import re
import struct
import zlib
from itertools import count
from typing import BinaryIO

from api.inspection.findings import Finding, Suspect

MEGAPIXELS = 200
"""Largest image; the largest phone cameras have 200 megapixels."""
MAX_SCANS = 100
"""Scans of one progressive JPEG; encoders use about ten."""
MAX_PAGES = 1_000
"""Pages of one TIFF."""
MAX_CHUNK = 128 * 1024 * 1024  # bytes of one PNG chunk
SLICE = 64 * 1024  # bytes

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_LAST_PASS = (0, 1, 1, 2)


def check_size(width: int, height: int) -> None:
    """Check the dimensions. Raises: Suspect for an empty or too large image."""
    if width < 1 or height < 1:
        raise Suspect(Finding.DAMAGED)
    if width * height > MEGAPIXELS * 1_000_000:
        raise Suspect(Finding.TOO_MANY_PIXELS)


def inspect_png(file: BinaryIO) -> None:
    """Check all chunks, and that the image data has the size of the header. Raises: Suspect."""
    file.seek(8)
    kind, content = _chunk(file)
    if kind != b"IHDR" or len(content) != 13:
        raise Suspect(Finding.DAMAGED)
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
    check_size(width, height)
    if colour not in _PNG_CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise Suspect(Finding.DAMAGED)
    lines = _Lines(_unpacked_size(width, height, depth * _PNG_CHANNELS[colour], bool(interlaced)))
    while kind != b"IEND":
        kind, content = _chunk(file)
        if kind == b"IDAT":
            lines.take(content)
    lines.finish()


def _chunk(file: BinaryIO) -> tuple[bytes, bytes]:
    head = file.read(8)
    if len(head) < 8:
        raise Suspect(Finding.DAMAGED)
    size, kind = struct.unpack(">I4s", head)
    if size > MAX_CHUNK:
        raise Suspect(Finding.DAMAGED)
    content, checksum = file.read(size), file.read(4)
    if len(content) < size or checksum != zlib.crc32(kind + content).to_bytes(4, "big"):
        raise Suspect(Finding.DAMAGED)
    return kind, content


def _unpacked_size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Bytes of all scanlines, each with its filter byte."""
    passes = (*_ADAM7, _LAST_PASS) if interlaced else ((0, 0, 1, 1),)
    size = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size


class _Lines:
    """Decompresses the scanlines of a PNG and compares their size with the header."""

    def __init__(self, wanted: int) -> None:
        self._left, self._packed = wanted, zlib.decompressobj()

    def take(self, content: bytes) -> None:
        """Decompress and count a part. Raises: Suspect for more data than the header declares."""
        while content and not self._packed.eof:
            try:
                self._left -= len(self._packed.decompress(content, SLICE))
            except zlib.error:
                raise Suspect(Finding.DAMAGED) from None
            if self._left < 0:
                raise Suspect(Finding.TOO_COMPLEX)
            content = self._packed.unconsumed_tail

    def finish(self) -> None:
        """Check the count at the end. Raises: Suspect for less data than the header declares."""
        if self._left != 0:
            raise Suspect(Finding.DAMAGED)


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker in entropy-coded data, other than a stuffed byte or a restart marker."""


def inspect_jpeg(file: BinaryIO) -> None:
    """Check the segments up to the EOI marker; cameras append data after it. Raises: Suspect."""
    content = file.read()
    place, framed, scans = 2, False, 0
    while True:
        marker, place = _marker(content, place)
        if marker == 0xD9:
            break
        segment = _segment(content, place)
        place += 2 + len(segment)
        if marker in _FRAMES:
            framed = _framed(segment)
        elif marker == 0xDA:
            scans += 1
            found = _AFTER_SCAN.search(content, place)
            if not framed or found is None:
                raise Suspect(Finding.DAMAGED)
            if scans > MAX_SCANS:
                raise Suspect(Finding.TOO_COMPLEX)
            place = found.end() - 2
    if not scans:
        raise Suspect(Finding.DAMAGED)


def _marker(content: bytes, place: int) -> tuple[int, int]:
    """The marker at ``place``, after any fill bytes, and the offset behind it."""
    if content[place : place + 1] != b"\xff":
        raise Suspect(Finding.DAMAGED)
    while content[place : place + 1] == b"\xff":
        place += 1
    if place >= len(content):
        raise Suspect(Finding.DAMAGED)
    return content[place], place + 1


def _segment(content: bytes, place: int) -> bytes:
    """Content of a JPEG segment without its length field."""
    size = int.from_bytes(content[place : place + 2], "big")
    if size < 2 or place + size > len(content):
        raise Suspect(Finding.DAMAGED)
    return content[place + 2 : place + size]


def _framed(segment: bytes) -> bool:
    if len(segment) < 6:
        raise Suspect(Finding.DAMAGED)
    _, height, width, components = struct.unpack(">BHHB", segment[:6])
    if not 1 <= components <= 4:
        raise Suspect(Finding.DAMAGED)
    check_size(width, height)
    return True


_WIDTH, _HEIGHT, _STRIPS, _TILES = 256, 257, 273, 324
_UNITS = {1: 1, 2: 1, 3: 2, 4: 4}
"""Sizes in bytes of the field types of widths and offsets."""


def inspect_tiff(file: BinaryIO) -> None:
    """Check the image file directory of every page. Raises: Suspect."""
    order = "<" if file.read(4).startswith(b"II") else ">"
    (place,) = _numbers(file, order + "I")
    seen: set[int] = set()
    for page in count():
        if not place:
            break
        if place in seen or page >= MAX_PAGES:
            raise Suspect(Finding.TOO_COMPLEX)
        seen.add(place)
        file.seek(place)
        place = _page(file, order)
    if not seen:
        raise Suspect(Finding.DAMAGED)


def _page(file: BinaryIO, order: str) -> int:
    """Check one directory; returns the offset of the next one, 0 after the last."""
    tags: dict[int, int] = {}
    (entries,) = _numbers(file, order + "H")
    for _ in range(entries):
        tag, kind, _ = _numbers(file, order + "HHI")
        value = file.read(4)
        if (size := _UNITS.get(kind)) is not None:
            tags[tag] = int.from_bytes(value[:size], "little" if order == "<" else "big")
    (following,) = _numbers(file, order + "I")
    if not {_WIDTH, _HEIGHT} <= tags.keys() or not tags.keys() & {_STRIPS, _TILES}:
        raise Suspect(Finding.DAMAGED)
    check_size(tags[_WIDTH], tags[_HEIGHT])
    return int(following)


def _numbers(file: BinaryIO, shape: str) -> tuple[int, ...]:
    content = file.read(struct.calcsize(shape))
    if len(content) < struct.calcsize(shape):
        raise Suspect(Finding.DAMAGED)
    return struct.unpack(shape, content)
