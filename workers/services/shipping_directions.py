"""What the universal list says of a deal's shipping direction."""

from collections.abc import Mapping

from db.domain.delivery import DIRECTION
from db.domain.errors import ListItemNotFound
from db.ports.store import Store


def attributes_of(store: Store, item: object) -> Mapping[str, str | None]:
    """Branch, route, people of an item; nothing of one that is not there."""
    known = store.catalog.fields[DIRECTION].list
    try:
        return store.lists.item(known or "", str(item)).attributes
    except ListItemNotFound:
        return {}
