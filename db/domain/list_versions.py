"""Optimistic locking of list items."""

from db.domain.catalog import ListItem
from db.domain.errors import ListItemChanged, ListItemExists

ANY_VERSION = "*"
"""Whatever is there."""
NO_ITEM = ""
"""Nothing is there yet: the item is meant to be new."""


def check_seen(
    code: str, standing: ListItem | None, seen: str, wanted: ListItem | None = None
) -> None:
    """Refuse a change made against another version.

    ``standing``: the item as it is kept. ``wanted``: as it shall be; one that is kept so already
    is no change, and may be sent again. Raises: ListItemChanged, ListItemExists.
    """
    if seen == ANY_VERSION:
        return
    if seen == NO_ITEM:
        if standing is not None:
            raise ListItemExists(code, standing.name)
    elif standing is None:
        raise ListItemChanged(wanted.name if wanted else code, None)
    elif standing.version not in (seen, wanted.version if wanted else seen):
        raise ListItemChanged(standing.name, standing.version)
