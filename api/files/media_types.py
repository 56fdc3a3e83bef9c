"""Accepted media types: chosen by the file extension, confirmed by the first bytes.

The content itself is checked by `api.inspection`.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

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
"""Types that a browser may display; all others are downloaded."""
INSPECTED_AS: Mapping[str, str] = {
    PDF: "pdf",
    JPEG: "jpeg",
    PNG: "png",
    TIFF: "tiff",
    DOCX: "docx",
    XLSX: "xlsx",
    P7S: "p7s",
}
"""Media type → its name in `api.inspection`."""

_SIGNATURES: Mapping[str, tuple[bytes, ...]] = {
    PDF: (b"%PDF-",),
    JPEG: (b"\xff\xd8\xff",),
    PNG: (b"\x89PNG\r\n\x1a\n",),
    TIFF: (b"II*\x00", b"MM\x00*"),
    DOCX: (b"PK\x03\x04",),
    XLSX: (b"PK\x03\x04",),
    P7S: (b"\x30\x80", b"\x30\x81", b"\x30\x82", b"\x30\x83"),
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""Word and Excel before 2007, and newer documents with a password."""
_KINDS = "PDF, JPEG, PNG, TIFF, DOCX, XLSX или подпись P7S"


def media_type_of(name: str, head: bytes) -> str:
    """The media type of a file by its extension; ``head``, the first bytes, must match it.

    Raises: FileRefused.
    """
    suffix = PurePosixPath(name).suffix.lower()
    media_type = EXTENSIONS.get(suffix)
    if media_type is None:
        raise FileRefused(f"Файлы {suffix} не принимаются. Приложите {_KINDS}.")
    if media_type in (DOCX, XLSX) and head.startswith(_OLD_OFFICE):
        raise FileRefused(
            f"Файл «{name}» защищён паролем или записан в старом виде. Откройте его в Word или "
            f"Excel и сохраните без пароля как {suffix}."
        )
    if not head.startswith(_SIGNATURES[media_type]):
        raise FileRefused(
            f"Содержимое файла «{name}» не похоже на {suffix}. "
            f"Сохраните документ заново и приложите {_KINDS}."
        )
    return media_type
