"""Throttling of login attempts: pauses and what is remembered of failed passwords."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ANYWHERE = ""
"""The place of attempts on one login from wherever they come."""
ANYBODY = ""
"""The login of attempts from one place on whomever they try."""


@dataclass(frozen=True)
class AttemptKey:
    """Key of one counter: attempts on ``login`` from ``place``."""

    place: str
    login: str


@dataclass(frozen=True)
class Pace:
    """Allowed attempts before a pause, and the pause, which doubles with each further one."""

    free: int
    """So many come without a pause."""
    first: timedelta
    longest: timedelta
    forgotten: timedelta
    """After so long without an attempt the count starts anew; longer than ``longest``."""


@dataclass(frozen=True)
class Attempts:
    """Failed attempts of one key since the last success, and the end of its pause."""

    key: AttemptKey
    failures: int
    until: datetime
    proven_at: datetime | None
    """Last right password of this login at this place."""


PLACE_KNOWN = timedelta(days=180)
"""So long a place is remembered where somebody logged in."""
PLACES_PER_LOGIN = 50
"""The newest places of a login; older ones are forgotten."""
ATTEMPTS_KEPT = timedelta(days=1)
MOST_ROWS = 50_000
"""Counts of places where nobody ever logged in; beyond, the least telling ones go."""
SESSION_LONGEST = timedelta(hours=12)
"""Then a person logs in again. A password that was changed in the engine itself, beside the
webapp proxy, is asked for at the latest then."""
SESSIONS_PER_LOGIN = 50
