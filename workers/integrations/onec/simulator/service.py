"""Executes OData requests on the infobase."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from workers.integrations.onec.simulator.filters import Getter, condition
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.odata_request import ODataRequest
from workers.integrations.onec.simulator.rendering import ODataError, Renderer
from workers.integrations.onec.simulator.schema import EdmType, EntitySet


def respond(request: ODataRequest, body: bytes, infobase: Infobase, render: Renderer) -> Response:
    """Execute a request. Raises: ODataError, as the platform does."""
    if not request.entity_set:
        names = [{"name": name, "url": name} for name in infobase.sets]
        return render.collection("", names, None)
    entity_set = infobase.set_named(request.entity_set)
    match request.method, request.key, request.action:
        case "GET", None, None | "$count":
            return _listed(request, entity_set, infobase, render)
        case "GET", str(key), None:
            row = infobase.row(entity_set.name, key)
            fields = _selection(request, entity_set)
            return render.single(entity_set.name, {field: row[field] for field in fields})
        case "POST", None, None:
            created = infobase.create(entity_set.name, _values(body))
            return render.single(entity_set.name, created, status=201)
        case "PATCH", str(key), None:
            # If-Match is ignored, as by the platform.
            changed = infobase.change(entity_set.name, key, _values(body))
            return render.single(entity_set.name, changed)
        case "POST", str(key), "Post" | "Unpost" as action:
            infobase.post(entity_set.name, key, posted=action == "Post")
            return Response(status_code=200)
        case "DELETE", str(key), None:
            infobase.delete(entity_set.name, key)
            return Response(status_code=204)
        case _, _, None:
            raise ODataError(405, 19, f"HTTP-метод {request.method} не поддерживается")
    raise ODataError(404, 6, f"Сегмент пути {request.action} не найден!")


def _listed(
    request: ODataRequest, entity_set: EntitySet, infobase: Infobase, render: Renderer
) -> Response:
    fields = _selection(request, entity_set)
    rows = infobase.rows(entity_set.name)
    if wanted := request.options.get("$filter"):
        test = condition(wanted, lambda path: _field(path, entity_set, infobase))
        rows = [row for row in rows if test(row)]
    if request.action == "$count":
        return PlainTextResponse(str(len(rows)))
    count = len(rows) if request.options.get("$inlinecount") == "allpages" else None
    for field, descending in reversed(_order(request, entity_set)):
        rows.sort(key=lambda row: row[field], reverse=descending)
    rows = rows[request.natural("$skip") or 0 :][: request.natural("$top")]
    selected = [{field: row[field] for field in fields} for row in rows]
    return render.collection(entity_set.name, selected, count)


def _field(path: str, entity_set: EntitySet, infobase: Infobase) -> tuple[EdmType, Getter]:
    """Return type and getter of a field, or of a field of a referenced row after `/`."""
    name, _, rest = path.partition("/")
    if not rest:
        if name not in entity_set.properties:
            raise ODataError(400, 14, f"Поле {name} не найдено в опции запроса $filter")
        kind = entity_set.properties[name].kind
        if kind is EdmType.INT64:
            return EdmType.DOUBLE, lambda row: float(row[name])
        return kind, lambda row: row[name]
    if name not in entity_set.references:
        raise ODataError(400, 14, f"Поле {name} не найдено в опции запроса $filter")
    target = infobase.set_named(entity_set.references[name])
    kind, value = _field(rest, target, infobase)

    def follow(row: Mapping[str, Any]) -> Any:
        found = {other["Ref_Key"]: other for other in infobase.rows(target.name)}
        referred = found.get(row[f"{name}_Key"])
        return kind.empty if referred is None else value(referred)

    return kind, follow


def _order(request: ODataRequest, entity_set: EntitySet) -> list[tuple[str, bool]]:
    order = []
    for part in filter(None, request.options.get("$orderby", "").split(",")):
        field, _, way = part.strip().partition(" ")
        _check_field(field, entity_set)
        if way.strip() not in ("", "asc", "desc"):
            raise ODataError(400, 14, "Ошибка при разборе опции запроса $orderby")
        order.append((field, way.strip() == "desc"))
    return order


def _selection(request: ODataRequest, entity_set: EntitySet) -> list[str]:
    """Return the selected fields. Raises: ODataError, a field is unknown."""
    selected = request.options.get("$select", "*")
    if selected in ("*", "**"):
        return list(entity_set.properties)
    fields = [field.strip() for field in selected.split(",")]
    for field in fields:
        _check_field(field, entity_set)
    return fields


def _check_field(field: str, entity_set: EntitySet) -> None:
    if field not in entity_set.properties:
        raise ODataError(400, 6, f"Сегмент пути {field} не найден!")


def _values(body: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(body.decode("utf-8-sig"))
    except ValueError as unreadable:
        raise ODataError(500, -1, "Ошибка чтения JSON") from unreadable
    if not isinstance(values, dict):
        raise ODataError(500, -1, "Ошибка чтения JSON")
    return values
