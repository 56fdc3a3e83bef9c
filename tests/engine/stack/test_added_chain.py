"""A third approval chain without Python: two diagrams and two files of the catalog, on the engine.

A suite of its own, because the files are added before it starts. Three experts decide at once.
Then the diagram changes while the suite runs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from tests.support.diagrams.drawn import Drawing
from tests.support.engine.harness import shown
from tests.support.suite.running import RunningSuite, checkout, running_suite
from tests.support.supplier.chain import EXPERTS, add_suppliers
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
MANAGER, DIRECTOR = "category1", "director1"
TASKS = {"demand": "Task_DecideDemand", "repair": "Task_DecideRepair", "tax": "Task_DecideTax"}
ANSWERS: dict[str, dict[str, Any]] = {
    "demand": {"retailPrice": "12000", "monthlyDemand": 40},
    "repair": {"repairable": True, "spareParts": "Есть на складе"},
    "tax": {"vatRate": "vat22"},
}
SECRET = "Запчасти везут полгода"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = checkout(tmp_path_factory.mktemp("checkout") / "suite")
    add_suppliers(root)
    return root


@pytest.fixture(scope="module")
def company(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    quick = {f"WORKER_{what}_SECONDS": "1" for what in ("RETRY", "POLL")}
    with running_suite(tmp_path_factory.mktemp("data"), quick, root) as running:
        yield running


@pytest.fixture
def deal_id(company: RunningSuite) -> str:
    return new_supplier(company)


def new_supplier(company: RunningSuite) -> str:
    """A new supplier whose card is complete."""
    fields = {"productName": "Пила цепная", "supplier": "Завод", "retailPrice": "10000"}
    body = {"direction": "suppliers", "fields": fields}
    answer = company(MANAGER).api("POST", "/deals", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def card(company: RunningSuite, deal_id: str) -> dict[str, Any]:
    answer = company(MANAGER).api("GET", f"/deals/{deal_id}")
    answer.raise_for_status()
    return dict(answer.json())


def stage_is(company: RunningSuite, deal_id: str, stage: str) -> None:
    eventually(lambda: card(company, deal_id)["stage"]["code"] == stage)


def review_asked(company: RunningSuite, deal_id: str, stage: str = "review") -> None:
    """The manager presses the button of a stage."""
    seen = card(company, deal_id)["version"]
    nothing = {"lossReason": None, "lossComment": None}
    move = {"wantedStage": stage, "seenVersion": seen, **nothing}
    company(MANAGER).do(deal_id, "Task_LeadSupplier", **move)


def says(
    company: RunningSuite, deal_id: str, step: str, task: str | None = None, **given: Any
) -> None:
    """An expert presses a button of the form."""
    said = {"decision": "approved", "comment": "", "edits": json.dumps(ANSWERS[step]), **given}
    company(EXPERTS[step]).do(deal_id, task or TASKS[step], **said)


def at_once(*presses: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(presses)) as pool:
        for press in [pool.submit(press) for press in presses]:
            press.result()


def form_variables(company: RunningSuite, deal_id: str, step: str) -> dict[str, Any]:
    """Everything that the form of an expert's task can read."""
    expert = company(EXPERTS[step])
    task = expert.task(deal_id, TASKS[step])
    answer = expert.engine("GET", f"/task/{task['id']}/form-variables")
    answer.raise_for_status()
    return {name: shown(typed) for name, typed in answer.json().items()}


def decided(company: RunningSuite, deal_id: str, login: str) -> set[str] | None:
    """Steps of the decisions of the latest round that a person sees; None without access."""
    answer = company(login).api("GET", f"/deals/{deal_id}/approvals")
    if answer.status_code == 404:  # the task is done, its decision not recorded yet
        return None
    answer.raise_for_status()
    rounds = answer.json()["rounds"]
    return {one["step"] for one in rounds[-1]["decisions"]} if rounds else set()


def test_an_added_chain_is_played_by_parallel_reviewers(
    company: RunningSuite, deal_id: str
) -> None:
    review_asked(company, deal_id)
    for step, login in EXPERTS.items():
        task = company(login).task(deal_id, TASKS[step])
        form = company(login).engine("GET", f"/task/{task['id']}/deployed-form")
        assert 'step="decision"' in form.text
        assert form_variables(company, deal_id, step)["step"] == step

    # A refused press comes back to its expert alone, with what was typed.
    says(company, deal_id, "demand", comment=SECRET, edits='{"monthlyDemand": 0}')
    returned = eventually(
        lambda: (
            seen
            if (seen := form_variables(company, deal_id, "demand")).get("formErrorCode")
            else None
        )
    )
    assert returned["formErrorCode"] == "FIELDS_INVALID"
    assert SECRET in json.dumps(returned, ensure_ascii=False)
    for other in ("repair", "tax"):
        seen = form_variables(company, deal_id, other)
        assert not seen.get("formErrorCode")
        assert SECRET not in json.dumps(seen, ensure_ascii=False)

    # Two press at once, one of them says no: both count, and nobody else sees it yet.
    at_once(
        lambda: says(company, deal_id, "demand"),
        lambda: says(company, deal_id, "repair", decision="rejected", comment=SECRET, edits=""),
    )
    eventually(lambda: decided(company, deal_id, "head1") == {"demand"})
    eventually(lambda: decided(company, deal_id, "engineer1") == {"repair"})
    assert decided(company, deal_id, "accountant1") == set()
    assert decided(company, deal_id, MANAGER) == set()
    rows = company(MANAGER).api("GET", f"/deals/{deal_id}/history").json()["items"]
    assert "decision" not in {row["kind"] for row in rows}
    assert SECRET not in json.dumps(form_variables(company, deal_id, "tax"), ensure_ascii=False)
    assert card(company, deal_id)["stage"]["code"] == "review"

    # The last one speaks: the deal returns with every word.
    says(company, deal_id, "tax")
    stage_is(company, deal_id, "asked")
    assert decided(company, deal_id, MANAGER) == set(EXPERTS)
    approval = company(MANAGER).api("GET", f"/deals/{deal_id}/approvals").json()
    assert [(one["step"], one["comment"]) for one in approval["rejections"]] == [("repair", SECRET)]
    values = {f["code"]: f["value"] for g in card(company, deal_id)["groups"] for f in g["fields"]}
    assert (values["retailPrice"], values.get("vatRate")) == ("10000.00", None)

    # The second round shows what changed since the first; all agree at once, then the director.
    company(MANAGER).task(deal_id, "Task_LeadSupplier")
    version = {"If-Match": f'"{card(company, deal_id)["version"]}"'}
    body = {"fields": {"supplier": "Другой завод"}}
    company(MANAGER).api(
        "PATCH", f"/deals/{deal_id}", json=body, headers=version
    ).raise_for_status()
    review_asked(company, deal_id)
    company("engineer1").task(deal_id, TASKS["repair"])
    approval = company("engineer1").api("GET", f"/deals/{deal_id}/approvals").json()
    assert [one["code"] for one in approval["changedSinceLastRound"]] == ["supplier"]
    at_once(*(partial(says, company, deal_id, step) for step in EXPERTS))
    nothing = {"comment": "", "edits": ""}
    company(DIRECTOR).do(deal_id, "Task_DecideDirector", decision="approved", **nothing)
    stage_is(company, deal_id, "agreed")
    values = {f["code"]: f["value"] for g in card(company, deal_id)["groups"] for f in g["fields"]}
    assert (values["retailPrice"], values["vatRate"]) == ("12000.00", "vat22")

    review_asked(company, deal_id, "working")
    stage_is(company, deal_id, "working")
    eventually(lambda: not company.engine.root_instances(deal_id))
    states = [one["state"] for one in _rounds(company, deal_id)]
    assert states == ["rejected", "approved"]


def _rounds(company: RunningSuite, deal_id: str) -> list[dict[str, Any]]:
    return list(company(MANAGER).api("GET", f"/deals/{deal_id}/approvals").json()["rounds"])


def test_a_changed_diagram_reaches_the_running_suite(
    company: RunningSuite, root: Path, deal_id: str
) -> None:
    parts = company.state["parts"]
    review_asked(company, deal_id)
    company(EXPERTS["demand"]).task(deal_id, TASKS["demand"])

    # The step gets another id and a form of its own.
    diagram, forms = root / "bpmn/processes/supplier-review.bpmn", root / "forms/task_forms.py"
    drawing = Drawing(diagram).rename("Task_DecideDemand", "Task_AssessDemand")
    drawing.camunda("Task_AssessDemand", "formKey", "embedded:deployment:assess-supplier.html")
    diagram.write_bytes(etree.tostring(drawing.root))
    row = '    Form("assess-supplier.html", "decision", DECISION),\n'
    forms.write_text(forms.read_text().replace("FORMS = (\n", f"FORMS = (\n{row}"))
    deployed = subprocess.run(
        [sys.executable, "manage.py", "deploy", "--apply"],
        cwd=root,
        env={**os.environ, "DATA_DIR": str(company.data), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Проверено" in deployed.stdout, deployed.stdout + deployed.stderr

    # A new deal takes the new step: the front knows its group, the workers go on.
    later = new_supplier(company)
    review_asked(company, later)
    expert = company(EXPERTS["demand"])
    task = expert.task(later, "Task_AssessDemand")
    expert.claim(task)
    form = expert.engine("GET", f"/task/{task['id']}/deployed-form")
    assert 'step="decision"' in form.text
    eventually(lambda: expert.api("POST", f"/tasks/{task['id']}/return").ok or None)
    says(company, later, "demand", "Task_AssessDemand", comment=SECRET)
    eventually(lambda: decided(company, later, EXPERTS["demand"]) == {"demand"})
    seen = expert.api("GET", f"/deals/{later}/approvals").json()["rounds"]
    assert [one["comment"] for one in seen[-1]["decisions"]] == [SECRET]

    # The deal begun before stands where it stood and goes on by its version.
    says(company, deal_id, "demand")
    eventually(lambda: decided(company, deal_id, EXPERTS["demand"]) == {"demand"})
    assert not company.engine.incidents()
    assert company.state["parts"] == parts
