"""Keyset pagination by row id: query parameters `limit` and `after`, URL of the next page."""

from collections.abc import Sequence
from typing import Annotated, Protocol
from urllib.parse import urlencode

from fastapi import Query
from pydantic import Field

from api.http.schema import ResponseSchema

PREFIX = "/api/v1"
MAX_LIMIT = 500

After = Annotated[int, Query(ge=0, le=2**31 - 1, title="После записи номер")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, title="Записей на странице")]


class Page(ResponseSchema):
    """Base of response schemas that are one page of many."""

    next: str | None = Field(title="Адрес следующей страницы")


class Numbered(Protocol):
    """A row with a numeric id."""

    @property
    def id(self) -> int: ...


def next_page_url(path: str, rows: Sequence[Numbered], limit: int, **query: str) -> str | None:
    """URL of the next page; None for the last page.

    ``rows``: the page and, if there is one, the first row of the next; ``query``: further
    parameters of the request.
    """
    if len(rows) <= limit:
        return None
    return f"{PREFIX}{path}?{urlencode({**query, 'after': rows[limit - 1].id, 'limit': limit})}"
