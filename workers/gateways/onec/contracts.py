"""Contracts asked of a real 1C over OData. Reads only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from db.domain.requisites import is_inn
from workers.gateways.onec.errors import OnecMisconfigured, OnecUnavailable
from workers.gateways.onec.literals import guid, text
from workers.gateways.onec.odata import ODataClient
from workers.gateways.onec.port import (
    Contract,
    ContractAnswer,
    Counterparty,
    Mismatch,
    NotFound,
)
from workers.gateways.onec.profile import Profile
from workers.gateways.onec.rows import NOBODY, Row
from workers.gateways.onec.verdict import Question, differing, judge

_KEYS_PER_QUESTION = 20
"""Each takes some 80 bytes of an address that should stay below 8 KB."""
_LONGEST_NUMBER = 100

Item = TypeVar("Item")


class ODataContractBook:
    """The `ContractBook` of one infobase."""

    def __init__(
        self,
        client: ODataClient,
        profile: Profile,
        *,
        organisation_inn: str | None,
        today: Callable[[], date],
    ) -> None:
        """``today``: the date by the infobase's own clock."""
        self._client = client
        self._profile = profile
        self._organisation_inn = organisation_inn
        self._today = today

    def find_contract(
        self, inn: str, kpp: str | None, number: str, *, ref_key: UUID | None = None
    ) -> ContractAnswer:
        """See `ContractBook`. Three short questions to 1C, a fourth if nothing was found."""
        if not is_inn(inn):
            raise ValueError("not an ИНН")
        counterparties = self._counterparties(f"{self._profile.inn} eq {text(inn)}")
        if any(counterparty.inn != inn for counterparty in counterparties):
            raise OnecUnavailable("в ответе контрагенты с другим ИНН")
        organisations = self._organisations()
        contracts = self._contracts_of(counterparties, organisations)
        question = Question(
            inn=inn,
            kpp=kpp,
            number=number.strip(),
            picked=ref_key,
            organisations=self._own(organisations),
            today=self._today(),
        )
        answer = judge(question, counterparties, contracts)
        if isinstance(answer, NotFound) and ref_key is None:
            return self._strangers(question, organisations) or answer
        return answer

    def check(self) -> None:
        """Ask for a row of every set we read."""
        names = self._profile
        for entity_set, fields in (
            (names.counterparties, names.counterparty_fields),
            (names.contracts, names.contract_fields),
            (names.organisations, names.organisation_fields),
        ):
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        self._client.close()

    def _strangers(
        self, question: Question, organisations: dict[UUID, Row]
    ) -> ContractAnswer | None:
        """The one contract with this very number that belongs to another client, if any."""
        if not question.number or len(question.number) > _LONGEST_NUMBER:
            return None
        names = self._profile
        where = f"{names.contract_number} eq {text(question.number)} and DeletionMark eq false"
        rows = self._client.rows(
            names.contracts, select=names.contract_fields, where=self._no_folders(where), limit=2
        )
        if len(rows) != 1:
            return None
        owner_key = rows[0].key(names.contract_owner)
        owners = self._counterparties(f"Ref_Key eq {guid(owner_key)}")
        if len(owners) != 1:
            return None
        contract = self._contract(rows[0], owners[0], organisations)
        differences = differing(question, contract)
        return Mismatch(contract, differences) if differences else None

    def _counterparties(self, where: str) -> list[Counterparty]:
        names = self._profile
        rows = self._client.rows(
            names.counterparties, select=names.counterparty_fields, where=where
        )
        return [
            Counterparty(
                ref_key=row.key("Ref_Key"),
                code=row.text("Code"),
                name=row.text("Description"),
                inn=row.text(names.inn),
                kpp=row.text(names.kpp),
                deletion_mark=row.flag("DeletionMark"),
            )
            for row in rows
        ]

    def _contracts_of(
        self, counterparties: Sequence[Counterparty], organisations: dict[UUID, Row]
    ) -> list[Contract]:
        """All of them: people's numbers are matched here, not by 1C's comparison of strings."""
        names = self._profile
        owners = {counterparty.ref_key: counterparty for counterparty in counterparties}
        contracts = []
        for keys in _portions(owners):
            where = " or ".join(f"{names.contract_owner} eq {guid(key)}" for key in keys)
            for row in self._client.rows(
                names.contracts,
                select=names.contract_fields,
                where=self._no_folders(f"({where})"),
            ):
                owner = owners.get(row.key(names.contract_owner))
                if owner is None:
                    raise OnecUnavailable("в ответе договоры другого контрагента")
                contracts.append(self._contract(row, owner, organisations))
        return contracts

    def _no_folders(self, where: str) -> str:
        return f"{where} and IsFolder eq false" if self._profile.contract_folders else where

    def _contract(self, row: Row, owner: Counterparty, organisations: dict[UUID, Row]) -> Contract:
        names = self._profile
        organisation = organisations.get(row.key(names.contract_organisation))
        return Contract(
            ref_key=row.key("Ref_Key"),
            number=row.text(names.contract_number),
            code=row.text("Code"),
            date=row.day(names.contract_date),
            counterparty_ref=owner.ref_key,
            counterparty_name=owner.name,
            inn=owner.inn,
            kpp=owner.kpp,
            organisation=organisation.text("Description") if organisation else "",
            deletion_mark=row.flag("DeletionMark"),
            data_version=row.text("DataVersion"),
        )

    def _organisations(self) -> dict[UUID, Row]:
        names = self._profile
        rows = self._client.rows(names.organisations, select=names.organisation_fields)
        return {row.key("Ref_Key"): row for row in rows if row.key("Ref_Key") != NOBODY}

    def _own(self, organisations: dict[UUID, Row]) -> tuple[str, ...]:
        if self._organisation_inn is None:
            return ()
        own = tuple(
            row.text("Description")
            for row in organisations.values()
            if row.text(self._profile.inn) == self._organisation_inn
        )
        if not own:
            raise OnecMisconfigured("в 1С нет организации с ИНН из ONEC_ORGANISATION_INN")
        return own


def _portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    every = list(items)
    for start in range(0, len(every), _KEYS_PER_QUESTION):
        yield every[start : start + _KEYS_PER_QUESTION]
