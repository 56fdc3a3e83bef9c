"""What only one may do at a time is taken once, given back, or runs out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fakes.ports import Office, an_office

MINUTE = timedelta(minutes=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def take(office: Office, name: str = "repair-1", duration: timedelta = MINUTE) -> bool:
    with office.database.writing() as store:
        return store.leases.take(name, duration)


def test_of_many_at_once_one_takes_the_lease(office: Office) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: take(office), range(8)))

    assert taken.count(True) == 1
    assert take(office, "repair-2")


def test_a_lease_given_back_or_run_out_is_free(office: Office) -> None:
    take(office)
    with office.database.writing() as store:
        store.leases.free("repair-1")

    assert take(office, duration=timedelta(0))
    assert take(office)
    assert not take(office)


def hold(office: Office, owner: str, duration: timedelta = MINUTE) -> bool:
    with office.database.writing() as store:
        return store.leases.hold("background", owner, duration)


def test_an_owner_extends_its_lease_and_others_wait(office: Office) -> None:
    assert hold(office, "a")
    assert hold(office, "a")
    assert not hold(office, "b")
    with office.database.writing() as store:
        assert not store.leases.take("background", MINUTE)


def test_a_lease_that_its_owner_left_or_did_not_extend_gets_another_owner(office: Office) -> None:
    hold(office, "a")
    with office.database.writing() as store:
        store.leases.leave("background", "b")
    assert not hold(office, "b")
    with office.database.writing() as store:
        store.leases.leave("background", "a")

    assert hold(office, "b", timedelta(0))
    assert hold(office, "a")


def test_of_many_at_once_one_becomes_the_owner(office: Office) -> None:
    with ThreadPoolExecutor(8) as threads:
        held = list(threads.map(lambda number: hold(office, f"w{number}"), range(8)))

    assert held.count(True) == 1
