"""Wrong passwords are counted here, so that guessing is slow and nobody is shut out by a stranger.

Where somebody has logged in before, by the same browser or from the same network, that login's
attempts are counted for that place alone: what others try elsewhere does not touch them. All other
attempts are a stranger's, counted per network and login, per login, and per network.
"""

import ipaddress
import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from api.http import clock
from api.http.problems import TooManyAttempts
from db.domain.errors import Unavailable
from db.domain.login_throttling import ANYBODY, ANYWHERE, PLACE_KNOWN, AttemptKey, Attempts, Pace
from db.ports.store import Store

log = logging.getLogger(__name__)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ONE_PLACE = Pace(free=3, first=30 * SECOND, longest=HOUR, forgotten=24 * HOUR)
"""One login from one device or network."""
ONE_LOGIN = Pace(free=8, first=MINUTE, longest=5 * MINUTE, forgotten=HOUR)
"""One login, strangers from everywhere together."""
ONE_NETWORK = Pace(free=30, first=30 * SECOND, longest=5 * MINUTE, forgotten=HOUR)
"""Whatever logins a stranger tries from one network."""
TELLING = 8
"""So many wrong passwords are more than a slip of the finger: the person is told."""
PURGE_EVERY = 200  # attempts of strangers


class Transactions(Protocol):
    def reading(self) -> AbstractContextManager[Store]: ...

    def writing(self) -> AbstractContextManager[Store]: ...


@dataclass(frozen=True)
class Attempt:
    """A password that somebody sends, and from where."""

    login: str
    address: str
    device: str | None = None
    """Place of the browser, if it has a mark; see `api.auth.devices`."""

    @property
    def person(self) -> str:
        """The login as it is counted."""
        return account(self.login)

    @property
    def network(self) -> str:
        """One subscriber of IPv6 has a whole /64 to write from."""
        try:
            known = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address[:80]
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
            return str(known.ipv4_mapped)  # else all of IPv4 were one network
        if known.version == 6:
            return str(ipaddress.ip_network((known, 64), strict=False))
        return self.address


def account(login: str) -> str:
    """One spelling of a login: the engine's own may differ in case. No database keeps a NUL."""
    return login.casefold().replace("\0", "\N{REPLACEMENT CHARACTER}")[:64]


@dataclass(frozen=True)
class CountedAttempt:
    """An attempt on its way to the engine, and what it was counted under."""

    attempt: Attempt
    failures: Mapping[AttemptKey, int]
    device_known: bool
    """Somebody has logged in with this browser before."""

    @property
    def is_telling(self) -> bool:
        """This one, if wrong, makes them so many that the person should know."""
        own = {AttemptKey(place, self.attempt.person) for place in (ANYWHERE, self.attempt.network)}
        return any(number == TELLING for key, number in self.failures.items() if key in own)


@dataclass
class LoginThrottle:
    """Counts in the database, for all API processes together.

    An attempt counts from its beginning, so that many at once do not slip through; a right
    password takes its own attempt back. An attempt that must wait writes nothing.
    """

    database: Transactions
    clock: Callable[[], datetime] = clock.now
    _strangers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def begin(self, attempt: Attempt) -> CountedAttempt:
        """Count an attempt before the password is looked at.

        Raises: TooManyAttempts, Unavailable.
        """
        now = self.clock()
        with self.database.reading() as store:
            seen = store.login_attempts.seen(attempt.person, attempt.network, attempt.device)
        paces = self._paces(attempt, seen, now)
        until = max((seen[key].until for key in paces if key in seen), default=now)
        if until > now:
            raise TooManyAttempts(until - now)
        with self.database.writing() as store:
            failures = {}
            for key, pace in paces.items():
                counted = store.login_attempts.count(key, pace, now)
                if counted is None:  # another one came first, since we looked
                    raise TooManyAttempts(pace.first)
                failures[key] = counted
        if len(paces) > 1 and next(self._strangers) % PURGE_EVERY == 0:
            self.purge()
        return CountedAttempt(attempt, failures, _is_known(attempt.device, seen.values(), now))

    def succeeded(self, counted: CountedAttempt, device: str | None = None) -> None:
        """The password was right: the network and the browser are known from now on."""
        attempt, now = counted.attempt, self.clock()
        places = [place for place in (device, attempt.network) if place]
        with self.database.writing() as store:
            for key in counted.failures:
                store.login_attempts.take_back(key)
            for place in places:
                store.login_attempts.proven(AttemptKey(place, attempt.person), now)

    def unfinished(self, counted: CountedAttempt) -> None:
        """Take the attempt back: the password was never checked."""
        with self.database.writing() as store:
            for key in counted.failures:
                store.login_attempts.take_back(key)

    def forgive(self, login: str) -> None:
        """The login has a new password: whoever has it need not wait for others' guesses."""
        with self.database.writing() as store:
            store.login_attempts.forgive(account(login))

    def purge(self) -> None:
        try:
            with self.database.writing() as store:
                store.login_attempts.purge(self.clock())
        except Unavailable as trouble:
            log.warning("Old counts of attempts stay for now: %s", trouble)

    def _paces(
        self, attempt: Attempt, seen: Mapping[AttemptKey, Attempts], now: datetime
    ) -> Mapping[AttemptKey, Pace]:
        """Counters of an attempt with their pace, always in the same order, so that two attempts
        cannot deadlock in the database."""
        for place in (attempt.device, attempt.network):
            if place is not None:
                key = AttemptKey(place, attempt.person)
                if key in seen and _is_proven(seen[key], now):
                    return {key: ONE_PLACE}
        return {
            AttemptKey(attempt.network, attempt.person): ONE_PLACE,
            AttemptKey(ANYWHERE, attempt.person): ONE_LOGIN,
            AttemptKey(attempt.network, ANYBODY): ONE_NETWORK,
        }


def _is_proven(attempts: Attempts, now: datetime) -> bool:
    return attempts.proven_at is not None and attempts.proven_at > now - PLACE_KNOWN


def _is_known(device: str | None, seen: Iterable[Attempts], now: datetime) -> bool:
    return device is not None and any(
        one.key.place == device and _is_proven(one, now) for one in seen
    )
