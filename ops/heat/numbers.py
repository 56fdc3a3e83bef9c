"""Numbers per activity of the diagrams: instances standing, time taken, refusals.

Requests to the engine: one for all processes, one per version with running instances (at most
`MOST_VERSIONS`), and at most `SAMPLE` / 1000 per type of activity. One query to the database.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bpmn.camunda.client.statistics import FinishedActivity, RunningDefinition
from bpmn.model.elements import Diagram, Node
from db.domain.catalog import Catalog
from db.ports.deals import DecisionCount

MOST_VERSIONS = 300
SAMPLE = 20_000
"""Newest passages that are looked at, per type of activity."""
WORK = ("userTask", "serviceTask", "callActivity")
REFUSED = "boundaryError"
TYPES = (*WORK, REFUSED, "intermediateTimer", "intermediateMessageCatch")
"""Types of activities in the history of the engine."""
REJECTED = "rejected"


class Numbers(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

    def running_definitions(self) -> list[RunningDefinition]: ...

    def standing(self, definition_id: str) -> Mapping[str, int]: ...

    def finished_activities(
        self, activity_type: str, since: datetime, limit: int
    ) -> Iterable[FinishedActivity]: ...


@dataclass(frozen=True)
class Heat:
    """Numbers of one activity."""

    element: str
    name: str
    standing: int = 0
    """Instances in it now, of all versions."""
    passed: int = 0
    """FinishedActivitys that ended in the period, within the sample."""
    median: timedelta | None = None
    p90: timedelta | None = None
    refused: int = 0
    """FinishedActivitys that a worker's refusal ended: the person got the task back."""
    decided: int = 0
    """Decisions recorded by this step in the period."""
    rejected: int = 0
    """Of ``decided``: the approver said no."""

    @property
    def refused_share(self) -> float:
        """Share of passages that were refused."""
        return self.refused / self.passed if self.passed else 0.0


@dataclass(frozen=True)
class HeatOfDiagram:
    """Numbers of one diagram; activities without any are left out."""

    process: str
    name: str
    activities: Sequence[Heat]


@dataclass(frozen=True)
class HeatReport:
    """Numbers of all diagrams."""

    since: datetime
    diagrams: Sequence[HeatOfDiagram]
    cut: Sequence[str] = field(default_factory=tuple)
    """Russian sentences about what was left out because there was too much of it."""


def measure(
    engine: Numbers,
    diagrams: Iterable[Diagram],
    catalog: Catalog,
    decisions: Iterable[DecisionCount],
    since: datetime,
) -> HeatReport:
    """Ask the engine and put its numbers and those of the approvals together."""
    cut: list[str] = []
    standing = _standing(engine, cut)
    taken: dict[tuple[str, str], list[int]] = defaultdict(list)
    looked_back = dict.fromkeys(TYPES, since)
    for activity_type in TYPES:
        if activity_type == REFUSED:  # of the steps that are counted
            looked_back[REFUSED] = looked_back["serviceTask"]
        count, oldest = 0, None
        for passage in engine.finished_activities(
            activity_type, looked_back[activity_type], SAMPLE
        ):
            taken[passage.process_key, passage.activity].append(passage.milliseconds)
            count, oldest = count + 1, passage.ended
        if count == SAMPLE and oldest is not None:
            looked_back[activity_type] = oldest
            names = TYPE_NAMES[activity_type]
            cut.append(f"{names}: последние {SAMPLE}, с {oldest:%d.%m.%Y %H:%M} UTC.")
    votes = _votes(decisions, catalog)
    return HeatReport(
        since,
        [_of_diagram(one, standing, taken, votes) for one in diagrams],
        tuple(cut),
    )


TYPE_NAMES: Mapping[str, str] = {
    "userTask": "Задачи людей",
    "serviceTask": "Системные шаги",
    "callActivity": "Вызовы процессов",
    REFUSED: "Отказы",
    "intermediateTimer": "Ожидания срока",
    "intermediateMessageCatch": "Ожидания сообщения",
}


def percentile(values: Sequence[int], share: float) -> timedelta:
    """The smallest value that ``share`` of the values do not exceed; milliseconds."""
    ordered = sorted(values)
    return timedelta(milliseconds=ordered[max(0, math.ceil(share * len(ordered)) - 1)])


def _standing(engine: Numbers, cut: list[str]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    running = sorted(engine.running_definitions(), key=lambda one: -one.instances)
    for version in running[:MOST_VERSIONS]:
        for activity, count in engine.standing(version.id).items():
            found[version.process_key, activity] += count
    if (left := len(running) - MOST_VERSIONS) > 0:
        cut.append(f"Версий процессов с экземплярами слишком много: не посчитано {left}.")
    return found


def _votes(
    decisions: Iterable[DecisionCount], catalog: Catalog
) -> Mapping[tuple[str, str], Counter[str]]:
    """Process and step of an approval → decisions by outcome."""
    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in decisions:
        if (chain := catalog.chains.get(one.chain)) is not None:
            votes[chain.process, one.step][one.outcome] += one.count
    return votes


def _of_diagram(
    diagram: Diagram,
    standing: Mapping[tuple[str, str], int],
    taken: Mapping[tuple[str, str], Sequence[int]],
    votes: Mapping[tuple[str, str], Counter[str]],
) -> HeatOfDiagram:
    found = []
    for node in diagram.nodes.values():
        key = diagram.id, node.id
        times = taken.get(key, ()) if not node.attached_to else ()
        said = votes.get((diagram.id, node.inputs.get("step", "")), Counter()) if node.topic else {}
        heat = Heat(
            element=node.id,
            name=" ".join(node.name.split()),
            standing=standing.get(key, 0),
            passed=len(times),
            median=percentile(times, 0.5) if times else None,
            p90=percentile(times, 0.9) if times else None,
            refused=_refusals(diagram, node, taken),
            decided=sum(said.values()),
            rejected=said.get(REJECTED, 0),
        )
        if heat.standing or heat.passed or heat.decided:
            found.append(heat)
    return HeatOfDiagram(diagram.id, diagram.name, found)


def _refusals(diagram: Diagram, node: Node, taken: Mapping[tuple[str, str], Sequence[int]]) -> int:
    return sum(
        len(taken.get((diagram.id, boundary.id), ()))
        for boundary in diagram.boundaries(node)
        if boundary.event and boundary.event.kind == "error"
    )
