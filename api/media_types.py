"""Which files a deal takes: told by their first bytes, confirmed by their name."""

import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from db.domain.errors import FileRefused

PDF, JPEG, PNG, TIFF = "application/pdf", "image/jpeg", "image/png", "image/tiff"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
P7S = "application/pkcs7-signature"

EXTENSIONS: Mapping[str, str] = {
    ".pdf": PDF,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".png": PNG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".docx": DOCX,
    ".xlsx": XLSX,
    ".p7s": P7S,
    ".sig": P7S,
}
SHOWN_INLINE = frozenset({PDF, JPEG, PNG})
"""Types that a browser may show in its window; all others are only saved."""

_BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    PDF: (b"%PDF-",),
    JPEG: (b"\xff\xd8\xff",),
    PNG: (b"\x89PNG\r\n\x1a\n",),
    TIFF: (b"II*\x00", b"MM\x00*"),
    DOCX: (b"PK\x03\x04",),
    XLSX: (b"PK\x03\x04",),
    P7S: (b"\x30\x80", b"\x30\x82", b"\x30\x83"),
}
_OFFICE_PARTS: Mapping[str, str] = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml"}
MAX_ENTRIES = 5_000
MAX_UNPACKED = 300_000_000  # bytes
_KINDS = "PDF, JPEG, PNG, TIFF, DOCX, XLSX или подпись P7S"


def media_type_of(name: str, content: BinaryIO) -> str:
    """The type of a file by its name, if its bytes say the same.

    Raises: FileRefused.
    """
    suffix = PurePosixPath(name).suffix.lower()
    media_type = EXTENSIONS.get(suffix)
    if media_type is None:
        raise FileRefused(f"Файлы {suffix} не принимаются. Приложите {_KINDS}.")
    if not content.read(16).startswith(_BEGINNINGS[media_type]):
        raise FileRefused(
            f"Содержимое файла «{name}» не похоже на {suffix}. "
            f"Сохраните документ заново и приложите {_KINDS}."
        )
    if (part := _OFFICE_PARTS.get(media_type)) is not None:
        _check_office(name, content, part)
    return media_type


def _check_office(name: str, content: BinaryIO, part: str) -> None:
    """Look into the directory of the archive; nothing is unpacked."""
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileRefused(f"Файл «{name}» повреждён. Сохраните его заново.") from None
    names = {entry.filename for entry in entries}
    if part not in names or "[Content_Types].xml" not in names:
        raise FileRefused(f"Содержимое файла «{name}» не похоже на документ Word или Excel.")
    if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
        raise FileRefused(f"Файл «{name}» слишком велик внутри. Сохраните его в PDF.")
    if any(n.lower().endswith(("vbaproject.bin", ".exe", ".js", ".zip")) for n in names):
        raise FileRefused(f"В файле «{name}» есть макросы или программы. Сохраните его без них.")
