"""List views: build the responses of universal lists."""

from api.engine.users import PersonNames
from api.http.schema import Named
from api.lists.responses import AttributeSchema, ItemSchema, ListChange, ListHead
from db.domain.catalog import ListItem, UniversalList
from db.domain.clock import today
from db.domain.deals.entities import ItemChange


def list_head(known: UniversalList) -> ListHead:
    """The list without its items."""
    attributes = [
        AttributeSchema.of(
            attribute,
            choices=[Named(code=code, name=name) for code, name in attribute.choices.items()],
        )
        for attribute in known.attributes.values()
    ]
    return ListHead.of(known, attributes=attributes)


def item_view(item: ListItem) -> ItemSchema:
    """One item, choosable or not today."""
    return ItemSchema.of(item, choosable=item.can_be_chosen(today()))


def change_view(row: ItemChange, names: PersonNames) -> ListChange:
    """One change of an item."""
    return ListChange.of(row, at=row.at.isoformat(), actor=names.person(row.actor))
