"""Clients and our own companies, which every paper in 1C names by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from workers.integrations.onec.errors import OnecMisconfigured, OnecUnavailable
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import rows_with
from workers.integrations.onec.odata.literals import text
from workers.integrations.onec.odata.row_reader import Row
from workers.integrations.onec.profile import Profile
from workers.ports.onec_contracts import Counterparty


@dataclass(frozen=True)
class Organisation:
    """A company of ours."""

    name: str
    inn: str


Known = TypeVar("Known")


def named(known: Mapping[UUID, Known], key: UUID | None) -> Known | None:
    """What a reference of a row stands for; None also for an empty reference."""
    return None if key is None else known.get(key)


class Directory:
    """Asked anew every time: an operator may have entered the client a minute ago."""

    def __init__(
        self, client: ODataClient, profile: Profile, *, organisation_inn: str | None
    ) -> None:
        self._client = client
        self._profile = profile
        self._organisation_inn = organisation_inn

    def clients_of(self, inn: str) -> list[Counterparty]:
        """All with this ИНН: branches, namesakes, and those marked for deletion."""
        names = self._profile
        rows = self._client.rows(
            names.counterparties,
            select=names.counterparty_fields,
            where=f"{names.inn} eq {text(inn)}",
        )
        found = [self._counterparty(row) for row in rows]
        if any(counterparty.inn != inn for counterparty in found):
            raise OnecUnavailable("в ответе контрагенты с другим ИНН")
        return found

    def clients(self, keys: Iterable[UUID]) -> dict[UUID, Counterparty]:
        names = self._profile
        rows = rows_with(
            self._client,
            names.counterparties,
            "Ref_Key",
            keys,
            select=names.counterparty_fields,
        )
        return {row.key("Ref_Key"): self._counterparty(row) for row in rows}

    def organisations(self) -> dict[UUID, Organisation]:
        names = self._profile
        return {
            row.key("Ref_Key"): Organisation(row.text("Description"), row.text(names.inn))
            for row in self._client.rows(names.organisations, select=names.organisation_fields)
        }

    def own(self, organisations: Mapping[UUID, Organisation]) -> tuple[str, ...]:
        """Names of the company that must be the other party; none means any of ours.

        Raises:
            OnecMisconfigured: 1C does not know the company of the settings.
        """
        if self._organisation_inn is None:
            return ()
        own = tuple(one.name for one in organisations.values() if one.inn == self._organisation_inn)
        if not own:
            raise OnecMisconfigured("в 1С нет организации с ИНН из ONEC_ORGANISATION_INN")
        return own

    def _counterparty(self, row: Row) -> Counterparty:
        names = self._profile
        return Counterparty(
            ref_key=row.key("Ref_Key"),
            code=row.text("Code"),
            name=row.text("Description"),
            inn=row.text(names.inn),
            kpp=row.text(names.kpp),
            deletion_mark=row.flag("DeletionMark"),
        )
