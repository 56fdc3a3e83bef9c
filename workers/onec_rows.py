"""Rows of 1C behind the numbers of deals, as they are now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from db.domain.errors import Unavailable
from db.domain.onec import Binding, BindingKind
from db.domain.onec_differences import OnecRow


@runtime_checkable
class OnecRows(Protocol):
    """Reads by key; a row that 1C has no more is not in the answer. May raise Unavailable."""

    def contracts_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]: ...

    def shipments_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]: ...


class NoOnecRows:
    """There is no 1C that could be asked."""

    def contracts_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise Unavailable("No 1C is connected: its rows cannot be read.")

    def shipments_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise Unavailable("No 1C is connected: its rows cannot be read.")


def rows_of(gateway: object) -> OnecRows:
    """A gateway that can read rows by key, or the one that says it cannot."""
    return gateway if isinstance(gateway, OnecRows) else NoOnecRows()


def read_rows(rows: OnecRows, bindings: Sequence[Binding]) -> Mapping[str, OnecRow | None]:
    """Row of each binding that has a key, by the binding's id. Raises: Unavailable."""
    ask: Mapping[BindingKind, Callable[[Sequence[str]], Mapping[str, OnecRow]]] = {
        BindingKind.CONTRACT: rows.contracts_now,
        BindingKind.SHIPMENT: rows.shipments_now,
    }
    found: dict[str, OnecRow | None] = {}
    for kind, now in ask.items():
        keys = {b.id: b.ref_key for b in bindings if b.kind is kind and b.ref_key}
        told = now(sorted(set(keys.values()))) if keys else {}
        found |= {id_: told.get(key) for id_, key in keys.items()}
    return found
