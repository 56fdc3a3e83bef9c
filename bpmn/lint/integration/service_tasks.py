"""Checks against workers: topics, inputs, results, BPMN errors, messages and calls."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, contracted, steps_before
from bpmn.lint.rules.expressions import is_null, named_alike, variable, variables
from bpmn.lint.rules.moments import is_moment
from bpmn.lint.rules.user_tasks import DECIDED_BY
from bpmn.lint.worker_contracts import (
    AWAITED,
    DEAL_LOST,
    FAILURE_GONE,
    MESSAGE_VARIABLES,
    MESSAGES,
    STAGE_MOVED,
    TECHNICAL_FAILURE,
    UPDATE_MESSAGES,
    Kind,
)
from bpmn.model.elements import Diagram


def topics_served(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each topic in a diagram has a worker."""
    for node in diagram.external_tasks:
        if node.topic not in context.contracts:
            known = ", ".join(sorted(context.contracts))
            yield node.id, f"темы «{node.topic}» нет у исполнителей; выберите из: {known}"


def inputs_as_declared(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An external task declares exactly the input parameters that its topic reads."""
    for node, contract in contracted(diagram, context):
        for name in sorted(contract.inputs - node.inputs.keys()):
            yield node.id, f"«{contract.name}» читает {name}; добавьте этот вход"
        for name in sorted(node.inputs.keys() - contract.inputs):
            yield node.id, f"«{contract.name}» не читает {name}; уберите этот вход"


def results_not_shadowed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Input parameters do not shadow result variables, which would stay local to the task."""
    for node, _ in contracted(diagram, context):
        for name in sorted(node.inputs.keys() & context.results(node)):
            yield node.id, f"вход {name} закрывает результат {name}; уберите вход"


def bpmn_errors_caught(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each BPMN error of a topic is caught, otherwise the path would end silently."""
    for node, contract in contracted(diagram, context):
        caught = {
            boundary.event.reference
            for boundary in diagram.boundaries(node)
            if boundary.event and boundary.event.kind == "error"
        }
        if missed := contract.refusals - caught if None not in caught else frozenset():
            names = ", ".join(sorted(missed))
            yield node.id, f"может отказать ({names}); добавьте событие ошибки на границе"
        if caught and not contract.refusals:
            yield node.id, f"«{contract.name}» не отказывает; уберите событие ошибки"


def variables_written(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each variable read by an expression is written somewhere in the process."""
    written = context.written(diagram) - MESSAGE_VARIABLES
    for snippet in diagram.snippets:
        node = diagram.nodes.get(snippet.element)
        local = node.inputs.keys() if node else frozenset[str]()
        for name in sorted(variables(snippet.text) - written - local):
            if name in MESSAGE_VARIABLES:
                yield (
                    snippet.element,
                    f"{name} есть только после отказа; его читает форма, а не схема",
                )
            else:
                yield snippet.element, f"переменную {name} из «{snippet.text[:120]}» никто не пишет"


def gateways_read_preceding_step(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Gateways read only results of the preceding step: forms could submit any value."""
    for gateway in diagram.of_kind("exclusiveGateway"):
        for flow in diagram.outgoing(gateway):
            asked = variables(flow.condition or "")
            for step in steps_before(diagram, gateway) if asked else ():
                for name in sorted(asked - context.results(step)):
                    yield (
                        flow.id,
                        f"«{step.name or step.id}» перед ней не пишет {name}; спросите иное",
                    )


def messages_sent(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Message events wait only for messages that the suite sends to this process and place."""
    known = {
        UPDATE_MESSAGES.get(diagram.id),
        FAILURE_GONE if diagram.id == TECHNICAL_FAILURE else None,
    }
    for node in diagram.nodes.values():
        if not node.event or node.event.kind != "message":
            continue
        message = node.event.reference
        if message not in MESSAGES:
            yield (
                node.id,
                f"сообщения «{message}» никто не шлёт; есть: {', '.join(sorted(MESSAGES))}",
            )
        elif context.is_main(diagram):
            wanted = DEAL_LOST if node.kind == "startEvent" else STAGE_MOVED
            if message != wanted or node.kind == "intermediateCatchEvent":
                yield node.id, f"здесь ждут «{wanted}», а не «{message}»; исправьте сообщение"
        elif message not in known:
            yield node.id, f"процессу «{diagram.id}» сообщение «{message}» не шлют; уберите его"


def values_typed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A constant or variable given to a step is of the type that its topic expects."""
    for node, contract in contracted(diagram, context):
        for name, text in node.inputs.items():
            known = contract.types.get(name)
            if known is None:
                continue
            if is_null(node, name):
                if not known.optional and known.kind is not Kind.ANY:
                    yield node.id, f"вход {name} не может быть пустым; задайте значение"
            elif "{" not in text:
                if not known.takes(text):
                    values = ", ".join(sorted(known.values or ())) or known.kind.value
                    yield node.id, f"вход {name} = «{text}» не подходит; нужно: {values}"
            elif (given := variable(text)) is not None:
                found = context.type_in(diagram, given)
                if Kind.ANY not in (known.kind, found.kind) and known.kind is not found.kind:
                    yield node.id, f"вход {name}: нужно «{known.kind.value}», а {given} другое"
                elif (
                    known.values is not None
                    and found.kind is Kind.TEXT
                    and not (found.values is not None and found.values <= known.values)
                ):
                    yield node.id, f"вход {name}: {given} принимает и другие значения"
            elif known.kind is not Kind.ANY:
                yield node.id, f"вход {name} = «{text}»: поставьте значение или одну переменную"


def inputs_read_their_own(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """An input that no person fills reads the variable of its own name if there is one, else one
    named alike: `kind` reads `numberKind`, never the name of somebody or another number."""
    written = context.written(diagram)
    for node, contract in contracted(diagram, context):
        for name, text in node.inputs.items():
            if name in contract.answers or name == DECIDED_BY or name not in contract.inputs:
                continue
            given = variable(text)
            if name in written and given != name:
                yield node.id, f"вход {name} = «{text}», а здесь есть {name}; поставьте ${{{name}}}"
            elif given is not None and not named_alike(name, given):
                yield (
                    node.id,
                    f"вход {name} читает {given}, это о другом; поставьте переменную о том же, "
                    "что вход",
                )


def moments_typed(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Due dates, follow-up dates and timers wait for variables with a moment in time; every user
    task has a due date, which is one by its name, like `dueAt`."""
    for node in diagram.nodes.values():
        asked = [(f"срок {a}", node.attributes[a]) for a in DATES if node.attributes.get(a)]
        if node.event and node.event.timer_kind == "timeDate":
            asked.append(("таймер", node.event.timer or ""))
        for what, text in asked:
            name = variable(text)
            if name is None:
                if not (what == "таймер" and is_moment(text, "timeDate")):
                    yield (
                        node.id,
                        f"{what} = «{text}»: поставьте переменную с датой, как ${{dueAt}}",
                    )
            elif context.type_in(diagram, name).kind not in (Kind.INSTANT, Kind.ANY):
                yield node.id, f"{what}: в {name} не дата; поставьте переменную с датой"
        due = variable(node.attributes.get("dueDate", ""))
        if due is not None and not due.casefold().endswith(DUE):
            yield node.id, f"срок берётся из {due}; поставьте ${{dueAt}} или переменную …DueAt"
        if node.kind == "userTask" and not node.attributes.get("dueDate"):
            yield node.id, "нет срока исполнения; поставьте ${dueAt}, иначе никто не напомнит"


def moments_awaited(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A timer waits for the moment that was found for it, not for a due date or another moment,
    while nothing waits for that one."""
    timers = {
        node.id: (node.event.timer or "", variable(node.event.timer or ""))
        for node in diagram.nodes.values()
        if node.event and node.event.kind == "timer"
    }
    passed = {name for call in diagram.of_kind("callActivity") for name in call.call_in}
    left = sorted(
        (AWAITED & context.written(diagram)) - {name for _, name in timers.values()} - passed
    )
    for node, (text, name) in timers.items() if left else ():
        if name not in AWAITED:
            yield (
                node,
                f"таймер ждёт «{text}», а момента {left[0]}, найденного для него, не ждёт никто; "
                f"поставьте дату ${{{left[0]}}}",
            )


def steps_not_repeated(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step does not repeat the step just before it with the same inputs."""
    for node in diagram.external_tasks:
        for step in steps_before(diagram, node, refusals=False):
            same = step is not node and (step.topic, step.inputs) == (node.topic, node.inputs)
            if same and DECIDED_BY not in node.inputs:
                yield node.id, f"повторяет шаг «{step.name}» прямо перед ним; уберите повтор"


DATES = ("dueDate", "followUpDate")
"""Attributes with a moment in time."""
DUE = "dueat"
"""End of the names of variables with a due date, in lower case."""


def calls_complete(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Called processes exist; mapped variables are written on the side they come from."""
    for node in diagram.of_kind("callActivity"):
        called = context.diagrams.get(node.attributes.get("calledElement", ""))
        if called is None:
            yield node.id, "вызывает процесс, которого нет среди схем; исправьте имя"
            continue
        for name in sorted(node.call_in.keys() - context.written(diagram) - node.inputs.keys()):
            yield node.id, f"передаёт {name}, но здесь это никто не пишет"
        for name in sorted(node.call_out.keys() - context.written(called)):
            yield node.id, f"забирает {name}, но «{called.id}» это не пишет"


CHECKS: tuple[Check, ...] = (
    topics_served,
    inputs_as_declared,
    results_not_shadowed,
    bpmn_errors_caught,
    variables_written,
    gateways_read_preceding_step,
    messages_sent,
    values_typed,
    inputs_read_their_own,
    moments_typed,
    moments_awaited,
    steps_not_repeated,
    calls_complete,
)
