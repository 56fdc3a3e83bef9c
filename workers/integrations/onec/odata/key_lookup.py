"""Requests for rows by key, split so that the URL stays short."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.literals import guid
from workers.integrations.onec.odata.row_reader import ODataRow
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

BATCH = 20
"""Keys per request. A key takes up to 130 bytes of a URL that should stay below 8 KB."""


def fetch_where_key_in(
    client: ODataClient,
    entity_set: str,
    field: str,
    keys: Iterable[str],
    *,
    select: Sequence[str],
    where: str = "",
) -> Iterator[ODataRow]:
    """Yield the rows whose ``field`` is one of ``keys``; without keys nothing is requested.

    Raises:
        OnecUnavailable: 1C sent rows with other keys, so it ignored the filter.
    """
    left = iter(dict.fromkeys(keys))
    while batch := tuple(islice(left, BATCH)):
        condition = " or ".join(f"{field} eq {guid(key)}" for key in batch)
        rows = client.rows(
            entity_set, select=select, where=f"({condition}) and {where}" if where else condition
        )
        for row in rows:
            if row.key(field) not in batch:
                raise OnecUnavailable(f"в ответе чужие строки набора «{entity_set}»")
            yield row


def fetch_by_keys(
    client: ODataClient, entity_set: str, keys: Iterable[str], *, select: Sequence[str]
) -> list[ODataRow]:
    """Return the rows with these keys. A row that is missing does not exist in 1C.

    Raises:
        OnecMisconfigured: a row exists, but the user of 1C may not read it. With `allowedOnly` 1C
            omits such rows from lists, so each missing one is requested separately.
    """
    wanted = tuple(dict.fromkeys(keys))
    rows = list(fetch_where_key_in(client, entity_set, "Ref_Key", wanted, select=select))
    if client.allowed_only:
        for key in set(wanted) - {row.key("Ref_Key") for row in rows}:
            if client.row(entity_set, key, select=("Ref_Key",)) is not None:
                raise OnecMisconfigured(f"строка набора «{entity_set}» есть, но в список не попала")
    return rows
