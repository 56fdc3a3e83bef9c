"""Bytes of a file on their way out, with headers that keep a browser from running them."""

from collections.abc import Iterator
from pathlib import Path

from fastapi.responses import StreamingResponse

from api.files.media_types import PDF, SHOWN_INLINE
from api.files.names import disposition
from db.domain.entities import Attachment
from db.domain.errors import Unavailable
from db.store.blobs import read

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'"
VIEWER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""Browsers refuse to show a PDF in a sandbox; it may still load nothing."""


def contents(root: Path, attachment: Attachment) -> Iterator[bytes]:
    """Raises: Unavailable, the row is there but its bytes are not."""
    try:
        return read(root, attachment.sha256)
    except OSError as error:
        raise Unavailable("Файл временно недоступен, сообщите администратору.") from error


def sent(attachment: Attachment, body: Iterator[bytes], *, inline: bool) -> StreamingResponse:
    """``inline``: show it in the window, if its type allows that."""
    shown = inline and attachment.media_type in SHOWN_INLINE
    headers = {
        "Content-Length": str(attachment.size),
        "Content-Disposition": disposition(attachment.name, inline=shown),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": VIEWER if shown and attachment.media_type == PDF else SANDBOX,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return StreamingResponse(body, media_type=attachment.media_type, headers=headers)
