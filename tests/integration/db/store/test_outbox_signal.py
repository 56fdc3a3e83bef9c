"""The outbox on both databases: its signal, its order, and what a lost connection leaves."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from db.domain.deals.entities import OutboxKind
from db.domain.errors import Unavailable
from db.ports.messaging import OutboxSignal
from tests.support.fakes.ports import Office, a_kept_deal, an_office
from tests.support.servers.schemas import deals_database

START = {"process": "new-client", "variables": {}}
SHORT, LONG = timedelta(seconds=0.05), timedelta(seconds=20)
LEASE = timedelta(minutes=1)


@contextmanager
def signal_of(office: Office) -> Iterator[OutboxSignal]:
    with closing(office.database.outbox_signal()) as signal:
        signal.wait(SHORT)  # connects, which counts as a signal
        yield signal


def add(office: Office, deal_id: str) -> None:
    with office.database.writing() as store:
        store.outbox.add(deal_id, OutboxKind.START, START)


def test_a_row_wakes_every_listener_and_only_once(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with signal_of(office) as one, signal_of(office) as other:
        nothing = one.wait(SHORT)
        add(office, deal_id)
        heard = [one.wait(LONG), other.wait(LONG)]
        again = one.wait(SHORT)

    assert (nothing, heard, again) == (False, [True, True], False)


def test_a_listener_is_woken_while_it_waits(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with signal_of(office) as signal, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(signal.wait, LONG)
        add(office, deal_id)
        assert waiting.result(30)


def test_a_row_is_signalled_when_it_can_be_read_not_before(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with signal_of(office) as signal:
        with office.database.writing() as store:
            store.outbox.add(deal_id, OutboxKind.START, START)
            before = signal.wait(SHORT)
        after = signal.wait(LONG)

    assert (before, after) == (False, True)


def test_a_row_that_was_rolled_back_wakes_nobody(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with signal_of(office) as signal:
        with suppress(ZeroDivisionError), office.database.writing() as store:
            store.outbox.add(deal_id, OutboxKind.START, START)
            raise ZeroDivisionError
        assert not signal.wait(SHORT)


@pytest.mark.postgres
def test_a_lost_connection_is_reported_and_the_next_wait_connects_again(
    postgres: str, tmp_path: Path
) -> None:
    url = deals_database(postgres)
    with an_office(tmp_path, url) as office, signal_of(office) as signal:
        deal_id = a_kept_deal(office)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        with pytest.raises(Unavailable):
            signal.wait(LONG)
        add(office, deal_id)

        missed = signal.wait(SHORT)
        add(office, deal_id)
        heard = signal.wait(LONG)

    assert (missed, heard) == (True, True)


def test_a_deal_s_rows_are_leased_one_after_another_by_whoever_is_first(office: Office) -> None:
    deals = [a_kept_deal(office) for _ in range(6)]
    for deal_id in deals * 2:
        add(office, deal_id)
    begin = threading.Barrier(4)

    def lease(owner: str) -> list[tuple[int, str]]:
        begin.wait(20)
        with office.database.writing() as store:
            return [(row.id, row.deal_id) for row in store.outbox.lease(owner, LEASE, 4)]

    with ThreadPoolExecutor(4) as pool:
        leased = [row for rows in pool.map(lease, "abcd") for row in rows]
    with office.database.writing() as store:
        rest = [row.deal_id for row in store.outbox.lease("e", LEASE, 99)]
        ids = [row_id for row_id, _ in leased]
        mine = store.outbox.delivered(ids, "a")
        following = [row.deal_id for row in store.outbox.lease("e", LEASE, 99)]

    assert sorted([deal for _, deal in leased] + rest) == sorted(deals)
    assert len(following) == len(mine)
