"""Converts validated catalog files to domain objects."""

from collections.abc import Iterator
from datetime import timedelta

from db.catalog.schema import (
    ApprovalsFile,
    AttributeShape,
    ConditionShape,
    DemoFile,
    DirectionFile,
    FieldsFile,
    FieldShape,
    ListShape,
    RequirementShape,
    StageShape,
)
from db.catalog.stages import DEFAULT_ACTIVITY
from db.domain.catalog import (
    ApprovalStep,
    AttributeKind,
    Condition,
    Direction,
    Field,
    ListAttribute,
    ListItem,
    Requirement,
    Stage,
    UniversalList,
)


def field_of(code: str, raw: FieldShape) -> Field:
    return Field(
        code=code,
        label=raw.label,
        kind=raw.kind,
        group=raw.group,
        list=raw.list,
        hint=raw.hint,
        restricted=raw.restricted,
        system=raw.system,
        filled_by=tuple(raw.filled_by),
        minimum=raw.minimum,
        only_when=_condition(raw.only_when),
        role=raw.role,
    )


def list_of(code: str, raw: ListShape, demo: DemoFile | None) -> UniversalList:
    """Universal list with its items; missing attributes are None, demo people override them."""
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
    attributes = {name: _attribute(name, entry) for name, entry in raw.attributes.items()}
    return UniversalList(code, raw.name, attributes, tuple(items))


def _attribute(code: str, raw: AttributeShape) -> ListAttribute:
    kind = AttributeKind(raw.kind or AttributeKind.TEXT)
    if raw.role is not None:
        kind = AttributeKind.PERSON
    elif raw.choices:
        kind = AttributeKind.CHOICE
    return ListAttribute(code, raw.label, kind, raw.role, dict(raw.choices))


def steps_of(raw: ApprovalsFile) -> dict[str, ApprovalStep]:
    return {
        code: ApprovalStep(
            code=code,
            name=step.name,
            role=step.role,
            sla=step.sla,
            edits=tuple(step.edits),
            refers_to_reliability=step.refers_to_reliability,
        )
        for code, step in raw.steps.items()
    }


def direction_of(raw: DirectionFile, fields: FieldsFile) -> Direction:
    """Direction with the common fields first and its own fields after them."""
    return Direction(
        code=raw.code,
        name=raw.name,
        process=raw.process,
        managers=raw.managers,
        heads=raw.heads,
        fields=(*fields.common, *raw.fields),
        stages=tuple(_stage(code, stage) for code, stage in raw.stages.items()),
        order=raw.order,
    )


def _stage(code: str, raw: StageShape) -> Stage:
    return Stage(
        code=code,
        name=raw.name,
        sla=raw.sla or timedelta(0),
        next=tuple(raw.next),
        system=raw.system,
        required=tuple(rule for entry in raw.required for rule in _requirements(entry)),
        locks=tuple(raw.locks),
        correctable=tuple(raw.correctable),
        outcome=raw.outcome,
        activity=raw.activity or (DEFAULT_ACTIVITY if raw.outcome is None else None),
        also=tuple(raw.also),
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
