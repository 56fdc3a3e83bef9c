"""No 1C at hand: the operator's number is taken as entered and marked unverified.

Papers taken so have no `ref_key`, so nobody can look them up again by key: they stay unverified
until they are searched for by number in a 1C that has been connected since.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from workers.ports.onec_contracts import Contract, ContractAnswer, Found, Match
from workers.ports.onec_shipments import Shipment, ShipmentAnswer, ShipmentFound


class ManualContractBook:
    """A `ContractBook` that believes."""

    verifies = False

    def find_contract(
        self, inn: str, kpp: str | None, number: str, *, ref_key: UUID | None = None
    ) -> ContractAnswer:
        contract = Contract(
            ref_key=None,
            number=" ".join(number.split()),
            code="",
            date=None,
            counterparty_ref=None,
            counterparty_name="",
            inn=inn,
            kpp=kpp or "",
            organisation="",
            deletion_mark=False,
            data_version="",
        )
        return Found(contract, Match.EXACT, verified=False)

    def contracts_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Contract]:
        """Nothing: also of contracts found in an earlier 1C nobody can say whether they live."""
        return {}

    def check(self) -> None:
        """There is nothing that could be wrong."""

    def close(self) -> None:
        """There is nothing to close."""


class ManualShipmentBook:
    """A `ShipmentBook` that believes."""

    verifies = False

    def find_shipment(
        self,
        inn: str,
        number: str,
        *,
        since: date,
        counterparty_ref: UUID | None = None,
        contract_ref: UUID | None = None,
        ref_key: UUID | None = None,
    ) -> ShipmentAnswer:
        """Taken as posted: nobody else could say otherwise, and the goods must go."""
        shipment = Shipment(
            ref_key=None,
            number=" ".join(number.split()),
            date=None,
            counterparty_ref=counterparty_ref,
            counterparty_name="",
            inn=inn,
            contract_ref=contract_ref,
            organisation="",
            warehouse="",
            amount=None,
            posted=True,
            deletion_mark=False,
            data_version="",
        )
        return ShipmentFound(shipment, Match.EXACT, verified=False)

    def shipments_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Shipment]:
        """Nothing, as with contracts."""
        return {}

    def check(self) -> None:
        """There is nothing that could be wrong."""

    def close(self) -> None:
        """There is nothing to close."""
