"""Pipelined transactions: fewer round trips, and nothing of an error or a rollback is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.wire import Wire, wire
from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor, Cause, Change, Kind
from db.domain.errors import DealChanged, Unavailable
from db.ports.messaging import Attempt
from db.ports.store import Conflict, Store
from tests.support.fakes.ports import Office, a_kept_deal, an_office
from tests.support.servers.schemas import deals_database

RESULT = {"task-1": ("pack", {"item": "1"})}
ACTOR = Actor("svcWorker", Cause.WORKER)
CHANGE = Change(Kind.FIELD, "comments", None, "x")


def do(office: Office, *acts: Callable[[Store], object]) -> None:
    """Call every act in one transaction."""
    with office.database.writing() as store:
        for act in acts:
            act(store)


def keep(store: Store) -> None:
    store.processed.keep(RESULT)


def is_kept(office: Office) -> bool:
    with office.database.reading() as store:
        return "task-1" in store.processed.answers(["task-1"])


def test_an_error_of_an_unread_statement_ends_the_transaction(office: Office) -> None:
    deal_id = a_kept_deal(office)
    do(office, keep)

    with pytest.raises(Conflict):
        do(office, lambda store: store.notifications.add("somebody", "first", "", deal_id), keep)

    with office.database.writing() as store:  # the pool gives the same connection
        assert not store.notifications.of("somebody")


def test_a_statement_after_an_unread_one_raises_its_error(office: Office) -> None:
    reached: list[str] = []
    do(office, keep)

    with pytest.raises(Conflict):
        do(
            office,
            keep,
            lambda store: store.processed.answers(["task-1"]),
            lambda _: reached.append("after the error"),
        )

    assert not reached


def test_unread_statements_are_rolled_back_with_the_transaction(office: Office) -> None:
    def change_my_mind(_: Store) -> None:
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        do(office, keep, change_my_mind)

    assert not is_kept(office)
    do(office, keep)
    assert is_kept(office)


def test_a_deal_that_another_transaction_changed_is_not_overwritten(office: Office) -> None:
    def changed(moves: int) -> Deal:
        deal = office.deal(deal_id)
        deal.moves = moves
        deal.changes.append(CHANGE)
        return deal

    deal_id = a_kept_deal(office)
    deal, stale = changed(1), changed(2)
    do(office, lambda store: store.deals.save(deal, ACTOR))

    with pytest.raises(DealChanged):
        do(
            office,
            lambda store: store.preload([deal_id]),
            lambda store: store.deals.save(stale, ACTOR),
        )

    assert office.deal(deal_id).moves == 1


def test_a_preloaded_deal_is_saved_once_and_again(office: Office) -> None:
    def move(store: Store) -> None:
        deal = store.deals.get(deal_id)
        deal.moves += 1
        deal.changes.append(CHANGE)
        store.deals.save(deal, ACTOR)

    deal_id = a_kept_deal(office)

    do(office, lambda store: store.preload([deal_id]), move, move)

    deal = office.deal(deal_id)
    assert (deal.moves, deal.version) == (2, 3)


def test_an_attempt_tells_the_stored_result_which_ends_the_count(office: Office) -> None:
    topics = {"task-1": "pack", "task-2": "pack"}
    with office.database.counting() as store:
        first = store.processed.count_first_attempts(topics)
    do(office, keep)
    with office.database.counting() as store:
        again = store.processed.count_first_attempts(topics)
        counted = [store.processed.count_attempt(task_id, "pack") for task_id in topics]

    assert first == {"task-1": Attempt(1, None), "task-2": Attempt(1, None)}
    assert again == {"task-1": Attempt(1, {"item": "1"})}
    assert counted == [Attempt(2, {"item": "1"}), Attempt(2, None)]


@pytest.fixture
def relayed(postgres: str, tmp_path: Path) -> Iterator[tuple[Office, Wire]]:
    """An office whose exchanges with PostgreSQL are counted."""
    port = postgres.rpartition(":")[2]
    url = deals_database(postgres)
    with (
        wire(int(port)) as relay,
        an_office(tmp_path, url.replace(f":{port}/", f":{relay.port}/")) as office,
    ):
        yield office, relay


@pytest.mark.postgres
def test_a_transaction_needs_few_round_trips(relayed: tuple[Office, Wire]) -> None:
    office, relay = relayed
    deal_id = a_kept_deal(office)
    before = relay.traffic

    do(
        office,
        lambda store: store.deals.get(deal_id, for_update=True),
        lambda store: store.history.append(deal_id, [CHANGE], ACTOR, 1),
        keep,
    )

    used = relay.traffic.since(before)
    # Without a pipeline: BEGIN, deal, files, history, result, counter, COMMIT. A connection that
    # was idle for a second is pinged before, which costs one more.
    assert used.connections == 0
    assert used.exchanges < 7


@pytest.mark.postgres
def test_a_lost_connection_is_an_outage(postgres: str, tmp_path: Path) -> None:
    def cut(_: Store) -> None:
        with psycopg.connect(f"{plain}/postgres", autocommit=True) as other:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            other.execute(query, [url.rpartition("/")[2]])

    plain, url = postgres.replace("+psycopg", ""), deals_database(postgres)
    with an_office(tmp_path, url) as office:
        deal_id = a_kept_deal(office)

        with pytest.raises(Unavailable):
            do(office, lambda store: store.deals.get(deal_id, for_update=True), keep, cut)

        assert not is_kept(office), "and another connection answers"
