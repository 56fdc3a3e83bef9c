"""Deal views: build the responses of deals from what the caller may read."""

from typing import Any

from api.deals.access import DealContext
from api.deals.responses import (
    DealLine,
    DealSchema,
    FieldGroupSchema,
    FieldSchema,
    FileFieldSchema,
    FileSchema,
    StageChoice,
    StageNow,
)
from api.engine.users import PersonNames
from api.http.schema import Named
from db.domain.catalog import Field
from db.domain.deal import Deal
from db.domain.entities import Attachment
from db.domain.stages import available_stages, missing_for
from db.ports.store import Store


def deal_card(context: DealContext) -> DealSchema:
    """The whole deal: fields by group, files, and the stages it may move to."""
    required = _required_fields(context)
    return DealSchema(
        **_head(context.store, context.deal, context.names),
        awaits_engine=bool(context.store.outbox.pending(context.deal.id)),
        groups=_groups(context, required),
        files=file_cards(context),
        file_fields=_file_fields(context, required),
        stages=stage_choices(context),
    )


def deal_line(store: Store, deal: Deal, names: PersonNames) -> DealLine:
    """The deal as an entry of a list."""
    return DealLine(
        **_head(store, deal, names),
        counterparty=deal.values.get("counterparty"),
        subject=deal.values.get("subject"),
        inn=deal.values.get("inn"),
    )


def stage_choices(context: DealContext) -> list[StageChoice]:
    """Stages that may be set by hand now, with the labels of required fields that are empty."""
    catalog, deal = context.store.catalog, context.deal
    return [
        StageChoice.of(stage, missing=[label for _, label in missing_for(catalog, deal, stage)])
        for stage in available_stages(context.direction, deal)
    ]


def file_cards(context: DealContext) -> list[FileSchema]:
    """All versions of all files that the caller may read; in a field the newest first."""
    catalog = context.store.catalog
    return [
        file_card(catalog.fields[attachment.field], attachment, context.names)
        for attachment in context.store.attachments.of(context.deal.id)
        if context.can_read(catalog.fields[attachment.field])
    ]


def file_card(field: Field, attachment: Attachment, names: PersonNames) -> FileSchema:
    """One version of a file."""
    return FileSchema.of(
        attachment,
        label=field.label,
        restricted=field.restricted,
        uploaded_by=names.person(attachment.uploaded_by),
    )


def _head(store: Store, deal: Deal, names: PersonNames) -> dict[str, Any]:
    direction = store.catalog.direction_of(deal)
    stage = direction.stage(deal.stage)
    return {
        "id": deal.id,
        "title": deal.title,
        "version": deal.version,
        "direction": Named.of(direction),
        "stage": StageNow.of(stage, since=deal.stage_since),
        "manager": names.person(deal.manager),
        "created_at": deal.created_at,
        "closed_at": deal.closed_at,
        "outcome": stage.outcome or "open",
    }


def _required_fields(context: DealContext) -> frozenset[str]:
    """Codes of fields that any available stage requires, filled or not."""
    stages = available_stages(context.direction, context.deal)
    rules = [rule for stage in stages for rule in stage.required]
    return frozenset(c for rule in rules if rule.applies(context.deal.values) for c in rule.any_of)


def _groups(context: DealContext, required: frozenset[str]) -> list[FieldGroupSchema]:
    readable = [f for f in context.fields if not f.is_file and context.can_read(f)]
    groups = []
    for group in context.store.catalog.groups.values():
        fields = [_field(context, f, f.code in required) for f in readable if f.group == group.code]
        if fields:
            groups.append(FieldGroupSchema.of(group, fields=fields))
    return groups


def _field(context: DealContext, field: Field, required: bool) -> FieldSchema:
    value = context.deal.values.get(field.code)
    return FieldSchema.of(
        field,
        value=value,
        text=context.names.text(field, value, context.store.lists),
        editable=context.can_edit(field),
        required=required,
    )


def _file_fields(context: DealContext, required: frozenset[str]) -> list[FileFieldSchema]:
    return [
        FileFieldSchema.of(field, editable=context.can_edit(field), required=field.code in required)
        for field in context.fields
        if field.is_file
    ]
