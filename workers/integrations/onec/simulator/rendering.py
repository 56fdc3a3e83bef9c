"""Renders rows and errors as JSON or Atom, as the platform does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

RenderedRow = Mapping[str, Any]


class ODataError(Exception):
    """An error response of OData; ``code`` is the platform's error number."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Renderer:
    """Renders responses in the format of one request."""

    def __init__(self, root: str, *, as_json: bool, metadata: bool) -> None:
        """``root``: URL of the service, which responses contain."""
        self._root = root
        self._json = as_json
        self._metadata = metadata

    def collection(self, name: str, rows: Sequence[RenderedRow], count: int | None) -> Response:
        """Render rows of a set; ``count``: total number of rows, if requested."""
        if not self._json:
            return _xml(200, self._feed(name, rows))
        content: dict[str, Any] = self._context(name)
        if count is not None:
            content["odata.count"] = str(count)
        return _json(200, {**content, "value": list(rows)})

    def single(self, name: str, row: RenderedRow, *, status: int = 200) -> Response:
        """Render one row; for a created one with its `Location`."""
        response = (
            _json(status, {**self._context(f"{name}/@Element"), **row})
            if self._json
            else _xml(status, self._entry(name, row))
        )
        if status == 201:
            # The platform does not percent-encode Cyrillic in this header.
            location = f"{self._root}/{name}(guid'{row['Ref_Key']}')"
            response.raw_headers.append((b"location", location.encode()))
        return response

    def error(self, error: ODataError) -> Response:
        """Render an error."""
        if self._json:
            message = {"lang": "ru", "value": error.message}
            body = {"odata.error": {"code": str(error.code), "message": message}}
            return _json(error.status, body)
        return _xml(
            error.status,
            '<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f"<m:code>{error.code}</m:code>"
            f'<m:message xml:lang="ru">{escape(error.message)}</m:message></m:error>',
        )

    def _context(self, name: str) -> dict[str, Any]:
        return {"odata.metadata": f"{self._root}/$metadata#{name}"} if self._metadata else {}

    def _feed(self, name: str, rows: Sequence[RenderedRow]) -> str:
        entries = "".join(self._entry(name, row) for row in rows)
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>{escape(self._root)}/{name}</id>{entries}</feed>"
        )

    def _entry(self, name: str, row: RenderedRow) -> str:
        properties = "".join(
            f"<d:{field}>{escape(_plain(value))}</d:{field}>" for field, value in row.items()
        )
        return (
            '<entry xmlns="http://www.w3.org/2005/Atom"'
            ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
            ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f'<category term="StandardODATA.{name}"/><content type="application/xml">'
            f"<m:properties>{properties}</m:properties></content></entry>"
        )


def html_page(status: int, text: str) -> Response:
    """Return an error page of the web server."""
    body = f"<!DOCTYPE html><html><head><title>{text}</title></head><body>{text}</body></html>"
    return Response(body, status, media_type="text/html")


def _json(status: int, body: Mapping[str, Any]) -> Response:
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return Response(text, status, media_type="application/json;odata=minimalmetadata")


def _xml(status: int, body: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
    return Response(text, status, media_type="application/atom+xml")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
