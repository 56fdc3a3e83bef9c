"""Rows asked for by key, in portions that keep the address short."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from workers.integrations.onec.errors import OnecMisconfigured, OnecUnavailable
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.literals import guid
from workers.integrations.onec.odata.row_reader import Row

PORTION = 20
"""Each key takes up to 130 bytes of an address that should stay below 8 KB."""


def rows_with(
    client: ODataClient,
    entity_set: str,
    field: str,
    keys: Iterable[UUID],
    *,
    select: Sequence[str],
    where: str = "",
) -> Iterator[Row]:
    """Rows whose ``field`` is one of ``keys``; no question for no keys.

    Raises:
        OnecUnavailable: 1C sent rows with another key, so it did not hear the question.
    """
    left = iter(dict.fromkeys(keys))
    while portion := tuple(islice(left, PORTION)):
        either = " or ".join(f"{field} eq {guid(key)}" for key in portion)
        rows = client.rows(
            entity_set, select=select, where=f"({either}) and {where}" if where else either
        )
        for row in rows:
            if row.key(field) not in portion:
                raise OnecUnavailable(f"в ответе чужие строки набора «{entity_set}»")
            yield row


def rows_now(
    client: ODataClient, entity_set: str, keys: Iterable[UUID], *, select: Sequence[str]
) -> list[Row]:
    """The rows with these keys; one that is missing is gone from 1C.

    Raises:
        OnecMisconfigured: a row is there, but the user of 1C may not read it. With `allowedOnly` 1C
            leaves it out of a list, which is not the same as gone; asked for alone, 1C says so.
    """
    wanted = tuple(dict.fromkeys(keys))
    rows = list(rows_with(client, entity_set, "Ref_Key", wanted, select=select))
    if client.allowed_only:
        for key in set(wanted) - {row.key("Ref_Key") for row in rows}:
            if client.row(entity_set, key, select=("Ref_Key",)) is not None:
                raise OnecMisconfigured(f"строка набора «{entity_set}» есть, но в список не попала")
    return rows
