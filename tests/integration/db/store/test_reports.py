"""Reports: every number is computed anew from the history, on both databases."""

import itertools
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from db.domain.approval.rounds import Decision, DecisionOutcome, Round
from db.domain.catalog import Direction
from db.domain.deals.history import Actor, Cause, Change, HistoryRow, Kind
from db.domain.deals.stages import lose
from db.domain.shipping.fulfillment import Run, RunState
from db.ports.reports import ApproverWork, Loss, Period, RefusalReason
from db.store.deals import history
from tests.support.builders import MANAGER, NOW, a_catalog, a_deal
from tests.support.fakes.ports import Office

ACTOR = Actor(MANAGER, Cause.API)
CATALOG = a_catalog()
SALES, GOODS = CATALOG.directions["newClients"], CATALOG.directions["newProduct"]
PERIOD = Period(NOW + timedelta(days=10), NOW + timedelta(days=40))
ALWAYS = Period(NOW - timedelta(days=1), NOW + timedelta(days=1_000))
SECOND = 0.01
"""Times are compared to hundredths: SQLite computes with fractions of a day."""


class Clock:
    """The time at which the store writes history."""

    now_ = NOW

    @classmethod
    def now(cls, _: object) -> datetime:
        return cls.now_


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "datetime", Clock)


def lived(office: Office, direction: Direction, chance: random.Random) -> str:
    """A deal that moved about the stages at random times, back too, and was perhaps lost."""
    at = NOW + timedelta(seconds=chance.randrange(50 * 86_400))
    Clock.now_ = at
    amount = Decimal(chance.randrange(1, 10_000_000)).scaleb(-2)
    field = str(direction.amount)
    deal_id = office.keep(
        a_deal(
            direction=direction.code,
            stage=direction.first_stage.code,
            created_at=at,
            stage_since=at,
            values={field: f"{amount:.2f}"},
        )
    )
    ways = [stage.code for stage in direction.stages if stage.outcome is None]
    for _ in range(chance.randrange(6)):
        at += timedelta(seconds=chance.randrange(1, 6 * 86_400))
        Clock.now_ = at
        with office.database.writing() as store:
            deal = store.deals.get(deal_id)
            if chance.random() < 0.15:
                reason = chance.choice(["price", "competitor", "noStock"])
                lose(store.catalog, deal, reason, None, store.lists, at=at)
            else:
                wanted = chance.choice([code for code in ways if code != deal.stage])
                deal.record(Change(Kind.STAGE, "", deal.stage, wanted))
                deal.stage, deal.stage_since = wanted, at
            store.deals.save(deal, ACTOR)
            if not deal.is_open:
                break
    return deal_id


@pytest.fixture
def deals(office: Office) -> list[str]:
    """Sixty deals of two directions."""
    chance = random.Random(20261123)
    return [lived(office, chance.choice([SALES, GOODS]), chance) for _ in range(60)]


def histories(office: Office, deals: Sequence[str], code: str) -> dict[str, list[HistoryRow]]:
    with office.database.reading() as store:
        return {
            deal: [row for row in store.history.of(deal) if row.kind in (Kind.CREATED, Kind.STAGE)]
            for deal in deals
            if store.deals.get(deal).direction == code
        }


def within(period: Period, at: datetime) -> bool:
    return period.since <= at < period.until


@pytest.mark.parametrize("direction", [SALES, GOODS], ids=lambda one: one.code)
def test_the_funnel_is_that_of_the_history(
    office: Office, deals: list[str], direction: Direction
) -> None:
    lost = direction.closing_stage("lost").code
    order = {stage.code: at for at, stage in enumerate(direction.stages) if stage.code != lost}
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for rows in histories(office, deals, direction.code).values():
        if within(PERIOD, rows[0].at):
            passed = [direction.first_stage.code, *(row.new for row in rows[1:])]
            furthest = max((code for code in passed if code in order), key=order.__getitem__)
            wanted[furthest][0] += 1
            wanted[furthest][1] += passed[-1] == lost

    with office.database.reading() as store:
        found = store.reports.funnel(direction, PERIOD)

    assert {one.stage: [one.count, one.lost] for one in found} == wanted
    assert sum(one.count for one in found) >= 5, "the test has too few deals to tell"


@pytest.mark.parametrize("direction", [SALES, GOODS], ids=lambda one: one.code)
def test_times_in_stages_are_those_of_the_history(
    office: Office, deals: list[str], direction: Direction
) -> None:
    stays: dict[str, list[float]] = defaultdict(list)
    for rows in histories(office, deals, direction.code).values():
        for before, after in itertools.pairwise(rows):
            if within(PERIOD, after.at):
                stays[str(after.old)].append((after.at - before.at).total_seconds())

    with office.database.reading() as store:
        found = {one.stage: one for one in store.reports.stage_times(direction, PERIOD)}
        open_ = {one.stage: one for one in store.reports.stages_now(direction)}
        known = [store.deals.get(deal) for deal in deals]

    assert {stage: one.count for stage, one in found.items()} == {
        stage: len(each) for stage, each in stays.items()
    }
    for stage, each in stays.items():
        assert found[stage].mean_seconds == pytest.approx(sum(each) / len(each), abs=SECOND)
        assert found[stage].longest_seconds == pytest.approx(max(each), abs=SECOND)
    waiting = [deal for deal in known if deal.is_open and deal.direction == direction.code]
    assert {stage: one.count for stage, one in open_.items()} == Counter(
        deal.stage for deal in waiting
    )
    for stage, now in open_.items():
        assert now.since == min(deal.stage_since for deal in waiting if deal.stage == stage)


def test_losses_are_those_of_the_history_and_their_sums_are_exact(
    office: Office, deals: list[str]
) -> None:
    counts: Counter[str] = Counter()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for direction in (SALES, GOODS):
        for deal_id, rows in histories(office, deals, direction.code).items():
            if rows[-1].new == direction.closing_stage("lost").code and within(PERIOD, rows[-1].at):
                deal = office.deal(deal_id)
                reason = str(deal.values["lossReason"])
                counts[reason] += 1
                sums[reason] += Decimal(str(deal.values[str(direction.amount)]))

    with office.database.reading() as store:
        found = store.reports.losses([SALES, GOODS], PERIOD)
        nothing = store.reports.losses([CATALOG.directions["claims"]], PERIOD)

    assert found == sorted(
        (Loss(reason, count, sums[reason]) for reason, count in counts.items()),
        key=lambda loss: (-loss.count, loss.reason or ""),
    )
    assert found
    assert nothing == []


def decided(office: Office, deal: str, number: int, step: str, hours: float, **more: Any) -> None:
    given = {"role": "x", "person": "salesHead", "comment": "", "task_id": f"{deal}{step}{number}"}
    decision = Decision(
        **{
            **given,
            "deal_id": deal,
            "round": number,
            "step": step,
            "outcome": DecisionOutcome.APPROVED,
            "at": NOW + timedelta(hours=hours),
            **more,
        }
    )
    with office.database.writing() as store:
        store.rounds.record(decision)


def a_round(office: Office, direction: Direction, chain: str) -> str:
    deal = office.keep(a_deal(direction=direction.code, stage=direction.first_stage.code))
    round_ = Round(deal, 1, direction.first_stage.code, NOW, MANAGER, f"round-{deal}", chain)
    with office.database.writing() as store:
        store.rounds.open(round_)
    return deal


NO = DecisionOutcome.REJECTED
HOUR = 3600


def test_an_approver_is_timed_from_the_decision_before(office: Office) -> None:
    first, second = (a_round(office, SALES, "newClientTerms") for _ in range(2))
    steps = list(CATALOG.chains["newClientTerms"].steps)
    decided(office, first, 1, steps[0], 2)
    decided(office, first, 1, steps[1], 7, person="accountant1")
    decided(office, second, 1, steps[0], 4, outcome=NO, comment="Мало документов")
    chains = CATALOG.chains.values()

    with office.database.reading() as store:
        found = store.reports.approvers(chains, [SALES], ALWAYS)
        early = store.reports.approvers(chains, [SALES], Period(NOW, NOW + timedelta(hours=4)))
        reasons = store.reports.refusals([SALES], ALWAYS, 10)
        others = store.reports.approvers(chains, [GOODS], ALWAYS)

    chain = "newClientTerms"
    rounded = [
        replace(
            one,
            mean_seconds=round(one.mean_seconds),
            longest_seconds=round(one.longest_seconds),
        )
        for one in found
    ]
    assert rounded == [
        ApproverWork(chain, steps[0], "salesHead", 1, 1, 3 * HOUR, 4 * HOUR),
        ApproverWork(chain, steps[1], "accountant1", 1, 0, 5 * HOUR, 5 * HOUR),
    ]
    assert [(one.approved, one.rejected) for one in early] == [(1, 0)]
    assert reasons == [RefusalReason(chain, steps[0], "Мало документов", 1)]
    assert others == []


def test_parallel_reviewers_are_timed_from_the_same_moment(office: Office) -> None:
    deal = a_round(office, GOODS, "newProductReview")
    decided(office, deal, 1, "demand", 1, person="a")
    decided(office, deal, 1, "service", 5, person="b")
    decided(office, deal, 1, "accountant", 3, person="c")
    decided(office, deal, 1, "director", 6, person="d")

    with office.database.reading() as store:
        found = store.reports.approvers(CATALOG.chains.values(), [GOODS], ALWAYS)

    times = {one.person: round(one.mean_seconds / HOUR, 3) for one in found}
    assert times == {"a": 1, "b": 5, "c": 3, "d": 1}


def test_only_the_most_frequent_refusals_are_listed(office: Office) -> None:
    step = next(iter(CATALOG.chains["newClientTerms"].steps))
    for comment in ("Дорого", "Дорого", "=1+1"):
        deal = a_round(office, SALES, "newClientTerms")
        decided(office, deal, 1, step, 1, outcome=NO, comment=comment)

    with office.database.reading() as store:
        found = store.reports.refusals([SALES], ALWAYS, 1)

    assert found == [RefusalReason("newClientTerms", step, "Дорого", 2)]


def test_shipments_count_ended_runs_by_shipping_direction(office: Office) -> None:
    for number, (state, hours) in enumerate(
        [(RunState.SHIPPED, 2), (RunState.SHIPPED, 4), (RunState.CANCELLED, 9), (None, 0)]
    ):
        deal = office.keep(a_deal())
        with office.database.writing() as store:
            run = store.runs.open(Run(deal, 1, f"run-{number}", NOW, "newClient", "moscowPickup"))
            if state is not None:
                store.runs.close(run, state, NOW + timedelta(hours=hours))

    with office.database.reading() as store:
        (found,) = store.reports.shipments([SALES], ALWAYS)
        early = store.reports.shipments([SALES], Period(NOW, NOW + timedelta(hours=4)))
        others = store.reports.shipments([GOODS], ALWAYS)

    assert found.mean_seconds == pytest.approx(3 * HOUR, abs=SECOND)
    assert (found.direction, found.shipped, found.cancelled) == ("moscowPickup", 2, 1)
    assert [(one.shipped, one.cancelled) for one in early] == [(1, 0)]
    assert others == []


def test_moves_are_found_by_their_index(office: Office, deals: list[str]) -> None:
    told: list[tuple[str, Any]] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            told.append((statement, parameters))

    engine = office.database._engine  # the plan is not part of any interface
    event.listen(engine, "before_cursor_execute", explain)
    with office.database.reading() as store:
        store.reports.funnel(SALES, PERIOD)
        store.reports.stage_times(SALES, PERIOD)
        store.reports.losses([SALES], PERIOD)
        store.reports.stages_now(SALES)
    event.remove(engine, "before_cursor_execute", explain)

    assert len(told) == 4, "each report is one statement"
    if engine.dialect.name == "postgresql":
        return  # its plan for sixty deals is a scan of the table
    with engine.connect() as connection:
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given).all())
            for query, given in told
        ]
    assert all(re.search(r"INDEX ix_history_moves \(at>", plan) for plan in plans[:3]), plans
    assert "ix_deals_board" in plans[3]
