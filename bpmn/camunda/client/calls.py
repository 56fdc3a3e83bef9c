"""Base class of the REST client: HTTP verbs, pagination and pycamunda requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from bpmn.camunda.client.session import EngineSession

PAGE = 1000
"""Page size of paginated queries."""


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

    def all_of(self, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return all rows of a POST query, page by page.

        The query needs a unique sorting, otherwise rows may move between pages.
        """
        rows: list[dict[str, Any]] = []
        while True:
            page: Sequence[dict[str, Any]] = self.session.post(
                self.url + path,
                params={"firstResult": len(rows), "maxResults": PAGE},
                json=query,
            ).json()
            rows.extend(page)
            if len(page) < PAGE:
                return rows
