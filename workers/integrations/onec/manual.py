"""Gateway if 1C is not configured: accepts every number as entered and marks it unverified."""

from collections.abc import Mapping, Sequence

from db.domain.errors import Unavailable
from db.domain.onec.bindings import BindingKind
from workers.ports.onec import (
    DocumentKind,
    Found,
    MatchMethod,
    MatchResult,
    NumberQuery,
    OnecRecord,
)


class ManualGateway:
    """An `OnecGateway` whose records have no key.

    They stay unverified until they are searched by number in a 1C that was connected later.
    """

    verifies = False

    def __init__(self, kind: DocumentKind) -> None:
        self._kind = kind

    def find(self, query: NumberQuery) -> MatchResult:
        """Accept the number; a shipment counts as posted, because nothing could confirm it."""
        record = OnecRecord(
            ref_key=None,
            number=" ".join(query.number.split()),
            date=None,
            counterparty_ref=query.counterparty_ref,
            counterparty_name="",
            inn=query.inn,
            kpp=query.kpp or "",
            contract_ref=query.contract_ref,
            organization="",
            posted=True if self._kind is BindingKind.SHIPMENT else None,
            deletion_mark=False,
            data_version="",
        )
        return Found(record, MatchMethod.EXACT, verified=False)

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        """Raise Unavailable: there is no 1C to search."""
        raise Unavailable("No connection to 1C is configured: it cannot be searched.")

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        """Raise Unavailable: there is no 1C to search."""
        raise Unavailable("No connection to 1C is configured: it cannot be searched.")

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRecord]:
        """Raise Unavailable: records of an earlier connection cannot be checked."""
        raise Unavailable("No connection to 1C is configured: its rows cannot be read.")

    def check(self) -> None:
        """Succeed, because numbers are accepted at any time."""

    def close(self) -> None:
        """Do nothing."""
