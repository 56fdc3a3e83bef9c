"""Task forms submit what their tasks declare, and the elements know every step."""

import re
from collections.abc import Iterator
from pathlib import Path

from db.domain.steps import products, repairs
from forms import WEBAPP
from forms.task_forms import FORMS

TASKLIST = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist"


def test_every_form_submits_what_its_task_declares() -> None:
    submits = {form.name: sorted(form.submits) for form in FORMS}

    move = ["lossComment", "lossReason", "seenVersion", "wantedStage"]
    decision = ["comment", "decision", "edits"]
    number = ["answer", "comment", "number", "picked"]
    delivery = ["answer", "fileId", "reason"]
    repair = ["answer", "reason", "values"]
    assert submits == {
        "accept-at-branch.html": delivery,
        "agree-cost.html": repair,
        "assess-trial.html": repair,
        "assign-driver.html": ["carrierDriver", "driver"],
        "check-duplicates.html": repair,
        "check-repair.html": repair,
        "clarify-direction.html": ["shippingDirection"],
        "confirm-receipt.html": delivery,
        "correct-product.html": [],
        "correct-requisites.html": [],
        "create-item.html": number,
        "create-realization.html": number,
        "deal-work.html": move,
        "decide.html": decision,
        "decide-warranty.html": repair,
        "deliver-by-carrier.html": delivery,
        "deliver-own.html": delivery,
        "diagnose-fault.html": repair,
        "draft-contract.html": ["fileId"],
        "enter-onec-contract.html": number,
        "enter-tracking.html": ["tracking"],
        "fix-fault.html": repair,
        "give-back.html": repair,
        "hand-over.html": ["answer", "fileId", "identityChecked", "reason"],
        "override-onec.html": ["answer", "comment"],
        "pick-order.html": ["comment"],
        "place-trial.html": repair,
        "prepare-product.html": move,
        "prepare-upd.html": ["number", "picked"],
        "receive-equipment.html": move,
        "renegotiate-terms.html": move,
        "replan-delivery.html": ["answer", "reason", "shippingDirection"],
        "resolve-failure.html": ["comment"],
        "send-to-branch.html": delivery,
        "settle-discrepancy.html": ["answer", "reason"],
        "settle-onec.html": ["answer", "comment", "differenceSeen", "number", "picked"],
    }


def test_the_elements_know_the_step_of_every_form() -> None:
    registry = (TASKLIST / "deal/steps/index.js").read_text()
    known = set(re.findall(r"^  (\w+)(?:,|:)", registry, re.MULTILINE))

    assert {form.step for form in FORMS} <= known


def test_the_screens_offer_the_answers_that_forms_and_steps_name() -> None:
    offered = {step: names for path in STEPS.glob("*.js") for step, names in _offered(path)}
    named = {form.step: set(form.answers) for form in FORMS if form.answers}
    named |= {code: set(step.answers) for code, step in repairs.STEPS.items()}
    named |= {code: set(step.answers) for code, step in products.STEPS.items()}

    assert {step: offered.get(step) for step in named} == named


STEPS = TASKLIST / "deal/steps"
ANSWER = re.compile(r"answer: '(\w+)'")
SHARED = re.compile(r"^const (\w+) = (\{.*?\});?$", re.MULTILINE | re.DOTALL)
"""An action that several screens have."""
SCREEN = re.compile(r"^  (\w+): \{\n(.*?)^  \},$", re.MULTILINE | re.DOTALL)


def _offered(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The screens of a script and the answers of their buttons."""
    text = path.read_text()
    shared = {name: set(ANSWER.findall(body)) for name, body in SHARED.findall(text)}
    for step, body in SCREEN.findall(text):
        words = set(re.findall(r"\w+", body))
        own = set(ANSWER.findall(body))
        yield step, own.union(*(found for name, found in shared.items() if name in words))


def test_no_script_turns_data_into_markup() -> None:
    trap = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")

    caught = [path.name for path in TASKLIST.rglob("*.js") if trap.search(path.read_text())]

    assert caught == []
