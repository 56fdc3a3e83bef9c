"""Gateway to the contracts of an infobase over OData."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from workers.integrations.onec.matching import CONTRACT_RULES, NumberMatcher
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import RecordSet
from workers.ports.onec import NumberQuery, OnecRecord, RequisiteDifference


class ODataContracts(ODataGateway):
    """Contracts, matched by number or code."""

    rules = CONTRACT_RULES
    reports_unowned = False

    @property
    def _set(self) -> RecordSet:
        return self._profile.contracts

    @property
    def _needs(self) -> Mapping[str, Sequence[str]]:
        return self._profile.contract_needs

    def _filter(self, query: NumberQuery, today: date) -> str:
        return "IsFolder eq false" if self._set.has_folders else ""

    def _spellings(self, number: str) -> Iterable[str]:
        return (number,)

    def _validate(self, records: Sequence[OnecRecord], query: NumberQuery, today: date) -> None:
        """Accept all: `fetch_where_key_in` has checked the counterparties."""

    def _warnings(
        self, matcher: NumberMatcher, record: OnecRecord
    ) -> tuple[RequisiteDifference, ...]:
        return ()
