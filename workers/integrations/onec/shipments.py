"""Gateway to the shipments («реализации») of an infobase over OData."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from db.domain.onec_bindings import readable
from workers.integrations.onec.matching import SHIPMENT_RULES, NumberMatcher, date_in_future
from workers.integrations.onec.numbers import normalize, to_cyrillic
from workers.integrations.onec.odata.key_lookup import fetch_where_key_in
from workers.integrations.onec.odata.literals import moment
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import RecordSet
from workers.ports.onec import NumberQuery, OnecRecord, RequisiteDifference
from workers.ports.onec_errors import OnecUnavailable

FUTURE = timedelta(days=366)
"""Searched period after today, so that a wrong year in a date is found and shown."""


class ODataShipments(ODataGateway):
    """Shipments since a day, matched by number."""

    rules = SHIPMENT_RULES
    reports_unowned = True

    @property
    def _set(self) -> RecordSet:
        return self._profile.shipments

    @property
    def _needs(self) -> Mapping[str, Sequence[str]]:
        return self._profile.shipment_needs

    def _filter(self, query: NumberQuery, today: date) -> str:
        since, until = _period(query, today)
        return f"Date ge {moment(since)} and Date lt {moment(until)}"

    def _spellings(self, number: str) -> Iterable[str]:
        return (number, normalize(number), to_cyrillic(normalize(number)))

    def _validate(self, records: Sequence[OnecRecord], query: NumberQuery, today: date) -> None:
        since, until = _period(query, today)
        if any(one.date is None or not since <= one.date < until for one in records):
            raise OnecUnavailable("в ответе реализации за другой период")

    def _warnings(
        self, matcher: NumberMatcher, record: OnecRecord
    ) -> tuple[RequisiteDifference, ...]:
        """Report another contract than the deal's, and a date in the future."""
        found = []
        if matcher.is_of_other_contract(record):
            keys = (matcher.query.contract_ref, record.contract_ref)
            expected, given = self._contract_labels(*keys)
            found.append(RequisiteDifference("contract", expected, given))
        return (*found, *date_in_future(matcher.today, record))

    def _contract_labels(self, *keys: str | None) -> list[str]:
        """Return the number or code of each contract; blank for one that does not exist."""
        contracts = self._profile.contracts
        rows = fetch_where_key_in(
            self._client,
            contracts.entity_set,
            "Ref_Key",
            filter(None, keys),
            select=self._profile.contract_label_fields,
        )
        labels = {
            row.key("Ref_Key"): readable(row.text(contracts.number), row.text(contracts.code))
            for row in rows
        }
        return [labels.get(key or "", "") for key in keys]


def _period(query: NumberQuery, today: date) -> tuple[date, date]:
    return query.since, max(query.since, today) + FUTURE
