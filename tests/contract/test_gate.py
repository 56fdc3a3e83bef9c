"""The gate finds what would stop a deal on the engine, before it gets there."""

from dataclasses import replace
from pathlib import Path

import pytest

from bpmn.lint.finding import Finding
from bpmn.lint.gate import CHECKS, findings, findings_after
from bpmn.lint.integration.context import LintContext
from bpmn.lint.worker_contracts import TopicContract
from bpmn.model.decision_tables import read_tables
from bpmn.model.diagrams import DIRECTORY
from db.catalog.loading import load_catalog
from db.domain.catalog import Catalog
from forms.task_forms import FORMS, Form
from tests.support.diagrams.drawn import Drawing, Edit
from tests.support.diagrams.mutation.score import copy_of, sound
from tests.support.supplier.chain import DIAGRAMS, catalog_with_suppliers
from workers.topic_contracts import topic_contracts

FOLDER = DIRECTORY
FILES = sorted(FOLDER.glob("*.bpmn"))
DEAL, CLIENT, APPROVAL = "deal", "new-client", "new-client-approval"
CALL, ITEM_CALL = "Task_DecideWithoutOnec", "Task_DecideItemWithoutOnec"
REVIEW = "new-product-review"

PLANTED: list[tuple[str, str, str, Edit]] = [
    # check, diagram, element it complains about, the fault
    (
        "topics_served",
        DEAL,
        "Task_CloseDeal",
        lambda d: d.camunda("Task_CloseDeal", "topic", "close-deel"),
    ),
    (
        "inputs_as_declared",
        APPROVAL,
        "Task_RecordHeadDecision",
        lambda d: d.parameter("Task_RecordHeadDecision", "comment", None),
    ),
    (
        "forms_in_their_place",
        APPROVAL,
        "Task_CorrectRequisites",
        lambda d: d.camunda(
            "Task_CorrectRequisites", "formKey", "embedded:deployment:correct-product.html"
        ),
    ),
    (
        "outputs_of_their_own",
        APPROVAL,
        "Task_ReviewTerms",
        lambda d: d.output("Task_ReviewTerms", "requisitesWrong", "${decidedBy}"),
    ),
    (
        "results_not_shadowed",
        APPROVAL,
        "Task_RecordHeadDecision",
        lambda d: d.parameter("Task_RecordHeadDecision", "approved", "${headDecision}"),
    ),
    (
        "inputs_as_declared",
        APPROVAL,
        "Task_RecordHeadDecision",
        lambda d: d.parameter("Task_RecordHeadDecision", "remark", "${headComment}"),
    ),
    (
        "bpmn_errors_caught",
        DEAL,
        "Task_UpdateDealStage",
        lambda d: d.drop("BoundaryEvent_WorkDealRefused"),
    ),
    (
        "variables_written",
        APPROVAL,
        "Task_RecordLawyerDecision",
        lambda d: d.parameter("Task_RecordLawyerDecision", "comment", "${lawyerComent}"),
    ),
    (
        "variables_written",
        DEAL,
        "Flow_DealWonYes",
        lambda d: d.condition("Flow_DealWonYes", "${outcom == 'won'}"),
    ),
    (
        "gateways_read_preceding_step",
        APPROVAL,
        "Flow_ContractAllowedYes",
        lambda d: d.condition("Flow_ContractAllowedYes", "${accountantDecision == 'approved'}"),
    ),
    (
        "answers_of_task_before",
        APPROVAL,
        "Task_RecordAccountantDecision",
        lambda d: d.parameter("Task_RecordAccountantDecision", "decidedBy", "${headDecidedBy}"),
    ),
    (
        "messages_sent",
        DEAL,
        "BoundaryEvent_WorkDealStageMoved",
        lambda d: d.set("Message_StageMoved", name="StageChanged"),
    ),
    (
        "calls_complete",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.set("Task_ApproveTerms", calledElement="new-client-aproval"),
    ),
    (
        "calls_complete",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.rename('source="stageActivity"', 'source="activityOfStage"'),
    ),
    (
        "outputs_on_every_path",
        "shipment-realization",
        "Task_CreateRealization",
        lambda d: d.drop("Flow_NumberRefused").add_flow(
            "Flow_NumberRefused", "BoundaryEvent_NumberRefused", "Gateway_AfterNumber"
        ),
    ),
    (
        "forms_fit",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.camunda("Task_WorkDeal", "formKey", "embedded:deployment:deal.html"),
    ),
    (
        "forms_fit",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.parameter("Task_WorkDeal", "lossReason", None),
    ),
    (
        "forms_fit",
        APPROVAL,
        "Task_DraftContract",
        lambda d: d.parameter("Task_DraftContract", "number", "${null}"),
    ),
    (
        "groups_known",
        APPROVAL,
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "candidateGroups", "lawers"),
    ),
    (
        "decisions_by_their_role",
        APPROVAL,
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "candidateGroups", "salesHeads"),
    ),
    (
        "decisions_by_their_role",
        APPROVAL,
        "Task_CheckClient",
        lambda d: d.parameter("Task_CheckClient", "step", "accountant"),
    ),
    (
        "approval_follows_its_chain",
        APPROVAL,
        "Task_RecordHeadDecision",
        lambda d: d.parameter("Task_RecordHeadDecision", "step", "boss"),
    ),
    (
        "approval_follows_its_chain",
        APPROVAL,
        APPROVAL,
        lambda d: d.parameter("Task_RecordHeadDecision", "step", "lawyer"),
    ),
    (
        "approval_follows_its_chain",
        DEAL,
        "Task_CloseDeal",
        lambda d: d.camunda("Task_CloseDeal", "topic", "open-approval-round"),
    ),
    (
        "approval_follows_its_chain",
        APPROVAL,
        "Task_FindOperator",
        lambda d: d.camunda("Task_FindOperator", "topic", "count-decisions"),
    ),
    (
        "assignee_found_last",
        "courier-delivery",
        "Task_ConfirmReceipt",
        lambda d: d.drop("Task_FindReceiptOperator").add_flow(
            "Flow_TrackingRecorded", "Task_RecordTracking", "Gateway_BeforeConfirmReceipt"
        ),
    ),
    (
        "stages_known",
        CLIENT,
        "Flow_ApproveTermsYes",
        lambda d: d.condition("Flow_ApproveTermsYes", "${stage == 'termsAproval'}"),
    ),
    (
        "stages_lead_to_their_activity",
        CLIENT,
        "Task_RegisterProcess",
        lambda d: d.drop("Flow_AlreadyRunningNo").add_flow(
            "Flow_AlreadyRunningNo", "Gateway_AlreadyRunning", "Gateway_BeforeCollectDocuments"
        ),
    ),
    (
        "stages_lead_to_their_activity",
        CLIENT,
        "Task_UpdateStageAfterLeading",
        lambda d: d.drop("Flow_LeadingStageUpdated").add_flow(
            "Flow_LeadingStageUpdated",
            "Task_UpdateStageAfterLeading",
            "Gateway_FulfillOrder",
        ),
    ),
    (
        "stages_lead_to_their_activity",
        CLIENT,
        "Task_FulfillOrder",
        lambda d: d.condition("Flow_FulfillOrderYes", "${stageActivity == 'Task_FullfilOrder'}"),
    ),
    (
        "stages_lead_to_their_activity",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.condition("Flow_TermsReturnedYes", "${!termsApproved}"),
    ),
    (
        "stages_lead_to_their_activity",
        CLIENT,
        "Task_RegisterProcess",
        lambda d: (
            d.set("Gateway_DealClosed", default="Flow_DealClosedYes")
            .condition("Flow_DealClosedNo", "${outcome == 'won'}")
            .condition("Flow_DealClosedYes", None)
        ),
    ),
    (
        "stages_lead_to_their_activity",
        DEAL,
        "Task_UpdateDealStage",
        lambda d: d.drop("Flow_StageUpdated").add_flow(
            "Flow_StageUpdated", "Task_UpdateDealStage", "Gateway_BeforeWorkDeal"
        ),
    ),
    (
        "stages_lead_to_their_activity",
        DEAL,
        "Task_RegisterProcess",
        lambda d: d.drop("Flow_DealClosedNo").add_flow(
            "Flow_DealClosedNo", "Gateway_DealClosed", "Gateway_BeforeNextStep"
        ),
    ),
    (
        "wait_states_have_stages",
        CLIENT,
        "Task_ReviseTerms",
        lambda d: d.rename("Task_RenegotiateTerms", "Task_ReviseTerms"),
    ),
    (
        "stage_read_after_each_move",
        CLIENT,
        "StartEvent_DealCreated",
        lambda d: d.drop("Flow_DealCreated").add_flow(
            "Flow_DealCreated", "StartEvent_DealCreated", "Gateway_BeforeNextStep"
        ),
    ),
    (
        "stage_read_after_each_move",
        CLIENT,
        "Task_LeadClient",
        lambda d: d.drop("BoundaryEvent_LeadClientStageMoved"),
    ),
    (
        "stage_read_after_each_move",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.set("BoundaryEvent_WorkDealStageMoved", cancelActivity="false"),
    ),
    (
        "stage_read_after_each_move",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.drop("Flow_WorkDealStageMoved").add_flow(
            "Flow_WorkDealStageMoved",
            "BoundaryEvent_WorkDealStageMoved",
            "Gateway_BeforeWorkDeal",
        ),
    ),
    (
        "stage_read_after_each_move",
        DEAL,
        DEAL,
        lambda d: d.drop("SubProcess_DealLost"),
    ),
    (
        "literals_known",
        APPROVAL,
        "Task_FindOperator",
        lambda d: d.parameter("Task_FindOperator", "role", "operators"),
    ),
    (
        "decisions_known",
        REVIEW,
        "Task_ApplyThreshold",
        lambda d: d.camunda("Task_ApplyThreshold", "decisionRef", "director-limit"),
    ),
    (
        "decisions_known",
        REVIEW,
        "Task_ApplyThreshold",
        lambda d: d.camunda("Task_ReadTerms", "topic", "read-deal-stage"),
    ),
    (
        "literals_known",
        APPROVAL,
        "Task_AttachDocument",
        lambda d: d.parameter("Task_AttachDocument", "field", "contractScan"),
    ),
    (
        "answers_of_task_before",
        APPROVAL,
        "Task_RecordAccountantDecision",
        lambda d: d.parameter("Task_RecordAccountantDecision", "decision", "${headDecision}"),
    ),
    (
        "answers_recorded",
        "order-picking",
        "Task_PickOrder",
        lambda d: d.parameter("Task_RecordPicking", "comment", "${null}"),
    ),
    (
        "refusals_return_to_their_task",
        APPROVAL,
        "BoundaryEvent_HeadDecisionRefused",
        lambda d: d.set("Flow_HeadDecisionRefused", targetRef="Gateway_BeforeDecideContract"),
    ),
    (
        "approval_in_order",
        APPROVAL,
        "Task_CloseApprovedRound",
        lambda d: d.set("Flow_TermsApprovedNo", targetRef="Gateway_BeforeFindOperator"),
    ),
    (
        "approval_called_at_its_stage",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.set("Task_ApproveTerms", calledElement="order-fulfillment"),
    ),
    (
        "calls_pass_variables",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.rename(
            'source="clientName" target="clientName"', 'source="dealTitle" target="clientName"'
        ),
    ),
    (
        "calls_pass_what_is_read",
        "order-fulfillment",
        "Task_HandOver",
        lambda d: d.rename('source="remindAt"', 'source="runOpenedAt"').rename(
            'target="remindAt"', 'target="runOpenedAt"'
        ),
    ),
    (
        "written_before_read",
        "temporary-terms",
        "CatchEvent_PeriodOver",
        lambda d: d.set("Flow_AlreadyRunningNo", targetRef="Gateway_PeriodOverOrChanged"),
    ),
    (
        "calls_not_circular",
        "own-delivery",
        "Task_ChangeDriver",
        lambda d: d.set("Task_ChangeDriver", calledElement="own-delivery"),
    ),
    ("process_used", "order-picking", "picking", lambda d: d.set("order-picking", id="picking")),
    (
        "calls_of_one_choice_agree",
        "order-fulfillment",
        "Task_DeliverOwn",
        lambda d: d.mapping("Task_DeliverOwn", "out", "deliveryReason"),
    ),
    (
        "stage_taken_back_whole",
        CLIENT,
        "Task_ApproveTerms",
        lambda d: d.mapping("Task_ApproveTerms", "out", "nextMove"),
    ),
    (
        "conditions_readable",
        APPROVAL,
        "Flow_TermsApprovedYes",
        lambda d: d.condition("Flow_TermsApprovedYes", "${approved = true}"),
    ),
    (
        "conditions_typed",
        "order-fulfillment",
        "Flow_RouteCarrier",
        lambda d: d.rename("transportCompany", "transportCompanny"),
    ),
    (
        "answers_exclude_each_other",
        APPROVAL,
        "Flow_TermsApprovedNo",
        lambda d: d.condition("Flow_TermsApprovedYes", "${approved || !approved}"),
    ),
    (
        "yes_means_yes",
        "order-fulfillment",
        "Flow_DriverKnownYes",
        lambda d: d.condition("Flow_DriverKnownYes", "${!driverKnown}"),
    ),
    (
        "results_lead_where_they_mean",
        "order-fulfillment",
        "Task_CreateRealization",
        lambda d: d.set("Flow_RealizationReturnedYes", targetRef="Task_StartAssembly").set(
            "Flow_RealizationReturnedNo", targetRef="Task_ReturnOrder"
        ),
    ),
    (
        "opened_is_closed",
        DEAL,
        "EndEvent_DealWon",
        lambda d: d.set("Flow_DealClosedYes", targetRef="Gateway_DealWon"),
    ),
    (
        "closed_is_opened",
        "order-fulfillment",
        "Task_CloseShipment",
        lambda d: d.camunda("Task_OpenShipment", "topic", "read-deal-stage"),
    ),
    (
        "lost_deal_ends",
        DEAL,
        "StartEvent_DealLost",
        lambda d: d.set("StartEvent_DealLost", isInterrupting="false"),
    ),
    (
        "moves_reach_every_call",
        "service-request",
        "Task_AgreeCost",
        lambda d: d.set("BoundaryEvent_AgreeCostStageMoved", cancelActivity="false"),
    ),
    (
        "reminders_stay_aside",
        "customer-pickup",
        "EndEvent_ManagerReminded",
        lambda d: d.child("EndEvent_ManagerReminded", "terminateEventDefinition"),
    ),
    (
        "interrupting_timers_lead_on",
        "customer-pickup",
        "BoundaryEvent_PickupWaits",
        lambda d: d.set("BoundaryEvent_PickupWaits", cancelActivity="true"),
    ),
    (
        "loops_wait",
        "own-delivery",
        "Gateway_BeforeFindDriver",
        lambda d: d.set("Flow_DriverFound", targetRef="Gateway_BeforeFindDriver"),
    ),
    (
        "values_typed",
        "order-fulfillment",
        "Task_CloseShipment",
        lambda d: d.parameter("Task_CloseShipment", "template", "shiped"),
    ),
    (
        "moments_typed",
        "order-picking",
        "Task_PickOrder",
        lambda d: d.camunda("Task_PickOrder", "dueDate", "завтра"),
    ),
    (
        "inputs_hide_nothing",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.parameter("Task_WorkDeal", "dealTitle", "Сделка"),
    ),
    (
        "steps_fit_their_form",
        "customer-pickup",
        "Task_RecordDelivery",
        lambda d: d.parameter("Task_RecordDelivery", "checks", "${null}"),
    ),
    (
        "steps_fit_their_form",
        "equipment-repair",
        "Task_RecordCheckRepair",
        lambda d: d.parameter("Task_RecordCheckRepair", "repairStep", "repair"),
    ),
    (
        "numbers_in_their_place",
        APPROVAL,
        "Task_CloseCorrection",
        lambda d: d.parameter("Task_CloseCorrection", "correctionOf", "item"),
    ),
    (
        "numbers_in_their_place",
        APPROVAL,
        "Task_SyncOnecNumber",
        lambda d: d.parameter("Task_SyncOnecNumber", "kind", "shipment"),
    ),
    (
        "templates_in_their_place",
        APPROVAL,
        "Task_CloseApprovedRound",
        lambda d: d.parameter("Task_CloseApprovedRound", "template", "termsRejected"),
    ),
    (
        "tasks_of_their_role",
        "driver-assignment",
        "Task_AssignDriver",
        lambda d: d.camunda("Task_AssignDriver", "candidateGroups", "storekeepers"),
    ),
    (
        "tasks_of_their_role",
        "order-picking",
        "Task_FindStorekeeper",
        lambda d: d.parameter("Task_FindStorekeeper", "role", "drivers"),
    ),
    (
        "tasks_of_their_role",
        "customer-pickup",
        "Task_FindStorekeeper",
        lambda d: d.parameter("Task_FindStorekeeper", "at", "source"),
    ),
    (
        "tasks_of_their_role",
        DEAL,
        "Task_WorkDeal",
        lambda d: d.camunda("Task_WorkDeal", "assignee", "${returnTo}"),
    ),
    (
        "people_looked_for",
        "order-fulfillment",
        "Task_StartAssembly",
        lambda d: d.parameter("Task_StartAssembly", "role", "${null}"),
    ),
    (
        "people_looked_for",
        REVIEW,
        "Task_AskDirector",
        lambda d: d.parameter("Task_AskDirector", "role", "storekeepers"),
    ),
    (
        "recipients_of_their_text",
        "customer-pickup",
        "Task_RemindManager",
        lambda d: d.parameter("Task_RemindManager", "recipient", "salesHeads"),
    ),
    (
        "recipients_of_their_text",
        "temporary-terms",
        "Task_NotifyHeadsTermsEnded",
        lambda d: d.parameter("Task_NotifyHeadsTermsEnded", "recipient", "manager"),
    ),
    (
        "answers_offered",
        "customer-pickup",
        "Task_RecordDelivery",
        lambda d: d.parameter("Task_RecordDelivery", "answers", "delivered failed driverChanged"),
    ),
    (
        "moments_awaited",
        "courier-delivery",
        "BoundaryEvent_StatusUnknown",
        lambda d: d.timer("BoundaryEvent_StatusUnknown", "${dueAt}"),
    ),
    (
        "steps_not_repeated",
        "temporary-terms",
        "Task_NotifyHeadsTermsEnded",
        lambda d: d.parameter("Task_NotifyHeadsTermsEnded", "recipient", "manager"),
    ),
    (
        "answers_follow_the_catalog",
        "service-request",
        "Task_RecordDiagnoseFault",
        lambda d: d.set("Task_AgreeCost", calledElement="equipment-diagnosis"),
    ),
    (
        "answers_named_as_listed",
        "order-fulfillment",
        "Flow_RouteCarrier",
        lambda d: d.condition("Flow_RouteCarrier", "${route == 'pickup'}").condition(
            "Flow_RoutePickup", "${route == 'transportCompany'}"
        ),
    ),
    (
        "files_of_their_role",
        "carrier-delivery",
        "Task_RecordDelivery",
        lambda d: d.parameter("Task_RecordDelivery", "field", "receiptFile"),
    ),
    (
        "roles_named_in_lists",
        "order-picking",
        "Task_FindStorekeeper",
        lambda d: d.parameter("Task_FindStorekeeper", "role", "lawyers"),
    ),
    (
        "stages_follow_the_catalog",
        "order-fulfillment",
        "Task_StartAssembly",
        lambda d: d.parameter("Task_StartAssembly", "toStage", "delivery"),
    ),
    (
        "system_stages_are_reached",
        "new-product",
        "new-product",
        lambda d: d.set("Task_CreateItem", calledElement="product-trial"),
    ),
    (
        "inputs_read_their_own",
        "onec-override",
        "Task_StoreOverride",
        lambda d: d.parameter("Task_StoreOverride", "enteredBy", "${overrideDecidedBy}"),
    ),
    (
        "answers_of_task_before",
        APPROVAL,
        CALL,
        lambda d: d.mapping(CALL, "in", "operatorDecidedBy", source="headDecidedBy"),
    ),
    (
        "calls_pass_variables",
        APPROVAL,
        CALL,
        lambda d: d.mapping(CALL, "in", "operatorNumber", source="operatorComment"),
    ),
    (
        "decisions_asked",
        REVIEW,
        "Task_ApplyThreshold",
        lambda d: d.set("Flow_ThresholdApplied", targetRef="Task_AskDirector").drop(
            "Gateway_DirectorNeeded"
        ),
    ),
    (
        "table_spares_by_its_answer",
        REVIEW,
        "Task_ApplyThreshold",
        lambda d: d.set("Flow_DirectorNeededYes", targetRef="Gateway_BeforeApproved").set(
            "Flow_DirectorNeededNo", targetRef="Task_AskDirector"
        ),
    ),
]


def _gate(
    drawings: dict[str, Drawing],
    contracts: tuple[TopicContract, ...] | None = None,
    forms: tuple[Form, ...] | None = None,
    catalog: Catalog | None = None,
) -> list[Finding]:
    catalog = catalog or load_catalog()
    models = [drawing.read() for drawing in drawings.values()]
    forms = FORMS if forms is None else forms
    contracts = contracts or topic_contracts()
    return findings(models, contracts, forms, catalog.roles, catalog, read_tables(FOLDER))


def _drawings() -> dict[str, Drawing]:
    return {path.stem: Drawing(path) for path in FILES}


@pytest.mark.parametrize(
    ("check", "diagram", "element", "edit"), PLANTED, ids=[f"{c}-{e}" for c, _, e, _ in PLANTED]
)
def test_a_planted_fault_is_found_at_its_element(
    check: str, diagram: str, element: str, edit: Edit
) -> None:
    drawing = copy_of(diagram)

    edit(drawing)

    found = findings_after(diagram, drawing.read(), sound())
    assert (check, element) in {(one.rule, one.element) for one in found}


def test_every_check_of_the_gate_is_shown_to_find_something() -> None:
    assert {check for check, *_ in PLANTED} == {check.__name__ for check in CHECKS}


def test_a_worker_that_starts_to_refuse_must_be_caught_in_every_diagram() -> None:
    refusing = tuple(
        replace(promise, refusals=frozenset({"NOBODY_THERE"}))
        if promise.name == "find-assignee"
        else promise
        for promise in topic_contracts()
    )

    found = _gate(_drawings(), contracts=refusing)

    asking = [
        ("bpmn_errors_caught", node.id)
        for diagram in (drawing.read() for drawing in _drawings().values())
        for node in diagram.external_tasks
        if node.topic == "find-assignee"
    ]
    assert len(asking) > 1
    assert [(f.rule, f.element) for f in found] == asking


def test_a_worker_that_no_longer_refuses_makes_its_boundary_event_superfluous() -> None:
    agreeing = tuple(
        replace(promise, refusals=frozenset()) if promise.name == "attach-document" else promise
        for promise in topic_contracts()
    )

    found = _gate(_drawings(), contracts=agreeing)

    assert [(f.rule, f.element) for f in found] == [("bpmn_errors_caught", "Task_AttachDocument")]


def test_an_end_that_waits_for_no_other_way_has_written_everything_itself() -> None:
    telling_nothing = tuple(
        replace(promise, results=frozenset({"onecAnswers"}))
        if promise.name == "probe-onec"
        else promise
        for promise in topic_contracts()
    )

    found = _gate(_drawings(), contracts=telling_nothing)

    calls = {("outputs_on_every_path", call) for call in (CALL, ITEM_CALL)}
    assert {(f.rule, f.element) for f in found} == calls
    order = ["onecNumber", "orderReturned", "overridden"]
    taken = ["onecNumber", "overridden", *order, *order]
    assert [f.message.split()[1].rstrip(",") for f in found] == taken
    assert all("EndEvent_OnecAnswers" in f.message for f in found)


def test_a_missing_form_is_named() -> None:
    forms = tuple(form for form in FORMS if form.name != "draft-contract.html")

    found = {one.rule: one for one in _gate(_drawings(), forms=forms)}["forms_fit"]

    assert found.element == "Task_DraftContract"
    assert "draft-contract.html" in found.message


def test_a_direction_without_its_process_is_named() -> None:
    drawings = {name: drawing for name, drawing in _drawings().items() if name != DEAL}

    found = _gate(drawings)

    assert {f.rule for f in found} == {"directions_served"}
    assert "нужен процесс «deal»" in found[0].message


def test_a_stage_that_waits_in_an_activity_not_drawn_is_named() -> None:
    drawings = _drawings()
    drawings[CLIENT].rename("Task_LeadClient", "Task_GuideClient")

    found = _gate(drawings)

    assert ("directions_served", "Task_LeadClient") in {(f.rule, f.element) for f in found}
    assert ("wait_states_have_stages", "Task_GuideClient") in {(f.rule, f.element) for f in found}


def test_a_stage_of_the_catalogue_without_a_way_is_named_at_every_step_that_reads_it() -> None:
    catalog = load_catalog()
    direction = catalog.directions["newClients"]
    stages = tuple(
        replace(stage, activity="Task_RenegotiateTerms") if stage.code == "assembly" else stage
        for stage in direction.stages
    )
    changed = {**catalog.directions, "newClients": replace(direction, stages=stages)}

    found = _gate(_drawings(), catalog=replace(catalog, directions=changed))

    assert {f.rule for f in found} == {"stages_lead_to_their_activity"}
    assert {f.element for f in found} == {
        "Task_RegisterProcess",
        "Task_UpdateStageAfterCollecting",
        "Task_ApproveTerms",
        "Task_UpdateStageAfterLeading",
        "Task_FulfillOrder",
        "Task_UpdateStageAfterRenegotiation",
    }
    assert all("при стадии assembly путь ведёт к Task_LeadClient" in f.message for f in found)


REVIEW = "supplier-review"
FOLLOWS, ROLE = "approval_follows_its_chain", "decisions_by_their_role"


@pytest.fixture(scope="module")
def with_suppliers(tmp_path_factory: pytest.TempPathFactory) -> LintContext:
    """What the gate compares, with the direction of the suppliers; nothing is wrong with it."""
    catalog = catalog_with_suppliers(tmp_path_factory.mktemp("suppliers"))
    drawings = _drawings() | {path.stem: Drawing(path) for path in DIAGRAMS}
    assert _gate(drawings, catalog=catalog) == []
    diagrams = {diagram.id: diagram for diagram in map(Drawing.read, drawings.values())}
    return replace(sound(), diagrams=diagrams, roles=catalog.roles, catalog=catalog)


@pytest.mark.parametrize(
    ("check", "element", "edit"),
    [
        (
            FOLLOWS,
            "SubProcess_Tax",
            lambda d: d.parameter("SubProcess_Tax", "returnedInput", None),
        ),
        (FOLLOWS, "SubProcess_Tax", lambda d: d.parameter("SubProcess_Tax", "taxComment", None)),
        (FOLLOWS, "SubProcess_Tax", lambda d: d.parameter("SubProcess_Tax", "approved", None)),
        (FOLLOWS, "SubProcess_Tax", lambda d: d.parameter("SubProcess_Tax", "dueAt", "${null}")),
        (
            FOLLOWS,
            "Task_CountDecisions",
            lambda d: d.parameter("Task_CountDecisions", "parallel", "lawyers"),
        ),
        (
            FOLLOWS,
            "Task_CountDecisions",
            lambda d: d.drop("Flow_TaxDone").add_flow(
                "Flow_TaxDone", "SubProcess_Tax", "Gateway_BeforeDirector"
            ),
        ),
        (
            FOLLOWS,
            "Task_CountDecisions",
            lambda d: d.retag("Gateway_AllDecided", "exclusiveGateway"),
        ),
        (
            FOLLOWS,
            REVIEW,
            lambda d: d.camunda("Task_CountDecisions", "topic", "close-approval-round"),
        ),
        (
            FOLLOWS,
            "Task_RecordDirector",
            lambda d: d.parameter("Task_RecordDirector", "step", "tax"),
        ),
        (
            ROLE,
            "Task_DecideRepair",
            lambda d: d.camunda("Task_DecideRepair", "candidateGroups", "salesHeads"),
        ),
        (ROLE, "Task_DecideRepair", lambda d: d.parameter("Task_DecideRepair", "step", "tax")),
    ],
)
def test_a_fault_in_a_diagram_with_parallel_reviewers_is_found(
    with_suppliers: LintContext, check: str, element: str, edit: Edit
) -> None:
    drawing = Drawing(with_suppliers.diagrams[REVIEW].path)

    edit(drawing)

    found = findings_after(REVIEW, drawing.read(), with_suppliers)
    assert (check, element) in {(one.rule, one.element) for one in found}


def test_a_chain_without_its_diagram_is_named(tmp_path: Path) -> None:
    drawings = _drawings() | {path.stem: Drawing(path) for path in DIAGRAMS if path.stem != REVIEW}

    found = _gate(drawings, catalog=catalog_with_suppliers(tmp_path))

    assert "для согласования supplierReview нужен процесс «supplier-review»; нарисуйте его" in [
        one.message for one in found
    ]
