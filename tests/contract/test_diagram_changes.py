"""Differences of diagrams and target activities of running instances, on the delivered diagrams."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bpmn.camunda.provisioning.deployment import Release, to_deploy
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.difference import Kind, difference
from bpmn.model.elements import Diagram
from ops.release.counterparts import Fate, Passage
from ops.release.decisions import UNDECIDED, Begun, ProcessDecisions, read_decisions
from tests.contract.test_added_approver import added_to_diagram
from tests.support.diagrams.drawn import Drawing

APPROVAL = "new-client-approval"
Edit = Callable[[Drawing], Drawing]


def drawing() -> Drawing:
    return Drawing(DIRECTORY / f"{APPROVAL}.bpmn")


def approval() -> Diagram:
    return drawing().read()


EDITS: list[tuple[str, Kind, str, Edit]] = [
    (
        "Task_CheckClient",
        Kind.REWORDED,
        "«Проверить заказчика»",
        lambda d: d.set("Task_CheckClient", name="Проверить заказчика"),
    ),
    (
        "Task_CheckClient",
        Kind.CHANGED,
        "группа: было «lawyers», стало «drivers»",
        lambda d: d.camunda("Task_CheckClient", "candidateGroups", "drivers"),
    ),
    (
        "Flow_ContractAllowedYes",
        Kind.REWIRED,
        "ведёт иначе",
        lambda d: d.set("Flow_ContractAllowedYes", targetRef="Task_FindOperator"),
    ),
    ("Task_CheckClient", Kind.REMOVED, "убрано", lambda d: d.rename("Task_CheckClient", "Task_Z")),
    ("Task_Z", Kind.ADDED, "добавлено", lambda d: d.rename("Task_CheckClient", "Task_Z")),
]


@pytest.mark.parametrize(("element", "kind", "words", "edit"), EDITS)
def test_an_edit_is_named_by_element_and_kind(
    element: str, kind: Kind, words: str, edit: Edit
) -> None:
    changes = difference(approval(), edit(drawing()).read())

    found = [one for one in changes if (one.element, one.kind) == (element, kind)]
    assert len(found) == 1
    assert words in found[0].what


def test_another_drawing_or_another_id_of_an_arrow_is_no_change() -> None:
    moved = drawing()
    for shape in moved.root.iter("{http://www.omg.org/spec/DD/20100524/DC}Bounds"):
        shape.set("x", str(float(shape.get("x")) + 20))
    renamed = drawing().rename("Flow_ContractAllowedYes", "Flow_Z")

    assert difference(approval(), moved.read()) == ()
    assert difference(approval(), renamed.read()) == ()


def test_instances_at_the_same_step_go_on_there() -> None:
    passage = Passage(approval(), approval(), UNDECIDED)

    fates = {passage.of(task.id).fate for task in approval().user_tasks}

    assert fates == {Fate.MIGRATES}


def test_a_removed_step_needs_a_decision() -> None:
    new = drawing().rename("Task_DraftContract", "Task_WriteContract").read()

    def onward(decisions: ProcessDecisions) -> tuple[Fate, str | None]:
        found = Passage(approval(), new, decisions).of("Task_DraftContract")
        return found.fate, found.target

    renamed = {"Task_DraftContract": "Task_WriteContract"}
    assert onward(UNDECIDED) == (Fate.UNDECIDED, None)
    assert onward(ProcessDecisions(steps=renamed)) == (Fate.MIGRATES, "Task_WriteContract")
    assert onward(ProcessDecisions(steps={"Task_DraftContract": "stay"})) == (Fate.STAYS, None)
    wrong = {"Task_DraftContract": "Task_FindOperator"}
    assert onward(ProcessDecisions(steps=wrong)) == (Fate.UNDECIDED, None)


def test_a_new_approver_needs_the_rule_for_approvals_begun_before() -> None:
    new = added_to_diagram().read()

    def fates(begun: Begun | None) -> dict[str, Fate]:
        passage = Passage(approval(), new, ProcessDecisions(begun=begun))
        return {task.id: passage.of(task.id).fate for task in approval().user_tasks}

    assert set(fates(None).values()) == {Fate.UNDECIDED}
    assert set(fates(Begun.FINISH).values()) == {Fate.STAYS}
    took = fates(Begun.TAKE)
    ahead = {"Task_ReviewTerms", "Task_DecideContract"}
    assert {task for task, fate in took.items() if fate is Fate.MIGRATES} == ahead
    assert took["Task_CheckClient"] is Fate.STAYS


def test_only_what_is_bound_to_a_change_gets_a_new_version() -> None:
    release = Release()

    assert to_deploy(release, ["deal"]) == {"deal"}
    assert "service-request" not in to_deploy(release, ["new-client-approval", "new-client"])
    assert "onec-override" in to_deploy(release, ["new-client-approval"])
    assert "onec-override" in release.calls_of("new-client-approval")
    assert "new-client-approval" not in release.called("onec-override")
    assert "decide.html" in release.bound_resources("new-client")
    assert "director-threshold.dmn" in release.bound_resources("new-product")


def test_every_form_belongs_to_a_process() -> None:
    release = Release()

    used = {name for process in release.diagrams for name in release.resources_of(process)}

    assert used == release.contents.keys()


def test_decisions_with_a_typing_error_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "migration.yaml"
    path.write_text("new-client-approval: {begun: maybe}\n")

    with pytest.raises(RuntimeError, match="begun"):
        read_decisions(path)
