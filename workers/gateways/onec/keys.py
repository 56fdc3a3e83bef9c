"""Rows asked for by key, in portions that keep the address short."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from workers.gateways.onec.errors import OnecUnavailable
from workers.gateways.onec.literals import guid
from workers.gateways.onec.odata import ODataClient
from workers.gateways.onec.rows import Row

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
