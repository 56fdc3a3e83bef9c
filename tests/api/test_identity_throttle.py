"""Counting wrong passwords: who must wait, and who need not."""

from dataclasses import dataclass

import pytest

from api.identity import throttle as throttling
from api.identity.throttle import Throttle
from api.problems import TooManyAttempts


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def wrong(throttle: Throttle, times: int, address: str = "10.0.0.1", login: str = "manager1"):
    for _ in range(times):
        throttle.begin(address, login)


def is_refused(throttle: Throttle, address: str = "10.0.0.1", login: str = "manager1") -> bool:
    try:
        throttle.begin(address, login)
    except TooManyAttempts:
        return True
    throttle.unfinished(address, login)
    return False


def test_three_wrong_passwords_end_in_a_pause():
    clock = Clock()
    throttle = Throttle(clock)
    wrong(throttle, 3)

    with pytest.raises(TooManyAttempts) as refused:
        throttle.begin("10.0.0.1", "manager1")

    assert refused.value.headers == {"Retry-After": "60"}


def test_after_the_pause_the_person_may_try_again():
    clock = Clock()
    throttle = Throttle(clock)
    wrong(throttle, 3)

    clock.now += 60

    assert not is_refused(throttle)


def test_the_spelling_of_a_login_does_not_matter():
    throttle = Throttle(Clock())
    wrong(throttle, 3, login="Manager1")

    assert is_refused(throttle, login="manager1")


def test_the_person_at_another_address_is_not_stopped_by_a_few_guesses():
    throttle = Throttle(Clock())
    wrong(throttle, 3, address="203.0.113.9")

    assert not is_refused(throttle, address="10.0.0.1")


def test_guessing_from_many_addresses_is_stopped_too():
    throttle = Throttle(Clock())
    for number in range(throttling.PER_LOGIN.attempts):
        wrong(throttle, 1, address=f"203.0.113.{number}")

    assert is_refused(throttle, address="203.0.113.200")


def test_trying_one_password_on_everybody_is_stopped():
    throttle = Throttle(Clock())
    for number in range(throttling.PER_ADDRESS.attempts):
        wrong(throttle, 1, login=f"person{number}")

    assert is_refused(throttle, login="somebody")
    assert not is_refused(throttle, address="10.0.0.2", login="somebody")


def test_a_whole_network_of_ipv6_is_one_address():
    throttle = Throttle(Clock())
    for host in range(3):
        wrong(throttle, 1, address=f"2001:db8::{host + 1}")

    assert is_refused(throttle, address="2001:db8::ffff")
    assert not is_refused(throttle, address="2001:db8:0:1::1")


def test_a_right_password_starts_anew():
    throttle = Throttle(Clock())
    wrong(throttle, 2)
    throttle.begin("10.0.0.1", "manager1")

    throttle.succeeded("10.0.0.1", "manager1")

    wrong(throttle, 3)
    assert is_refused(throttle)


def test_memory_stays_bounded_and_the_newest_guesses_are_remembered(monkeypatch):
    monkeypatch.setattr(throttling, "MAX_KEYS", 50)
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(500):
        clock.now += 1
        throttle.begin(f"10.0.{number // 250}.{number % 250}", f"person{number}")

    wrong(throttle, 3)

    assert len(throttle._seen) <= 53
    assert is_refused(throttle)
