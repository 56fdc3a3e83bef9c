"""Checks of one direction's stages: reachable, ending in won or lost, with valid fields."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from db.catalog.references import Names, check_condition, once, refer
from db.catalog.schema import ConditionShape, DirectionFile, RequirementShape, StageShape
from db.catalog.yaml_documents import Document, Place
from db.domain.catalog import LOSS_REASONS, Access

DEFAULT_PROCESS, DEFAULT_ACTIVITY = "deal", "Task_WorkDeal"


def check_direction(document: Document, file: DirectionFile, names: Names) -> None:
    """Report everything in the file that is invalid, alone or together with the other files."""
    expected = PurePath(document.name).stem
    if file.code != expected:
        text = f"code '{file.code}' and the file name differ, rename the file to {file.code}.yaml"
        document.blame(("code",), text)
    refer(document, ("managers",), "role", file.managers, names.roles)
    refer(document, ("heads",), "role", file.heads, names.roles)
    for key, role, access in (
        ("managers", file.managers, Access.LEADERS),
        ("heads", file.heads, Access.HEADS),
    ):
        if names.access.get(role) not in (None, access):
            text = (
                f"'{role}' has the access {names.access[role]} in roles.yaml, {key} need {access}"
            )
            document.blame((key,), text)
    once(document, ("fields",), file.fields)
    for position, code in enumerate(file.fields):
        if code in names.common:
            text = f"'{code}' is a common field already, remove it here"
            document.blame(("fields", position), text)
        else:
            refer(document, ("fields", position), "field", code, names.fields)
    if file.amount is not None:
        refer(document, ("amount",), "money field", file.amount, names.money)
        refer(document, ("amount",), "field of this direction", file.amount, file.fields)
    once(document, ("lossReasons",), file.loss_reasons)
    for position, code in enumerate(file.loss_reasons):
        reasons = names.lists.get(LOSS_REASONS, ())
        refer(document, ("lossReasons", position), "list item", code, reasons)
    own = _Own(document, names, frozenset(file.fields) | frozenset(names.common))
    for code, stage in file.stages.items():
        own.check_stage(file, code, stage)
    _check_life(document, file.stages)


def check_orders(files: Iterable[tuple[Document, DirectionFile]]) -> None:
    """Report directions that share a name or an order number."""
    seen: dict[str | int, str] = {}
    for document, file in files:
        for key, value in (("name", file.name), ("order", file.order)):
            if value in seen:
                document.blame((key,), f"{key} '{value}' is taken by {seen[value]}, choose another")
            seen.setdefault(value, document.name)


class _Own:
    """Checks of a stage against the direction's own and common fields."""

    def __init__(self, document: Document, names: Names, fields: frozenset[str]) -> None:
        self._document, self._names, self._fields = document, names, fields

    def check_stage(self, file: DirectionFile, code: str, stage: StageShape) -> None:
        place: Place = ("stages", code)
        once(self._document, (*place, "next"), stage.next)
        once(self._document, (*place, "also"), [*filter(None, [stage.activity]), *stage.also])
        for position, following in enumerate(stage.next):
            refer(self._document, (*place, "next", position), "stage", following, file.stages)
            if following == code:
                self._document.blame((*place, "next", position), "a stage cannot follow itself")
        for key, groups in (("locks", stage.locks), ("correctable", stage.correctable)):
            for position, group in enumerate(groups):
                refer(self._document, (*place, key, position), "group", group, self._names.groups)
        for group in sorted(set(stage.correctable) - set(stage.locks)):
            self._document.blame((*place, "correctable"), f"'{group}' is not among locks, add it")
        for position, rule in enumerate(stage.required):
            self._check_rule((*place, "required", position), rule)
        if stage.outcome is None:
            self._check_open(place, file, code, stage)
        else:
            self._check_closing(place, code, stage)

    def _check_rule(self, place: Place, rule: RequirementShape) -> None:
        if bool(rule.all) == bool(rule.any):
            self._document.blame(place, "a requirement needs exactly one of: all, any")
        for key, codes in (("all", rule.all), ("any", rule.any)):
            for position, code in enumerate(codes):
                self._check_field((*place, key, position), code)
        for key, condition in (("when", rule.when), ("unless", rule.unless)):
            if condition is not None:
                self._check_asked((*place, key), condition)

    def _check_asked(self, place: Place, condition: ConditionShape) -> None:
        check_condition(self._document, place, condition, self._names)
        if condition.field in self._names.fields:
            self._check_field((*place, "field"), condition.field)

    def _check_field(self, place: Place, code: str) -> None:
        known = refer(self._document, place, "field", code, self._names.fields)
        if known and self._names.fields and code not in self._fields:
            text = f"field '{code}' is not in this direction, add it to fields"
            self._document.blame(place, text)

    def _check_open(self, place: Place, file: DirectionFile, code: str, stage: StageShape) -> None:
        if stage.sla is None:
            self._document.blame(place, f"stage '{code}' needs sla, working hours like 8h")
        if not stage.next:
            text = f"stage '{code}' leads nowhere, give it next or an outcome"
            self._document.blame(place, text)
        if stage.activity is None and file.process != DEFAULT_PROCESS:
            text = f"stage '{code}' needs activity, the task of {file.process} it waits in"
            self._document.blame(place, text)

    def _check_closing(self, place: Place, code: str, stage: StageShape) -> None:
        for key in ("next", "sla", "locks", "correctable", "activity", "also"):
            if getattr(stage, key):
                text = f"stage '{code}' closes the deal, remove {key}"
                self._document.blame((*place, key), text)


def _check_life(document: Document, stages: Mapping[str, StageShape]) -> None:
    for outcome in ("won", "lost"):
        closing = [code for code, stage in stages.items() if stage.outcome == outcome]
        if not closing:
            document.blame(("stages",), f"add a stage with 'outcome: {outcome}'")
        for code in closing[1:]:
            text = f"stages '{closing[0]}' and '{code}' are both '{outcome}', keep one"
            document.blame(("stages", code), text)
    if not stages:
        return
    first = next(iter(stages))
    if stages[first].outcome is not None or stages[first].system:
        text = f"a new deal begins in stage '{first}': it can be neither closing nor system"
        document.blame(("stages", first), text)
    for code in _orphans(stages, first):
        text = f"stage '{code}' cannot be reached from '{first}', add it to next of some stage"
        document.blame(("stages", code), text)


def _orphans(stages: Mapping[str, StageShape], first: str) -> set[str]:
    """Stages that cannot be reached; of a chain only its first stage."""
    if any(code not in stages for stage in stages.values() for code in stage.next):
        return set()  # a misspelt stage, reported elsewhere, would make others look unreachable
    lost = stages.keys() - _reachable(stages, first)
    return lost - {code for orphan in lost for code in stages[orphan].next} or lost


def _reachable(stages: Mapping[str, StageShape], first: str) -> set[str]:
    found, waiting = {first}, [first]
    while waiting:
        for code in stages[waiting.pop()].next:
            if code in stages and code not in found:
                found.add(code)
                waiting.append(code)
    return found
