"""`OnecGateway` over OData. A profile names the fields, `matching.RULES` what else differs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from db.domain.fields.goods import MAX_LINES, GoodsLine
from db.domain.fields.requisites import is_inn
from db.domain.onec.bindings import readable
from workers.integrations.onec.directory import Directory, Organization
from workers.integrations.onec.matching import RULES, NumberMatcher
from workers.integrations.onec.numbers import normalize, to_cyrillic
from workers.integrations.onec.odata.client import ODataClient
from workers.integrations.onec.odata.key_lookup import fetch_by_keys, fetch_where_key_in
from workers.integrations.onec.odata.literals import guid, moment, text
from workers.integrations.onec.odata.responses import NO_RIGHTS, SET_UNKNOWN
from workers.integrations.onec.odata.row_reader import LINE, ODataRow, references
from workers.integrations.onec.profile import Profile
from workers.ports.onec import (
    Counterparty,
    DocumentKind,
    Found,
    MatchResult,
    Mismatch,
    NotFound,
    NumberQuery,
    OnecRecord,
)
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

FUTURE = timedelta(days=366)
"""Searched period after today, so that a wrong year in a date is found and shown."""


class ODataGateway:
    """Reads and matches the contracts, the shipments or the orders of an infobase."""

    verifies = True

    def __init__(
        self,
        kind: DocumentKind,
        client: ODataClient,
        profile: Profile,
        *,
        organization_inn: str | None,
        today: Callable[[], date],
    ) -> None:
        """``today``: current date in the time zone of the infobase."""
        self._kind, self._set, self._rules = kind, profile.records[kind], RULES[kind]
        self._client, self._profile = client, profile
        self._directory = Directory(client, profile, organization_inn=organization_inn)
        self._today = today

    def find(self, query: NumberQuery) -> MatchResult:
        """See `OnecGateway`. Three or four requests to 1C, up to three for unusual results, and for
        goods one for all lines and one for each 20 items, and one for each 20 units of an order."""
        if not is_inn(query.inn):
            raise ValueError("not an ИНН")
        counterparties = self._directory.clients_of(query.inn)
        organizations = self._directory.organizations()
        matcher = NumberMatcher(
            self._rules,
            replace(query, number=query.number.strip()),
            tuple(counterparties),
            self._directory.own(organizations),
            self._today(),
        )
        result = matcher.match(self._records_of_client(matcher, organizations))
        match result:
            case Found(record):
                labels = self._contract_labels(matcher, record)
                if query.with_goods:
                    record = replace(record, goods=self._goods_of(record))
                return replace(result, record=record, warnings=matcher.warnings(record, labels))
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
        for entity_set, fields in self._profile.needs_of(self._kind).items():
            self._client.rows(entity_set, select=fields, limit=1)

    def close(self) -> None:
        """Close the shared client. Safe to repeat."""
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
                where=self._condition(matcher),
            )
        )
        records = self._records(rows, clients, organizations)
        since, until = self._period(matcher)
        dates = (record.date for record in records) if self._rules.by_period else ()
        if any(day is None or not since <= day < until for day in dates):
            raise OnecUnavailable("в ответе документы за другой период")
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
        spellings = {query.number: None}
        if self._rules.all_spellings:
            spellings |= dict.fromkeys(
                (normalize(query.number), to_cyrillic(normalize(query.number)))
            )
        numbers = " or ".join(f"{self._set.number} eq {text(one)}" for one in spellings)
        where = f"({numbers}) and DeletionMark eq false"
        if condition := self._condition(matcher):
            where += f" and {condition}"
        rows = self._client.rows(
            self._set.entity_set, select=self._set.fields, where=where, limit=2
        )
        if len(rows) != 1:
            return None
        clients = self._clients_of(rows)
        if not clients and not self._rules.reports_unowned:
            return None
        record = self._records(rows, clients, organizations)[0]
        differences = matcher.differences(record)
        if not differences:
            return None
        return Mismatch(query, matcher.counterparties, record, differences, not_found.near)

    def _goods_of(self, record: OnecRecord) -> tuple[GoodsLine, ...] | None:
        """Read the lines of a document; None if there are too many of them, and for shipments if 1C
        does not show them."""
        if record.ref_key is None:
            return None
        try:
            rows = self._goods_rows(record.ref_key)
            items = self._items_of(rows)
            units = self._units_of(rows, items) if self._rules.is_read_for_goods else {}
        except OnecMisconfigured as refusal:
            if not self._rules.is_read_for_goods and refusal.code in (SET_UNKNOWN, NO_RIGHTS):
                return None
            raise
        if len(rows) > MAX_LINES:
            return None
        return tuple(self._goods_line(row, items, units) for row in rows)

    def _goods_rows(self, key: str) -> list[ODataRow]:
        """Read the lines that are not cancelled, in order; at most one more than allowed."""
        names = self._set
        where = f"Ref_Key eq {guid(key)}"
        if names.cancelled:
            where += f" and {names.cancelled} eq false"
        rows = self._client.rows(
            names.goods_set, select=names.goods_fields, where=where, limit=MAX_LINES + 1
        )
        if any(row.key("Ref_Key") != key for row in rows):
            raise OnecUnavailable("в ответе строки другого документа")
        if names.cancelled and any(row.flag(names.cancelled) for row in rows):
            raise OnecUnavailable("в ответе отменённые строки")
        return sorted(rows, key=lambda row: row.quantity(LINE) or Decimal(0))

    def _items_of(self, rows: Sequence[ODataRow]) -> dict[str, ODataRow]:
        names = self._profile.items
        unit = (names.unit,) if self._rules.is_read_for_goods else ()
        found = fetch_where_key_in(
            self._client,
            names.entity_set,
            "Ref_Key",
            references(rows, self._set.item),
            select=("Ref_Key", "Description", names.article, *unit),
        )
        return {row.key("Ref_Key"): row for row in found}

    def _units_of(
        self, rows: Sequence[ODataRow], items: Mapping[str, ODataRow]
    ) -> dict[str, ODataRow]:
        """Read the packages of the lines, and the units of the items."""
        packages = references(rows, self._set.package) if self._set.package else []
        keys = [*packages, *references(items.values(), self._profile.items.unit)]
        found = fetch_where_key_in(
            self._client, self._profile.units, "Ref_Key", keys, select=self._profile.unit_fields
        )
        return {row.key("Ref_Key"): row for row in found}

    def _goods_line(
        self, row: ODataRow, items: Mapping[str, ODataRow], units: Mapping[str, ODataRow]
    ) -> GoodsLine:
        names, read_for_goods = self._set, self._rules.is_read_for_goods
        item = items.get(row.reference(names.item) or "")
        unit = row.reference(names.package) if names.package else None
        if unit is None and item is not None and read_for_goods:
            unit = item.reference(self._profile.items.unit)
        known = units.get(unit or "")
        unknown = "" if read_for_goods else "номенклатура не найдена"
        return GoodsLine(
            article=item.text(self._profile.items.article) if item else "",
            name=item.text("Description") if item else unknown,
            quantity=row.quantity(names.quantity) or Decimal(0),
            unit=known.text("Description") if known else "",
            price=row.money(names.price),
        )

    def _condition(self, matcher: NumberMatcher) -> str:
        """Return the condition that limits the searched rows; "" for none."""
        if self._set.has_folders:
            return "IsFolder eq false"
        if not self._rules.by_period:
            return ""
        since, until = self._period(matcher)
        return f"{self._set.date} ge {moment(since)} and {self._set.date} lt {moment(until)}"

    @staticmethod
    def _period(matcher: NumberMatcher) -> tuple[date, date]:
        since = matcher.query.since
        return since, max(since, matcher.today) + FUTURE

    def _contract_labels(self, matcher: NumberMatcher, record: OnecRecord) -> dict[str, str]:
        """Read the numbers of the deal's and the record's contract by key, if they differ."""
        if not matcher.is_of_other_contract(record):
            return {}
        contracts = self._profile.contracts
        keys = filter(None, (matcher.query.contract_ref, record.contract_ref))
        rows = fetch_where_key_in(
            self._client,
            contracts.entity_set,
            "Ref_Key",
            keys,
            select=self._profile.contract_label_fields,
        )
        return {
            row.key("Ref_Key"): readable(row.text(contracts.number), row.text(contracts.code))
            for row in rows
        }

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
