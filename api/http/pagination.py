"""Pages of rows that have numbers: `limit`, `after`, and the address of the next page."""

from collections.abc import Sequence
from typing import Annotated, Protocol
from urllib.parse import urlencode

from fastapi import Query
from pydantic import Field

from api.http.schema import ResponseSchema

PREFIX = "/api/v1"
LARGEST = 500

After = Annotated[int, Query(ge=0, le=2**31 - 1, title="После записи номер")]
Limit = Annotated[int, Query(ge=1, le=LARGEST, title="Записей на странице")]


class Page(ResponseSchema):
    """Base of answers that are one page of many."""

    next: str | None = Field(title="Адрес следующей страницы")


class Numbered(Protocol):
    @property
    def id(self) -> int: ...


def following(path: str, rows: Sequence[Numbered], limit: int, **query: str) -> str | None:
    """The next page's address; None after the last page.

    ``rows``: one more than fit the page, if there are more; ``query``: what else was asked.
    """
    if len(rows) <= limit:
        return None
    return f"{PREFIX}{path}?{urlencode({**query, 'after': rows[limit - 1].id, 'limit': limit})}"
