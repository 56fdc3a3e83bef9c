"""How the simulated 1C writes: JSON if asked for it, Atom otherwise, and its errors in both."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

Row = Mapping[str, Any]


class Refused(Exception):
    """OData says no; `code` is the platform's number of the error."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


class Renderer:
    """Answers in the format of one request."""

    def __init__(self, root: str, *, as_json: bool, metadata: bool) -> None:
        """``root``: address of the service, which answers repeat."""
        self._root = root
        self._json = as_json
        self._metadata = metadata

    def collection(self, name: str, rows: Sequence[Row], count: int | None) -> Response:
        if not self._json:
            return _xml(200, self._feed(name, rows))
        answer: dict[str, Any] = self._context(name)
        if count is not None:
            answer["odata.count"] = str(count)
        return _json(200, {**answer, "value": list(rows)})

    def single(self, name: str, row: Row, *, status: int = 200) -> Response:
        response = (
            _json(status, {**self._context(f"{name}/@Element"), **row})
            if self._json
            else _xml(status, self._entry(name, row))
        )
        if status == 201:
            # The live platform puts Cyrillic into this header as it is, not percent-encoded.
            location = f"{self._root}/{name}(guid'{row['Ref_Key']}')"
            response.raw_headers.append((b"location", location.encode()))
        return response

    def error(self, refused: Refused) -> Response:
        if self._json:
            message = {"lang": "ru", "value": refused.words}
            body = {"odata.error": {"code": str(refused.code), "message": message}}
            return _json(refused.status, body)
        return _xml(
            refused.status,
            '<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f"<m:code>{refused.code}</m:code>"
            f'<m:message xml:lang="ru">{escape(refused.words)}</m:message></m:error>',
        )

    def _context(self, name: str) -> dict[str, Any]:
        return {"odata.metadata": f"{self._root}/$metadata#{name}"} if self._metadata else {}

    def _feed(self, name: str, rows: Sequence[Row]) -> str:
        entries = "".join(self._entry(name, row) for row in rows)
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>{escape(self._root)}/{name}</id>{entries}</feed>"
        )

    def _entry(self, name: str, row: Row) -> str:
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


def page(status: int, words: str) -> Response:
    """What the web server says when OData does not."""
    body = f"<!DOCTYPE html><html><head><title>{words}</title></head><body>{words}</body></html>"
    return Response(body, status, media_type="text/html")


def _json(status: int, body: Mapping[str, Any]) -> Response:
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return Response(text, status, media_type="application/json;odata=minimalmetadata")


def _xml(status: int, body: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
    return Response(text, status, media_type="application/atom+xml")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
