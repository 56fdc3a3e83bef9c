"""What each method of the simulated OData service does."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from workers.integrations.onec.simulator.filters import Value, condition
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.question import Question
from workers.integrations.onec.simulator.rendering import Refused, Renderer
from workers.integrations.onec.simulator.schema import EntitySet, Kind


def answer(question: Question, body: bytes, infobase: Infobase, render: Renderer) -> Response:
    """Raises: Refused, with the status and code of the platform."""
    if not question.entity_set:
        names = [{"name": name, "url": name} for name in infobase.sets]
        return render.collection("", names, None)
    entity_set = infobase.set_named(question.entity_set)
    match question.method, question.key, question.action:
        case "GET", None, None | "$count":
            return _listed(question, entity_set, infobase, render)
        case "GET", str(key), None:
            row = infobase.row(entity_set.name, key)
            fields = _selection(question, entity_set)
            return render.single(entity_set.name, {field: row[field] for field in fields})
        case "POST", None, None:
            created = infobase.create(entity_set.name, _values(body))
            return render.single(entity_set.name, created, status=201)
        case "PATCH", str(key), None:
            # If-Match is read by nobody: the live platform ignores it as well.
            changed = infobase.change(entity_set.name, key, _values(body))
            return render.single(entity_set.name, changed)
        case "POST", str(key), "Post" | "Unpost" as action:
            infobase.post(entity_set.name, key, posted=action == "Post")
            return Response(status_code=200)
        case "DELETE", str(key), None:
            infobase.delete(entity_set.name, key)
            return Response(status_code=204)
        case _, _, None:
            raise Refused(405, 19, f"HTTP-метод {question.method} не поддерживается")
    raise Refused(404, 6, f"Сегмент пути {question.action} не найден!")


def _listed(
    question: Question, entity_set: EntitySet, infobase: Infobase, render: Renderer
) -> Response:
    fields = _selection(question, entity_set)
    rows = infobase.rows(entity_set.name)
    if wanted := question.options.get("$filter"):
        test = condition(wanted, lambda path: _field(path, entity_set, infobase))
        rows = [row for row in rows if test(row)]
    if question.action == "$count":
        return PlainTextResponse(str(len(rows)))
    count = len(rows) if question.options.get("$inlinecount") == "allpages" else None
    for field, descending in reversed(_order(question, entity_set)):
        rows.sort(key=lambda row: row[field], reverse=descending)
    rows = rows[question.natural("$skip") or 0 :][: question.natural("$top")]
    selected = [{field: row[field] for field in fields} for row in rows]
    return render.collection(entity_set.name, selected, count)


def _field(path: str, entity_set: EntitySet, infobase: Infobase) -> tuple[Kind, Value]:
    """A field of the row, or by `/` of a row that it refers to."""
    name, _, rest = path.partition("/")
    if not rest:
        if name not in entity_set.properties:
            raise Refused(400, 14, f"Поле {name} не найдено в опции запроса $filter")
        kind = entity_set.properties[name].kind
        if kind is Kind.INT64:
            return Kind.DOUBLE, lambda row: float(row[name])
        return kind, lambda row: row[name]
    if name not in entity_set.references:
        raise Refused(400, 14, f"Поле {name} не найдено в опции запроса $filter")
    target = infobase.set_named(entity_set.references[name])
    kind, value = _field(rest, target, infobase)

    def follow(row: Mapping[str, Any]) -> Any:
        found = {other["Ref_Key"]: other for other in infobase.rows(target.name)}
        referred = found.get(row[f"{name}_Key"])
        return kind.empty if referred is None else value(referred)

    return kind, follow


def _order(question: Question, entity_set: EntitySet) -> list[tuple[str, bool]]:
    order = []
    for part in filter(None, question.options.get("$orderby", "").split(",")):
        field, _, way = part.strip().partition(" ")
        _known(field, entity_set)
        if way.strip() not in ("", "asc", "desc"):
            raise Refused(400, 14, "Ошибка при разборе опции запроса $orderby")
        order.append((field, way.strip() == "desc"))
    return order


def _selection(question: Question, entity_set: EntitySet) -> list[str]:
    """Fields to send; an unknown one is refused even if there is no row to send."""
    wish = question.options.get("$select", "*")
    if wish in ("*", "**"):
        return list(entity_set.properties)
    fields = [field.strip() for field in wish.split(",")]
    for field in fields:
        _known(field, entity_set)
    return fields


def _known(field: str, entity_set: EntitySet) -> None:
    if field not in entity_set.properties:
        raise Refused(400, 6, f"Сегмент пути {field} не найден!")


def _values(body: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(body.decode("utf-8-sig"))
    except ValueError as unreadable:
        raise Refused(500, -1, "Ошибка чтения JSON") from unreadable
    if not isinstance(values, dict):
        raise Refused(500, -1, "Ошибка чтения JSON")
    return values
