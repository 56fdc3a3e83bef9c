"""`OnecGateway` over OData: the parts that contracts and shipments have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from db.domain.requisites import is_inn
from workers.integrations.onec.directory import Directory, Organization
from workers.integrations.onec.matching import MatchRules, NumberMatcher
from workers.integrations.onec.numbers import normalize
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import fetch_by_keys, fetch_where_key_in
from workers.integrations.onec.odata.literals import text
from workers.integrations.onec.odata.row_reader import ODataRow, references
from workers.integrations.onec.profile import Profile, RecordSet
from workers.ports.onec import (
    Counterparty,
    Found,
    MatchResult,
    Mismatch,
    NotFound,
    NumberQuery,
    OnecRecord,
    RequisiteDifference,
)


class ODataGateway(ABC):
    """Reads and matches the records of one entity set."""

    verifies = True
    rules: ClassVar[MatchRules]
    reports_unowned: ClassVar[bool]
    """Whether a record without a known counterparty counts as one of another client."""

    def __init__(
        self,
        client: ODataClient,
        profile: Profile,
        *,
        organization_inn: str | None,
        today: Callable[[], date],
    ) -> None:
        """``today``: current date in the time zone of the infobase."""
        self._client = client
        self._profile = profile
        self._directory = Directory(client, profile, organization_inn=organization_inn)
        self._today = today

    @property
    @abstractmethod
    def _set(self) -> RecordSet: ...

    @property
    @abstractmethod
    def _needs(self) -> Mapping[str, Sequence[str]]:
        """Entity set → required fields."""

    @abstractmethod
    def _filter(self, query: NumberQuery, today: date) -> str:
        """Condition that limits the searched rows; "" for none."""

    @abstractmethod
    def _spellings(self, number: str) -> Iterable[str]:
        """Spellings under which the records of other clients are searched."""

    @abstractmethod
    def _validate(self, records: Sequence[OnecRecord], query: NumberQuery, today: date) -> None:
        """Raise OnecUnavailable if 1C sent records that `_filter` excludes."""

    @abstractmethod
    def _warnings(
        self, matcher: NumberMatcher, record: OnecRecord
    ) -> tuple[RequisiteDifference, ...]:
        """Return unusual but allowed differences of a found record."""

    def find(self, query: NumberQuery) -> MatchResult:
        """See `OnecGateway`. Three or four requests to 1C, and up to three for unusual results."""
        if not is_inn(query.inn):
            raise ValueError("not an ИНН")
        counterparties = self._directory.clients_of(query.inn)
        organizations = self._directory.organizations()
        matcher = NumberMatcher(
            self.rules,
            replace(query, number=query.number.strip()),
            tuple(counterparties),
            self._directory.own(organizations),
            self._today(),
        )
        result = matcher.match(self._records_of_client(matcher, organizations))
        match result:
            case Found(record):
                return replace(result, warnings=self._warnings(matcher, record))
            case NotFound() if query.picked is None:
                return self._record_of_other_client(matcher, organizations, result) or result
        return result

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRecord]:
        """See `OnecGateway`. One request for 20 keys, and one for each kind of referenced rows."""
        rows = fetch_by_keys(self._client, self._set.entity_set, keys, select=self._set.fields)
        if not rows:
            return {}
        records = self._records(rows, self._clients_of(rows), self._directory.organizations())
        return {row.key("Ref_Key"): record for row, record in zip(rows, records, strict=True)}

    def check(self) -> None:
        """See `OnecGateway`."""
        for entity_set, fields in self._needs.items():
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        self._client.close()

    def _records_of_client(
        self, matcher: NumberMatcher, organizations: Mapping[str, Organization]
    ) -> list[OnecRecord]:
        """Read all of them, because 1C itself cannot compare the spellings that people use."""
        clients = {one.ref_key: one for one in matcher.counterparties}
        rows = list(
            fetch_where_key_in(
                self._client,
                self._set.entity_set,
                self._set.counterparty,
                clients,
                select=self._set.fields,
                where=self._filter(matcher.query, matcher.today),
            )
        )
        records = self._records(rows, clients, organizations)
        self._validate(records, matcher.query, matcher.today)
        return records

    def _record_of_other_client(
        self,
        matcher: NumberMatcher,
        organizations: Mapping[str, Organization],
        not_found: NotFound,
    ) -> Mismatch | None:
        """Return the only record with exactly this number that belongs to another client."""
        query = matcher.query
        if not normalize(query.number):
            return None
        spellings = dict.fromkeys(self._spellings(query.number))
        numbers = " or ".join(f"{self._set.number} eq {text(one)}" for one in spellings)
        limits = self._filter(query, matcher.today)
        where = " and ".join(filter(None, (f"({numbers})", "DeletionMark eq false", limits)))
        rows = self._client.rows(
            self._set.entity_set, select=self._set.fields, where=where, limit=2
        )
        if len(rows) != 1:
            return None
        clients = self._clients_of(rows)
        if not clients and not self.reports_unowned:
            return None
        record = self._records(rows, clients, organizations)[0]
        differences = matcher.differences(record)
        if not differences:
            return None
        return Mismatch(query, matcher.counterparties, record, differences, not_found.near)

    def _clients_of(self, rows: Iterable[ODataRow]) -> Mapping[str, Counterparty]:
        return self._directory.clients(references(rows, self._set.counterparty))

    def _records(
        self,
        rows: Sequence[ODataRow],
        clients: Mapping[str, Counterparty],
        organizations: Mapping[str, Organization],
    ) -> list[OnecRecord]:
        names = self._set
        warehouses: Mapping[str, str] = {}
        if names.warehouse:
            warehouses = self._directory.warehouses(references(rows, names.warehouse))
        return [
            self._record(
                row,
                clients.get(row.reference(names.counterparty) or ""),
                organizations.get(row.reference(names.organization) or ""),
                warehouses,
            )
            for row in rows
        ]

    def _record(
        self,
        row: ODataRow,
        client: Counterparty | None,
        organization: Organization | None,
        warehouses: Mapping[str, str],
    ) -> OnecRecord:
        names = self._set
        warehouse = row.reference(names.warehouse) if names.warehouse else None
        return OnecRecord(
            ref_key=row.key("Ref_Key"),
            number=row.text(names.number),
            date=row.day(names.date),
            counterparty_ref=row.reference(names.counterparty),
            counterparty_name=client.name if client else "",
            inn=client.inn if client else "",
            kpp=client.kpp if client else "",
            organization=organization.name if organization else "",
            deletion_mark=row.flag("DeletionMark"),
            data_version=row.text("DataVersion"),
            code=row.text(names.code) if names.code else "",
            contract_ref=row.reference(names.contract) if names.contract else None,
            warehouse=warehouses.get(warehouse, "") if warehouse else "",
            amount=row.money(names.amount) if names.amount else None,
            posted=row.flag(names.posted) if names.posted else None,
        )
