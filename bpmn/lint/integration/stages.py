"""Checks that a main process leads a deal to the activity of its stage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bpmn.lint.finding import Violation
from bpmn.lint.integration.conditions import truth
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.worker_contracts import DEAL_LOST, STAGE, STAGE_ACTIVITY, STAGE_MOVED
from bpmn.model.elements import Diagram, Flow, Node
from db.domain.catalog import Direction, Stage

REGISTER, CLOSE = "register-process", "close-deal"
WAITS = ("userTask", "callActivity", "intermediateCatchEvent", "eventBasedGateway")


def stages_lead_to_their_activity(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """For each stage that a step may read, the gateways after it lead to a fitting activity."""
    directions = _directions_of(diagram, context)
    readings = [node for node in _top_level(diagram) if STAGE in context.results(node)]
    for node in readings if directions else ():
        seen: set[tuple[str, str | None]] = set()
        for stage in (stage for direction in directions for stage in direction.stages):
            for wrong in _StageWalk(diagram, context, stage).misled(node):
                if (wrong, stage.activity) not in seen:
                    seen.add((wrong, stage.activity))
                    yield node.id, f"при стадии {stage.code} путь ведёт к {wrong}; {_wanted(stage)}"


def wait_states_have_stages(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each wait state of a main process is named by a stage of the catalog."""
    directions = _directions_of(diagram, context)
    stages = [stage for direction in directions for stage in direction.stages]
    for node in _top_level(diagram) if directions else ():
        if node.kind in WAITS and not any(stage.fits(node.id) for stage in stages):
            yield (
                node.id,
                "ни одна стадия не называет этот шаг; впишите его в activity или also стадии",
            )


def stage_read_after_each_move(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A main process reads the stage at its start and after each stage message."""
    if not _directions_of(diagram, context):
        return
    own = list(_top_level(diagram))
    for start in (node for node in own if node.kind == "startEvent"):
        if any(diagram.nodes[flow.target].topic != REGISTER for flow in diagram.outgoing(start)):
            yield (
                start.id,
                f"путь начинается не с «{REGISTER}», который читает стадию; поставьте его первым",
            )
    for task in (node for node in own if node.kind == "userTask"):
        stage_events = [at for at in diagram.boundaries(task) if _waits_for(at, STAGE_MOVED)]
        if not any(at.is_interrupting and _reads(diagram, at, context) for at in stage_events):
            yield (
                task.id,
                f"«{STAGE_MOVED}» не прерывает её и не ведёт к чтению стадии; верните событие",
            )
    if not any(_waits_for(node, DEAL_LOST) for node in diagram.nodes.values()):
        yield diagram.id, f"никто не ждёт «{DEAL_LOST}»; верните событийный подпроцесс"


def _directions_of(diagram: Diagram, context: LintContext) -> list[Direction]:
    """Return the directions whose main process this is."""
    return [one for one in context.catalog.directions.values() if one.process == diagram.id]


def _top_level(diagram: Diagram) -> Iterator[Node]:
    return (node for node in diagram.nodes.values() if node.scope == diagram.id)


def _waits_for(node: Node, message: str) -> bool:
    event = node.event
    return event is not None and (event.kind, event.reference) == ("message", message)


def _reads(diagram: Diagram, node: Node, context: LintContext) -> bool:
    """Tell if each path from here through gateways leads to a step that reads the stage."""
    targets = [diagram.nodes[flow.target] for flow in diagram.outgoing(node)]
    return bool(targets) and all(
        _reads(diagram, target, context)
        if target.kind == "exclusiveGateway"
        else STAGE in context.results(target) and target.kind == "serviceTask"
        for target in targets
    )


def _wanted(stage: Stage) -> str:
    return f"нужно к {stage.activity or f'«{CLOSE}»'}"


@dataclass(frozen=True)
class _StageWalk:
    """Paths of a deal of one stage, with the variable values known from the stage."""

    diagram: Diagram
    context: LintContext
    stage: Stage

    @property
    def _facts(self) -> Mapping[str, object]:
        return {
            STAGE: self.stage.code,
            STAGE_ACTIVITY: self.stage.activity,
            "outcome": self.stage.outcome or "open",
            "duplicate": False,  # a duplicate instance ends without touching the deal
        }

    def misled(self, node: Node, before: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield wrong targets: an activity or end that does not fit the stage, or a loop."""
        for flow in self._taken(node):
            target = self.diagram.nodes[flow.target]
            if target.id in before:
                yield f"{target.id} снова, никого не дождавшись"
            elif target.kind.endswith("Gateway") and target.kind not in WAITS:
                yield from self.misled(target, (*before, target.id))
            elif target.topic == CLOSE and self.stage.outcome is not None:
                continue
            elif target.topic not in (None, CLOSE):
                if STAGE not in self.context.results(target):
                    yield from self.misled(target, (*before, target.id))
            elif not self.stage.fits(target.id):
                yield target.id

    def _taken(self, node: Node) -> list[Flow]:
        """Return the flows that may be taken; undetermined conditions count as possible."""
        flows, found = self.diagram.outgoing(node), []
        for flow in (flow for flow in flows if flow.condition):
            answer = truth(flow.condition or "", self._facts)
            if answer is not False:
                found.append(flow)
            if answer:
                return found
        return [*found, *(flow for flow in flows if not flow.condition)]


CHECKS: tuple[Check, ...] = (
    stages_lead_to_their_activity,
    wait_states_have_stages,
    stage_read_after_each_move,
)
