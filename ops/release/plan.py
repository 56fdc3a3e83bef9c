"""Plan of a deployment: what differs from the engine, and what becomes of running instances."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import Definition, Release, Running, stale, to_deploy
from bpmn.model.difference import Change, difference
from bpmn.model.elements import Diagram
from ops.release.counterparts import Fate, Onward, Passage
from ops.release.decisions import UNDECIDED, ProcessDecisions
from ops.release.groups import IdleGroup, idle_groups


class Reason(StrEnum):
    """Reason for which a process gets a new version, or none."""

    NEW = "new"
    CHANGED = "changed"
    """Its own diagram, a form or a table of it."""
    BOUND = "bound"
    """It calls a changed process, or is called by a process that gets a new version."""
    SAME = "same"
    GONE = "gone"
    """The engine has it, the files do not."""


@dataclass(frozen=True)
class Standing:
    """Running instances of one version at one activity."""

    definition: Definition
    activity: str
    name: str
    count: int
    onward: Onward


@dataclass(frozen=True)
class ProcessPlan:
    """Effect of a deployment on one process."""

    key: str
    name: str
    reason: Reason
    version: int | None
    """Latest version in the engine."""
    changes: tuple[Change, ...]
    """Of its diagram."""
    resources: tuple[str, ...]
    """Names of its own files, forms and tables that differ."""
    standing: tuple[Standing, ...]
    old: Diagram | None
    new: Diagram | None
    calls: tuple[str, ...] = ()
    """Changed processes that it calls, directly or not: why it is bound."""
    called_by: tuple[str, ...] = ()
    """Processes that call it and get a new version: why it is bound if it calls no changed one."""

    @property
    def deployed(self) -> bool:
        """Whether it gets a new version."""
        return self.reason in (Reason.NEW, Reason.CHANGED, Reason.BOUND)

    @property
    def instances(self) -> int:
        """Number of tokens: an instance in parallel branches counts once per branch."""
        return sum(one.count for one in self.standing)


@dataclass(frozen=True)
class Plan:
    """Plans of all processes, those with differences first."""

    processes: tuple[ProcessPlan, ...]
    idle: tuple[IdleGroup, ...] = ()
    """Groups whose tasks would wait for nobody."""

    @property
    def lacking(self) -> tuple[IdleGroup, ...]:
        """Groups that the engine does not have."""
        return tuple(one for one in self.idle if not one.exists)

    @property
    def deployed(self) -> tuple[ProcessPlan, ...]:
        return tuple(one for one in self.processes if one.deployed)

    @property
    def affected(self) -> int:
        """Number of running instances of processes that get a new version."""
        return sum(one.instances for one in self.deployed)

    @property
    def undecided(self) -> tuple[tuple[ProcessPlan, Standing], ...]:
        """Instances without a counterpart in the new version."""
        return tuple(
            (process, one)
            for process in self.deployed
            for one in process.standing
            if one.onward.fate is Fate.UNDECIDED
        )


ORDER = (Reason.CHANGED, Reason.NEW, Reason.GONE, Reason.BOUND, Reason.SAME)


def plan(
    engine: Engine,
    release: Release,
    decisions: Mapping[str, ProcessDecisions],
    administrator: Engine | None = None,
) -> Plan:
    """Compare the files of ``release`` with the engine; nothing is changed.

    ``administrator``: the engine as an account that sees groups; without it they are not compared.
    Raises: EngineError, InvalidDiagram.
    """
    running = Running(engine)
    differing = stale(release, running)
    wanted = to_deploy(release, differing)
    standing = _standing(engine)
    found = [
        _process(key, release, running, wanted, standing, decisions.get(key, UNDECIDED))
        for key in sorted({*release.diagrams, *running.latest})
    ]
    explained = [*_explained(found, release)]
    idle = idle_groups(administrator, release.diagrams.values(), wanted) if administrator else ()
    ordered = sorted(explained, key=lambda one: (ORDER.index(one.reason), one.key))
    return Plan(tuple(ordered), idle)


def _explained(found: Sequence[ProcessPlan], release: Release) -> Iterator[ProcessPlan]:
    """Name, for each bound process, the processes because of which it gets a new version."""
    changed = {one.key for one in found if one.reason in (Reason.CHANGED, Reason.NEW)}
    deployed = [one.key for one in found if one.deployed]
    for one in found:
        if one.reason is Reason.BOUND:
            yield replace(
                one,
                calls=tuple(sorted(release.called(one.key) & changed)),
                called_by=tuple(key for key in deployed if one.key in release.calls_of(key)),
            )
        else:
            yield one


def _process(
    key: str,
    release: Release,
    running: Running,
    wanted: frozenset[str],
    standing: Mapping[str, list[tuple[Definition, Mapping[str, int]]]],
    decisions: ProcessDecisions,
) -> ProcessPlan:
    new, known = release.diagrams.get(key), running.latest.get(key)
    old = running.diagram(known) if known else None
    changed = tuple(
        sorted(
            name
            for name in (release.resources_of(key) if new else ())
            if known and running.content(known.deployment, name) != release.contents[name]
        )
    )
    name = new.name if new else known.name if known else key
    return ProcessPlan(
        key=key,
        name=name,
        reason=_reason(key, new is not None, known is not None, bool(changed), wanted),
        version=known.version if known else None,
        changes=difference(old, new) if old and new else (),
        resources=changed,
        standing=tuple(_at(running, new, standing.get(key, []), decisions)),
        old=old,
        new=new,
    )


def _reason(key: str, drawn: bool, known: bool, changed: bool, wanted: frozenset[str]) -> Reason:
    if not drawn:
        return Reason.GONE
    if not known:
        return Reason.NEW
    if changed:
        return Reason.CHANGED
    return Reason.BOUND if key in wanted else Reason.SAME


def _standing(engine: Engine) -> Mapping[str, list[tuple[Definition, Mapping[str, int]]]]:
    """Map process to its versions with instances, each with counts per activity."""
    found: dict[str, list[tuple[Definition, Mapping[str, int]]]] = {}
    for row in engine.get("/process-definition/statistics"):
        if row["instances"]:
            definition = Definition.read(row["definition"])
            counts = engine.get(f"/process-definition/{definition.id}/statistics")
            at = {one["id"]: one["instances"] for one in counts if one["instances"]}
            found.setdefault(definition.key, []).append((definition, at))
    return found


def _at(
    running: Running,
    new: Diagram | None,
    versions: list[tuple[Definition, Mapping[str, int]]],
    decisions: ProcessDecisions,
) -> Iterator[Standing]:
    for definition, counts in sorted(versions, key=lambda pair: pair[0].version):
        old = running.diagram(definition)
        passage = Passage(old, new, decisions) if new else None
        for activity, count in sorted(counts.items()):
            onward = passage.of(activity) if passage else Onward(Fate.STAYS, reason="схемы нет")
            yield Standing(definition, activity, old.name_of(activity) or activity, count, onward)
