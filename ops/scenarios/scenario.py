"""A scenario file: its steps and expectations, read and checked against diagrams and catalog.

Every mistake is a Russian sentence with file, line and correction. Files are YAML without anchors,
bounded in size, so reading takes linear time.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from bpmn.camunda.provisioning.identities import load_identities
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram, Node
from bpmn.model.reader import read_diagrams
from db.catalog.errors import Problem
from db.catalog.loading import load_catalog
from db.catalog.yaml_documents import Document, Place, read_document
from db.config.operator_error import OperatorError
from db.domain.catalog import Catalog, Direction
from forms.task_forms import FORMS

FOLDER = DIRECTORY.parent / "scenarios"
"""The scenarios of this installation, beside the diagrams."""
MAX_BYTES = 64 * 1024
MAX_STEPS = 300
PLACEHOLDER = re.compile(r"\{([a-zA-Z]{1,40})([+-][0-9]{1,3})?\}")
"""A whole value that the player fills in: {today}, {today+7}, or a number from 1C such as
{contract}."""
TODAY = "today"
COUNTED = ("userTask", "callActivity", "boundaryEvent", "endEvent")
"""Kinds of elements whose passes `expected.way` counts."""


class InvalidScenario(OperatorError):
    """The file is no valid scenario; the message has a line for every problem."""


class Part(BaseModel):
    """Base of all parts of a file: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    key: ClassVar[str] = ""
    """Key that makes a step one of this kind."""


class Answering(Part):
    """A person completes a task, with an uploaded file on request.

    ``refused``: code of the refusal with which the task must come back.
    """

    key = "task"
    who: str
    task: str
    answer: dict[str, Any] = Field(default_factory=dict)
    file: str | None = None
    refused: str | None = None


class Filling(Part):
    """A person saves fields of the card."""

    key = "fill"
    who: str
    fill: dict[str, Any]


class Uploading(Part):
    """A person uploads a PDF into each of these file fields."""

    key = "upload"
    who: str
    upload: list[str]


class Moving(Part):
    """A person moves the deal to another stage by the API; ``reason``: of a loss."""

    key = "move"
    who: str
    move: str
    reason: str | None = None
    comment: str | None = None


class Notified(Part):
    """A person has a notification of the deal with these words."""

    key = "notified"
    who: str
    notified: str


class Reaching(Part):
    """The deal gets to the stage."""

    key = "stage"
    stage: str


class Firing(Part):
    """The timer of the element runs out now."""

    key = "timer"
    timer: str


class InOnec(Part):
    """A row appears in 1C; its number is the placeholder ``named``, by default {contract} etc."""

    key = "onec"
    onec: Literal["contract", "shipment", "item"]
    values: dict[str, Any] = Field(default_factory=dict)
    named: str | None = None

    @property
    def placeholder(self) -> str:
        return self.named or self.onec


class Breaking(Part):
    """1C has these faults from now on; without any it is well again."""

    key = "faults"
    faults: dict[str, Any]


Step = Answering | Filling | Uploading | Moving | Notified | Reaching | Firing | InOnec | Breaking
KINDS: Mapping[str, type[Step]] = {
    kind.key: kind
    for kind in (
        Answering,
        Filling,
        Uploading,
        Moving,
        Notified,
        Reaching,
        Firing,
        InOnec,
        Breaking,
    )
}


class Expected(Part):
    """End and way of the deal. Processes that ``way`` does not name are not compared."""

    end: str
    stages: list[str] = Field(default_factory=list)
    """Codes in the order of the moves, without the first stage."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """Values on the card at the end."""
    way: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Process → task, call, boundary event or end → how often the deal went through it."""


class Head(Part):
    """A whole file, whose steps are not read yet."""

    name: str
    direction: str
    who: str
    fields: dict[str, Any]
    steps: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_STEPS)
    expected: Expected


@dataclass(frozen=True)
class Scenario:
    """A checked file."""

    path: Path
    name: str
    direction: str
    who: str
    """Login of the person who creates the deal."""
    fields: Mapping[str, Any]
    steps: Sequence[Step]
    lines: Sequence[int]
    """Line of each step."""
    expected: Expected


@dataclass(frozen=True)
class Known:
    """Names that a scenario may use: tasks, timers, fields, people."""

    catalog: Catalog
    diagrams: Mapping[str, Diagram]
    logins: Collection[str]
    tasks: Mapping[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        tasks = {node.id: node for one in self.diagrams.values() for node in one.user_tasks}
        object.__setattr__(self, "tasks", tasks)

    @cached_property
    def timers(self) -> frozenset[str]:
        """Ids of the elements that wait for a time."""
        return frozenset(
            node.id
            for diagram in self.diagrams.values()
            for node in diagram.nodes.values()
            if node.event and node.event.kind == "timer"
        )


def known(folder: Path = DIRECTORY) -> Known:
    """Read the catalog, the diagrams of ``folder`` and the people of the demo company."""
    diagrams = {diagram.id: diagram for diagram in read_diagrams(folder)}
    logins = [person.login for person in load_identities().demo]
    return Known(load_catalog(demo=True), diagrams, logins)


def scenario_files(folder: Path = FOLDER) -> list[Path]:
    """All scenarios of a folder in the order of their names."""
    return sorted(folder.glob("*.yaml"))


def read_scenario(path: Path, among: Known) -> Scenario:
    """Read and check a file. Raises: InvalidScenario with every problem."""
    reading = _Reading(path, among)
    scenario = reading.scenario()
    if reading.document.problems or scenario is None:
        found = sorted(set(reading.document.problems))
        raise InvalidScenario("\n".join(map(str, found)))
    return scenario


class _Reading:
    """One file while it is checked."""

    def __init__(self, path: Path, among: Known) -> None:
        self.path, self.known = path, among
        self.document = _document(path)

    def scenario(self) -> Scenario | None:
        head = self._part(Head, self.document.data, ())
        if head is None:
            return None
        steps = [self._step(raw, ("steps", i)) for i, raw in enumerate(head.steps)]
        direction = self.known.catalog.directions.get(head.direction)
        if direction is None:
            directions = self.known.catalog.directions
            self._blame(("direction",), _unknown("направления", head.direction, directions))
            return None
        self._person(head.who, ("who",))
        self._fields(head.fields, direction, ("fields",), set())
        self._expected(head.expected, direction, self._steps(steps, direction))
        if None in steps:
            return None
        lines = [self.document.line(("steps", i)) for i in range(len(steps))]
        return Scenario(
            self.path,
            head.name,
            head.direction,
            head.who,
            head.fields,
            [step for step in steps if step is not None],
            lines,
            head.expected,
        )

    def _part(self, part: type[Any], data: Any, place: Place) -> Any:
        if data is None:
            return None
        try:
            return part.model_validate(data)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False):
                self._blame((*place, *error["loc"]), _sentence(error, part))
            return None

    def _step(self, raw: Mapping[str, Any], place: Place) -> Step | None:
        keys = [key for key in KINDS if key in raw]
        if len(keys) != 1:
            kinds = ", ".join(KINDS)
            self._blame(place, f"в шаге нужен ровно один из ключей: {kinds}; разделите шаг")
            return None
        step: Step | None = self._part(KINDS[keys[0]], dict(raw), place)
        return step

    def _steps(self, steps: Sequence[Step | None], direction: Direction) -> set[str]:
        """Check the steps. Returns: the placeholders that they define."""
        named: set[str] = set()
        for number, step in enumerate(steps):
            place: Place = ("steps", number)
            if who := getattr(step, "who", None):
                self._person(who, (*place, "who"))
            match step:
                case Answering():
                    self._answer(step, direction, place, named)
                case Filling():
                    self._fields(step.fill, direction, (*place, "fill"), named)
                case Uploading():
                    for i, code in enumerate(step.upload):
                        self._file(code, direction, (*place, "upload", i))
                case Moving():
                    self._stage(step.move, direction, (*place, "move"))
                    self._loss(step, direction, place)
                case Reaching():
                    self._stage(step.stage, direction, (*place, "stage"))
                case Firing():
                    if step.timer not in self.known.timers:
                        text = _unknown("таймера", step.timer, self.known.timers)
                        self._blame((*place, "timer"), text)
                case InOnec():
                    self._values(step.values, (*place, "values"), named)
                    named.add(step.placeholder)
                case Breaking():
                    self._values(step.faults, (*place, "faults"), named)
        return named

    def _loss(self, step: Moving, direction: Direction, place: Place) -> None:
        lost = step.move == direction.closing_stage("lost").code
        if lost != (step.reason is not None):
            text = (
                "назовите причину: reason из списка lossReasons"
                if lost
                else "причина (reason) бывает только у проигранной сделки; уберите её"
            )
            self._blame(place, text)

    def _answer(self, step: Answering, direction: Direction, place: Place, named: set[str]) -> None:
        task = self.known.tasks.get(step.task)
        if task is None:
            text = _unknown("задачи", step.task, self.known.tasks)
            self._blame((*place, "task"), text)
            return
        form = next((form for form in FORMS if form.name == task.form), None)
        submits = form.submits if form else frozenset[str]()
        for name in step.answer:
            if name not in submits:
                text = _unknown(f"поля в форме задачи {step.task}", name, submits)
                self._blame((*place, "answer", name), text)
        self._values(step.answer, (*place, "answer"), named)
        if isinstance(wanted := step.answer.get("wantedStage"), str):
            self._stage(wanted, direction, (*place, "answer", "wantedStage"))
        if step.file is not None:
            self._file(step.file, direction, (*place, "file"))

    def _fields(
        self, fields: Mapping[str, Any], direction: Direction, place: Place, named: set[str]
    ) -> None:
        codes = {one.code for one in self.known.catalog.fields_of(direction)}
        for code in fields:
            if code not in codes:
                text = _unknown(f"поля у направления {direction.code}", code, codes)
                self._blame((*place, code), text)
        self._values(fields, place, named)

    def _file(self, code: str, direction: Direction, place: Place) -> None:
        codes = {one.code for one in self.known.catalog.fields_of(direction) if one.is_file}
        if code not in codes:
            text = _unknown(f"поля-файла у направления {direction.code}", code, codes)
            self._blame(place, text)

    def _values(self, values: Mapping[str, Any], place: Place, named: set[str]) -> None:
        for key, value in values.items():
            here = (*place, key)
            if isinstance(value, dict):
                self._values(value, here, named)
            elif isinstance(value, list):
                self._values(
                    dict(zip(map(str, range(len(value))), value, strict=True)), here, named
                )
            elif value is not None and not isinstance(value, str | bool | int):
                text = "значение читается как дробь, дата или таблица; возьмите его в кавычки"
                self._blame(here, text)
            elif isinstance(value, str):
                self._placeholder(value, here, named)

    def _placeholder(self, value: str, place: Place, named: set[str]) -> None:
        found = PLACEHOLDER.fullmatch(value)
        if found and found[1] != TODAY and found[1] not in named:
            text = (
                f"значение {value} ещё не известно: поставьте выше шаг «onec», который заводит "
                "этот номер в 1С"
            )
            self._blame(place, text)

    def _person(self, login: str, place: Place) -> None:
        if login not in self.known.logins:
            self._blame(place, _unknown("показного сотрудника", login, self.known.logins))

    def _stage(self, code: str, direction: Direction, place: Place) -> None:
        codes = [stage.code for stage in direction.stages]
        if code not in codes:
            text = _unknown(f"стадии у направления {direction.code}", code, codes)
            self._blame(place, text)

    def _expected(self, expected: Expected, direction: Direction, named: set[str]) -> None:
        closing = [stage.code for stage in direction.stages if stage.outcome]
        if expected.end not in closing:
            text = (
                f"сделка должна дойти до конца: одной из стадий {', '.join(closing)}, "
                f"а не «{expected.end}»"
            )
            self._blame(("expected", "end"), text)
        self._fields(expected.fields, direction, ("expected", "fields"), named)
        for i, code in enumerate(expected.stages):
            self._stage(code, direction, ("expected", "stages", i))
        for process, passes in expected.way.items():
            place: Place = ("expected", "way", process)
            diagram = self.known.diagrams.get(process)
            if diagram is None:
                self._blame(place, _unknown("схемы", process, self.known.diagrams))
                continue
            counted = {node.id for node in diagram.of_kind(*COUNTED)}
            for element in passes:
                if element not in counted:
                    text = _unknown(f"шага на схеме {process}", element, counted)
                    self._blame((*place, element), text)

    def _blame(self, place: Place, text: str) -> None:
        self.document.blame(place, text)


def _document(path: Path) -> Document:
    """Raises: InvalidScenario."""
    name = path.as_posix()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidScenario(
                f"{name}:1: файл больше {MAX_BYTES // 1024} КиБ; разделите сценарий на несколько"
            )
        read = read_document(path.parent, path.name)
    except OSError as error:
        raise InvalidScenario(f"{name}:1: файл не открывается: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all measure
        raise InvalidScenario(
            f"{name}:1: значение в файле не читается; возьмите числа и даты в кавычки и уберите "
            "лишние скобки"
        ) from error
    problems = [
        Problem(name, one.line, f"файл не читается: {_of_yaml(one.text)}") for one in read.problems
    ]
    return Document(name, read.data, read.lines, problems)


_OF_YAML = {
    "anchors": "якорей и ссылок (& и *) здесь не бывает, напишите значение целиком",
    "is here twice": "ключ повторяется, оставьте один",
    "file is empty": "он пуст, сравните с соседними сценариями",
    "lines at the top": "нужны строки «ключ: значение»",
    "in quotes or choose": "ключ не текст, возьмите его в кавычки",
    "control character": "уберите управляющий символ",
    "UTF-8": "сохраните его в кодировке UTF-8",
}
"""Part of a message of the YAML reader → what to do."""


def _of_yaml(text: str) -> str:
    known = (words for part, words in _OF_YAML.items() if part in text)
    return next(known, "проверьте отступы, двоеточия, скобки и кавычки здесь и строкой выше")


def _unknown(what: str, word: str, among: Collection[str]) -> str:
    near = get_close_matches(word, among, n=1)
    if near:
        hint = f"похожее имя: {near[0]}"
    elif among and len(among) <= 15:
        hint = f"есть: {', '.join(sorted(among))}"
    else:
        hint = "проверьте имя"
    return f"{what} «{word}» нет; {hint}"


_EXPECTED = {
    "string_type": "нужен текст; число, дату, да и нет возьмите в кавычки",
    "int_type": "нужно целое число",
    "list_type": "нужен список: строки с «-» или [первое, второе]",
    "dict_type": "нужны строки «ключ: значение»",
    "model_type": "нужны строки «ключ: значение»",
    "too_short": "нужен хотя бы один шаг",
    "too_long": f"шагов больше {MAX_STEPS}; разделите сценарий на несколько",
    "greater_than_equal": "нужно число от 1",
}


def _sentence(error: ErrorDetails, part: type[Part]) -> str:
    kind, key = error["type"], error["loc"][-1] if error["loc"] else ""
    if kind == "extra_forbidden":
        return _unknown("ключа", str(key), _keys_at(error, part))
    if kind == "missing":
        return f"нет ключа «{key}»; допишите его"
    if kind == "literal_error":
        return f"«{error['input']}» здесь не бывает; есть: contract, shipment, item"
    return _EXPECTED.get(kind, "значение здесь не подходит; сравните с соседними сценариями")


def _keys_at(error: ErrorDetails, part: type[Part]) -> Collection[str]:
    inner = Expected if len(error["loc"]) > 1 else part
    return tuple(inner.model_fields)


def problems(paths: Sequence[Path], among: Known) -> Iterator[str]:
    """All problems of the files, a line each."""
    for path in paths:
        try:
            read_scenario(path, among)
        except InvalidScenario as error:
            yield str(error)
