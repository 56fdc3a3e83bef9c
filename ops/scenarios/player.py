"""Plays a scenario on a running suite: people by the public interfaces, time by the engine."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from api.http.pagination import PREFIX
from bpmn.camunda.client.rest import Engine, EngineError
from bpmn.model.elements import Diagram
from db.config.operator_error import OperatorError
from ops.demo.deal import DealStory
from ops.demo.employee import TIMEOUT
from ops.demo.waiting import Stuck, wait_for
from ops.scenarios.scenario import (
    COUNTED,
    PLACEHOLDER,
    TODAY,
    Answering,
    Breaking,
    Filling,
    Firing,
    InOnec,
    Moving,
    Notified,
    Reaching,
    Scenario,
    Step,
    Uploading,
)
from ops.scenarios.timers import ran_out
from ops.scenarios.way import Walks, walks

ROWS: Mapping[str, tuple[str, str]] = {
    "contract": ("contracts", "number"),
    "shipment": ("shipments", "number"),
    "item": ("items", "code"),
}
"""Kind of a 1C row → collection of the simulator, and the key of its answer with the number."""
MOSCOW = timedelta(hours=3)
"""Offset of the days that the deals keep."""
STAGE_PRESS = "wantedStage"
WORDS = re.compile(r"\s+")


class ScenarioFailed(OperatorError):
    """The deal went another way than the file says; the message has file, line and difference."""


@dataclass
class Player:
    """One scenario that is being played."""

    scenario: Scenario
    story: DealStory
    """The deal, which this creates, and its people."""
    onec: str
    """Address of the 1C simulator."""
    engine: Engine
    """The engine as its administrator: timers and history."""
    diagrams: Mapping[str, Diagram]
    tell: Callable[[str], None] = print
    values: dict[str, str] = field(default_factory=dict)
    """Placeholder → number from 1C."""
    broken: bool = False
    """1C has faults now."""

    def play(self) -> Walks:
        """Play from the first to the last step and compare the way. Raises: ScenarioFailed."""
        said = self.scenario
        try:
            with self._at(1, "завести сделку"):
                self.story.manager = said.who
                self.story.create(said.direction, self._filled(said.fields))
            self.tell(f"{said.path.name}: «{said.name}», сделка {self.story.deal_id}")
            for step, line in zip(said.steps, said.lines, strict=True):
                words = described(step)
                with self._at(line, words):
                    self._act(step)
                self.tell(f"  {words}")
            return self._ended()
        finally:
            if self.broken:
                self._onec("PUT", "faults", {})

    def _act(self, step: Step) -> None:
        story = self.story
        match step:
            case Answering():
                self._answer(step)
            case Filling():
                story.saves(step.who, self._filled(step.fill))
            case Uploading():
                for code in step.upload:
                    story.attaches(step.who, code)
            case Moving():
                self._move(step)
            case Notified():
                wait_for(lambda: self._has_notice(step), "такого уведомления нет")
            case Reaching():
                story.stage_is(step.stage)
            case Firing():
                wait_for(
                    lambda: ran_out(self.engine, story.deal_id, step.timer),
                    "этот таймер сейчас не ждёт",
                )
            case InOnec():
                collection, key = ROWS[step.onec]
                row = self._onec("POST", collection, self._filled(step.values))
                self.values[step.placeholder] = str(row[key])
            case Breaking():
                self._onec("PUT", "faults", self._filled(step.faults))
                self.broken = bool(step.faults)

    def _answer(self, step: Answering) -> None:
        story, person = self.story, self.story(step.who)
        task = person.task(story.deal_id, step.task)
        person.claim(task)
        given = {name: _sent(value) for name, value in self._filled(step.answer).items()}
        if STAGE_PRESS in given:
            given = {"seenVersion": story.card()["version"], **given}
        if step.file is not None:
            given["fileId"] = story.attaches(step.who, step.file)
        person.submit(task, **given).raise_for_status()
        if step.refused is not None:
            wait_for(
                lambda: self._came_back(step, str(task["id"])),
                f"задача не вернулась с отказом {step.refused}",
            )

    def _came_back(self, step: Answering, first: str) -> bool:
        person = self.story(step.who)
        task = person.task(self.story.deal_id, step.task)
        if task["id"] == first:
            return False
        answer = person.engine("GET", f"/task/{task['id']}/form-variables")
        known = answer.json() if answer.ok else {}
        return bool(known.get("formErrorCode", {}).get("value") == step.refused)

    def _move(self, step: Moving) -> None:
        path = f"/deals/{self.story.deal_id}"
        person = self.story(step.who)
        if step.reason is None:
            answer = person.api("POST", f"{path}/stage", json={"stage": step.move})
        else:
            body = {"reason": step.reason, "comment": step.comment}
            answer = person.api("POST", f"{path}/lost", json=body)
        answer.raise_for_status()

    def _has_notice(self, step: Notified) -> bool:
        items = self.story(step.who).api("GET", "/notifications").json()["items"]
        mine = (one["text"] for one in items if one["dealId"] == self.story.deal_id)
        return any(step.notified in text for text in mine)

    def _onec(self, method: str, name: str, body: Mapping[str, Any]) -> Any:
        address = f"{self.onec}/_simulator/{name}"
        answer = requests.request(method, address, json=dict(body), timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def _filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values with their placeholders filled in."""
        return {name: self._value(value) for name, value in values.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._filled(value)
        if isinstance(value, list):
            return [self._value(one) for one in value]
        found = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        if found[1] == TODAY:
            return (today() + timedelta(days=int(found[2] or 0))).date().isoformat()
        return self.values[found[1]]

    def _ended(self) -> Walks:
        expected, story = self.scenario.expected, self.story
        with self._at(1, f"закончить сделку на стадии {expected.end}"):
            story.stage_is(expected.end)
            wait_for(
                lambda: not self.engine.root_instances(story.deal_id),
                f"процесс не закончился, открыты задачи: {', '.join(self._open()) or 'нет'}",
            )
        gone = walks(self.engine, story.deal_id, self.diagrams)
        differences = [*self._stages(), *self._fields(), *self._way(gone)]
        if differences:
            path = self.scenario.path.as_posix()
            lines = [f"{path}: сделка {story.deal_id} прошла другой путь:", *differences]
            raise ScenarioFailed("\n".join(lines))
        return gone

    def _open(self) -> list[str]:
        return sorted(task.key for task in self.engine.tasks(business_key=self.story.deal_id))

    def _stages(self) -> Iterator[str]:
        expected = self.scenario.expected.stages
        came = [row["new"] for row in self._history() if row["kind"] == "stage"]
        if expected and came != expected:
            yield f"  стадии: ждали {' → '.join(expected)}, было {' → '.join(came)}"

    def _fields(self) -> Iterator[str]:
        for code, wanted in self._filled(self.scenario.expected.fields).items():
            came = self.story.value_of(code)
            if came != wanted:
                yield f"  поле {code}: ждали {wanted!r}, на карточке {came!r}"

    def _history(self) -> Iterator[Mapping[str, Any]]:
        path: str | None = f"/deals/{self.story.deal_id}/history"
        while path:
            answer = self.story(self.scenario.who).api("GET", path)
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            path = (page["next"] or "").removeprefix(PREFIX)

    def _way(self, gone: Walks) -> Iterator[str]:
        for process, wanted in self.scenario.expected.way.items():
            came = counted(self.diagrams[process], gone).get(process, {})
            for element in sorted({*wanted, *came}):
                if wanted.get(element, 0) != came.get(element, 0):
                    name = self.diagrams[process].name_of(element)
                    yield (
                        f"  {process}: {element} «{name}»: ждали раз: {wanted.get(element, 0)}, "
                        f"было: {came.get(element, 0)}"
                    )

    @contextmanager
    def _at(self, line: int, words: str) -> Iterator[None]:
        place = f"{self.scenario.path.as_posix()}:{line}"
        deal = self.story.deal_id or "ещё не заведена"
        try:
            yield
        except Stuck as stuck:
            now = f"открыты задачи: {', '.join(self._open()) or 'нет'}"
            raise ScenarioFailed(
                f"{place}: не вышло «{words}»: {stuck}; сделка {deal}, {now}"
            ) from stuck
        except requests.RequestException as error:
            raise ScenarioFailed(
                f"{place}: не вышло «{words}»: {_explained(error)}; сделка {deal}"
            ) from error
        except EngineError as error:
            raise ScenarioFailed(f"{place}: не вышло «{words}»: движок: {error}") from error


def counted(diagram: Diagram, gone: Walks) -> dict[str, dict[str, int]]:
    """Process of the diagram → passes of the elements that `expected.way` names."""
    passed = gone[diagram.id].passed if diagram.id in gone else {}
    elements = [node.id for node in diagram.of_kind(*COUNTED) if node.id in passed]
    return {diagram.id: {element: passed[element] for element in elements}}


def today() -> datetime:
    """Now in Moscow, whose days the deals keep."""
    return datetime.now(UTC) + MOSCOW


def described(step: Step) -> str:
    """A line of words for a step."""
    match step:
        case Answering():
            back = f", отказ {step.refused}" if step.refused else ""
            return f"{step.who}: выполнить {step.task}{back}"
        case Filling():
            return f"{step.who}: заполнить {', '.join(step.fill)}"
        case Uploading():
            return f"{step.who}: приложить {', '.join(step.upload)}"
        case Moving():
            return f"{step.who}: перевести на стадию {step.move}"
        case Notified():
            return f"{step.who}: получить уведомление «{step.notified}»"
        case Reaching():
            return f"стадия {step.stage}"
        case Firing():
            return f"время таймера {step.timer}"
        case InOnec():
            return f"завести в 1С: {step.onec}"
        case Breaking():
            return "сломать 1С" if step.faults else "починить 1С"


def _sent(value: Any) -> Any:
    """A value as a form sends it: lists and tables as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _explained(error: requests.RequestException) -> str:
    """Reason of a refusal in the words of the answer, cut to a line."""
    if error.response is None:
        return type(error).__name__
    said = WORDS.sub(" ", error.response.text[:400])
    return f"ответ {error.response.status_code}: {said}"
