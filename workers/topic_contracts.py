"""What the topics promise to diagrams, for the gate that compares the two."""

from bpmn.lint.worker_contracts import TopicContract
from workers.runtime.contract import AnyTopic
from workers.topics import TOPICS


def promises() -> tuple[TopicContract, ...]:
    return tuple(_promise(topic) for topic in TOPICS)


def _promise(topic: AnyTopic) -> TopicContract:
    return TopicContract(
        name=topic.name,
        inputs=frozenset(topic.input.wire_names().values()),
        results=frozenset(topic.result.wire_names().values()),
        refusals=frozenset(refusal.code for refusal in topic.refusals),
    )
