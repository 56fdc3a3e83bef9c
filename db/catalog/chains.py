"""Checks of an approval chain: its directions and stage, its steps and their parallel groups."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import PurePath

from db.catalog.references import LIST_KINDS, Names, once, refer
from db.catalog.schema import AnswerShape, ApprovalFile, ApprovalStepShape, DirectionFile
from db.catalog.yaml_documents import Document, Place
from db.domain.catalog import FieldKind

MAX_STEP_CODE = 40  # characters that a stored decision has for it
NO_ANSWERS = (FieldKind.FILE, FieldKind.USER)
"""Kinds that need more than a value: an upload, a list of people."""


def check_chain(
    document: Document,
    file: ApprovalFile,
    names: Names,
    directions: Mapping[str, DirectionFile],
) -> None:
    """Report everything in the file that is invalid, alone or together with the other files.

    ``directions``: by code; empty if one of their files cannot be read.
    """
    expected = PurePath(document.name).stem
    if file.code != expected:
        text = f"code '{file.code}' and the file name differ, rename the file to {file.code}.yaml"
        document.blame(("code",), text)
    once(document, ("directions",), file.directions)
    if not file.directions:
        document.blame(("directions",), "name at least one direction")
    for position, code in enumerate(file.directions):
        refer(document, ("directions", position), "direction", code, directions)
        if code in directions:
            _check_stages(document, file, directions[code])
    if not file.steps:
        document.blame(("steps",), "add at least one step")
    own = [directions[code] for code in file.directions if code in directions]
    for code, step in file.steps.items():
        _check_step(document, ("steps", code), code, step, names, own)
    _check_groups(document, file)


def check_chains(files: Iterable[tuple[Document, ApprovalFile]]) -> None:
    """Report chains that share a process, or a stage of a direction."""
    seen: dict[tuple[str, str], str] = {}
    for document, file in files:
        taken: list[tuple[Place, str, str]] = [(("process",), "process", file.process)]
        taken += [(("stage",), f"stage of {code}", file.stage) for code in file.directions]
        taken += [
            (("laterStages", position), f"stage of {code}", stage)
            for code in file.directions
            for position, stage in enumerate(file.later_stages)
        ]
        for place, what, value in taken:
            if other := seen.get((what, value)):
                document.blame(place, f"{what} '{value}' is taken by {other}, choose another")
            seen.setdefault((what, value), document.name)


def _check_stages(document: Document, file: ApprovalFile, direction: DirectionFile) -> None:
    """Report stages that the direction does not have, or that do not follow each other."""
    named: list[tuple[Place, str]] = [
        (("stage",), file.stage),
        (("approvedStage",), file.approved_stage),
        *((("laterStages", place), code) for place, code in enumerate(file.later_stages)),
    ]
    if file.rejected_stage is not None:
        named.append((("rejectedStage",), file.rejected_stage))
    for place, code in named:
        refer(document, place, f"stage of {direction.code}", code, direction.stages)
    held = [code for code in (file.stage, *file.later_stages) if code in direction.stages]
    if file.approved_stage in direction.stages:
        for code in held:
            if file.approved_stage not in direction.stages[code].next:
                text = f"'{file.approved_stage}' does not follow '{code}' in {direction.code}"
                document.blame(("approvedStage",), f"{text}, add it to next there")
    for position, code in enumerate(file.later_stages):
        if code in direction.stages and not direction.stages[code].system:
            text = f"a person could move a deal to '{code}' of {direction.code} past the approval"
            document.blame(("laterStages", position), f"{text}, add system: true there")
    if file.rejected_stage in held:
        document.blame(("rejectedStage",), "the approval holds this stage, name an earlier one")


def _check_step(
    document: Document,
    place: Place,
    code: str,
    step: ApprovalStepShape,
    names: Names,
    directions: Iterable[DirectionFile],
) -> None:
    if len(code) > MAX_STEP_CODE:
        document.blame(place, f"'{code}' is longer than {MAX_STEP_CODE} characters, shorten it")
    refer(document, (*place, "role"), "role", step.role, names.roles)
    once(document, (*place, "edits"), step.edits)
    for position, edited in enumerate(step.edits):
        here = (*place, "edits", position)
        if not refer(document, here, "field", edited, names.fields):
            continue
        if edited in names.files:
            document.blame(here, f"'{edited}' is a file, an approver changes values only")
        for direction in directions:
            if names.fields and edited not in (*names.common, *direction.fields):
                text = f"field '{edited}' is not in {direction.code}, add it there or remove it"
                document.blame(here, text)
    for answer, entry in step.answers.items():
        _check_answer(document, (*place, "answers", answer), answer, entry, names)


def _check_answer(
    document: Document, place: Place, code: str, answer: AnswerShape, names: Names
) -> None:
    if code in names.fields:
        text = f"'{code}' is a field of deals, name it in edits or choose another code"
        document.blame(place, text)
    if answer.kind in NO_ANSWERS:
        document.blame((*place, "kind"), f"an answer cannot be of kind {answer.kind.value}")
    if (answer.kind in LIST_KINDS) != (answer.list is not None):
        rule = "needs the key 'list'" if answer.list is None else "takes no key 'list'"
        document.blame(place, f"answer '{code}' of kind {answer.kind.value} {rule}")
    elif answer.list is not None:
        refer(document, (*place, "list"), "list", answer.list, names.lists)
    if answer.minimum is not None and answer.kind is not FieldKind.INTEGER:
        document.blame((*place, "minimum"), "only an answer of kind integer has a minimum")


def _check_groups(document: Document, file: ApprovalFile) -> None:
    """Report parallel groups that are scattered, have one step only, or steps that conflict."""
    seen: set[str] = set()
    for group, steps in groupby(file.steps.items(), key=lambda entry: entry[1].parallel):
        if group is None:
            continue
        members = dict(steps)
        first = next(iter(members))
        place: Place = ("steps", first, "parallel")
        if group in seen:
            text = f"the steps of '{group}' do not follow each other, put them together"
            document.blame(place, text)
        elif len(members) == 1 and sum(s.parallel == group for s in file.steps.values()) == 1:
            document.blame(place, f"'{first}' is alone in '{group}', add a step or remove the key")
        seen.add(group)
        _check_together(document, group, members)


def _check_together(
    document: Document, group: str, members: Mapping[str, ApprovalStepShape]
) -> None:
    """Report differing times, and fields that two members would write over each other."""
    first = next(iter(members.values()))
    owners: dict[str, str] = {}
    for code, step in members.items():
        if step.sla != first.sla:
            text = f"all steps of '{group}' are waited for, give them one sla"
            document.blame(("steps", code, "sla"), text)
        for position, edited in enumerate(step.edits):
            if (owner := owners.setdefault(edited, code)) != code:
                text = f"'{owner}' changes '{edited}' at the same time, leave it to one of them"
                document.blame(("steps", code, "edits", position), text)
