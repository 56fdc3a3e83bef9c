"""Parses an OData request from its raw URL, in which `+` stands for itself and not for a space."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from starlette.requests import Request

from workers.integrations.onec.simulator.rendering import ODataError, Renderer

_RESOURCE = re.compile(r"(?P<set>[^/(]+)(?:\((?P<key>[^)]*)\))?(?:/(?P<action>[^/]+))?")
_OPTIONS = {
    "$filter",
    "$format",
    "$inlinecount",
    "$orderby",
    "$select",
    "$skip",
    "$top",
    "allowedOnly",
    "PostingModeOperational",
}


@dataclass(frozen=True)
class ODataRequest:
    """Set, key, action and options of a request."""

    method: str
    entity_set: str
    """Blank for the root of the service."""
    key: str | None
    action: str | None
    """`$count`, `Post` or `Unpost`."""
    options: dict[str, str]

    def natural(self, option: str) -> int | None:
        """Return a numeric option. Raises: ODataError, it is no natural number."""
        text = self.options.get(option)
        if text is None:
            return None
        if not re.fullmatch("[0-9]+", text):
            raise ODataError(400, 14, f"Ошибка при разборе опции запроса {option}")
        return int(text)


def options_of(request: Request) -> dict[str, str]:
    """Return the decoded query options."""
    raw: bytes = request.scope["query_string"]
    pairs = (pair.partition("=") for pair in raw.decode("latin-1").split("&") if pair)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def renderer_of(request: Request, root: str) -> Renderer:
    """Return the renderer for the format that the client accepts."""
    accepted = options_of(request).get("$format", request.headers.get("accept", "")).lower()
    return Renderer(
        root,
        as_json=accepted.startswith("json") or "application/json" in accepted,
        metadata="nometadata" not in accepted,
    )


def parse_request(request: Request, prefix: str) -> ODataRequest:
    """Parse a request. Raises: ODataError, the service has no such resource or option."""
    raw: bytes = request.scope["raw_path"]
    resource = unquote(raw.decode("latin-1")).removeprefix(prefix).strip("/")
    options = options_of(request)
    for name in options:
        if name not in _OPTIONS and name.startswith("$"):
            raise ODataError(400, 0, f"Опция {name} не поддерживается")
    if not resource:
        return ODataRequest(request.method, "", None, None, options)
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        raise ODataError(404, 6, f"Сегмент пути {resource} не найден!")
    parts: dict[str, Any] = found.groupdict()
    key = None if parts["key"] is None else _key(parts["key"])
    return ODataRequest(request.method, parts["set"], key, parts["action"], options)


def _key(text: str) -> str:
    found = re.fullmatch(r"guid'([^']*)'", text)
    try:
        return str(UUID(found[1] if found else ""))
    except ValueError as bad:
        raise ODataError(400, 1, f"Ошибка при разборе значения типа Edm.Guid: {text}") from bad
