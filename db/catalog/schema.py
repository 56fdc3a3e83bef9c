"""Pydantic models of the catalog files: keys, types, defaults."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from db.domain.catalog import FieldKind


class Shape(BaseModel):
    """Base model: keys are camelCase in YAML; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel, frozen=True)


def _working_time(raw: object) -> object:
    if isinstance(raw, str) and (match := re.fullmatch(r"([1-9][0-9]{0,3})h", raw)):
        return timedelta(hours=int(match[1]))
    raise PydanticCustomError("working_time", "write working hours like 8h")


def _kind(raw: object) -> object:
    kinds = [kind.value for kind in FieldKind]
    if raw in kinds:
        return FieldKind(raw)
    raise PydanticCustomError("kind", "use one of {kinds}", {"kinds": ", ".join(kinds)})


def _choice(raw: object) -> object:
    if isinstance(raw, (str, bool, int)):
        return raw
    raise PydanticCustomError("choice", "expected a list item code, true, false or a number")


def _named(raw: object) -> object:
    return {"name": raw} if isinstance(raw, str) else raw


def _labelled(raw: object) -> object:
    return {"label": raw} if isinstance(raw, str) else raw


def _several(raw: object) -> object:
    return [raw] if isinstance(raw, str) else raw


def _alternatives(raw: object) -> object:
    return {"all": [raw]} if isinstance(raw, str) else raw


CODE = r"^[a-z][A-Za-z0-9]{0,63}$"
PROCESS_ID = r"^[a-z][a-z0-9-]{0,63}$"
ACTIVITY_ID = r"^[A-Z][A-Za-z0-9]*_[A-Za-z0-9]+$"

Code = Annotated[str, StringConstraints(pattern=CODE)]
ProcessId = Annotated[str, StringConstraints(pattern=PROCESS_ID)]
ActivityId = Annotated[str, StringConstraints(pattern=ACTIVITY_ID)]
Text = Annotated[str, StringConstraints(pattern=r"\S", max_length=500)]
Choice = Annotated[str | bool | int, BeforeValidator(_choice)]
WorkingTime = Annotated[timedelta, BeforeValidator(_working_time)]
Kind = Annotated[FieldKind, BeforeValidator(_kind)]


class ConditionShape(Shape):
    """Condition on one field; ``is`` lists accepted values."""

    field: Code
    one_of: list[Choice] = Field(default=[], alias="is")
    length: int | None = None
    filled: Literal[True] | None = None


class FieldShape(Shape):
    """Entry of a deal field."""

    label: Text
    kind: Kind
    group: Code
    list: Code | None = None
    hint: Text = ""
    restricted: bool = False
    system: bool = False
    filled_by: Annotated[Sequence[Code], BeforeValidator(_several)] = ()
    minimum: int | None = None
    only_when: ConditionShape | None = None
    role: Code | None = None


class FieldsFile(Shape):
    """Content of `fields.yaml`: groups, common fields, all fields."""

    groups: dict[Code, Text]
    common: list[Code]
    fields: dict[Code, FieldShape]


class RoleShape(Shape):
    """Entry of a role."""

    name: Text
    group: Text
    head: Code
    access: Literal["leaders", "heads", "performers", "admins"]
    description: Text = ""


class RolesFile(Shape):
    """Content of `roles.yaml`."""

    roles: dict[Code, RoleShape]


class ItemShape(Shape):
    """Item that seeds a universal list; a plain string in YAML is its name."""

    name: Text
    active: bool = True
    attributes: dict[Code, str] = {}


class AttributeShape(Shape):
    """Attribute of list items; a plain string in YAML is the label of a text attribute."""

    label: Text
    role: Code | None = None
    choices: dict[Code, Text] = {}
    list: Code | None = None
    kind: Literal["date"] | None = None


class ListShape(Shape):
    """Universal list with its attributes and initial items."""

    name: Text
    attributes: dict[Code, Annotated[AttributeShape, BeforeValidator(_labelled)]] = {}
    items: dict[Code, Annotated[ItemShape, BeforeValidator(_named)]]


class ListsFile(Shape):
    """Content of `lists.yaml`."""

    lists: dict[Code, ListShape]


class DemoFile(Shape):
    """Content of `demo.yaml`: people of the demo company by list, item and attribute."""

    lists: dict[Code, dict[Code, dict[Code, str]]]


class AnswerShape(Shape):
    """Entry of a field that belongs to a decision, not to the deal."""

    label: Text
    kind: Kind
    list: Code | None = None
    hint: Text = ""
    minimum: int | None = None


class ApprovalStepShape(Shape):
    """Entry of an approval step."""

    name: Text
    role: Code
    sla: WorkingTime
    edits: list[Code] = []
    answers: dict[Code, AnswerShape] = {}
    parallel: Code | None = None
    refers_to_reliability: bool = False


class ApprovalFile(Shape):
    """Content of one file in `approvals/`."""

    code: Code
    name: Text
    process: ProcessId
    directions: list[Code]
    stage: Code
    later_stages: list[Code] = []
    approved_stage: Code
    rejected_stage: Code | None = None
    steps: dict[Code, ApprovalStepShape]


class RequirementShape(Shape):
    """Required fields: each of ``all``, at least one of ``any``."""

    all: list[Code] = []
    any: list[Code] = []
    when: ConditionShape | None = None
    unless: ConditionShape | None = None


class StageShape(Shape):
    """Entry of a stage in a direction's file."""

    name: Text
    sla: WorkingTime | None = None
    next: list[Code] = []
    system: bool = False
    required: list[Annotated[RequirementShape, BeforeValidator(_alternatives)]] = []
    locks: list[Code] = []
    correctable: list[Code] = []
    outcome: Literal["won", "lost"] | None = None
    activity: ActivityId | None = None
    also: list[ActivityId] = []
    client: Text | None = None


class DirectionFile(Shape):
    """Content of one file in `directions/`."""

    code: Code
    name: Text
    order: int
    process: ProcessId = "deal"
    managers: Code
    heads: Code
    amount: Code | None = None
    loss_reasons: list[Code] = []
    fields: list[Code]
    stages: dict[Code, StageShape]
