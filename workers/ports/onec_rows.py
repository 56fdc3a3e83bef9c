"""Rows of 1C behind the numbers of deals, as they are now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable
from uuid import UUID

from db.domain.errors import Unavailable
from db.domain.onec_bindings import Binding, BindingKind
from db.domain.onec_differences import OnecRow


class OnecRows(Protocol):
    """Reads by key; a row that 1C has no more is not in the answer. May raise Unavailable."""

    @property
    def verifies(self) -> bool:
        """False: there is no 1C that could be asked."""
        ...

    def contracts_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]: ...

    def shipments_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]: ...


class NoOnecRows:
    """There is no 1C that could be asked."""

    verifies = False

    def contracts_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise Unavailable("No 1C is connected: its rows cannot be read.")

    def shipments_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise Unavailable("No 1C is connected: its rows cannot be read.")


@runtime_checkable
class ContractsByKey(Protocol):
    """A book of the gateway; it believes everything unless it ``verifies``."""

    @property
    def verifies(self) -> bool: ...

    def contracts_now(self, keys: Sequence[UUID]) -> Mapping[UUID, OnecRow]: ...


@runtime_checkable
class ShipmentsByKey(Protocol):
    def shipments_now(self, keys: Sequence[UUID]) -> Mapping[UUID, OnecRow]: ...


class BookRows:
    """The gateway's books; a deal keeps keys as text."""

    verifies = True

    def __init__(self, contracts: ContractsByKey, shipments: ShipmentsByKey) -> None:
        self._contracts, self._shipments = contracts, shipments

    def contracts_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        return _as_text(self._contracts.contracts_now([UUID(key) for key in keys]))

    def shipments_now(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        return _as_text(self._shipments.shipments_now([UUID(key) for key in keys]))


def rows_of(contracts: object, shipments: object) -> OnecRows:
    """Books that read by key and ask a 1C, or what says that nobody can be asked."""
    if not isinstance(contracts, ContractsByKey) or not isinstance(shipments, ShipmentsByKey):
        return NoOnecRows()
    return BookRows(contracts, shipments) if contracts.verifies else NoOnecRows()


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


def _as_text(rows: Mapping[UUID, OnecRow]) -> Mapping[str, OnecRow]:
    return {str(key): row for key, row in rows.items()}
