"""The form files keep what forms/contract.py says, and the elements know every step."""

import re
from pathlib import Path

import pytest

from forms import WEBAPP
from forms.contract import FormBroken, load_forms, read_form

TASKLIST = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist"


def test_every_task_of_the_approval_has_a_form_with_its_variables() -> None:
    submits = {form.name: sorted(form.submits) for form in load_forms()}

    move = ["lossComment", "lossReason", "seenVersion", "wantedStage"]
    decision = ["comment", "decision", "edits"]
    assert submits == {
        "check-client.html": decision,
        "correct-requisites.html": [],
        "deal-work.html": move,
        "decide-contract.html": decision,
        "draft-contract.html": ["fileId"],
        "enter-onec-contract.html": ["answer", "comment", "number"],
        "renegotiate-terms.html": move,
        "resolve-failure.html": ["comment"],
        "review-terms.html": decision,
        "settle-onec.html": ["answer", "comment"],
    }


def test_the_elements_know_the_step_of_every_form() -> None:
    registry = (TASKLIST / "deal/steps/index.js").read_text()
    known = set(re.findall(r"^  (\w+)(?:,|:)", registry, re.MULTILINE))

    assert {form.step for form in load_forms()} <= known


def test_no_script_turns_data_into_markup() -> None:
    trap = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")

    caught = [path.name for path in TASKLIST.rglob("*.js") if trap.search(path.read_text())]

    assert caught == []


def test_a_form_without_our_element_is_refused_by_name(tmp_path: Path) -> None:
    stray = tmp_path / "stray.html"
    stray.write_text("<form></form>")

    with pytest.raises(FormBroken, match=r"stray\.html"):
        read_form(stray)
