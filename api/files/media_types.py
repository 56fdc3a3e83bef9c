"""Accepted media types: chosen by the file extension, confirmed by the first bytes.

The content itself is checked by `api.inspection`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from db.domain.errors import FileRefused

PDF, JPEG, PNG, TIFF = "application/pdf", "image/jpeg", "image/png", "image/tiff"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
P7S = "application/pkcs7-signature"

SHOWN_INLINE = frozenset({PDF, JPEG, PNG})
"""Types that a browser may display; all others are downloaded."""


@dataclass(frozen=True)
class FileFormat:
    """An accepted format: file extensions, possible first bytes, name in `api.inspection`."""

    inspected_as: str
    extensions: tuple[str, ...]
    signatures: tuple[bytes, ...]


FORMATS: Mapping[str, FileFormat] = {
    PDF: FileFormat("pdf", (".pdf",), (b"%PDF-",)),
    JPEG: FileFormat("jpeg", (".jpg", ".jpeg"), (b"\xff\xd8\xff",)),
    PNG: FileFormat("png", (".png",), (b"\x89PNG\r\n\x1a\n",)),
    TIFF: FileFormat("tiff", (".tif", ".tiff"), (b"II*\x00", b"MM\x00*")),
    DOCX: FileFormat("docx", (".docx",), (b"PK\x03\x04",)),
    XLSX: FileFormat("xlsx", (".xlsx",), (b"PK\x03\x04",)),
    P7S: FileFormat("p7s", (".p7s", ".sig"), (b"\x30\x80", b"\x30\x81", b"\x30\x82", b"\x30\x83")),
}
"""Media type → format."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""Word and Excel before 2007, and newer documents with a password."""
_KINDS = "PDF, JPEG, PNG, TIFF, DOCX, XLSX или подпись P7S"


def media_type_of(name: str, head: bytes) -> str:
    """The media type of a file by its extension; ``head``, the first bytes, must match it.

    Raises: FileRefused.
    """
    suffix = PurePosixPath(name).suffix.lower()
    media_type = next((t for t, known in FORMATS.items() if suffix in known.extensions), None)
    if media_type is None:
        raise FileRefused(f"Файлы {suffix} не принимаются. Приложите {_KINDS}.")
    if media_type in (DOCX, XLSX) and head.startswith(_OLD_OFFICE):
        raise FileRefused(
            f"Файл «{name}» защищён паролем или записан в старом виде. Откройте его в Word или "
            f"Excel и сохраните без пароля как {suffix}."
        )
    if not head.startswith(FORMATS[media_type].signatures):
        raise FileRefused(
            f"Содержимое файла «{name}» не похоже на {suffix}. "
            f"Сохраните документ заново и приложите {_KINDS}."
        )
    return media_type
