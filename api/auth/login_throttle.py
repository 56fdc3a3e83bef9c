"""Login throttle: slows down password guessing without locking out the owner of the login.

Attempts from a known place (a browser or network where the login has succeeded before) are counted
for that place alone, so attempts from elsewhere do not affect them. All other attempts are counted
per network and login, per login, and per network.
"""

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.http import clock
from api.http.client_network import network_of
from api.http.problems import TooManyAttempts
from db.domain.errors import Unavailable
from db.domain.people.login_throttling import (
    ANYBODY,
    ANYWHERE,
    PLACE_KNOWN,
    AttemptKey,
    Attempts,
    Pace,
)
from db.store.database import Database

log = logging.getLogger(__name__)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ONE_PLACE = Pace(free=3, first=30 * SECOND, longest=HOUR, forgotten=24 * HOUR)
"""One login from one device or network."""
ONE_LOGIN = Pace(free=8, first=MINUTE, longest=5 * MINUTE, forgotten=HOUR)
"""One login from all unknown places together."""
ONE_NETWORK = Pace(free=30, first=30 * SECOND, longest=5 * MINUTE, forgotten=HOUR)
"""All logins from one network where they have not succeeded before."""
ALERT_AT = 8
"""Wrong passwords after which the person is warned; fewer may be typing errors."""
PURGE_EVERY = 200  # attempts from unknown places


@dataclass(frozen=True)
class Attempt:
    """One password check: the login and where the request comes from."""

    login: str
    address: str
    device: str | None = None
    """Place of the browser, if it has a device cookie; see `api.auth.device_cookie`."""

    @property
    def person(self) -> str:
        """The login in the form under which attempts are counted."""
        return canonical_login(self.login)

    @property
    def network(self) -> str:
        """As `network_of`, short enough for the database."""
        return network_of(self.address)[:80]


def canonical_login(login: str) -> str:
    """A login case-folded, without NUL (which PostgreSQL cannot store), at most 64 characters."""
    return login.casefold().replace("\0", "\N{REPLACEMENT CHARACTER}")[:64]


@dataclass(frozen=True)
class CountedAttempt:
    """An attempt that was counted before the engine checks its password."""

    attempt: Attempt
    failures: Mapping[AttemptKey, int]
    """Attempts under each counter, this one included."""
    device_known: bool
    """Whether a login has succeeded in this browser before."""

    @property
    def triggers_alert(self) -> bool:
        """Whether this attempt, if wrong, reaches `ALERT_AT`."""
        own = {AttemptKey(place, self.attempt.person) for place in (ANYWHERE, self.attempt.network)}
        return any(number == ALERT_AT for key, number in self.failures.items() if key in own)


@dataclass
class LoginThrottle:
    """Counts attempts in the database, for all API processes together.

    An attempt is counted before the check, so that parallel attempts do not bypass the limit; a
    right password withdraws its own attempt. A refused attempt writes nothing.
    """

    database: Database
    clock: Callable[[], datetime] = clock.now
    _strangers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def begin(self, attempt: Attempt) -> CountedAttempt:
        """Count an attempt before its password is checked.

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
                if counted is None:  # a concurrent attempt was counted since the read
                    raise TooManyAttempts(pace.first)
                failures[key] = counted
        if len(paces) > 1 and next(self._strangers) % PURGE_EVERY == 0:
            self.purge()
        return CountedAttempt(attempt, failures, _is_known(attempt.device, seen.values(), now))

    def succeeded(self, counted: CountedAttempt, device: str | None = None) -> None:
        """Withdraw a successful attempt; its network and ``device`` become known places."""
        attempt, now = counted.attempt, self.clock()
        places = [place for place in (device, attempt.network) if place]
        with self.database.writing() as store:
            for key in counted.failures:
                store.login_attempts.take_back(key)
            for place in places:
                store.login_attempts.proven(AttemptKey(place, attempt.person), now)

    def withdraw(self, counted: CountedAttempt) -> None:
        """Withdraw an attempt whose password the engine did not check."""
        with self.database.writing() as store:
            for key in counted.failures:
                store.login_attempts.take_back(key)

    def reset_attempts(self, login: str) -> None:
        """Reset the counters of a login that has got a new password."""
        with self.database.writing() as store:
            store.login_attempts.forgive(canonical_login(login))

    def purge(self) -> None:
        """Delete expired counters; logs an outage instead of raising it."""
        try:
            with self.database.writing() as store:
                store.login_attempts.purge(self.clock())
        except Unavailable as trouble:
            log.warning("expired login counters could not be deleted: %s", trouble)

    def _paces(
        self, attempt: Attempt, seen: Mapping[AttemptKey, Attempts], now: datetime
    ) -> Mapping[AttemptKey, Pace]:
        """Counters of an attempt with their pace, in a fixed order that prevents deadlocks."""
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
