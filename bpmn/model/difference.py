"""Compares two versions of a diagram by the ids of their elements; the layout does not count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bpmn.model.elements import Diagram, Flow, Node


class Kind(StrEnum):
    """Kind of change of an element."""

    ADDED = "added"
    REMOVED = "removed"
    REWIRED = "rewired"
    """Its flows lead elsewhere, or it stands in another sub-process or on another task."""
    REWORDED = "reworded"
    CHANGED = "changed"
    """Its settings: form, group, due date, topic, parameters, condition, …"""


KINDS = {
    "userTask": "задача",
    "serviceTask": "системный шаг",
    "businessRuleTask": "решение по таблице",
    "callActivity": "вызов процесса",
    "subProcess": "подпроцесс",
    "exclusiveGateway": "развилка",
    "parallelGateway": "параллельная развилка",
    "eventBasedGateway": "развилка по событиям",
    "startEvent": "начало",
    "endEvent": "конец",
    "boundaryEvent": "событие на задаче",
    "intermediateCatchEvent": "ожидание события",
    "intermediateThrowEvent": "событие",
}
ATTRIBUTES = {
    "assignee": "исполнитель",
    "asyncAfter": "пауза после шага",
    "asyncBefore": "пауза перед шагом",
    "attachedToRef": "задача, на которой стоит событие",
    "calledElement": "вызываемый процесс",
    "cancelActivity": "прерывает задачу",
    "candidateGroups": "группа",
    "decisionRef": "таблица решений",
    "dueDate": "срок",
    "followUpDate": "напоминание",
    "formKey": "форма",
    "priority": "приоритет",
    "topic": "тема",
}
"""BPMN and camunda attributes → words of the modelers' guide."""
NOT_SETTINGS = frozenset({"id", "name", "default", "attachedToRef"})
NOTHING = "нет"


@dataclass(frozen=True)
class Change:
    """One change of one element, with a Russian sentence."""

    kind: Kind
    element: str
    label: str
    """Russian label of the element, or of the ends of a flow."""
    what: str

    def __str__(self) -> str:
        return f"{self.label} ({self.element}): {self.what}"


def difference(old: Diagram, new: Diagram) -> tuple[Change, ...]:
    """Return the changes from ``old`` to ``new``; empty if only the drawing differs.

    A flow that got another id but has the same ends, label and condition did not change.
    """
    return (*_process(old, new), *_nodes(old, new), *_flows(old, new))


def label_of(diagram: Diagram, element: str) -> str:
    """Return the label of a node in quotes, its kind if it has none; ends of a flow."""
    if (flow := diagram.flows.get(element)) is not None:
        return f"стрелка {_quoted(diagram, flow.source)} → {_quoted(diagram, flow.target)}"
    node = diagram.nodes.get(element)
    kind = KINDS.get(node.kind, node.kind) if node else "процесс"
    name = diagram.name_of(element)
    return f"{kind} «{name}»" if name else _unnamed(diagram, element)


def _quoted(diagram: Diagram, element: str) -> str:
    name = diagram.name_of(element)
    return f"«{name}»" if name else _unnamed(diagram, element)


def _unnamed(diagram: Diagram, element: str) -> str:
    """Describe a node without a label by the labelled one that follows it."""
    node = diagram.nodes.get(element)
    if node is None:
        return element
    kind = KINDS.get(node.kind, node.kind)
    following = (diagram.name_of(flow.target) for flow in diagram.outgoing(node))
    name = next((name for name in following if name), "")
    return f"{kind} перед «{name}»" if name else f"{kind} {element}"


def _process(old: Diagram, new: Diagram) -> Iterator[Change]:
    if old.name != new.name:
        what = f"переименован: было «{old.name}», стало «{new.name}»"
        yield Change(Kind.REWORDED, new.id, "процесс", what)
    if settings := _settings_changes(old.attributes, new.attributes):
        yield Change(Kind.CHANGED, new.id, f"процесс «{new.name}»", "; ".join(settings))


def _nodes(old: Diagram, new: Diagram) -> Iterator[Change]:
    for node in new.nodes.values():
        before = old.nodes.get(node.id)
        if before is None:
            yield Change(Kind.ADDED, node.id, label_of(new, node.id), "добавлено")
            continue
        yield from _node(old, new, before, node)
    for node in old.nodes.values():
        if node.id not in new.nodes:
            yield Change(Kind.REMOVED, node.id, label_of(old, node.id), "убрано")


def _node(old: Diagram, new: Diagram, before: Node, after: Node) -> Iterator[Change]:
    label = label_of(new, after.id)
    if _words(before.name) != _words(after.name):
        what = f"переименовано: было «{_words(before.name)}», стало «{_words(after.name)}»"
        yield Change(Kind.REWORDED, after.id, label, what)
    if before.documentation != after.documentation:
        yield Change(Kind.REWORDED, after.id, label, "изменено описание")
    place = _place(old, new, before, after)
    if place:
        yield Change(Kind.REWIRED, after.id, label, place)
    if settings := list(_settings(before, after)):
        yield Change(Kind.CHANGED, after.id, label, "; ".join(settings))


def _place(old: Diagram, new: Diagram, before: Node, after: Node) -> str:
    if before.attached_to != after.attached_to:
        was = _quoted(old, before.attached_to or "")
        return f"перенесено на другую задачу: было на {was}, стало на " + _quoted(
            new, after.attached_to or ""
        )
    if before.scope != after.scope and (before.scope, after.scope) != (old.id, new.id):
        return "перенесено в другой подпроцесс"
    return ""


def _settings(before: Node, after: Node) -> Iterator[str]:
    if before.kind != after.kind:
        was, now = KINDS.get(before.kind, before.kind), KINDS.get(after.kind, after.kind)
        yield f"другой вид: было «{was}», стало «{now}»"
    yield from _settings_changes(before.attributes, after.attributes)
    yield from _values("вход", before.inputs, after.inputs)
    yield from _values("выход", dict(before.outputs), dict(after.outputs))
    if before.event != after.event:
        yield f"событие: было {_event(before)}, стало {_event(after)}"
    if before.listeners != after.listeners:
        yield "изменены слушатели"
    if (before.call_mappings, before.call_business_key) != (
        after.call_mappings,
        after.call_business_key,
    ):
        yield "изменена передача данных вызываемому процессу"
    if before.loop != after.loop:
        yield "изменено повторение"
    elif before.extensions != after.extensions and not (
        before.inputs != after.inputs or before.outputs != after.outputs
    ):
        yield "изменены расширения Camunda"


def _settings_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = sorted({*before, *after} - NOT_SETTINGS)
    return [
        f"{ATTRIBUTES.get(name, name)}: было {_shown(before.get(name))}, "
        f"стало {_shown(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _values(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{what} {name}: было {_shown(before.get(name))}, стало " + _shown(
                after.get(name)
            )


def _event(node: Node) -> str:
    if node.event is None:
        return NOTHING
    known = (node.event.kind, node.event.reference, node.event.timer)
    return " ".join(part for part in known if part)


def _flows(old: Diagram, new: Diagram) -> Iterator[Change]:
    renamed = _same_flows(old, new)
    for flow in new.flows.values():
        before = old.flows.get(flow.id)
        if before is None:
            if flow.id not in renamed.values():
                yield Change(Kind.ADDED, flow.id, label_of(new, flow.id), "добавлена")
            continue
        label = label_of(new, flow.id)
        if (before.source, before.target) != (flow.source, flow.target):
            what = f"ведёт иначе: была {label_of(old, flow.id)}"
            yield Change(Kind.REWIRED, flow.id, label, what)
        if _words(before.name) != _words(flow.name):
            what = f"подпись: было «{_words(before.name)}», стало «{_words(flow.name)}»"
            yield Change(Kind.REWORDED, flow.id, label, what)
        if (before.condition, before.is_default) != (flow.condition, flow.is_default):
            what = f"условие: было {_condition(before)}, стало {_condition(flow)}"
            yield Change(Kind.CHANGED, flow.id, label, what)
    for flow in old.flows.values():
        if flow.id not in new.flows and flow.id not in renamed:
            yield Change(Kind.REMOVED, flow.id, label_of(old, flow.id), "убрана")


def _same_flows(old: Diagram, new: Diagram) -> dict[str, str]:
    """Map ids of flows that only one version has to an equal flow of the other version."""
    fresh = {
        (f.source, f.target, _words(f.name), f.condition, f.is_default): f.id
        for f in new.flows.values()
        if f.id not in old.flows
    }
    return {
        f.id: fresh[key]
        for f in old.flows.values()
        if f.id not in new.flows
        and (key := (f.source, f.target, _words(f.name), f.condition, f.is_default)) in fresh
    }


def _condition(flow: Flow) -> str:
    return flow.condition or ("путь по умолчанию" if flow.is_default else NOTHING)


def _shown(value: str | None) -> str:
    return NOTHING if value is None else f"«{value}»"


def _words(text: str) -> str:
    return " ".join(text.split())
