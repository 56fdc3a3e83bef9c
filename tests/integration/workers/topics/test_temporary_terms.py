"""End of temporary terms: once, on their current last day, also for closed deals."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval.temporary_terms import side_key
from db.domain.deals.history import Kind
from db.domain.deals.side_processes import SideProcess
from tests.support.builders import (
    NOW,
    READY_FILES,
    a_catalog,
    a_deal,
    a_ready_deal,
    lists_of,
    ready_values,
)
from tests.support.fakes.ports import Office, a_task, an_office
from workers.business_calendar import Deadlines
from workers.settings import WorkerSettings
from workers.topics.approval import (
    close_approval_round,
    end_temporary_terms,
    open_approval_round,
    plan_temporary_terms,
)

PLAN, END = plan_temporary_terms.TOPIC, end_temporary_terms.TOPIC
OPEN, CLOSE = open_approval_round.TOPIC, close_approval_round.TOPIC
CATALOG, LISTS = a_catalog(), lists_of(a_catalog())
TODAY = datetime.now(UTC).date()
PAST, SOON = TODAY - timedelta(days=3), TODAY + timedelta(days=30)


def terms(to: date = SOON, **given: Any) -> dict[str, Any]:
    return {
        "temporaryMarkupGroup": "dealer",
        "temporaryLimit": "900000.00",
        "temporaryPeriod": {"from": "2026-01-01", "to": to.isoformat()},
        **given,
    }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def an_agreed_deal(office: Office, to: date = SOON, **given: Any) -> str:
    """A deal with temporary terms and their side process."""
    values = ready_values(**terms(to))
    deal_id = office.keep(a_deal(**{"stage": "termsAgreed", "values": values, **given}))
    with office.database.writing() as store:
        store.side_processes.open(SideProcess(side_key(deal_id), deal_id, TEMPORARY_TERMS, {}, NOW))
    return deal_id


def plan(office: Office, deal_id: str, id: str = "plan") -> Mapping[str, Any]:
    return office.done(PLAN, a_task(deal_id, id=id, sideKey=side_key(deal_id)))


def end(office: Office, deal_id: str, id: str = "end") -> bool:
    task = a_task(deal_id, id=id, sideKey=side_key(deal_id))
    first, again = office.done(END, task), office.done(END, task)
    assert first == again
    return bool(first["termsEnded"])


def ended(office: Office, deal_id: str) -> list[tuple[str, Any]]:
    """Return the fields that the worker cleared."""
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
    return [(r.subject, r.new) for r in rows if r.kind is Kind.FIELD and r.actor == "svcWorker"]


def find_side(office: Office, deal_id: str) -> SideProcess | None:
    with office.database.reading() as store:
        return store.side_processes.find(side_key(deal_id))


def side(office: Office, deal_id: str) -> SideProcess:
    found = find_side(office, deal_id)
    assert found is not None
    return found


def approve(office: Office, deal_id: str) -> None:
    office.done(OPEN, a_task(deal_id, id="open"))
    task = a_task(deal_id, id="close", roundOutcome="approved")
    office.done(CLOSE, task)
    office.done(CLOSE, task)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (terms(), True),
        (terms(temporaryLimit=None), True),
        (terms(temporaryMarkupGroup=None), True),
        (terms(temporaryPeriod=None), False),
        (terms(temporaryMarkupGroup=None, temporaryLimit=None), False),
    ],
)
def test_agreed_temporary_terms_get_somebody_who_sees_to_their_end(
    office: Office, given: Any, wanted: bool
) -> None:
    values = ready_values(**given)
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=values), *READY_FILES)

    approve(office, deal_id)

    found = find_side(office, deal_id)
    assert (found is not None) is wanted
    assert found is None or (found.process, found.version) == (TEMPORARY_TERMS, 1)


def test_terms_agreed_anew_while_older_ones_stand_wake_the_same_process(office: Office) -> None:
    values = ready_values(**terms())
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=values), *READY_FILES)
    with office.database.writing() as store:
        store.side_processes.open(SideProcess(side_key(deal_id), deal_id, TEMPORARY_TERMS, {}, NOW))

    approve(office, deal_id)

    assert side(office, deal_id).version == 2


def test_a_refused_round_leaves_the_proposed_terms_alone(office: Office) -> None:
    values = ready_values(**terms())
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=values), *READY_FILES)
    office.done(OPEN, a_task(deal_id, id="open"))

    office.done(CLOSE, a_task(deal_id, id="close", roundOutcome="rejected"))

    assert find_side(office, deal_id) is None


@pytest.mark.parametrize(("branch", "hour"), [("Екатеринбург", 19), ("Москва", 21), (None, 21)])
def test_the_last_day_ends_at_midnight_of_the_branch(
    office: Office, branch: Any, hour: int
) -> None:
    settings = WorkerSettings()
    deadlines = Deadlines(settings.zone, settings.branch_zones)
    with office.database.reading() as store:
        items = store.lists.items("shippingDirections")
        at = next((i.code for i in items if branch and i.attributes.get("branch") == branch), None)
        deal = a_deal(values={"shippingDirection": at} if at else {})

        found = deadlines.end_of(store, deal, date(2026, 12, 31))

    assert (at is None) == (branch is None)
    assert found == datetime(2026, 12, 31, hour, tzinfo=UTC)


def test_the_plan_names_the_end_and_what_it_knows(office: Office) -> None:
    deal_id = an_agreed_deal(office, date(2026, 12, 31))

    first, again = plan(office, deal_id), plan(office, deal_id)
    with office.database.writing() as store:
        store.side_processes.changed(side_key(deal_id))
    later = plan(office, deal_id, "plan-2")

    assert first == again
    assert first["termsStand"] is True
    assert first["termsEndAt"] == datetime(2026, 12, 31, 21, tzinfo=UTC)
    assert (first["sideVersion"], later["sideVersion"]) == (1, 2)


def test_a_plan_without_terms_is_the_end_of_it(office: Office) -> None:
    deal_id = an_agreed_deal(office, values=ready_values())

    first, again = plan(office, deal_id), plan(office, deal_id, "plan by hand once more")

    assert first == again
    assert (first["termsStand"], first["termsEndAt"]) == (False, None)
    assert side(office, deal_id).closed_at is not None


@pytest.mark.parametrize(
    "given",
    [{}, {"stage": "won", "closed_at": NOW}, {"stage": "lost", "closed_at": NOW}],
    ids=["open", "won", "lost"],
)
def test_terms_whose_period_is_over_give_way_to_the_ordinary_ones_once(
    office: Office, given: Any
) -> None:
    deal_id = an_agreed_deal(office, PAST, **given)

    assert end(office, deal_id)
    assert not end(office, deal_id, "end by hand once more")

    values = office.deal(deal_id).values
    emptied = ["temporaryMarkupGroup", "temporaryLimit", "temporaryPeriod"]
    assert not values.keys() & set(emptied)
    assert (values["limit"], values["markupGroup"]) == ("500000.00", "wholesale")
    assert ended(office, deal_id) == [(code, None) for code in emptied]
    assert office.deal(deal_id).stage == given.get("stage", "termsAgreed")
    assert side(office, deal_id).closed_at is not None


def test_a_period_that_was_prolonged_meanwhile_is_waited_for(office: Office) -> None:
    deal_id = an_agreed_deal(office, SOON)

    assert not end(office, deal_id)

    assert office.deal(deal_id).values["temporaryLimit"] == "900000.00"
    assert ended(office, deal_id) == []
    assert side(office, deal_id).closed_at is None
