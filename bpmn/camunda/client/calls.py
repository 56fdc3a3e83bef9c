"""How the parts of the client call the engine: plainly, or through a request of pycamunda."""

from collections.abc import Mapping, Sequence
from typing import Any

from bpmn.camunda.client.session import EngineSession

PAGE = 1000
"""Rows the engine gives at most in one answer that we ask for."""


class RestClient:
    """One account's session with the engine and the address to call."""

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
        """What the engine answered, None for an answer without a body."""
        answer = self.session.post(self.url + path, json=body)
        return answer.json() if answer.content else None

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        self.session.put(self.url + path, json=body)

    def delete(self, path: str) -> None:
        self.session.delete(self.url + path)

    def send(self, request: Any) -> Any:
        """Send a request of pycamunda over our session, with its time-outs and typed errors."""
        request.session = self.session
        return request()

    def all_of(self, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every row of a POST query, page after page; the query must be sorted to be stable."""
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
