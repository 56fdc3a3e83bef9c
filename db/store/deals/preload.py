"""Rows of deals that one transaction handles together, read in one statement."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, bindparam

Rows = TypeVar("Rows")

# Statements of system steps are built once: building one takes longer than executing it.
IDS: BindParameter[str] = bindparam("ids", expanding=True)
"""Ids of the deals whose rows a statement reads."""


class PerDeal(Generic[Rows]):
    """Rows by deal id; the first question about an expected deal reads those of all of them.

    A repository calls `forget` for a deal whose rows it changes. Deals that are not expected are
    read one by one, each time anew.
    """

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, Rows]]) -> None:
        """``read``: returns the rows of each of the given deals, also for a deal without rows."""
        self._read = read
        self._expected: set[str] = set()
        self._known: dict[str, Rows] = {}

    def expect(self, deal_ids: Collection[str]) -> None:
        """Announce the deals that this transaction will ask for."""
        self._expected.update(deal_ids)

    def of(self, deal_id: str) -> Rows:
        """Return the rows of a deal."""
        if deal_id in self._known:
            return self._known[deal_id]
        if deal_id not in self._expected:
            return self._read([deal_id])[deal_id]
        self._known.update(self._read(self._expected - self._known.keys()))
        return self._known[deal_id]

    def forget(self, deal_id: str) -> None:
        """Read the rows of a deal again at the next question."""
        self._known.pop(deal_id, None)


def by_deal(deal_ids: Collection[str], rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Return rows, which have a ``deal_id``, by deal and in their order."""
    found: dict[str, list[Any]] = {deal_id: [] for deal_id in deal_ids}
    for row in rows:
        found[row.deal_id].append(row)
    return found
