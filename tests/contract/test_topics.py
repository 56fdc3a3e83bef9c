"""Documentation of topics as the reference renders it: descriptions, safe repetition."""

import pytest

from bpmn.lint.rules.expressions import variable
from bpmn.lint.worker_contracts import ERROR_VARIABLES, START_VARIABLES
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagrams
from workers.topic_contracts import TopicReference, topic_references
from workers.topics import TOPICS

REFERENCES = {reference.name: reference for reference in topic_references()}


@pytest.fixture(params=REFERENCES)
def topic(request: pytest.FixtureRequest) -> TopicReference:
    return REFERENCES[request.param]


def test_every_topic_is_described_in_one_sentence(topic: TopicReference) -> None:
    assert topic.description.endswith(".")
    assert topic.group in {"approval", "lifecycle", "onec", "product", "service", "shipping"}


def test_every_topic_says_why_it_is_safe_to_repeat(topic: TopicReference) -> None:
    assert topic.safe_to_repeat.startswith("Safe to repeat"), topic.safe_to_repeat
    assert len(topic.safe_to_repeat.split()) > 5


def test_every_variable_and_refusal_has_a_name_and_a_type(topic: TopicReference) -> None:
    assert all(one.name and one.type for one in (*topic.inputs, *topic.results))
    assert all(refusal.code.isupper() for refusal in topic.refusals)


def test_no_process_variable_can_stand_in_for_an_input_that_a_diagram_does_not_map() -> None:
    """An instance of an earlier diagram has no input parameter for an input added later."""
    diagrams = list(read_diagrams(DIRECTORY))
    nodes = [node for diagram in diagrams for node in diagram.nodes.values()]
    written = set(ERROR_VARIABLES).union(*START_VARIABLES.values())
    written |= {name for topic in TOPICS for name in topic.result.wire_names().values()}
    written |= {name for node in nodes for name, _ in node.outputs}
    written |= {name for node in nodes for name in (*node.call_in.values(), *node.call_out)}
    mapped = [(name, value) for node in nodes for name, value in node.inputs.items()]
    foreign = {name for name, value in mapped if variable(value) != name}
    optional = {
        topic.input.wire_names()[name]
        for topic in TOPICS
        for name, field in topic.input.model_fields.items()
        if not field.is_required()
    }

    assert {"template", "toStage", "role", "at"} < optional
    assert len(written) > 50
    assert optional & written <= {name for name, _ in mapped} - foreign
