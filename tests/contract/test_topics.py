"""Documentation of topics as the reference renders it: descriptions, safe repetition."""

import pytest

from workers.topic_contracts import TopicReference, topic_references

REFERENCES = {reference.name: reference for reference in topic_references()}


@pytest.fixture(params=REFERENCES)
def topic(request: pytest.FixtureRequest) -> TopicReference:
    return REFERENCES[request.param]


def test_every_topic_is_described_in_one_sentence(topic: TopicReference) -> None:
    assert topic.description.endswith(".")
    assert topic.group in {"approval", "lifecycle", "onec", "service", "shipping"}


def test_every_topic_says_why_it_is_safe_to_repeat(topic: TopicReference) -> None:
    assert topic.safe_to_repeat.startswith("Safe to repeat"), topic.safe_to_repeat
    assert len(topic.safe_to_repeat.split()) > 5


def test_every_variable_and_refusal_has_a_name_and_a_type(topic: TopicReference) -> None:
    assert all(one.name and one.type for one in (*topic.inputs, *topic.results))
    assert all(refusal.code.isupper() for refusal in topic.refusals)
