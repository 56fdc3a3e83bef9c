"""Rules for prolonging temporary terms."""

from datetime import date, timedelta
from typing import Any

import pytest

from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval.temporary_terms import last_day, prolong, side_key
from db.domain.deals.side_processes import SideProcess
from db.domain.errors import FieldsInvalid, NoTemporaryTerms
from tests.support.builders import NOW, a_catalog, a_deal, lists_of, ready_values

CATALOG, LISTS = a_catalog(), lists_of(a_catalog())
SOON = NOW.date() + timedelta(days=30)


def terms(to: date = SOON, **given: Any) -> dict[str, Any]:
    return {
        "temporaryMarkupGroup": "dealer",
        "temporaryLimit": "900000.00",
        "temporaryPeriod": {"from": "2026-01-01", "to": to.isoformat()},
        **given,
    }


def agreed(deal_id: str) -> SideProcess:
    return SideProcess(side_key(deal_id), deal_id, TEMPORARY_TERMS, {}, NOW)


@pytest.mark.parametrize("to", ["2026-11-01", "2027-01-31", "31.01.2027"])
@pytest.mark.parametrize("closed_at", [None, NOW], ids=["open", "closed"])
def test_a_head_may_give_another_last_day(to: str, closed_at: Any) -> None:
    deal = a_deal(values=ready_values(**terms(date(2026, 12, 31))), closed_at=closed_at)

    assert prolong(CATALOG, deal, to, agreed(deal.id), LISTS)
    assert not prolong(CATALOG, deal, to, agreed(deal.id), LISTS)

    assert [(c.subject, c.old["to"]) for c in deal.changes] == [("temporaryPeriod", "2026-12-31")]
    assert deal.values["temporaryPeriod"]["from"] == "2026-01-01"
    assert last_day(deal) != date(2026, 12, 31)


@pytest.mark.parametrize("to", ["2025-12-31", "31.02.2027", "", None, 7, "2300-01-01"])
def test_a_day_that_is_none_or_before_the_period_is_refused(to: Any) -> None:
    deal = a_deal(values=ready_values(**terms()))

    with pytest.raises(FieldsInvalid, match="Период временной группы"):
        prolong(CATALOG, deal, to, agreed(deal.id), LISTS)

    assert deal.changes == []


@pytest.mark.parametrize(
    ("given", "row"),
    [
        (terms(), None),
        (terms(), SideProcess("k", "d", TEMPORARY_TERMS, {}, NOW, None, NOW)),
        ({}, SideProcess("k", "d", TEMPORARY_TERMS, {}, NOW)),
    ],
    ids=["not agreed", "over", "none"],
)
def test_without_agreed_terms_there_is_nothing_to_prolong(given: Any, row: Any) -> None:
    deal = a_deal(values=ready_values(**given))

    with pytest.raises(NoTemporaryTerms):
        prolong(CATALOG, deal, "2027-01-31", row, LISTS)
