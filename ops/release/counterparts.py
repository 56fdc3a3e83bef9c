"""Finds where a running instance goes on in the next version of its diagram."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bpmn.model.elements import Diagram, Node
from ops.release.decisions import STAY, Begun, ProcessDecisions

RECORD, CLOSE = "record-decision", "close-approval-round"
STEP, OUTCOME, APPROVED = "step", "roundOutcome", "approved"
SCOPES = frozenset({"subProcess"})


class Fate(StrEnum):
    """Effect of a migration on an instance at an activity."""

    MIGRATES = "migrates"
    STAYS = "stays"
    """On its version, by a decision or because a new step is behind it."""
    UNDECIDED = "undecided"
    """It has no counterpart: a decision is needed first."""


@dataclass(frozen=True)
class Onward:
    """Target activity of an instance, its fate, and the reason in Russian."""

    fate: Fate
    target: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Passage:
    """Two versions of one process and the decisions about the way between them."""

    old: Diagram
    new: Diagram
    decisions: ProcessDecisions

    def of(self, activity: str) -> Onward:
        """Tell what becomes of an instance that stands at an activity of the old version."""
        decided = self.decisions.steps.get(activity)
        if decided == STAY:
            return Onward(Fate.STAYS, reason="так решено")
        target = decided or activity
        before, after = self.old.nodes.get(activity), self.new.nodes.get(target)
        if before is None or after is None:
            return Onward(Fate.UNDECIDED, reason="такого шага в новой схеме нет")
        if not self._fits(before, after):
            return Onward(Fate.UNDECIDED, reason="в новой схеме это шаг другого вида")
        if self.new_steps and self.decisions.begun is None:
            names = ", ".join(self.new_steps)
            return Onward(
                Fate.UNDECIDED, reason=f"в согласовании новый шаг ({names}): задайте begun"
            )
        if self.new_steps and self.decisions.begun is Begun.FINISH:
            return Onward(Fate.STAYS, reason="согласование закончится, как началось")
        if any(not self._ahead(after, step) for step in self.new_steps.values()):
            return Onward(Fate.STAYS, reason="новый шаг уже позади")
        if self._inside_changed_join(after):
            return Onward(Fate.STAYS, reason="у параллельных путей другое число веток")
        return Onward(Fate.MIGRATES, target)

    def mapped(self) -> Mapping[str, str]:
        """Map each activity of the old version that may migrate to its activity in the new one."""
        found = ((node, self.of(node)) for node in self.old.nodes)
        return {node: way.target for node, way in found if way.target is not None}

    def added(self) -> frozenset[str]:
        """Return the activities whose mapping the engine cannot find by equal ids: renamed ones,
        and the events on them."""
        mapped = self.mapped()
        renamed = {old for old, new in mapped.items() if old != new}
        return frozenset(renamed) | {
            node for node in mapped if self.old.nodes[node].attached_to in renamed
        }

    @property
    def new_steps(self) -> Mapping[str, str]:
        """Approval steps that only the new version records: step → node that records it."""
        known = {step for step, _ in _recorded(self.old)}
        if not known:
            return {}
        return {step: node for step, node in _recorded(self.new) if step not in known}

    def changed_events(self) -> frozenset[str]:
        """Return ids of events in the new version that wait for something else than before."""
        return frozenset(
            node.id
            for node in self.new.nodes.values()
            if (before := self.old.nodes.get(node.id)) is not None and before.event != node.event
        )

    def _fits(self, before: Node, after: Node) -> bool:
        """The engine maps only activities of one kind in the same scopes."""
        kinds = [
            (one.kind, one.topic is None, one.event and one.event.kind) for one in (before, after)
        ]
        return kinds[0] == kinds[1] and list(_scopes(self.old, before)) == list(
            _scopes(self.new, after)
        )

    def _ahead(self, node: Node, step: str) -> bool:
        """Tell if every way from ``node`` to the approval's end passes through ``step``."""
        approved = {
            one.id
            for one in self.new.external_tasks
            if one.topic == CLOSE and one.inputs.get(OUTCOME) == APPROVED
        }
        return node.id == step or not approved & _reached(self.new, [node.id], {step})

    def _inside_changed_join(self, node: Node) -> bool:
        """Tell if a token at ``node`` leads to a join that now waits for another number of ways."""
        joins = {
            one.id
            for one in self.new.of_kind("parallelGateway")
            if (before := self.old.nodes.get(one.id)) is not None
            and len(before.incoming) != len(one.incoming)
        }
        forks = {one.id for one in self.new.of_kind("parallelGateway") if len(one.outgoing) > 1}
        return bool(joins) and bool(joins & _reached(self.new, [node.id], forks - joins))


def _recorded(diagram: Diagram) -> Iterator[tuple[str, str]]:
    for node in diagram.external_tasks:
        if node.topic == RECORD and STEP in node.inputs:
            yield node.inputs[STEP], node.id


def _scopes(diagram: Diagram, node: Node) -> Iterator[str]:
    scope = node.scope
    while scope in diagram.nodes:
        yield scope
        scope = diagram.nodes[scope].scope


def _reached(diagram: Diagram, starts: Iterable[str], without: Collection[str]) -> frozenset[str]:
    """Return the nodes that a token may reach without entering ``without``."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for target in _next(diagram, diagram.nodes[waiting.pop()]):
            if target not in found and target not in without:
                found.add(target)
                waiting.append(target)
    return frozenset(found)


def _next(diagram: Diagram, node: Node) -> Iterator[str]:
    yield from (flow.target for flow in diagram.outgoing(node))
    yield from (boundary.id for boundary in diagram.boundaries(node))
    if node.kind in SCOPES:
        yield from (one.id for one in diagram.of_kind("startEvent") if one.scope == node.id)
    if node.kind == "endEvent" and node.scope in diagram.nodes:
        yield from (flow.target for flow in diagram.outgoing(diagram.nodes[node.scope]))
