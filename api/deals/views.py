"""Deal views: build the responses of deals from what the caller may read."""

from dataclasses import replace
from datetime import datetime
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
from db.domain.catalog import Catalog, Field
from db.domain.deals.deal import Deal
from db.domain.deals.entities import Attachment
from db.domain.deals.history import Kind
from db.domain.deals.replay import KINDS, first_manager, replay
from db.domain.deals.stages import available_stages, missing_for
from db.domain.fields.values import money


def deal_card(context: DealContext) -> DealSchema:
    """The whole deal: fields by group, files, and the stages it may move to."""
    required = _required_fields(context)
    return DealSchema(
        **_head(context.store.catalog, context.deal, context.names),
        awaits_engine=bool(context.store.outbox.pending(context.deal.id)),
        can_write=context.permissions.can_write and context.deal.is_open,
        can_reassign=context.permissions.can_reassign and context.deal.is_open,
        groups=_groups(context, required),
        files=file_cards(context),
        file_fields=_file_fields(context, required),
        stages=stage_choices(context),
    )


def deal_card_at(context: DealContext, at: datetime) -> DealSchema | None:
    """The deal as it was at an instant, by its history; None if it was created later.

    Who may read it is decided by the deal as it is now, and nothing of the past can be edited.
    """
    store, now = context.store, context.deal
    rows = store.history.until(now.id, KINDS, at)
    changed = [*rows, *store.history.after(now.id, Kind.MANAGER, at)]
    then = replay(store.catalog, rows, first_manager(changed, now.manager))
    if then is None:
        return None
    powerless = replace(context.permissions, can_write=False, role_fields=frozenset())
    past = replace(context, deal=then, permissions=powerless)
    required = _required_fields(past)
    return DealSchema(
        **_head(store.catalog, then, context.names),
        awaits_engine=False,
        can_write=False,
        can_reassign=False,
        groups=_groups(past, required),
        files=[each for each in file_cards(context) if each.uploaded_at <= at],
        file_fields=_file_fields(past, required),
        stages=[],
    )


def deal_line(catalog: Catalog, deal: Deal, names: PersonNames) -> DealLine:
    """The deal as an entry of a list."""
    amount = deal.amount(catalog)
    return DealLine(
        **_head(catalog, deal, names),
        amount=amount,
        amount_text="" if amount is None else money(amount),
        counterparty=deal.values.get("counterparty"),
        subject=deal.values.get("subject"),
        inn=deal.values.get("inn"),
    )


def stage_choices(context: DealContext) -> list[StageChoice]:
    """Stages that may be set by hand now, with the labels of required fields that are empty."""
    catalog, deal = context.store.catalog, context.deal
    choices = []
    for stage in available_stages(context.direction, deal):
        missing = missing_for(catalog, deal, stage)
        choices.append(
            StageChoice.of(
                stage,
                missing=[label for _, label in missing],
                missing_fields=[list(codes) for codes, _ in missing],
            )
        )
    return choices


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


def _head(catalog: Catalog, deal: Deal, names: PersonNames) -> dict[str, Any]:
    direction = catalog.direction_of(deal)
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
