"""«Проверка службой безопасности»: a step of an approval is added in the catalog and the diagram.

The gate names every place that is still missing, and is content when both are done.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from api.auth import endpoint_permissions
from bpmn.camunda.provisioning import identities
from bpmn.lint import gate
from bpmn.lint.finding import Finding
from bpmn.lint.integration.catalog import directions_served
from bpmn.lint.rules import layout
from bpmn.lint.surroundings import surroundings
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES, TEMPORARY_TERMS
from bpmn.model.diagrams import DIRECTORY
from db.catalog import load_catalog
from db.catalog.loading import OWN_DIRECTORY
from db.domain.catalog import Access, Catalog
from forms.task_forms import FORMS, Form
from tests.faults.evidence import BESIDE
from tests.support.diagrams.drawn import Drawing
from tests.support.diagrams.mutation.score import sound

ROLE, STEP = "securityOfficers", "security"
APPROVAL = "new-client-approval"
DRAWING_RULES = frozenset(rule.__name__ for rule in layout.RULES)


def added_to_catalog(directory: Path) -> Catalog:
    """A copy of the catalog with the role and the step before the lawyer."""
    copy = directory / "catalog"
    shutil.copytree(OWN_DIRECTORY, copy)
    roles = yaml.safe_load((copy / "roles.yaml").read_text())
    roles["roles"][ROLE] = {**roles["roles"]["lawyers"], "name": "Служба безопасности"}
    (copy / "roles.yaml").write_text(yaml.safe_dump(roles, allow_unicode=True, sort_keys=False))
    path = copy / "approvals/newClientTerms.yaml"
    chain = yaml.safe_load(path.read_text())
    step = {"name": "Проверка службой безопасности", "role": ROLE, "sla": "8h"}
    steps = list(chain["steps"].items())
    steps.insert([code for code, _ in steps].index("lawyer"), (STEP, step))
    chain["steps"] = dict(steps)
    path.write_text(yaml.safe_dump(chain, allow_unicode=True, sort_keys=False))
    return load_catalog(copy)


def added_to_diagram() -> Drawing:
    """The lawyer's task, its step and its gateway copied before them, for the new role."""
    drawing = Drawing(DIRECTORY / f"{APPROVAL}.bpmn")
    names = [
        "Gateway_BeforeCheckClient", "Task_CheckClient", "Task_RecordLawyerDecision",
        "BoundaryEvent_LawyerDecisionRefused", "Gateway_ClientApproved", "Flow_StartCheckClient",
        "Flow_CheckClientDone", "Flow_LawyerDecisionRecorded", "Flow_LawyerDecisionRefused",
        "Flow_ClientApprovedYes", "Flow_ClientApprovedNo",
    ]  # fmt: skip
    drawing.copy(names, {"Lawyer": "Security", "lawyer": STEP, "Client": "Security"})
    drawing.set("Flow_ContractAllowedYes", targetRef="Gateway_BeforeCheckSecurity")
    drawing.set("Flow_SecurityApprovedYes", targetRef="Gateway_BeforeCheckClient")
    drawing.camunda("Task_CheckSecurity", "candidateGroups", ROLE)
    return drawing.set("Task_CheckSecurity", name="Проверить службой безопасности")


def found(catalog: Catalog, drawing: Drawing | None) -> list[Finding]:
    known = sound()
    diagrams = dict(known.diagrams)
    if drawing is not None:
        diagrams[APPROVAL] = drawing.read()
    tables = list(known.tables.values())
    everything = gate.findings(
        diagrams.values(), known.contracts.values(), FORMS, catalog.roles, catalog, tables
    )
    return [one for one in everything if one.rule not in DRAWING_RULES]


def test_the_catalog_alone_asks_for_the_step_on_the_diagram(tmp_path: Path) -> None:
    complaints = found(added_to_catalog(tmp_path), None)

    assert {one.rule for one in complaints} == {"approval_follows_its_chain", "approval_in_order"}
    assert any("Проверка службой безопасности" in one.message for one in complaints)


def test_the_diagram_alone_asks_for_the_step_in_the_catalog() -> None:
    rules = {one.rule for one in found(load_catalog(), added_to_diagram())}

    assert {"approval_follows_its_chain", "groups_known"} <= rules


def test_catalog_and_diagram_together_are_enough(tmp_path: Path) -> None:
    complaints = found(added_to_catalog(tmp_path), added_to_diagram())

    assert [str(one) for one in complaints] == []


def test_the_entry_of_a_role_is_its_group_and_its_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = added_to_catalog(tmp_path)
    for module in (identities, endpoint_permissions):
        monkeypatch.setattr(f"{module.__name__}.load_catalog", lambda: catalog)
    known = identities.load_identities.__wrapped__(identities.FILE)
    access = endpoint_permissions.access_of_roles.__wrapped__()

    assert known.groups[ROLE] == catalog.roles[ROLE].group
    assert access[ROLE] is Access.PERFORMERS


def test_a_form_without_a_screen_or_with_the_name_of_another_is_named() -> None:
    form = Form("check-security.html", STEP, ("decision",))

    named = {(one.rule, one.element) for one in surroundings([form, FORMS[0], FORMS[0]])}
    assert named == {
        ("form_has_screen", "check-security.html"),
        ("form_names_unique", FORMS[0].name),
    }


def test_a_process_beside_deals_needs_its_diagram_and_the_auditor_knows_it() -> None:
    context = sound()
    left = {key: one for key, one in context.diagrams.items() if key != TEMPORARY_TERMS}
    named = [one.element for one in directions_served(replace(context, diagrams=left))]

    assert named == [TEMPORARY_TERMS]
    assert set(BESIDE) == AUXILIARY_PROCESSES
