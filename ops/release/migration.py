"""Moves running instances to the latest version of their process, and back while nothing moved on.

What is done is read from the engine: instances that still run on an earlier version are not done.
So a run that was killed is simply repeated.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bpmn.camunda.client.rest import Engine, EngineConflict, EngineRefused
from bpmn.camunda.client.values import instant, moment
from bpmn.camunda.provisioning.deployment import Definition, Running
from bpmn.model.elements import Diagram
from db.config.operator_error import OperatorError
from db.domain.catalog import Catalog
from ops.release.counterparts import Fate, Passage
from ops.release.decisions import STAY, UNDECIDED, ProcessDecisions

BATCH = 50
"""Instances of one transaction of the engine."""
ATTEMPTS = 3
"""Times that a route is carried out: people complete tasks while it moves their instances."""
MARK = "migratedTo"
"""Prefix of the variable that is written with the migration; the version follows."""
STEPS = "approvalSteps"
"""Variable with the approval steps that a round was opened with."""
BY_INSTANCE = [{"sortBy": "instanceId", "sortOrder": "asc"}]


class MigrationRefused(OperatorError):
    """The engine or the plan does not allow the migration; nothing was moved."""


@dataclass(frozen=True)
class Route:
    """Migration of the instances of one version to the latest version of the process."""

    source: Definition
    target: Definition
    mapped: Mapping[str, str]
    """Activity of the source → activity of the target."""
    added: frozenset[str] = frozenset()
    """Activities whose mapping the engine does not find by itself."""
    events: frozenset[str] = frozenset()
    """Events of the target that wait for something else than before."""
    steps: str | None = None
    """Approval steps to write; None: those that the round was opened with."""
    reads_steps: bool = False
    undecided: tuple[str, ...] = ()
    """Sentences about the activities with instances that need a decision."""
    back: bool = False

    def __str__(self) -> str:
        return (
            f"{self.source.key} «{self.target.name}»: версия {self.source.version} → "
            f"{self.target.version}"
        )


@dataclass
class Report:
    """Result of one route: instances that moved, stayed and failed."""

    route: Route
    moved: list[str] = field(default_factory=list)
    stayed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Instance → the engine's reason."""

    def __str__(self) -> str:
        parts = [f"переведено {len(self.moved)}", f"осталось по решению {len(self.stayed)}"]
        if self.failed:
            parts.append(f"не вышло {len(self.failed)}")
        return f"{self.route}: {', '.join(parts)}"

    def row(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "process": self.route.source.key,
            "from": self.route.source.version,
            "to": self.route.target.version,
            "moved": self.moved,
            "stayed": self.stayed,
            "failed": self.failed,
        }


class Migration:
    """Migration of all processes of the engine."""

    def __init__(
        self,
        engine: Engine,
        decisions: Mapping[str, ProcessDecisions],
        catalog: Catalog,
        batch: int = BATCH,
    ) -> None:
        self._engine, self._decisions, self._batch = engine, decisions, batch
        self._running = Running(engine)
        self._chains = {chain.process: chain for chain in catalog.chains.values()}

    def routes(self) -> list[Route]:
        """Return the routes of all instances on earlier versions, called processes first.

        Raises: MigrationRefused: a decision is missing, or the engine finds a fault in a mapping.
        """
        found = []
        for row in self._engine.get("/process-definition/statistics"):
            source = Definition.read(row["definition"])
            target = self._running.latest.get(source.key)
            if row["instances"] and target is not None and target.id != source.id:
                found.append(self._route(source, target))
        if undecided := [sentence for route in found for sentence in route.undecided]:
            raise MigrationRefused("Нужны решения, ничего не переведено:\n" + "\n".join(undecided))
        for route in found:
            self._validate(route)
        return sorted(found, key=lambda route: (route.source.key, route.source.version))

    def count(self, route: Route) -> int:
        """Number of instances that still run on the route's earlier version."""
        return len(self._instances(route.source.id))

    def run(self, routes: Iterable[Route]) -> Iterator[Report]:
        """Migrate in batches; yields a report after each route. Safe to repeat.

        Raises: EngineUnavailable: the command is to be repeated.
        """
        for route in routes:
            report = Report(route)
            for _ in range(ATTEMPTS):
                self._carry_out(route, report)
                if not report.failed:
                    break
            yield report

    def back(self) -> Iterator[Report]:
        """Return migrated instances that have not moved on to their earlier versions.

        An instance that began another step since its migration stays. Safe to repeat.
        """
        for target in self._running.latest.values():
            for (source_id, steps), ids in sorted(self._came_from(target).items()):
                source = Definition.read(self._engine.get(f"/process-definition/{source_id}"))
                route = self._reverse(source, target, steps)
                report = Report(route)
                moved_on = self._moved_on(target, ids)
                report.stayed = sorted(moved_on)
                self._move(route, sorted(ids.keys() - moved_on), report)
                yield report

    def _carry_out(self, route: Route, report: Report) -> None:
        """Move all that stand on the route's earlier version now; the last outcome counts.

        An instance that failed may have ended or reached a step that stays: it was being worked on.
        """
        standing = self._instances(route.source.id)
        activities = self._running.diagram(route.source).nodes.keys() - route.mapped.keys()
        report.stayed = self._instances(route.source.id, activities) if activities else []
        report.failed.clear()
        kept = set(report.stayed)
        self._move(route, [one for one in standing if one not in kept], report)

    def _route(self, source: Definition, target: Definition) -> Route:
        decisions = self._decisions.get(source.key, UNDECIDED)
        old, new = self._running.diagram(source), self._running.diagram(target)
        passage = Passage(old, new, decisions)
        chain = self._chains.get(source.key)
        standing = self._engine.get(f"/process-definition/{source.id}/statistics")
        undecided = tuple(
            f"  {source.key}, версия {source.version}, «{old.name_of(row['id'])}» ({row['id']}), "
            f"начатых {row['instances']}: {onward.reason}"
            for row in standing
            if (onward := passage.of(row["id"])).fate is Fate.UNDECIDED
        )
        return Route(
            source,
            target,
            passage.mapped(),
            added=passage.added(),
            events=passage.changed_events(),
            steps=" ".join(chain.steps) if chain and passage.new_steps else None,
            reads_steps=_reads_steps(new),
            undecided=undecided,
        )

    def _reverse(self, source: Definition, target: Definition, steps: str) -> Route:
        """The way back from ``target``; ``steps`` are those that the round was opened with."""
        forward = self._decisions.get(source.key, UNDECIDED).steps
        inverted = {new: old for old, new in forward.items() if new != STAY}
        old = self._running.diagram(source)
        passage = Passage(self._running.diagram(target), old, ProcessDecisions(steps=inverted))
        return Route(
            target,
            source,
            passage.mapped(),
            added=passage.added(),
            events=passage.changed_events(),
            steps=steps,
            reads_steps=_reads_steps(old),
            back=True,
        )

    def _plan(self, route: Route) -> dict[str, Any]:
        """Let the engine generate a plan; keep and add what the route maps."""
        plan: dict[str, Any] = self._engine.post(
            "/migration/generate",
            {
                "sourceProcessDefinitionId": route.source.id,
                "targetProcessDefinitionId": route.target.id,
            },
        )
        chosen = [
            {**one, "updateEventTrigger": one["targetActivityIds"][0] in route.events}
            for one in plan["instructions"]
            if (activity := one["sourceActivityIds"][0]) not in route.added
            and activity.partition("#")[0] in route.mapped
        ]
        chosen += [
            {
                "sourceActivityIds": [activity],
                "targetActivityIds": [route.mapped[activity]],
                "updateEventTrigger": route.mapped[activity] in route.events,
            }
            for activity in sorted(route.added)
        ]
        return {**plan, "instructions": chosen}

    def _validate(self, route: Route) -> None:
        """Raises: MigrationRefused."""
        report = self._engine.post("/migration/validate", self._plan(route))
        failures = [
            f"  {'+'.join(one['instruction']['sourceActivityIds'])}: {failure}"
            for one in report["instructionReports"]
            for failure in one["failures"]
        ]
        if failures:
            raise MigrationRefused(f"Движок не принимает {route}:\n" + "\n".join(failures))

    def _instances(self, definition: str, activities: Iterable[str] = ()) -> list[str]:
        query: dict[str, Any] = {"processDefinitionId": definition, "sorting": BY_INSTANCE}
        if wanted := sorted(activities):
            query["activityIdIn"] = wanted
        return [row["id"] for row in self._engine.all_of("/process-instance", query)]

    def _move(self, route: Route, ids: Sequence[str], report: Report) -> None:
        plan = self._plan(route)
        known = self._engine.variable_values(STEPS, ids) if route.reads_steps else {}
        groups: dict[str | None, list[str]] = {}
        for one in ids:
            groups.setdefault(known.get(one), []).append(one)
        for opened, members in groups.items():
            written = {**plan, "variables": _variables(route, opened)}
            for start in range(0, len(members), self._batch):
                self._execute(written, members[start : start + self._batch], report)

    def _execute(self, plan: Mapping[str, Any], ids: Sequence[str], report: Report) -> None:
        """Migrate a batch in one transaction; after a refusal one by one, to find the culprits."""
        body = {
            "migrationPlan": plan,
            "processInstanceIds": list(ids),
            "skipCustomListeners": True,
            "skipIoMappings": True,
        }
        try:
            self._engine.post("/migration/execute", body)
            report.moved += ids
        except (EngineConflict, EngineRefused) as error:
            if len(ids) == 1:
                report.failed[ids[0]] = str(error)
                return
            for one in ids:
                self._execute(plan, [one], report)

    def _came_from(self, target: Definition) -> Mapping[tuple[str, str], dict[str, datetime]]:
        """Map earlier definition and steps to the instances that came from them, with the time."""
        rows = self._engine.all_of(
            "/history/variable-instance",
            {
                "variableName": f"{MARK}{target.version}",
                "processDefinitionKey": target.key,
                "sorting": BY_INSTANCE,
            },
        )
        running = set(self._instances(target.id))
        found: dict[tuple[str, str], dict[str, datetime]] = {}
        for row in rows:
            at = moment(row["createTime"])
            if row["processInstanceId"] in running and at is not None:
                mark = json.loads(row["value"])
                key = (mark["from"], mark["steps"] or "")
                found.setdefault(key, {})[row["processInstanceId"]] = at
        return found

    def _moved_on(self, target: Definition, since: Mapping[str, datetime]) -> set[str]:
        """Return the instances that began an activity after their migration."""
        rows = self._engine.all_of(
            "/history/activity-instance",
            {
                "processDefinitionId": target.id,
                "startedAfter": instant(min(since.values())),
                "sorting": [{"sortBy": "activityInstanceId", "sortOrder": "asc"}],
            },
        )
        return {
            row["processInstanceId"]
            for row in rows
            if row["processInstanceId"] in since
            and (began := moment(row["startTime"])) is not None
            and began > since[row["processInstanceId"]]
        }


def _variables(route: Route, opened: str | None) -> dict[str, dict[str, Any]]:
    """Return what is written with the migration: where from, and the steps of an approval."""
    found: dict[str, dict[str, Any]] = {}
    if not route.back:
        mark = json.dumps({"from": route.source.id, "steps": opened})
        found[f"{MARK}{route.target.version}"] = {"type": "String", "value": mark}
    if route.reads_steps:
        # A round of a diagram without this variable is closed as that diagram would close it.
        steps = opened or "" if route.steps is None else route.steps
        found[STEPS] = {"type": "String", "value": steps}
    return found


def _reads_steps(diagram: Diagram) -> bool:
    return any(STEPS in node.inputs for node in diagram.nodes.values())
