"""Clients, our own companies and warehouses, which contracts and shipments reference by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import fetch_where_key_in
from workers.integrations.onec.odata.literals import text
from workers.integrations.onec.odata.responses import NO_RIGHTS, SET_UNKNOWN
from workers.integrations.onec.odata.row_reader import ODataRow
from workers.integrations.onec.profile import Profile
from workers.ports.onec import Counterparty
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable


@dataclass(frozen=True)
class Organization:
    """One of our own companies."""

    name: str
    inn: str


class Directory:
    """Reads referenced rows. Nothing is cached: a client may have been created a minute ago."""

    def __init__(
        self, client: ODataClient, profile: Profile, *, organization_inn: str | None
    ) -> None:
        self._client = client
        self._profile = profile
        self._organization_inn = organization_inn

    def clients_of(self, inn: str) -> list[Counterparty]:
        """Return all clients with this ИНН: branches, duplicates, and those marked for deletion."""
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

    def clients(self, keys: Iterable[str]) -> dict[str, Counterparty]:
        """Return the clients with these keys."""
        names = self._profile
        rows = fetch_where_key_in(
            self._client,
            names.counterparties,
            "Ref_Key",
            keys,
            select=names.counterparty_fields,
        )
        return {row.key("Ref_Key"): self._counterparty(row) for row in rows}

    def organizations(self) -> dict[str, Organization]:
        """Return all of our own companies by key."""
        names = self._profile
        return {
            row.key("Ref_Key"): Organization(row.text("Description"), row.text(names.inn))
            for row in self._client.rows(names.organizations, select=names.organization_fields)
        }

    def own(self, organizations: Mapping[str, Organization]) -> tuple[str, ...]:
        """Return the accepted names of our own company; empty if any company is accepted.

        Raises:
            OnecMisconfigured: 1C has no company with the configured ИНН.
        """
        if self._organization_inn is None:
            return ()
        own = tuple(one.name for one in organizations.values() if one.inn == self._organization_inn)
        if not own:
            raise OnecMisconfigured("в 1С нет организации с ИНН из ONEC_ORGANISATION_INN")
        return own

    def warehouses(self, keys: Iterable[str]) -> dict[str, str]:
        """Return names by key; empty if 1C does not show warehouses, because nothing needs them."""
        names = self._profile
        try:
            rows = fetch_where_key_in(
                self._client, names.warehouses, "Ref_Key", keys, select=names.warehouse_fields
            )
            return {row.key("Ref_Key"): row.text("Description") for row in rows}
        except OnecMisconfigured as refusal:
            if refusal.code in (SET_UNKNOWN, NO_RIGHTS):
                return {}
            raise

    def _counterparty(self, row: ODataRow) -> Counterparty:
        names = self._profile
        return Counterparty(
            ref_key=row.key("Ref_Key"),
            code=row.text("Code"),
            name=row.text("Description"),
            inn=row.text(names.inn),
            kpp=row.text(names.kpp),
            deletion_mark=row.flag("DeletionMark"),
        )
