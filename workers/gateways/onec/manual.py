"""No 1C at hand: the operator's number is taken as entered and marked unverified."""

from uuid import UUID

from workers.gateways.onec.numbers import Match
from workers.gateways.onec.port import Contract, ContractAnswer, Found


class ManualContractBook:
    """A `ContractBook` that believes."""

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

    def check(self) -> None:
        """There is nothing that could be wrong."""

    def close(self) -> None:
        """There is nothing to close."""
