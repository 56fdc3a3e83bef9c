"""Shipments asked of a real 1C over OData. Reads only."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from db.domain.onec_bindings import readable
from db.domain.requisites import is_inn
from workers.integrations.onec.directory import Directory, Organisation, named
from workers.integrations.onec.errors import OnecMisconfigured, OnecUnavailable
from workers.integrations.onec.numbers import LONGEST, cyrillic, normalise
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import rows_now, rows_with
from workers.integrations.onec.odata.literals import moment, text
from workers.integrations.onec.odata.responses import NO_RIGHTS, SET_UNKNOWN
from workers.integrations.onec.odata.row_reader import Row, references
from workers.integrations.onec.profile import Profile
from workers.integrations.onec.shipment_matching import (
    Question,
    differing,
    is_of_another_contract,
    judge,
    warnings,
)
from workers.ports.onec_contracts import Counterparty, Difference
from workers.ports.onec_shipments import (
    SearchedShipments,
    Shipment,
    ShipmentAnswer,
    ShipmentFound,
    ShipmentMismatch,
    ShipmentNotFound,
)

_AHEAD = timedelta(days=366)
"""Beyond today: a slip in the year of a date is to be seen, not hidden."""


@dataclass(frozen=True)
class _Names:
    """What the keys of a shipment stand for."""

    clients: Mapping[UUID, Counterparty]
    organisations: Mapping[UUID, Organisation]
    warehouses: Mapping[UUID, str]


class ODataShipmentBook:
    """The `ShipmentBook` of one infobase."""

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
        """See `ShipmentBook`. Four short questions to 1C, up to two more for what is unusual."""
        if not is_inn(inn):
            raise ValueError("not an ИНН")
        counterparties = self._directory.clients_of(inn)
        organisations = self._directory.organisations()
        question = Question(
            SearchedShipments(inn, number.strip(), since, tuple(counterparties)),
            picked=ref_key,
            counterparty_ref=counterparty_ref,
            contract_ref=contract_ref,
            organisations=self._directory.own(organisations),
            today=self._today(),
        )
        answer = judge(question, self._shipments_of(question, organisations))
        match answer:
            case ShipmentFound():
                return replace(answer, warnings=self._warnings(question, answer.shipment))
            case ShipmentNotFound() if ref_key is None:
                return self._strangers(question, organisations, answer) or answer
        return answer

    def shipments_now(self, keys: Sequence[UUID]) -> Mapping[UUID, Shipment]:
        """See `ShipmentBook`. One question for 20 keys, two more for names, one for companies."""
        names = self._profile
        rows = rows_now(self._client, names.shipments, keys, select=names.shipment_fields)
        if not rows:
            return {}
        clients = self._directory.clients(references(rows, names.shipment_counterparty))
        known = _Names(clients, self._directory.organisations(), self._warehouses(rows))
        return {row.key("Ref_Key"): self._shipment(row, known) for row in rows}

    def check(self) -> None:
        """Ask for a row of every set we cannot do without."""
        for entity_set, fields in self._profile.shipment_needs.items():
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        self._client.close()

    def _shipments_of(
        self, question: Question, organisations: Mapping[UUID, Organisation]
    ) -> list[Shipment]:
        """All to the client: people's numbers are matched here, not by 1C's comparison."""
        names, owners = self._profile, question.owners
        rows = list(
            rows_with(
                self._client,
                names.shipments,
                names.shipment_counterparty,
                owners,
                select=names.shipment_fields,
                where=self._dated(question),
            )
        )
        known = _Names(owners, organisations, self._warehouses(rows))
        return self._dated_only(question, [self._shipment(row, known) for row in rows])

    def _strangers(
        self,
        question: Question,
        organisations: Mapping[UUID, Organisation],
        nothing: ShipmentNotFound,
    ) -> ShipmentAnswer | None:
        """The one shipment with this very number that went to another client, if any."""
        names, number = self._profile, question.searched.number
        if not normalise(number) or len(number) > LONGEST:
            return None
        spellings = dict.fromkeys((number, normalise(number), cyrillic(normalise(number))))
        either = " or ".join(f"Number eq {text(spelling)}" for spelling in spellings)
        where = f"({either}) and DeletionMark eq false and {self._dated(question)}"
        rows = self._client.rows(
            names.shipments, select=names.shipment_fields, where=where, limit=2
        )
        if len(rows) != 1:
            return None
        clients = self._directory.clients(references(rows, names.shipment_counterparty))
        known = _Names(clients, organisations, self._warehouses(rows))
        shipment = self._shipment(rows[0], known)
        differences = differing(question, shipment)
        if not differences:
            return None
        return ShipmentMismatch(question.searched, shipment, differences, nothing.near)

    def _warnings(self, question: Question, shipment: Shipment) -> tuple[Difference, ...]:
        numbers: dict[UUID, str] = {}
        if is_of_another_contract(question, shipment):
            numbers = self._contract_numbers(question.contract_ref, shipment.contract_ref)
        return warnings(question, shipment, numbers)

    def _contract_numbers(self, *keys: UUID | None) -> dict[UUID, str]:
        names = self._profile
        rows = rows_with(
            self._client,
            names.contracts,
            "Ref_Key",
            filter(None, keys),
            select=("Ref_Key", "Code", names.contract_number),
        )
        return {
            row.key("Ref_Key"): readable(row.text(names.contract_number), row.text("Code"))
            for row in rows
        }

    def _warehouses(self, rows: Iterable[Row]) -> dict[UUID, str]:
        """Names by key; none if 1C does not show them, for no decision depends on them."""
        names = self._profile
        try:
            return {
                row.key("Ref_Key"): row.text("Description")
                for row in rows_with(
                    self._client,
                    names.warehouses,
                    "Ref_Key",
                    references(rows, names.shipment_warehouse),
                    select=names.warehouse_fields,
                )
            }
        except OnecMisconfigured as hidden:
            if hidden.code in (SET_UNKNOWN, NO_RIGHTS):
                return {}
            raise

    def _dated(self, question: Question) -> str:
        since, until = self._period(question)
        return f"Date ge {moment(since)} and Date lt {moment(until)}"

    def _dated_only(self, question: Question, shipments: list[Shipment]) -> list[Shipment]:
        since, until = self._period(question)
        if any(one.date is None or not since <= one.date < until for one in shipments):
            raise OnecUnavailable("в ответе реализации за другой период")
        return shipments

    def _period(self, question: Question) -> tuple[date, date]:
        since = question.searched.since
        return since, max(since, question.today) + _AHEAD

    def _shipment(self, row: Row, known: _Names) -> Shipment:
        names = self._profile
        client_ref = row.reference(names.shipment_counterparty)
        client = named(known.clients, client_ref)
        organisation = named(known.organisations, row.reference(names.shipment_organisation))
        return Shipment(
            ref_key=row.key("Ref_Key"),
            number=row.text("Number"),
            date=row.day("Date"),
            counterparty_ref=client_ref,
            counterparty_name=client.name if client else "",
            inn=client.inn if client else "",
            contract_ref=row.reference(names.shipment_contract),
            organisation=organisation.name if organisation else "",
            warehouse=named(known.warehouses, row.reference(names.shipment_warehouse)) or "",
            amount=row.money(names.shipment_amount),
            posted=row.flag("Posted"),
            deletion_mark=row.flag("DeletionMark"),
            data_version=row.text("DataVersion"),
        )
