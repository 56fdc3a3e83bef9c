"""Process of one service task: starts its instances, reads their times from the engine."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape

import psycopg

from bpmn.camunda.client.rest import Engine

CONNECTIONS = 8
"""Instances started at the same time."""
GIVEN = {"amount": 12, "subject": "Садовая техника"}
"""Variables of every instance, beside its business key."""
TWO_INPUTS = {name: f"${{{name}}}" for name in GIVEN}
PATIENCE = 300.0  # seconds until a queue must be empty
LOOK_SECONDS = 0.05

MODEL = """\
<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="bench">
  <bpmn:message id="Message_Go" name="Go"/>
  <bpmn:process id="{key}" isExecutable="true">
    <bpmn:startEvent id="Start"/>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="Start" targetRef="{first}"/>
    <bpmn:receiveTask id="Wait" messageRef="Message_Go"/>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Wait" targetRef="Step"/>
    <bpmn:serviceTask id="Step" camunda:type="external" camunda:topic="{topic}">
      <bpmn:extensionElements><camunda:inputOutput>{inputs}</camunda:inputOutput>\
</bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="Flow_3" sourceRef="Step" targetRef="End"/>
    <bpmn:endEvent id="End"/>
  </bpmn:process>
</bpmn:definitions>
"""
PARAMETER = '<camunda:inputParameter name="{}">{}</camunda:inputParameter>'


@dataclass(frozen=True)
class Step:
    """A process of one external task of ``topic``."""

    topic: str
    inputs: Mapping[str, str] = field(default_factory=lambda: dict(TWO_INPUTS))
    """Input parameters: name → constant or expression."""
    prepared: Callable[[Mapping[str, str]], None] | None = None
    """Called with instance id → business key before the task of these instances exists."""

    @property
    def key(self) -> str:
        return f"bench-{self.topic}"

    def model(self) -> bytes:
        """BPMN of the process; the task waits for a message if instances must be prepared."""
        inputs = "".join(PARAMETER.format(name, escape(to)) for name, to in self.inputs.items())
        first = "Step" if self.prepared is None else "Wait"
        return MODEL.format(key=self.key, topic=self.topic, inputs=inputs, first=first).encode()


def deploy(engine: Engine, step: Step) -> None:
    """Deploy the process of a step."""
    files = {"model": (f"{step.key}.bpmn", step.model())}
    url = f"{engine.url}/deployment/create"
    engine.session.post(url, data={"deployment-name": step.key}, files=files)


class Queue:
    """Tasks of one step: made at once or steadily, and measured in the engine's tables."""

    def __init__(self, engine: Engine, tables: str, step: Step) -> None:
        """``tables``: psycopg address of the engine's database."""
        self._engine, self._step = engine, step
        self._tables = psycopg.connect(tables, autocommit=True)

    def fill(self, keys: Sequence[str]) -> list[str]:
        """Make a task per business key. Returns: the ids of their instances."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            ids = list(pool.map(self._start, keys))
            if self._step.prepared is not None:
                self._step.prepared(dict(zip(ids, keys, strict=True)))
                list(pool.map(self._go, ids))
        return ids

    def feed(self, keys: Sequence[str], per_second: float) -> list[str]:
        """Make tasks at a steady pace, whether or not earlier ones are done."""
        begin: Callable[[str], str] = self._start
        ids = list(keys)
        if self._step.prepared is not None:
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                ids = list(pool.map(self._start, keys))
            self._step.prepared(dict(zip(ids, keys, strict=True)))
            begin = self._go
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(begin, _paced(ids, per_second)))

    def wait_until_empty(self, check: Callable[[], None] = lambda: None) -> None:
        """Wait until no task of the topic is left; ``check`` raises if that cannot happen any more.

        Raises: TimeoutError.
        """
        deadline = time.monotonic() + PATIENCE
        while self.length():
            check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.length()} tasks of {self._step.topic} are not done")
            time.sleep(LOOK_SECONDS)

    def length(self) -> int:
        """Number of open tasks of the topic. Raises: RuntimeError if one of them failed."""
        query = "SELECT count(*), min(error_msg_) FROM act_ru_ext_task WHERE topic_name_ = %s"
        open_, error = self._tables.execute(query, [self._step.topic]).fetchone() or (0, None)
        if error:
            raise RuntimeError(f"a task of {self._step.topic} failed: {error}")
        return int(open_)

    def durations(self, ids: Sequence[str]) -> list[float]:
        """Milliseconds from the creation of each task to its completion."""
        return [(ended - began) * 1000 for began, ended in self._times(ids)]

    def last_end(self, ids: Sequence[str]) -> float:
        """Time of the last completion, as `time.time` tells it."""
        return max(ended for _, ended in self._times(ids))

    def close(self) -> None:
        self._tables.close()

    def _start(self, key: str) -> str:
        return self._engine.start(self._step.key, key, GIVEN)

    def _go(self, instance_id: str) -> str:
        body = {"messageName": "Go", "processInstanceId": instance_id}
        self._engine.post("/message", body)
        return instance_id

    def _times(self, ids: Sequence[str]) -> list[tuple[float, float]]:
        query = (
            "SELECT start_time_, end_time_ FROM act_hi_actinst "
            "WHERE proc_inst_id_ = ANY(%s) AND act_id_ = 'Step' AND end_time_ IS NOT NULL"
        )
        rows = self._tables.execute(query, [list(ids)]).fetchall()
        if len(rows) != len(ids):
            raise RuntimeError(f"{len(rows)} of {len(ids)} tasks of {self._step.topic} are done")
        return [(_seconds(began), _seconds(ended)) for began, ended in rows]


def _seconds(at: datetime) -> float:
    """The engine stores local time of this machine without a zone."""
    return at.timestamp()


def _paced(items: Iterable[str], per_second: float) -> Iterable[str]:
    began = time.monotonic()
    for number, item in enumerate(items):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        yield item
