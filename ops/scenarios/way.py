"""The way of a deal through the diagrams, by the engine's history of activities.

The engine keeps which elements were entered, when and in which order, but no sequence flows. A flow
was taken when its target was entered by a token that had just left its source: each entry is
matched with the latest exit that no other entry has used. Tests compare the result with listeners
on every flow.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bpmn.camunda.client.rest import Engine
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES
from bpmn.model.elements import Diagram, Flow

SPLITS = frozenset({"parallelGateway", "inclusiveGateway"})
"""Kinds of elements that one token leaves by several flows."""
ONE_BY_ONE = [
    {"sortBy": "occurrence", "sortOrder": "asc"},
    {"sortBy": "activityInstanceId", "sortOrder": "asc"},
]


@dataclass(frozen=True)
class Passage:
    """One entry of an element."""

    id: str
    element: str
    entered: str
    left: str | None
    """None while it waits, and when it was interrupted."""
    type: str = ""
    task: str | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Passage":
        """Convert a row of the engine; its times are texts of one zone and sort as such."""
        return cls(
            row["id"],
            row["activityId"],
            row["startTime"],
            None if row["canceled"] else row["endTime"],
            row["activityType"],
            row["taskId"],
        )


@dataclass
class Walk:
    """Number of passes of each element and flow of a process, over any number of deals."""

    passed: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Walk") -> None:
        """Count another walk too."""
        self.passed += other.passed
        self.taken += other.taken


Walks = dict[str, Walk]
"""Process id → its walk."""


def instances_of(engine: Engine, deal_id: str) -> dict[str, str]:
    """Map the instances of a deal, ended or not, to their process; without side processes."""
    query = {
        "processInstanceBusinessKey": deal_id,
        "sorting": [{"sortBy": "instanceId", "sortOrder": "asc"}],
    }
    rows = engine.all_of("/history/process-instance", query)
    known = {row["id"]: str(row["processDefinitionKey"]) for row in rows}
    return {id: process for id, process in known.items() if process not in AUXILIARY_PROCESSES}


def passages(engine: Engine, instance: str) -> list[Passage]:
    """Entries of an instance in their order."""
    query = {"processInstanceId": instance, "sorting": ONE_BY_ONE}
    found = [Passage.read(row) for row in engine.all_of("/history/activity-instance", query)]
    return sorted(found, key=lambda one: one.entered)  # stable: the order within a millisecond


def walks(engine: Engine, deal_id: str, diagrams: Mapping[str, Diagram]) -> Walks:
    """The way of one deal, in all of its processes."""
    found: Walks = {}
    for instance, process in instances_of(engine, deal_id).items():
        if diagram := diagrams.get(process):
            found.setdefault(process, Walk()).add(walk(diagram, passages(engine, instance)))
    return found


def walk(diagram: Diagram, entries: Sequence[Passage]) -> Walk:
    """Elements and flows that one instance passed."""
    exits: dict[str, list[Passage]] = {}
    used: set[tuple[str, str]] = set()
    found = Walk()
    for entry in entries:
        found.passed[entry.element] += 1
        if (node := diagram.nodes.get(entry.element)) is None:
            continue
        if flow := _flow_into(entry, diagram.incoming(node), diagram, exits, used):
            found.taken[flow.id] += 1
        if entry.left is not None:
            exits.setdefault(entry.element, []).append(entry)
    return found


def _flow_into(
    entry: Passage,
    incoming: Iterable[Flow],
    diagram: Diagram,
    exits: Mapping[str, Sequence[Passage]],
    used: set[tuple[str, str]],
) -> Flow | None:
    """The flow of the latest unused exit before the entry; marks that exit as used."""
    latest: tuple[str, int, Flow, tuple[str, str]] | None = None
    for flow in incoming:
        splits = diagram.nodes[flow.source].kind in SPLITS
        for number, left in enumerate(exits.get(flow.source, ())):
            key = (left.id, flow.id if splits else "")
            if key in used or left.left is None or left.left > entry.entered:
                continue
            if latest is None or (left.left, number) >= latest[:2]:
                latest = (left.left, number, flow, key)
    if latest is None:
        return None
    used.add(latest[3])
    return latest[2]
