"""Base class of the REST client: HTTP verbs, pagination and pycamunda requests."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bpmn.camunda.client.session import EngineSession

PAGE = 1000
"""Page size of paginated queries."""
IDS_AT_ONCE = 500


class RestClient:
    """HTTP calls to the REST API as one account."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        self.url = base_url.rstrip("/")
        self.login = user
        self._password = password
        self.session = EngineSession(user, password)

    def close(self) -> None:
        self.session.close()

    def get(self, path: str, **query: Any) -> Any:
        return self.session.get(self.url + path, params=query).json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the parsed JSON response, None for an empty body."""
        response = self.session.post(self.url + path, json=body)
        return response.json() if response.content else None

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        self.session.put(self.url + path, json=body)

    def delete(self, path: str) -> None:
        self.session.delete(self.url + path)

    def send(self, request: Any) -> Any:
        """Execute a pycamunda request over this session, with its timeouts and typed errors."""
        request.session = self.session
        return request()

    def all_of(self, path: str, query: Mapping[str, Any], page: int = PAGE) -> list[dict[str, Any]]:
        """Return all rows of a POST query, page by page.

        The query needs a unique sorting, otherwise rows may move between pages.
        """
        rows: list[dict[str, Any]] = []
        while True:
            found = self.page_of(path, query, len(rows), page)
            rows.extend(found)
            if len(found) < page:
                return rows

    def page_of(
        self, path: str, query: Mapping[str, Any], first: int, count: int
    ) -> list[dict[str, Any]]:
        """Return ``count`` rows of a POST query at most, from row ``first`` on."""
        limits = {"firstResult": first, "maxResults": count}
        rows: list[dict[str, Any]] = self.session.post(
            self.url + path, params=limits, json=query
        ).json()
        return rows


def in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the distinct ids in lists of `IDS_AT_ONCE` at most, for queries that name them."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), IDS_AT_ONCE):
        yield wanted[start : start + IDS_AT_ONCE]
