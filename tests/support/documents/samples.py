"""Small valid documents of each accepted kind, built with the standard library.

The played story, the suites and the attacks build theirs here: an upload is checked for what it
claims to be, so a few bytes that only begin like a PDF are refused.
"""

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from ops.demo.documents import a_pdf as a_pdf

WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def a_stream(entries: str, content: bytes) -> bytes:
    """A PDF stream object with compressed content."""
    packed = zlib.compress(content)
    head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>stream\n".encode()
    return head + packed + b"\nendstream"


def a_png(width: int = 8, height: int = 8, pixels: bytes | None = None) -> bytes:
    """A grey PNG. ``pixels``: compressed scanlines, valid or not."""
    lines = zlib.compress((b"\0" + b"\x80" * width) * height) if pixels is None else pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", lines), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4"
    "UG1RV19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8ASP/Z"
)
_JPEG_FRAME = b"\xff\xc0\x00\x0b\x08"


def a_jpeg(width: int = 8, height: int = 8) -> bytes:
    """A grey JPEG of 8 × 8 that declares ``width`` × ``height``."""
    at = _JPEG.index(_JPEG_FRAME) + len(_JPEG_FRAME)
    return _JPEG[:at] + struct.pack(">HH", height, width) + _JPEG[at + 4 :]


def a_tiff(width: int = 8, height: int = 8) -> bytes:
    """A grey TIFF of one page with one strip."""
    strip = b"\x80" * 64
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(strip))]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory


def a_docx(
    text: str = "Договор поставки", *, parts: Mapping[str, bytes | str] | None = None
) -> bytes:
    """A DOCX of one paragraph. ``parts``: additional or replaced parts."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraph = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    body = f'<w:document xmlns:w="{space}"><w:body>{paragraph}</w:body></w:document>'
    return an_office_file("word/document.xml", WORD_MAIN, body, parts or {})


def a_xlsx(*, parts: Mapping[str, bytes | str] | None = None) -> bytes:
    """An XLSX with one empty sheet. ``parts``: as in `a_docx`."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    spaces = f'xmlns="{space}" xmlns:r="{_OFFICE_RELATION}"'
    named = '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets>'
    body = f"<workbook {spaces}>{named}</workbook>"
    rows = f'<worksheet xmlns="{space}"><sheetData/></worksheet>'
    links = relations(("rId1", f"{_OFFICE_RELATION}/worksheet", "worksheets/sheet1.xml", False))
    sheet = {"xl/worksheets/sheet1.xml": rows, "xl/_rels/workbook.xml.rels": links}
    return an_office_file("xl/workbook.xml", EXCEL_MAIN, body, {**sheet, **(parts or {})})


def an_office_file(main: str, main_type: str, body: str, parts: Mapping[str, bytes | str]) -> bytes:
    """An archive with content types, relationships, main part and ``parts``."""
    package = {
        "[Content_Types].xml": content_types((f"/{main}", main_type)),
        "_rels/.rels": relations(("rId1", f"{_OFFICE_RELATION}/officeDocument", main, False)),
        main: body,
        **parts,
    }
    return a_zip(package)


def content_types(*overrides: tuple[str, str]) -> str:
    """``overrides``: pairs of part name and content type."""
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    named = "".join(f'<Override PartName="{n}" ContentType="{t}"/>' for n, t in overrides)
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{space}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{named}</Types>'
    )


def relations(*links: tuple[str, str, str, bool]) -> str:
    """A relationships part. ``links``: id, type, target, whether the target is external."""
    modes = {True: ' TargetMode="External"', False: ""}
    each = "".join(
        f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"{modes[outside]}/>'
        for id_, kind, target, outside in links
    )
    return f'<Relationships xmlns="{_RELATIONS}">{each}</Relationships>'


def relation_type(name: str) -> str:
    return f"{_OFFICE_RELATION}/{name}"


def a_zip(entries: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def a_signature() -> bytes:
    """Outer structure of a detached signature: ContentInfo of type signedData."""
    signed = _der(0x30, _der(0x04, bytes(300)))
    return _der(0x30, _der(0x06, bytes.fromhex("2a864886f70d010702")) + _der(0xA0, signed))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content
