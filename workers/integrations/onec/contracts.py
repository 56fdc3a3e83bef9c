"""Contracts asked of a real 1C over OData. Reads only."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from db.domain.requisites import is_inn
from workers.integrations.onec.contract_matching import Question, differing, judge
from workers.integrations.onec.directory import Directory, Organisation, named
from workers.integrations.onec.numbers import LONGEST
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import rows_now, rows_with
from workers.integrations.onec.odata.literals import text
from workers.integrations.onec.odata.row_reader import Row, references
from workers.integrations.onec.profile import Profile
from workers.ports.onec_contracts import (
    Contract,
    ContractAnswer,
    Counterparty,
    Mismatch,
    NotFound,
)


class ODataContractBook:
    """The `ContractBook` of one infobase."""

    verifies = True

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
        self._directory = Directory(client, profile, organisation_inn=organisation_inn)
        self._today = today

    def find_contract(
        self, inn: str, kpp: str | None, number: str, *, ref_key: UUID | None = None
    ) -> ContractAnswer:
        """See `ContractBook`. Three short questions to 1C, a fourth if nothing was found."""
        if not is_inn(inn):
            raise ValueError("not an ИНН")
        counterparties = self._directory.clients_of(inn)
        organisations = self._directory.organisations()
        contracts = self._contracts_of(counterparties, organisations)
        question = Question(
            inn=inn,
            kpp=kpp,
            number=number.strip(),
            picked=ref_key,
            organisations=self._directory.own(organisations),
            today=self._today(),
        )
        answer = judge(question, counterparties, contracts)
        if isinstance(answer, NotFound) and ref_key is None:
            return self._strangers(question, organisations) or answer
        return answer

    def contracts_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Contract]:
        """See `ContractBook`. One question for 20 keys, another for their clients, one more."""
        names = self._profile
        rows = rows_now(self._client, names.contracts, keys, select=names.contract_fields)
        if not rows:
            return {}
        owners = self._directory.clients(references(rows, names.contract_owner))
        organisations = self._directory.organisations()
        return {
            row.key("Ref_Key"): self._contract(
                row, named(owners, row.reference(names.contract_owner)), organisations
            )
            for row in rows
        }

    def check(self) -> None:
        """Ask for a row of every set we read."""
        for entity_set, fields in self._profile.contract_needs.items():
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        self._client.close()

    def _strangers(
        self, question: Question, organisations: Mapping[UUID, Organisation]
    ) -> ContractAnswer | None:
        """The one contract with this very number that belongs to another client, if any."""
        if not question.number or len(question.number) > LONGEST:
            return None
        names = self._profile
        where = f"{names.contract_number} eq {text(question.number)} and DeletionMark eq false"
        rows = self._client.rows(
            names.contracts, select=names.contract_fields, where=self._no_folders(where), limit=2
        )
        if len(rows) != 1:
            return None
        owner_key = rows[0].reference(names.contract_owner)
        owner = self._directory.clients([owner_key]).get(owner_key) if owner_key else None
        if owner is None:
            return None
        contract = self._contract(rows[0], owner, organisations)
        differences = differing(question, contract)
        return Mismatch(contract, differences) if differences else None

    def _contracts_of(
        self, counterparties: Sequence[Counterparty], organisations: Mapping[UUID, Organisation]
    ) -> list[Contract]:
        """All of them: people's numbers are matched here, not by 1C's comparison of strings."""
        names = self._profile
        owners = {counterparty.ref_key: counterparty for counterparty in counterparties}
        rows = rows_with(
            self._client,
            names.contracts,
            names.contract_owner,
            owners,
            select=names.contract_fields,
            where=self._no_folders(),
        )
        return [
            self._contract(row, owners[row.key(names.contract_owner)], organisations)
            for row in rows
        ]

    def _no_folders(self, where: str = "") -> str:
        if not self._profile.contract_folders:
            return where
        return f"{where} and IsFolder eq false" if where else "IsFolder eq false"

    def _contract(
        self, row: Row, owner: Counterparty | None, organisations: Mapping[UUID, Organisation]
    ) -> Contract:
        names = self._profile
        organisation = named(organisations, row.reference(names.contract_organisation))
        return Contract(
            ref_key=row.key("Ref_Key"),
            number=row.text(names.contract_number),
            code=row.text("Code"),
            date=row.day(names.contract_date),
            counterparty_ref=row.reference(names.contract_owner),
            counterparty_name=owner.name if owner else "",
            inn=owner.inn if owner else "",
            kpp=owner.kpp if owner else "",
            organisation=organisation.name if organisation else "",
            deletion_mark=row.flag("DeletionMark"),
            data_version=row.text("DataVersion"),
        )
