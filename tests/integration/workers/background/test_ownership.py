"""One of several worker processes does the background work; another takes over when it ends."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.fakes.ports import Office, an_office
from workers.background.ownership import LEASE, Ownership
from workers.runtime.polling import BackOff, poll

TICK = timedelta(milliseconds=1)


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def expire(office: Office, tmp_path: Path) -> None:
    """Let the lease end, as it does when its owner was killed."""
    engine = create_engine(f"sqlite:///{tmp_path / 'deals.sqlite3'}")
    past = datetime.now(UTC) - timedelta(seconds=1)
    with engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE leases SET until = :past WHERE name = 'background'"),
            {"past": past.replace(tzinfo=None)},
        )
        assert changed.rowcount == 1
    engine.dispose()


def test_one_process_owns_the_work_as_long_as_it_renews(office: Office) -> None:
    first, second = (Ownership(name, office.database.writing) for name in ("w1", "w2"))
    for _ in range(2):
        first.renew()
        second.renew()

    assert (first.held(), second.held()) == (True, False)


def test_an_owner_that_stops_leaves_the_work_at_once(office: Office) -> None:
    first, second = (Ownership(name, office.database.writing) for name in ("w1", "w2"))
    first.renew()
    stopping = threading.Event()
    stopping.set()
    first.run(stopping)

    second.renew()

    assert (first.held(), second.held()) == (False, True)


def test_an_owner_that_died_is_replaced_when_its_lease_is_over(
    office: Office, tmp_path: Path
) -> None:
    Ownership("dead", office.database.writing).renew()
    heir = Ownership("heir", office.database.writing)
    heir.renew()
    before = heir.held()
    expire(office, tmp_path)

    heir.renew()

    assert (before, heir.held()) == (False, True)


def test_an_owner_that_cannot_renew_stops_before_another_begins(office: Office) -> None:
    clock = Clock()
    owner = Ownership("w1", office.database.writing, clock)
    owner.renew()

    clock.now += LEASE.total_seconds()

    assert not owner.held()


def test_a_loop_works_only_while_its_process_is_the_owner() -> None:
    stopping, owner, rounds, asked = threading.Event(), [False], [0], [0]

    def held() -> bool:
        asked[0] += 1
        owner[0] = asked[0] > 3
        if asked[0] > 5:
            stopping.set()
        return owner[0]

    def work() -> None:
        assert owner[0]
        rounds[0] += 1

    poll(work, "Test", stopping, idle=TICK, back_off=BackOff(TICK, TICK), when=held)

    assert (asked[0], rounds[0]) == (6, 3)
