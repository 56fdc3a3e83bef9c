"""Converts the validated contents of the catalog's YAML files to domain objects."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, TypeVar

from db.catalog.schema import (
    AnswerShape,
    ApprovalFile,
    AttributeShape,
    ConditionShape,
    DemoFile,
    DirectionFile,
    FieldsFile,
    FieldShape,
    ListShape,
    RequirementShape,
    RoleShape,
    Shape,
    StageShape,
)
from db.catalog.stages import DEFAULT_ACTIVITY
from db.domain.catalog import (
    Access,
    ApprovalChain,
    ApprovalStep,
    AttributeKind,
    Condition,
    Direction,
    Field,
    ListAttribute,
    ListItem,
    Requirement,
    Role,
    Stage,
    UniversalList,
)

Made = TypeVar("Made", Field, ApprovalChain, ApprovalStep, Direction, Stage)
"""Domain classes whose attributes have the names of the keys in the files."""


def field_of(code: str, raw: FieldShape) -> Field:
    """Deal field from its entry in `fields.yaml`."""
    return _create(Field, raw, code=code, only_when=_condition(raw.only_when))


def role_of(code: str, raw: RoleShape) -> Role:
    """Role from its entry in `roles.yaml`."""
    return Role(code, raw.name, raw.group, raw.head, Access(raw.access), raw.description)


def list_of(
    code: str, raw: ListShape, demo: DemoFile | None, others: Mapping[str, ListShape]
) -> UniversalList:
    """Universal list with its items; attributes without a value are None.

    ``demo``: logins of demo people, which replace those of the file. ``others``: lists from whose
    initial items an attribute may be chosen.
    """
    people = demo.lists.get(code, {}) if demo else {}
    items = (
        ListItem(
            code=item,
            name=entry.name,
            active=entry.active,
            order=order,
            attributes=dict.fromkeys(raw.attributes) | entry.attributes | people.get(item, {}),
        )
        for order, (item, entry) in enumerate(raw.items.items(), start=1)
    )
    attributes = {name: _attribute(name, entry, others) for name, entry in raw.attributes.items()}
    return UniversalList(code, raw.name, attributes, tuple(items))


def _attribute(code: str, raw: AttributeShape, others: Mapping[str, ListShape]) -> ListAttribute:
    kind = AttributeKind(raw.kind or AttributeKind.TEXT)
    choices = dict(raw.choices)
    if raw.list is not None:
        choices = {item: entry.name for item, entry in others[raw.list].items.items()}
    if raw.role is not None:
        kind = AttributeKind.PERSON
    elif choices:
        kind = AttributeKind.CHOICE
    return ListAttribute(code, raw.label, kind, raw.role, choices)


def chain_of(raw: ApprovalFile) -> ApprovalChain:
    """Approval chain from its file."""
    steps = {
        code: _create(ApprovalStep, step, code=code, answers=_answers(step.answers))
        for code, step in raw.steps.items()
    }
    return _create(ApprovalChain, raw, steps=steps)


def _answers(raw: Mapping[str, AnswerShape]) -> tuple[Field, ...]:
    return tuple(_create(Field, entry, code=code, group="") for code, entry in raw.items())


def direction_of(raw: DirectionFile, shared: FieldsFile) -> Direction:
    """Direction with its stages; the fields common to all directions precede its own."""
    stages = tuple(_stage(code, stage) for code, stage in raw.stages.items())
    return _create(Direction, raw, fields=(*shared.common, *raw.fields), stages=stages)


def _stage(code: str, raw: StageShape) -> Stage:
    return _create(
        Stage,
        raw,
        code=code,
        sla=raw.sla or timedelta(0),
        required=tuple(rule for entry in raw.required for rule in _requirements(entry)),
        activity=raw.activity or (DEFAULT_ACTIVITY if raw.outcome is None else None),
    )


def _requirements(raw: RequirementShape) -> Iterator[Requirement]:
    when, unless = _condition(raw.when), _condition(raw.unless)
    if raw.any:
        yield Requirement(tuple(raw.any), when, unless)
    for code in raw.all:
        yield Requirement((code,), when, unless)


def _condition(raw: ConditionShape | None) -> Condition | None:
    if raw is None:
        return None
    return Condition(raw.field, tuple(raw.one_of), raw.length, bool(raw.filled))


def _create(kind: type[Made], raw: Shape, **converted: Any) -> Made:
    """Create a ``kind`` from equally named attributes of ``raw``, lists as tuples.

    ``converted`` gives the other attributes, and replaces equally named ones.
    """
    same = {field.name for field in fields(kind)} & set(type(raw).model_fields)
    plain: dict[str, Any] = {name: getattr(raw, name) for name in same - set(converted)}
    frozen: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()
    }
    return kind(**frozen, **converted)
