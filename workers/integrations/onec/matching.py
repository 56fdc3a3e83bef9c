"""Matches an entered number against the records of a client. Pure functions without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from db.domain.onec.bindings import BindingKind
from workers.integrations.onec.numbers import likeness, match_method
from workers.ports.onec import (
    ORDER,
    Ambiguous,
    Counterparty,
    DocumentKind,
    Found,
    MarkedDeleted,
    MatchMethod,
    MatchResult,
    Mismatch,
    NotFound,
    NotPosted,
    NumberQuery,
    OnecRecord,
    RequisiteDifference,
)

NEAR = 5
CANDIDATES = 20


@dataclass(frozen=True)
class MatchRules:
    """In what the matching of contracts, shipments and orders differs."""

    by_period: bool
    """Only records since the day of the query are searched, newest first; else all, by key."""
    latest: timedelta
    """How long after today a record may be dated."""
    later_is_mismatch: bool
    """Whether a later date is a mismatch; else a warning."""
    all_spellings: bool
    """Whether the number is searched among other clients in its normalized spellings as well."""
    reports_unowned: bool
    """Whether a record without a known counterparty counts as one of another client."""
    is_read_for_goods: bool
    """Whether a record is of no use without its goods and their units."""


_SHIPMENTS = MatchRules(
    by_period=True,
    latest=timedelta(0),
    later_is_mismatch=False,
    all_spellings=True,
    reports_unowned=True,
    is_read_for_goods=False,
)
RULES: Mapping[DocumentKind, MatchRules] = {
    BindingKind.CONTRACT: MatchRules(
        by_period=False,
        latest=timedelta(days=1),
        later_is_mismatch=True,
        all_spellings=False,
        reports_unowned=False,
        is_read_for_goods=False,
    ),
    BindingKind.SHIPMENT: _SHIPMENTS,
    ORDER: replace(_SHIPMENTS, is_read_for_goods=True),
}


@dataclass(frozen=True)
class NumberMatcher:
    """One query with everything that decides it except the records."""

    rules: MatchRules
    query: NumberQuery
    counterparties: tuple[Counterparty, ...]
    """All with the ИНН of the query."""
    organizations: tuple[str, ...]
    """Accepted names of our own company; empty: any."""
    today: date

    def match(self, records: Sequence[OnecRecord]) -> MatchResult:
        """Decide which of ``records`` is meant: all of the client, in the order of their keys."""
        searched = (self.query, self.counterparties)
        method, fitting = self._best_matches(records)
        if method is None:
            if self.counterparties and all(one.deletion_mark for one in self.counterparties):
                near = self._near(records)
                return MarkedDeleted(*searched, self.counterparties[0], None, near)
            return NotFound(*searched, self._near(records))
        usable = [record for record in fitting if self._is_usable(record)]
        if not usable:
            return self._marked_deleted(fitting[0], records)
        candidates = self._narrowed(usable)
        if len(candidates) > 1:
            return Ambiguous(*searched, tuple(candidates[:CANDIDATES]))
        record = candidates[0]
        near = self._near(records, without=record)
        if differences := self.differences(record):
            return Mismatch(*searched, record, differences, near)
        if record.posted is False:
            return NotPosted(*searched, record, near)
        return Found(record, method, verified=True)

    def differences(self, record: OnecRecord) -> tuple[RequisiteDifference, ...]:
        """Return every requisite that must agree with the deal and does not."""
        query, found = self.query, []
        if record.inn != query.inn:
            found.append(RequisiteDifference("inn", query.inn, record.inn))
        elif not self._is_of_bound_counterparty(record):
            expected, given = map(self._describe, (query.counterparty_ref, record.counterparty_ref))
            found.append(RequisiteDifference("counterparty", expected, given))
        if query.kpp and record.kpp and record.kpp != query.kpp:
            found.append(RequisiteDifference("kpp", query.kpp, record.kpp))
        if not self._is_ours(record):
            expected = self.organizations[0]
            found.append(RequisiteDifference("organization", expected, record.organization))
        if self.rules.later_is_mismatch:
            found += self._future_date(record)
        return tuple(found)

    def warnings(
        self, record: OnecRecord, labels: Mapping[str, str]
    ) -> tuple[RequisiteDifference, ...]:
        """Return unusual but allowed differences; ``labels``: numbers of contracts by key."""
        found = []
        if self.is_of_other_contract(record):
            keys = (self.query.contract_ref, record.contract_ref)
            found.append(
                RequisiteDifference("contract", *(labels.get(key or "", "") for key in keys))
            )
        if not self.rules.later_is_mismatch:
            found += self._future_date(record)
        return tuple(found)

    def is_of_other_contract(self, record: OnecRecord) -> bool:
        """Return whether the deal is bound to another contract than the record."""
        bound = self.query.contract_ref
        return bound is not None and record.contract_ref != bound

    def _best_matches(
        self, records: Sequence[OnecRecord]
    ) -> tuple[MatchMethod | None, list[OnecRecord]]:
        """Return the most reliable method by which any record matches, and its records."""
        matches = [
            (method, record)
            for record in records
            if (method := match_method(self.query.number, record.number, record.code)) is not None
            and self.query.picked in (None, record.ref_key)
        ]
        best = min((method for method, _ in matches), default=None)
        return best, [record for method, record in matches if method is best]

    def _narrowed(self, records: list[OnecRecord]) -> list[OnecRecord]:
        """Filter by company, КПП and counterparty, each only if something remains.

        The contract of a shipment may differ from the deal's, so it only sorts: a question to the
        person costs a click, a wrong automatic choice costs a delivery.
        """
        left = [record for record in records if self._is_ours(record)] or records
        left = [record for record in left if record.kpp == self.query.kpp] or left
        left = [record for record in left if self._is_of_bound_counterparty(record)] or left
        return sorted(self._ordered(left), key=self.is_of_other_contract)

    def _marked_deleted(self, record: OnecRecord, records: Sequence[OnecRecord]) -> MarkedDeleted:
        usable = [other for other in records if self._is_usable(other)]
        same_number = [
            other
            for other in usable
            if match_method(self.query.number, other.number, other.code) is not None
        ]
        marked: OnecRecord | Counterparty = record
        others: Sequence[OnecRecord] | Sequence[Counterparty] = usable
        owner = self._counterparty(record.counterparty_ref)
        if owner is not None and owner.deletion_mark:
            marked = owner
            others = [one for one in self.counterparties if not one.deletion_mark]
        alternative = _single(same_number) or _single(others)
        near = self._near(records)
        return MarkedDeleted(self.query, self.counterparties, marked, alternative, near)

    def _near(
        self, records: Sequence[OnecRecord], *, without: OnecRecord | None = None
    ) -> tuple[OnecRecord, ...]:
        """Return usable records, the most similar number first."""
        others = [record for record in records if record != without and self._is_usable(record)]
        ranked = sorted(
            self._ordered(others),
            key=lambda record: likeness(self.query.number, record.label),
            reverse=True,
        )
        return tuple(ranked[:NEAR])

    def _ordered(self, records: list[OnecRecord]) -> list[OnecRecord]:
        if not self.rules.by_period:
            return records
        return sorted(records, key=lambda record: record.date or date.min, reverse=True)

    def _is_usable(self, record: OnecRecord) -> bool:
        """Return whether neither the record nor its counterparty is marked for deletion."""
        owner = self._counterparty(record.counterparty_ref)
        return not record.deletion_mark and not (owner is not None and owner.deletion_mark)

    def _is_ours(self, record: OnecRecord) -> bool:
        return not self.organizations or record.organization in self.organizations

    def _is_of_bound_counterparty(self, record: OnecRecord) -> bool:
        return self.query.counterparty_ref in (None, record.counterparty_ref)

    def _future_date(self, record: OnecRecord) -> list[RequisiteDifference]:
        latest = self.today + self.rules.latest
        if record.date is None or record.date <= latest:
            return []
        expected = f"не позже {latest:%d.%m.%Y}"
        return [RequisiteDifference("date", expected, f"{record.date:%d.%m.%Y}")]

    def _counterparty(self, key: str | None) -> Counterparty | None:
        return self._counterparties_by_key.get(key) if key else None

    @cached_property
    def _counterparties_by_key(self) -> dict[str, Counterparty]:
        return {one.ref_key: one for one in self.counterparties}

    def _describe(self, key: str | None) -> str:
        """Name a counterparty with its КПП, by which branches of a company differ."""
        owner = self._counterparty(key)
        if owner is None:
            return ""
        return f"{owner.name}, КПП {owner.kpp}" if owner.kpp else owner.name


def _single(
    rows: Sequence[OnecRecord] | Sequence[Counterparty],
) -> OnecRecord | Counterparty | None:
    return rows[0] if len(rows) == 1 else None
