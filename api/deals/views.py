"""Deal cards: a deal with its fields, files and possible stages, as one person may see them."""

from dataclasses import dataclass

from api.deals.permissions import Right
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
from api.engine.users import Names
from api.http.schema import Named
from db.domain.catalog import Direction, Field
from db.domain.deal import Deal
from db.domain.entities import Attachment
from db.domain.field_updates import locked
from db.domain.stages import available_stages, missing_for
from db.ports.store import Store


@dataclass(frozen=True)
class Viewed:
    """A deal, the transaction it is read in, and the eyes it is read with."""

    store: Store
    deal: Deal
    right: Right
    names: Names

    @property
    def direction(self) -> Direction:
        return self.store.catalog.direction_of(self.deal)

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.store.catalog.fields_of(self.direction)

    def shows(self, field: Field) -> bool:
        return self.right.reads_restricted or not field.restricted

    def may_edit(self, field: Field) -> bool:
        if not self.deal.is_open or field.system:
            return False
        if field.code in self.right.role_fields:
            return True
        free = not locked(self.store.catalog, self.deal, [field.code])
        return self.right.writes and not field.filled_by and free


def deal_card(viewed: Viewed) -> DealSchema:
    line, required = deal_line(viewed.store, viewed.deal, viewed.names), _required(viewed)
    return DealSchema(
        **{name: getattr(line, name) for name in _SHARED},
        awaits_engine=bool(viewed.store.outbox.pending(viewed.deal.id)),
        groups=_groups(viewed, required),
        files=file_cards(viewed),
        file_fields=_file_fields(viewed, required),
        stages=stage_choices(viewed),
    )


_SHARED = (
    "id",
    "title",
    "version",
    "direction",
    "stage",
    "manager",
    "created_at",
    "closed_at",
    "outcome",
)


def deal_line(store: Store, deal: Deal, names: Names) -> DealLine:
    direction = store.catalog.direction_of(deal)
    stage = direction.stage(deal.stage)
    return DealLine(
        id=deal.id,
        title=deal.title,
        version=deal.version,
        direction=Named(code=direction.code, name=direction.name),
        stage=StageNow(
            code=stage.code, name=stage.name, since=deal.stage_since, outcome=stage.outcome
        ),
        manager=names.person(deal.manager),
        created_at=deal.created_at,
        closed_at=deal.closed_at,
        outcome=stage.outcome or "open",
        counterparty=deal.values.get("counterparty"),
        subject=deal.values.get("subject"),
        inn=deal.values.get("inn"),
    )


def stage_choices(viewed: Viewed) -> list[StageChoice]:
    """Stages that a person may choose now, each with the labels of what it still asks for."""
    catalog, deal = viewed.store.catalog, viewed.deal
    return [
        StageChoice(
            code=stage.code,
            name=stage.name,
            outcome=stage.outcome,
            missing=[label for _, label in missing_for(catalog, deal, stage)],
        )
        for stage in available_stages(viewed.direction, deal)
    ]


def file_cards(viewed: Viewed) -> list[FileSchema]:
    """All versions of all files that the person may read; the newest of a field first."""
    catalog = viewed.store.catalog
    return [
        file_card(catalog.fields[attachment.field], attachment, viewed.names)
        for attachment in viewed.store.attachments.of(viewed.deal.id)
        if viewed.shows(catalog.fields[attachment.field])
    ]


def file_card(field: Field, attachment: Attachment, names: Names) -> FileSchema:
    return FileSchema(
        id=attachment.id,
        field=field.code,
        label=field.label,
        name=attachment.name,
        size=attachment.size,
        media_type=attachment.media_type,
        version=attachment.version,
        sha256=attachment.sha256,
        uploaded_at=attachment.uploaded_at,
        uploaded_by=names.person(attachment.uploaded_by),
        restricted=field.restricted,
    )


def _required(viewed: Viewed) -> frozenset[str]:
    """Fields that some stage the person may choose asks for, filled or not."""
    rules = [rule for s in available_stages(viewed.direction, viewed.deal) for rule in s.required]
    return frozenset(c for rule in rules if rule.applies(viewed.deal.values) for c in rule.any_of)


def _groups(viewed: Viewed, required: frozenset[str]) -> list[FieldGroupSchema]:
    shown = [f for f in viewed.fields if not f.is_file and viewed.shows(f)]
    groups = []
    for group in viewed.store.catalog.groups.values():
        fields = [_field(viewed, f, f.code in required) for f in shown if f.group == group.code]
        if fields:
            groups.append(FieldGroupSchema(code=group.code, label=group.label, fields=fields))
    return groups


def _field(viewed: Viewed, field: Field, required: bool) -> FieldSchema:
    value = viewed.deal.values.get(field.code)
    return FieldSchema(
        code=field.code,
        label=field.label,
        kind=field.kind,
        list=field.list,
        role=field.role,
        hint=field.hint,
        value=value,
        text=viewed.names.text(field, value, viewed.store.lists),
        editable=viewed.may_edit(field),
        required=required,
    )


def _file_fields(viewed: Viewed, required: frozenset[str]) -> list[FileFieldSchema]:
    return [
        FileFieldSchema(
            code=field.code,
            label=field.label,
            hint=field.hint,
            editable=viewed.may_edit(field),
            restricted=field.restricted,
            required=field.code in required,
        )
        for field in viewed.fields
        if field.is_file
    ]
