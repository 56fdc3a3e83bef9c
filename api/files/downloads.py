"""Downloads: streams a file with headers that keep a browser from executing it."""

from collections.abc import Iterator
from pathlib import Path

from fastapi.responses import StreamingResponse

from api.files.media_types import PDF, SHOWN_INLINE
from api.files.names import disposition
from db.domain.deals.entities import Attachment
from db.domain.errors import Unavailable
from db.store.blobs import read

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'"
VIEWER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""For a PDF: browsers do not show one in a sandbox. It still may not load anything."""


def open_content(root: Path, attachment: Attachment) -> Iterator[bytes]:
    """The file's content in chunks. Raises: Unavailable when it is missing in the file store."""
    try:
        return read(root, attachment.sha256)
    except OSError as error:
        raise Unavailable("Файл временно недоступен, сообщите администратору.") from error


def download_response(
    attachment: Attachment, body: Iterator[bytes], *, inline: bool
) -> StreamingResponse:
    """The response of a download; ``inline`` shows the file in the browser if its type allows."""
    shown = inline and attachment.media_type in SHOWN_INLINE
    policy = VIEWER if shown and attachment.media_type == PDF else SANDBOX
    headers = {
        "Content-Length": str(attachment.size),
        **download_headers(attachment.name, inline=shown, policy=policy),
    }
    return StreamingResponse(body, media_type=attachment.media_type, headers=headers)


def download_headers(name: str, *, inline: bool = False, policy: str = SANDBOX) -> dict[str, str]:
    """Headers of every download of a document; the middleware adds those of all responses."""
    return {
        "Content-Disposition": disposition(name, inline=inline),
        "Content-Security-Policy": policy,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "private, no-store",
    }
