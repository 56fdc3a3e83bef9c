"""Limit of engine sessions without a login, per network and in all."""

from api.webapp_proxy.anonymous_sessions import (
    EVERYBODY,
    MAX_NETWORKS,
    ONE_NETWORK,
    AnonymousSessionLimit,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def spent(sessions: AnonymousSessionLimit, address: str) -> int:
    made = 0
    while not sessions.exhausted(address):
        sessions.created(address)
        made += 1
    return made


def test_a_network_that_took_its_share_leaves_the_others_theirs() -> None:
    sessions = AnonymousSessionLimit(Clock())

    assert spent(sessions, "203.0.113.7") == ONE_NETWORK.burst
    assert not sessions.exhausted("203.0.113.8")
    assert spent(sessions, "2001:db8::1") == ONE_NETWORK.burst
    assert sessions.exhausted("2001:db8::2")


def test_time_brings_room_again_and_never_more_than_the_burst() -> None:
    clock = Clock()
    sessions = AnonymousSessionLimit(clock)
    spent(sessions, "203.0.113.7")

    clock.now += 20 / ONE_NETWORK.per_second
    assert spent(sessions, "203.0.113.7") == 20

    clock.now += 1_000_000
    assert spent(sessions, "203.0.113.7") == ONE_NETWORK.burst


def test_all_networks_together_have_a_bound() -> None:
    sessions = AnonymousSessionLimit(Clock())

    made = sum(spent(sessions, f"203.0.{number}.1") for number in range(20))

    assert made == EVERYBODY.burst


def test_what_is_remembered_has_a_bound() -> None:
    clock = Clock()
    sessions = AnonymousSessionLimit(clock)
    for number in range(MAX_NETWORKS + 10):
        clock.now += 1 / EVERYBODY.per_second
        sessions.created(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")

    assert len(sessions._networks) <= MAX_NETWORKS
