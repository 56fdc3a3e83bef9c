"""Login throttle on both databases, with a fake clock."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from api.auth import login_throttle as throttling
from api.auth.login_throttle import (
    ALERT_AT,
    HOUR,
    ONE_LOGIN,
    ONE_NETWORK,
    ONE_PLACE,
    Attempt,
    CountedAttempt,
    LoginThrottle,
)
from api.http.problems import TooManyAttempts
from db.domain.people import login_throttling
from db.domain.people.login_throttling import PLACE_KNOWN, PLACES_PER_LOGIN, AttemptKey
from db.store.administration import login_attempts
from db.store.database import Database
from db.store.tables import LoginAttemptRow
from tests.integration.api.conftest import *  # noqa: F403 - the databases
from tests.support.builders import NOW, a_catalog

OFFICE, HOME = "203.0.113.1", "198.51.100.7"
LAPTOP, PHONE = "device:laptop", "device:phone"
SECOND = timedelta(seconds=1)
WAIT_SECONDS = 60


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Door:
    """The login throttle of one API process, with helpers for attempts."""

    throttle: LoginThrottle
    clock: Clock
    database: Database
    passed: list[CountedAttempt] = field(default_factory=list)

    def wrong(
        self, times: int = 1, *, at: str = OFFICE, login: str = "manager1", by: str | None = None
    ) -> int:
        """Send wrong passwords. Returns: number of checked ones."""
        looked = 0
        for _ in range(times):
            try:
                self.passed.append(self.throttle.begin(Attempt(login, at, by)))
            except TooManyAttempts:
                continue
            looked += 1
        return looked

    def enters(self, *, at: str = OFFICE, login: str = "manager1", by: str | None = None) -> bool:
        """Send the right password."""
        try:
            counted = self.throttle.begin(Attempt(login, at, by))
        except TooManyAttempts:
            return False
        self.throttle.succeeded(counted, by)
        return True

    def pause(self, *, at: str = OFFICE, login: str = "manager1") -> timedelta:
        with pytest.raises(TooManyAttempts) as refused:
            self.throttle.begin(Attempt(login, at))
        return timedelta(seconds=int(refused.value.headers["Retry-After"]))

    def guesses(self, duration: timedelta, every: timedelta, addresses: int, login: str) -> int:
        """Guess as fast as possible. Returns: number of checked passwords."""
        end, looked, turn = self.clock.now + duration, 0, 0
        while self.clock.now < end:
            turn += 1
            looked += self.wrong(
                at=f"10.9.{turn % addresses // 250}.{turn % addresses % 250}", login=login
            )
            self.clock.forward(every)
        return looked

    def rows(self) -> int:
        with self.database.reading() as store:
            return store._session.query(LoginAttemptRow).count()


@pytest.fixture(scope="module")
def migrated(database_url: str) -> Iterator[Database]:
    database = Database(database_url, a_catalog())
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def door(migrated: Database) -> Door:
    with migrated.writing() as store:
        store._session.query(LoginAttemptRow).delete()
    clock = Clock()
    return Door(LoginThrottle(migrated, clock), clock, migrated)


def test_three_wrong_passwords_end_in_a_pause_that_doubles(door: Door) -> None:
    door.wrong(3)
    pauses = []
    for _ in range(8):
        pauses.append(door.pause().total_seconds())
        door.clock.forward(timedelta(seconds=pauses[-1]))
        assert door.wrong() == 1

    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600]


def test_the_spelling_of_a_login_does_not_matter(door: Door) -> None:
    door.wrong(3, login="Manager1")

    assert not door.enters(login="manager1")


def test_a_right_password_starts_anew(door: Door) -> None:
    door.wrong(2)

    assert door.enters()
    assert door.wrong(9) == 3


def test_an_attempt_that_the_engine_did_not_see_does_not_count(door: Door) -> None:
    for _ in range(40):
        door.throttle.withdraw(door.throttle.begin(Attempt("manager1", OFFICE)))

    assert door.enters()


def test_a_known_browser_is_not_touched_by_whatever_strangers_do(door: Door) -> None:
    assert door.enters(by=LAPTOP)
    for number in range(30):
        door.wrong(at=f"10.0.0.{number}")
    door.wrong(5)

    assert door.enters(by=LAPTOP)
    assert door.enters(by=LAPTOP, at=HOME)


def test_a_known_browser_is_known_for_its_person_only(door: Door) -> None:
    assert door.enters(by=LAPTOP, login="driver1")
    door.wrong(3, login="manager1")

    assert not door.enters(by=LAPTOP, login="manager1")


def test_whoever_guesses_at_a_known_browser_is_slow_too(door: Door) -> None:
    assert door.enters(by=LAPTOP)

    assert door.wrong(10, by=LAPTOP) == 3
    assert not door.enters(by=LAPTOP)


def test_a_storm_from_elsewhere_leaves_the_network_alone_where_one_always_logs_in(
    door: Door,
) -> None:
    assert door.enters(at=HOME)
    for number in range(30):
        door.wrong(at=f"10.0.0.{number}")

    assert door.enters(at=HOME, by=PHONE)


def test_one_in_the_office_shuts_out_nobody_behind_the_same_address(door: Door) -> None:
    people = [f"person{number}" for number in range(8)]
    assert all(door.enters(login=person) for person in people)

    door.wrong(5, login="person0")
    for number in range(15):
        door.wrong(3, login=f"made{number}up")

    assert [person for person in people if not door.enters(login=person)] == ["person0"]


def test_a_stranger_at_one_address_is_stopped_whatever_logins_are_tried(door: Door) -> None:
    looked = sum(door.wrong(login=f"person{number}") for number in range(40))

    assert looked == ONE_NETWORK.free
    assert door.enters(at=HOME, login="person1")


def test_strangers_from_everywhere_are_stopped_together(door: Door) -> None:
    looked = sum(door.wrong(at=f"10.0.0.{number}") for number in range(40))

    assert looked == ONE_LOGIN.free


def test_a_whole_network_of_ipv6_is_one_address(door: Door) -> None:
    for host in range(3):
        door.wrong(at=f"2001:db8::{host + 1}")

    assert door.wrong(at="2001:db8::ffff") == 0
    assert door.wrong(at="2001:db8:0:1::1") == 1


BEFORE = 48
"""Guesses of one login in an hour, from one address or from a thousand, when eight in ten minutes
were allowed from everywhere together."""


@pytest.mark.parametrize(("addresses", "first", "later"), [(1, 9, 1), (1000, 21, 12)])
def test_guessing_is_slower_than_it_was(door: Door, addresses: int, first: int, later: int) -> None:
    step = 30 * SECOND
    in_first = door.guesses(HOUR, step, addresses, "manager1")
    in_second = door.guesses(HOUR, step, addresses, "manager1")

    assert in_first <= first < BEFORE
    assert in_second <= later < BEFORE


def test_waiting_until_the_count_is_forgotten_does_not_make_guessing_faster(door: Door) -> None:
    looked = 0
    for day in range(4):
        for number in range(20):
            looked += door.wrong(at=f"10.{day}.0.{number}")
        door.clock.forward(ONE_LOGIN.forgotten)

    assert looked / 4 <= 8 < BEFORE


def test_a_new_password_ends_the_pauses_of_the_login(door: Door) -> None:
    door.wrong(20)
    door.throttle.reset_attempts("Manager1")

    assert door.enters(at=HOME)


def test_a_place_is_forgotten_half_a_year_after_the_last_log_in(door: Door) -> None:
    assert door.enters(by=LAPTOP)
    door.clock.forward(PLACE_KNOWN)
    door.wrong(3)

    assert not door.enters(by=LAPTOP)


def test_of_many_at_once_no_more_are_looked_at(door: Door) -> None:
    """Two processes on one database: each has a throttle of its own."""
    doors = [door, Door(LoginThrottle(door.database, door.clock), door.clock, door.database)]
    together = threading.Barrier(8)

    def burst(number: int) -> int:
        together.wait(WAIT_SECONDS)
        return sum(doors[number % 2].wrong(at=f"10.0.{number}.{n}") for n in range(4))

    with ThreadPoolExecutor(8) as guessers:
        looked = sum(guessers.map(burst, range(8)))

    assert looked == ONE_LOGIN.free


def test_people_who_log_in_at_the_same_moment_all_get_in(door: Door) -> None:
    people = [f"person{number}" for number in range(16)]
    assert all(door.enters(login=person) for person in people[:12])
    together = threading.Barrier(len(people))

    def enters(person: str) -> bool:
        together.wait(WAIT_SECONDS)
        return door.enters(login=person, by=f"device:{person}")

    with ThreadPoolExecutor(len(people)) as morning:
        assert all(morning.map(enters, people))


def test_an_attempt_that_must_wait_writes_nothing(door: Door) -> None:
    door.wrong(3)
    rows = door.rows()
    door.wrong(20)

    assert door.rows() == rows


def test_rows_stay_bounded_and_what_tells_of_an_attack_is_kept(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_attempts, "MOST_ROWS", 30)
    monkeypatch.setattr(throttling, "PURGE_EVERY", 20)
    assert door.enters(at=HOME, login="lawyer1")
    door.wrong(3)
    for number in range(60):
        door.clock.forward(SECOND)
        door.wrong(at=f"10.{number // 250}.{number % 250}.1", login=f"made{number}up")
        assert door.rows() <= 31 + 3 * 20

    door.throttle.purge()
    assert door.rows() <= 31
    door.clock.now = NOW + 29 * SECOND
    assert not door.enters()
    assert door.enters(at=HOME, login="lawyer1")


def test_old_counts_go_and_known_places_stay(door: Door) -> None:
    door.wrong(3, at=HOME)
    assert door.enters(by=LAPTOP)
    door.clock.forward(login_throttling.ATTEMPTS_KEPT + HOUR)
    door.throttle.purge()

    assert door.rows() == 2


def test_a_login_has_a_bounded_number_of_known_places(door: Door) -> None:
    for number in range(PLACES_PER_LOGIN + 10):
        door.clock.forward(timedelta(minutes=10))
        assert door.enters(at=f"10.0.0.{number}")

    with door.database.reading() as store:
        query = store._session.query(LoginAttemptRow)
        known = query.filter(LoginAttemptRow.proven_ms > 0).count()
    assert known == PLACES_PER_LOGIN


def test_the_person_is_told_once_when_it_is_no_slip_of_the_finger(door: Door) -> None:
    for number in range(20):
        door.wrong(at=f"10.0.0.{number}")

    assert [counted.triggers_alert for counted in door.passed] == [False] * (ALERT_AT - 1) + [True]


def test_a_login_that_no_database_could_keep_is_a_stranger_like_any_other(door: Door) -> None:
    assert door.wrong(9, login="a\0b") == 3
    with door.database.reading() as store:
        assert store.web_sessions.generation(throttling.canonical_login("a\0b")) == 0


def test_two_who_count_the_same_login_in_any_order_never_wait_in_a_circle(door: Door) -> None:
    office, laptop = AttemptKey(OFFICE, "manager1"), AttemptKey(LAPTOP, "manager1")
    begun = threading.Event()
    door.wrong(1)

    def other() -> None:
        with door.database.writing() as store:
            store.login_attempts.count(office, ONE_PLACE, NOW)
            begun.set()
            store.login_attempts.proven(laptop, NOW)

    with ThreadPoolExecutor(1) as apart:
        with door.database.writing() as store:
            store.login_attempts.count(laptop, ONE_PLACE, NOW)
            counted = apart.submit(other)
            begun.wait(0.3)  # it has begun, or waits for us from its first row on
            store.login_attempts.take_back(office)
        counted.result(WAIT_SECONDS)

    with door.database.reading() as store:
        seen = store.login_attempts.seen("manager1", OFFICE, LAPTOP)
    assert (seen[office].failures, seen[laptop].failures) == (1, 0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_network_is_an_address_of_ipv4_however_it_is_written(address: str, network: str) -> None:
    assert Attempt("manager1", address).network == network
