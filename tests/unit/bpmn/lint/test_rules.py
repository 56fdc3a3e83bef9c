"""Every rule has an example that keeps it (example.bpmn) and one that breaks it."""

from copy import deepcopy
from pathlib import Path

import pytest

from bpmn.lint.rules import RULES, WARNINGS, check, warnings
from bpmn.model.reader import BPMN
from tests.support.diagrams.drawn import Drawing, Edit

EXAMPLE = Path(__file__).parents[1] / "example.bpmn"


def _too_many(drawing: Drawing) -> None:
    for number in range(40):
        copy = deepcopy(drawing.find("Task_CreateCard"))
        copy.set("id", f"Task_More{number}")
        drawing.find("example").append(copy)


BROKEN: list[tuple[str, str, Edit]] = [
    # rule, element it complains about, what breaks it
    (
        "decisions_bound",
        "Task_RecordDecision",
        lambda d: d.retag("Task_RecordDecision", "businessRuleTask"),
    ),
    (
        "results_from_workers",
        "Task_RecordDecision",
        lambda d: d.output("Task_RecordDecision", "approved", "${true}"),
    ),
    (
        "priorities_whole",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "priority", "высокий"),
    ),
    (
        "conditions_at_questions",
        "Flow_ClientFitsYes",
        lambda d: d.set("Flow_ClientFitsYes", sourceRef="Task_RecordDecision"),
    ),
    (
        "only_known_settings",
        "Flow_ClientFitsYes",
        lambda d: d.extend(
            "Flow_ClientFitsYes",
            '<camunda:executionListener event="take" expression="${execution.setName(1)}" />',
        ),
    ),
    (
        "instructions_required",
        "Task_CheckClient",
        lambda d: setattr(
            d.find("Task_CheckClient").find(f"{BPMN}documentation"), "text", "Проверьте ${client}"
        ),
    ),
    ("label_required", "Task_CheckClient", lambda d: d.set("Task_CheckClient", name=" ")),
    ("label_required", "Gateway_ClientFits", lambda d: d.set("Gateway_ClientFits", name="")),
    (
        "task_label_is_verb_and_object",
        "Task_CheckClient",
        lambda d: d.set("Task_CheckClient", name="Проверка клиента"),
    ),
    (
        "task_label_is_verb_and_object",
        "Task_CheckClient",
        lambda d: d.set("Task_CheckClient", name="Обработать клиента"),
    ),
    (
        "event_label_is_state",
        "EndEvent_ClientChecked",
        lambda d: d.set("EndEvent_ClientChecked", name="Проверить клиента"),
    ),
    (
        "gateway_label_is_question",
        "Gateway_ClientFits",
        lambda d: d.set("Gateway_ClientFits", name="Клиент подходит"),
    ),
    (
        "gateway_label_is_question",
        "Gateway_Join",
        lambda d: d.set("Gateway_Join", name="Всё готово"),
    ),
    (
        "gateway_flows_labeled",
        "Flow_ClientFitsYes",
        lambda d: d.set("Flow_ClientFitsYes", name=""),
    ),
    (
        "labels_not_technical",
        "Task_CheckClient",
        lambda d: d.set("Task_CheckClient", name="Проверить client_card"),
    ),
    (
        "ids_descriptive",
        "Activity_1yjkccw",
        lambda d: d.rename("Task_CheckClient", "Activity_1yjkccw"),
    ),
    (
        "ids_descriptive",
        "Gateway_0abc",
        lambda d: d.rename("Gateway_ClientFits", "Gateway_0abc"),
    ),
    ("file_named_as_process", "sample", lambda d: d.set("example", id="sample")),
    (
        "end_names_unique",
        "EndEvent_ClientRejected",
        lambda d: d.set("EndEvent_ClientRejected", name="Клиент проверен"),
    ),
    (
        "only_known_kinds",
        "Gateway_Split",
        lambda d: d.retag("Gateway_Split", "inclusiveGateway"),
    ),
    ("only_known_kinds", "Task_CreateCard", lambda d: d.retag("Task_CreateCard", "scriptTask")),
    (
        "single_start",
        "example",
        lambda d: d.retag("EndEvent_HeadWarned", "startEvent"),
    ),
    (
        "end_required",
        "example",
        lambda d: (
            d.drop("EndEvent_HeadWarned")
            .drop("EndEvent_ClientRejected")
            .drop("EndEvent_ClientChecked")
        ),
    ),
    ("nothing_disconnected", "Task_LeadClient", lambda d: d.drop("EndEvent_ClientChecked")),
    ("nothing_disconnected", "Task_NotifyManager", lambda d: d.drop("Flow_NotifyManager")),
    (
        "no_implicit_split",
        "Task_RecordDecision",
        lambda d: d.add_flow("Flow_More", "Task_RecordDecision", "EndEvent_ClientRejected"),
    ),
    (
        "no_implicit_split",
        "Task_CreateCard",
        lambda d: d.condition("Flow_CardCreated", "${approved}"),
    ),
    (
        "no_fake_join",
        "Task_LeadClient",
        lambda d: d.add_flow("Flow_More", "Gateway_Split", "Task_LeadClient"),
    ),
    (
        "no_join_and_split",
        "Gateway_BeforeCheck",
        lambda d: d.add_flow("Flow_More", "Gateway_BeforeCheck", "EndEvent_ClientRejected"),
    ),
    (
        "no_superfluous_gateway",
        "Gateway_AfterCheck",
        lambda d: d.drop("BoundaryEvent_StageMoved"),
    ),
    (
        "no_duplicate_flows",
        "Flow_CreateCard",
        lambda d: d.add_flow("Flow_More", "Gateway_Split", "Task_CreateCard"),
    ),
    (
        "choices_complete",
        "Gateway_ClientFits",
        lambda d: d.set("Gateway_ClientFits", default=""),
    ),
    (
        "choices_complete",
        "Flow_ClientFitsYes",
        lambda d: d.condition("Flow_ClientFitsYes", None),
    ),
    (
        "choices_complete",
        "Flow_ClientFitsNo",
        lambda d: d.condition("Flow_ClientFitsNo", "${!approved}"),
    ),
    (
        "parallel_blocks_close",
        "Gateway_Split",
        lambda d: d.retag("Gateway_Join", "exclusiveGateway"),
    ),
    ("small_enough", "example", _too_many),
    ("fits_the_screen", "example", lambda d: d.move("EndEvent_ClientChecked", 600, 0)),
    ("everything_drawn", "Task_CreateCard", lambda d: d.drop_picture("Task_CreateCard")),
    ("everything_drawn", "Flow_CreateCard", lambda d: d.drop_picture("Flow_CreateCard")),
    ("standard_sizes", "Task_CreateCard", lambda d: d.resize("Task_CreateCard", 120, 80)),
    (
        "positive_coordinates",
        "StartEvent_RequestReceived",
        lambda d: d.move("StartEvent_RequestReceived", -400, 0),
    ),
    ("left_to_right", "Flow_ClientLed", lambda d: d.move("EndEvent_ClientChecked", -600, 200)),
    (
        "left_to_right",
        "Flow_StoreDecision",
        lambda d: d.waypoints(
            "Flow_StoreDecision", (540, 225), (540, 400), (760, 400), (760, 200), (720, 200)
        ),
    ),
    (
        "left_to_right",
        "Flow_ClientLed",
        lambda d: d.waypoints("Flow_ClientLed", (1250, 200), (1240, 200), (1412, 200)),
    ),
    ("happy_path_straight", "Gateway_Join", lambda d: d.move("Task_LeadClient", 0, 50)),
    (
        "right_angles",
        "Flow_ClientLed",
        lambda d: d.waypoints("Flow_ClientLed", (1350, 190), (1412, 200)),
    ),
    (
        "flows_touch_their_ends",
        "Flow_ClientLed",
        lambda d: d.waypoints("Flow_ClientLed", (1350, 200), (1390, 200)),
    ),
    (
        "no_crossings",
        "Flow_StageMoved",
        lambda d: d.waypoints(
            "Flow_DecisionRefused",
            (700, 142),
            (700, 110),
            (490, 110),
            (490, 340),
            (280, 340),
            (280, 225),
        ),
    ),
    (
        "no_crossings",
        "Flow_StoreDecision",
        lambda d: d.waypoints("Flow_DecisionRecorded", (600, 200), (775, 200)),
    ),
    (
        "flows_avoid_shapes",
        "Flow_ClientFitsNo",
        lambda d: d.move("Task_NotifyOverdue", 420, 0),
    ),
    ("no_overlaps", "Task_CreateCard", lambda d: d.move("Task_NotifyManager", 0, -60)),
    (
        "labels_readable",
        "EndEvent_HeadWarned",
        lambda d: d.move_label("EndEvent_ClientRejected", 500, 410),
    ),
    (
        "labels_readable",
        "EndEvent_ClientChecked",
        lambda d: d.move_label("EndEvent_ClientChecked", 1250, 220),
    ),
    (
        "labels_readable",
        "Gateway_ClientFits",
        lambda d: d.move_label("Gateway_ClientFits", 830, 190),
    ),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.extend(
            "Task_CreateCard", '<camunda:executionListener event="start" class="java.lang.Thread"/>'
        ),
    ),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.extend("Task_CreateCard", "<camunda:connector/>"),
    ),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.extend(
            "Task_CreateCard",
            '<camunda:executionListener event="end"><camunda:script scriptFormat="juel">1'
            "</camunda:script></camunda:executionListener>",
        ),
    ),
    ("no_code", "Task_CreateCard", lambda d: d.camunda("Task_CreateCard", "type", "shell")),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.set("Task_CreateCard", **{"{http://activiti.org/bpmn}type": "shell"}),
    ),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.camunda("Task_CreateCard", "delegateExpression", "${bean}"),
    ),
    (
        "no_code",
        "Task_CreateCard",
        lambda d: d.camunda("Task_CreateCard", "expression", "${bean.run()}"),
    ),
    (
        "expressions_allowed",
        "Flow_ClientFitsYes",
        lambda d: d.condition("Flow_ClientFitsYes", "${''.getClass().forName('x') != null}"),
    ),
    (
        "expressions_allowed",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "assignee", "it's ${bean.run()} it's"),
    ),
    (
        "expressions_allowed",
        "example",
        lambda d: d.set("Message_StageMoved", name="${bean['run']}"),
    ),
    (
        "service_tasks_external",
        "Task_CreateCard",
        lambda d: d.camunda("Task_CreateCard", "topic", None),
    ),
    (
        "call_activities_bound",
        "Task_LeadClient",
        lambda d: d.rename("#{execution.processBusinessKey}", "${clientName}"),
    ),
    (
        "call_activities_bound",
        "Task_LeadClient",
        lambda d: d.camunda("Task_LeadClient", "calledElementBinding", "latest"),
    ),
    (
        "timers_allowed",
        "BoundaryEvent_CheckOverdue",
        lambda d: d.timer("BoundaryEvent_CheckOverdue", "${dateTime().plusDays(2)}"),
    ),
    (
        "timers_as_labeled",
        "BoundaryEvent_CheckOverdue",
        lambda d: (
            d.timer("BoundaryEvent_CheckOverdue", "PT7M")
            .rename("timeDate", "timeDuration")
            .set("BoundaryEvent_CheckOverdue", name="Не проверяют неделю")
        ),
    ),
    (
        "parallel_joins_asynchronous",
        "Gateway_Join",
        lambda d: d.camunda("Gateway_Join", "asyncBefore", None),
    ),
    (
        "parallel_joins_asynchronous",
        "Gateway_Join",
        lambda d: d.camunda("Gateway_Join", "exclusive", "false"),
    ),
    ("process_attributes_set", "example", lambda d: d.set("example", isExecutable="false")),
    (
        "process_attributes_set",
        "example",
        lambda d: d.camunda("example", "historyTimeToLive", None),
    ),
    (
        "candidate_groups_required",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "candidateGroups", None),
    ),
    (
        "due_date_required",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "dueDate", None),
    ),
    (
        "form_required",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "formKey", "embedded:app:check.html"),
    ),
    (
        "completing_user_recorded",
        "Task_CheckClient",
        lambda d: d.drop_listener("Task_CheckClient", "complete"),
    ),
    (
        "completing_user_recorded",
        "Task_CheckClient",
        lambda d: d.parameter("Task_CheckClient", "decidedBy", None),
    ),
    (
        "submitted_variables_local",
        "Task_CheckClient",
        lambda d: d.parameter("Task_CheckClient", "decision", None),
    ),
    (
        "output_names_unique",
        "Task_CheckClient",
        lambda d: d.output("Task_CheckClient", "decision", "${decision}"),
    ),
    (
        "submitted_variables_mapped",
        "Task_CheckClient",
        lambda d: d.output("Task_CheckClient", "checkDecision", None),
    ),
    (
        "stage_message_correlated",
        "Task_CheckClient",
        lambda d: d.parameter("Task_CheckClient", "moveVersion", None),
    ),
    (
        "bpmn_error_returns_to_user_task",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "assignee", None),
    ),
    (
        "only_known_settings",
        "Task_CheckClient",
        lambda d: d.child("Task_CheckClient", "multiInstanceLoopCharacteristics"),
    ),
    (
        "events_in_place",
        "EndEvent_ClientChecked",
        lambda d: d.child("EndEvent_ClientChecked", "signalEventDefinition"),
    ),
    (
        "flows_stay_in_their_scope",
        "BoundaryEvent_DecisionRefused",
        lambda d: d.child("Task_CheckClient", "subProcess", id="SubProcess_New").move_into(
            "BoundaryEvent_DecisionRefused", "SubProcess_New"
        ),
    ),
    (
        "listeners_known",
        "Task_CheckClient",
        lambda d: d.extend(
            "Task_CheckClient",
            '<camunda:executionListener event="end" '
            "expression=\"${execution.setVariable('approved', true)}\" />",
        ),
    ),
    (
        "owner_known",
        "Task_CheckClient",
        lambda d: d.camunda("Task_CheckClient", "assignee", "ivanov"),
    ),
    (
        "instructions_required",
        "Task_CheckClient",
        lambda d: d.without("Task_CheckClient", "documentation"),
    ),
    (
        "bpmn_error_returns_to_user_task",
        "BoundaryEvent_DecisionRefused",
        lambda d: d.set("Flow_DecisionRefused", targetRef="Task_CreateCard"),
    ),
]


def test_the_example_keeps_every_rule() -> None:
    diagram = Drawing(EXAMPLE).read()

    assert check(diagram) == []


@pytest.mark.parametrize(
    ("rule", "element", "edit"), BROKEN, ids=[f"{rule}-{element}" for rule, element, _ in BROKEN]
)
def test_a_rule_complains_about_the_element_that_breaks_it(
    rule: str, element: str, edit: Edit
) -> None:
    drawing = Drawing(EXAMPLE)

    edit(drawing)

    found = [*check(drawing.read()), *warnings(drawing.read())]
    complained = {(finding.rule, finding.element) for finding in found}
    assert (rule, element) in complained


def test_every_rule_has_an_example_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BROKEN} == {rule.__name__ for rule in (*RULES, *WARNINGS)}


def test_a_finding_says_file_line_element_and_what_to_do() -> None:
    drawing = Drawing(EXAMPLE).set("Gateway_ClientFits", name="Клиент подходит")

    (finding,) = check(drawing.read())

    assert finding.line > 1
    assert str(finding) == (
        f"{EXAMPLE}:{finding.line}: Gateway_ClientFits «Клиент подходит»: "
        "«Клиент подходит»: задайте вопрос, который кончается знаком «?». Подписи читают "
        "сотрудники и те, кто разбирает сбой. "
        "(reference/gate.html#gateway_label_is_question)"
    )
