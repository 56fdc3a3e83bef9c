"""Rules for labels and ids."""

import re
from collections import Counter
from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.model.elements import TASKS, Diagram, Node

INFINITIVE = re.compile(r"^[А-ЯЁ]?[а-яё]+(ть|ти|чь|ться|тись|чься)$")
EMPTY_VERBS = frozenset({"Обработать", "Обрабатывать", "Осуществить", "Произвести", "Выполнить"})
TECHNICAL = re.compile(r"_|[a-z][A-Z]|\$\{|\b[a-z]{2,}-[a-z]{2,}|(?<![-A-Za-z])[a-z]{3,}")
"""Names from code; abbreviations and brands (CRM, Bosch, e-mail) are words that people use."""
ID_PREFIXES = {
    "userTask": "Task",
    "serviceTask": "Task",
    "businessRuleTask": "Task",
    "callActivity": "Task",
    "subProcess": "SubProcess",
    "startEvent": "StartEvent",
    "endEvent": "EndEvent",
    "boundaryEvent": "BoundaryEvent",
    "intermediateCatchEvent": "CatchEvent",
    "intermediateThrowEvent": "ThrowEvent",
    "exclusiveGateway": "Gateway",
    "parallelGateway": "Gateway",
    "eventBasedGateway": "Gateway",
}


def _is_question(node: Node) -> bool:
    return node.kind == "exclusiveGateway" and len(node.outgoing) > 1


def _is_infinitive(text: str) -> bool:
    return bool(INFINITIVE.match(text.split()[0])) if text.split() else False


def label_required(diagram: Diagram) -> Iterator[Violation]:
    """Tasks, events, sub-processes and splitting exclusive gateways have labels."""
    for node in diagram.nodes.values():
        if (not node.kind.endswith("Gateway") or _is_question(node)) and not node.name.strip():
            yield node.id, "нет подписи; подпишите"


def task_label_is_verb_and_object(diagram: Diagram) -> Iterator[Violation]:
    """A task label is infinitive and object in sentence case: «Проверить клиента»."""
    for node in diagram.of_kind(*TASKS):
        words = node.name.split()
        if words and (len(words) < 2 or not INFINITIVE.match(words[0]) or words[0].islower()):
            yield node.id, f"«{node.name}»: напишите действие и предмет, как «Проверить клиента»"
        elif words and words[0] in EMPTY_VERBS:
            yield node.id, f"«{words[0]}» слишком общее слово; назовите саму работу"


def event_label_is_state(diagram: Diagram) -> Iterator[Violation]:
    """An event label is object and state, not an action: «Клиент отклонён»."""
    events = ("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent")
    for node in diagram.of_kind(*events):
        if _is_infinitive(node.name):
            yield node.id, f"«{node.name}»: напишите предмет и состояние, как «Клиент отклонён»"


def gateway_label_is_question(diagram: Diagram) -> Iterator[Violation]:
    """A splitting exclusive gateway has a question as its label, other gateways have none."""
    for node in diagram.nodes.values():
        if _is_question(node) and node.name and not node.name.endswith("?"):
            yield node.id, f"«{node.name}»: задайте вопрос, который кончается знаком «?»"
        elif node.kind.endswith("Gateway") and not _is_question(node) and node.name:
            yield node.id, "уберите подпись: она бывает только у развилки с вопросом"


def gateway_flows_labeled(diagram: Diagram) -> Iterator[Violation]:
    """Flows out of a splitting exclusive gateway are labeled with the answers."""
    for node in filter(_is_question, diagram.nodes.values()):
        for flow in diagram.outgoing(node):
            if not flow.name.strip():
                yield flow.id, f"нет подписи; напишите ответ на вопрос «{node.name}»"
        names = Counter(flow.name.strip() for flow in diagram.outgoing(node))
        for name, count in names.items():
            if name and count > 1:
                yield node.id, f"два ответа «{name}»; назовите ответы по-разному"


def labels_not_technical(diagram: Diagram) -> Iterator[Violation]:
    """Labels contain no technical names: topics, classes, variables."""
    labels = {node.id: node.name for node in diagram.nodes.values()}
    labels |= {flow.id: flow.name for flow in diagram.flows.values()}
    for element, label in labels.items():
        if TECHNICAL.search(label):
            yield element, f"«{label}»: пишите словами дела, а не именами из программы"


def ids_descriptive(diagram: Diagram) -> Iterator[Violation]:
    """Ids follow the pattern Task_CheckClient, because history and logs show them. Flows keep what
    the modeler gives them: nothing shows their ids."""
    for element, node in diagram.nodes.items():
        prefix = ID_PREFIXES.get(node.kind)
        if prefix and not re.fullmatch(rf"{prefix}_[A-Z][A-Za-z0-9]+", element):
            yield (
                element,
                f"назовите идентификатор {prefix}_ и по-английски, как {prefix}_ClientAdded",
            )


def file_named_as_process(diagram: Diagram) -> Iterator[Violation]:
    """The file name is the process id."""
    if diagram.path.stem != diagram.id:
        yield (
            diagram.id,
            f"имя файла не равно идентификатору процесса; назовите файл {diagram.id}.bpmn",
        )


def end_names_unique(diagram: Diagram) -> Iterator[Violation]:
    """End events of a scope have different names: one end event per result."""
    ends = list(diagram.of_kind("endEvent"))
    names = Counter((node.scope, node.name) for node in ends)
    for node in ends:
        if node.name and names[node.scope, node.name] > 1:
            yield node.id, f"два конца «{node.name}»; соедините их или назовите по-разному"


RULES = (
    label_required,
    task_label_is_verb_and_object,
    event_label_is_state,
    gateway_label_is_question,
    gateway_flows_labeled,
    labels_not_technical,
    ids_descriptive,
    file_named_as_process,
    end_names_unique,
)
