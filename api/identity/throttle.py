"""Wrong passwords are counted here, so that guessing stops before the engine locks a person."""

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from api.problems import TooManyAttempts


@dataclass(frozen=True)
class Limit:
    attempts: int
    window: timedelta


PER_ADDRESS_AND_LOGIN = Limit(3, timedelta(minutes=1))
PER_LOGIN = Limit(8, timedelta(minutes=10))
"""From all addresses together; the person's own address is not spared, a lock would be worse."""
PER_ADDRESS = Limit(30, timedelta(minutes=10))
MAX_KEYS = 20_000


@dataclass
class Throttle:
    """Attempts in sliding windows, in this process's memory.

    An attempt counts from its beginning, so that many at once do not slip through; a right
    password takes its own attempt back.
    """

    clock: Callable[[], float] = time.monotonic
    _seen: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, address: str, login: str) -> None:
        """Count an attempt before the password is looked at. Raises: TooManyAttempts."""
        now = self.clock()
        with self._lock:
            windows = [
                (self._window(key, limit, now), limit) for key, limit in _keys(address, login)
            ]
            for stamps, limit in windows:
                if len(stamps) >= limit.attempts:
                    pause = stamps[0] + limit.window.total_seconds() - now
                    raise TooManyAttempts(timedelta(seconds=pause))
            for stamps, _ in windows:
                stamps.append(now)

    def succeeded(self, address: str, login: str) -> None:
        """The password was right: the person starts anew at this address."""
        with self._lock:
            (own, _), *others = _keys(address, login)
            self._seen.pop(own, None)
            for key, _ in others:
                if stamps := self._seen.get(key):
                    stamps.pop()

    def unfinished(self, address: str, login: str) -> None:
        """Nobody looked at the password: the attempt does not count."""
        with self._lock:
            for key, _ in _keys(address, login):
                if stamps := self._seen.get(key):
                    stamps.pop()

    def _window(self, key: tuple[str, str], limit: Limit, now: float) -> deque[float]:
        if len(self._seen) >= MAX_KEYS and key not in self._seen:
            self._forget_old(now)
        stamps = self._seen.setdefault(key, deque())
        while stamps and stamps[0] <= now - limit.window.total_seconds():
            stamps.popleft()
        return stamps

    def _forget_old(self, now: float) -> None:
        """Windows without a recent attempt go; if all are recent, the oldest half goes."""
        longest = max(PER_LOGIN.window, PER_ADDRESS.window).total_seconds()
        latest = {key: stamps[-1] if stamps else 0.0 for key, stamps in self._seen.items()}
        old = [key for key, at in latest.items() if at <= now - longest]
        for key in old or sorted(latest, key=latest.__getitem__)[: MAX_KEYS // 2]:
            del self._seen[key]


def _keys(address: str, login: str) -> list[tuple[tuple[str, str], Limit]]:
    place, person = _network(address), login.casefold()[:64]
    return [
        ((place, person), PER_ADDRESS_AND_LOGIN),
        (("", person), PER_LOGIN),
        ((place, ""), PER_ADDRESS),
    ]


def _network(address: str) -> str:
    """One subscriber of IPv6 has a whole /64 to write from."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return address
