"""A deal's life follows its stage: after every reading of it the process goes where it fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bpmn.lint.finding import Complaint
from bpmn.lint.integration.conditions import truth
from bpmn.lint.integration.context import Check, Surroundings
from bpmn.lint.worker_contracts import DEAL_LOST, STAGE, STAGE_ACTIVITY, STAGE_MOVED
from bpmn.model.elements import Diagram, Flow, Node
from db.domain.catalog import Direction, Stage

REGISTER, CLOSE = "register-process", "close-deal"
WAITS = ("userTask", "callActivity", "intermediateCatchEvent", "eventBasedGateway")


def stages_lead_to_their_activity(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Whatever stage a step reads, the gateways after it lead to an activity that fits it."""
    directions = _lived(model, around)
    readings = [node for node in _own(model) if STAGE in around.results(node)]
    for node in readings if directions else ():
        seen: set[tuple[str, str | None]] = set()
        for stage in (stage for direction in directions for stage in direction.stages):
            for wrong in _Walk(model, around, stage).misled(node):
                if (wrong, stage.activity) not in seen:
                    seen.add((wrong, stage.activity))
                    yield node.id, f"with stage {stage.code} it leads to {wrong}; {_wanted(stage)}"


def stages_are_waited_in(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Every activity in which a deal may wait belongs to a stage of the catalogue."""
    directions = _lived(model, around)
    stages = [stage for direction in directions for stage in direction.stages]
    for node in _own(model) if directions else ():
        if node.kind in WAITS and not any(stage.fits(node.id) for stage in stages):
            yield node.id, "no stage names it; add it to activity or also of the stages it fits"


def lives_follow_the_stage(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """A life begins by reading the stage, is woken to read it again, and ends when it is lost."""
    if not _lived(model, around):
        return
    own = list(_own(model))
    for start in (node for node in own if node.kind == "startEvent"):
        if any(model.nodes[flow.target].topic != REGISTER for flow in model.outgoing(start)):
            yield start.id, f"does not lead to «{REGISTER}», which reads the deal's stage first"
    for task in (node for node in own if node.kind == "userTask"):
        woken = [at for at in model.boundaries(task) if _hears(at, STAGE_MOVED)]
        if not any(at.is_interrupting and _reads(model, at, around) for at in woken):
            yield (
                task.id,
                f"«{STAGE_MOVED}» does not end it and lead to a step that reads the stage",
            )
    if not any(_hears(node, DEAL_LOST) for node in model.nodes.values()):
        yield model.id, f"nothing waits for «{DEAL_LOST}»; add the event sub-process"


def _lived(model: Diagram, around: Surroundings) -> list[Direction]:
    """Directions whose deals live in this process."""
    return [one for one in around.catalogue.directions.values() if one.process == model.id]


def _own(model: Diagram) -> Iterator[Node]:
    return (node for node in model.nodes.values() if node.scope == model.id)


def _hears(node: Node, message: str) -> bool:
    event = node.event
    return event is not None and (event.kind, event.reference) == ("message", message)


def _reads(model: Diagram, node: Node, around: Surroundings) -> bool:
    """Each way from here through gateways comes to a step that reads the stage."""
    targets = [model.nodes[flow.target] for flow in model.outgoing(node)]
    return bool(targets) and all(
        _reads(model, target, around)
        if target.kind == "exclusiveGateway"
        else STAGE in around.results(target) and target.kind == "serviceTask"
        for target in targets
    )


def _wanted(stage: Stage) -> str:
    return f"it must reach {stage.activity or f'«{CLOSE}»'}"


@dataclass(frozen=True)
class _Walk:
    """The ways of a deal of one stage, with everything a gateway may know of it."""

    model: Diagram
    around: Surroundings
    stage: Stage

    @property
    def _facts(self) -> Mapping[str, object]:
        return {
            STAGE: self.stage.code,
            STAGE_ACTIVITY: self.stage.activity,
            "outcome": self.stage.outcome or "open",
            "duplicate": False,  # a second instance has nothing to do with the deal
        }

    def misled(self, node: Node, before: tuple[str, ...] = ()) -> Iterator[str]:
        """Where a deal comes that should not: an activity, an end, or round and round."""
        for flow in self._taken(node):
            target = self.model.nodes[flow.target]
            if target.id in before:
                yield f"{target.id} again without waiting"
            elif target.kind.endswith("Gateway") and target.kind not in WAITS:
                yield from self.misled(target, (*before, target.id))
            elif target.topic == CLOSE and self.stage.outcome is not None:
                continue
            elif target.topic not in (None, CLOSE):
                if STAGE not in self.around.results(target):
                    yield from self.misled(target, (*before, target.id))
            elif not self.stage.fits(target.id):
                yield target.id

    def _taken(self, node: Node) -> list[Flow]:
        """Flows that may be taken; all of a gateway whose conditions ask for something else."""
        flows, found = self.model.outgoing(node), []
        for flow in (flow for flow in flows if flow.condition):
            answer = truth(flow.condition or "", self._facts)
            if answer is not False:
                found.append(flow)
            if answer:
                return found
        return [*found, *(flow for flow in flows if not flow.condition)]


CHECKS: tuple[Check, ...] = (
    stages_lead_to_their_activity,
    stages_are_waited_in,
    lives_follow_the_stage,
)
