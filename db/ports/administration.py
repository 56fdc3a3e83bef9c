"""Storage ports of what administrators keep: lists, absences, tokens, logins, sessions, workers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from db.domain.absences import Absence
from db.domain.catalog import ListItem
from db.domain.entities import (
    ItemChange,
    Token,
    WorkerSeen,
)
from db.domain.history import Actor
from db.domain.list_versions import ANY_VERSION
from db.domain.login_throttling import AttemptKey, Attempts, Pace


class Absences(Protocol):
    def add(self, absence: Absence) -> None: ...

    def cancel(self, absence_id: str, by: str, at: datetime) -> bool:
        """Returns: whether it was in force until now."""
        ...

    def get(self, absence_id: str) -> Absence | None: ...

    def all(self) -> Sequence[Absence]:
        """Also past and cancelled ones, the latest first."""
        ...

    def on(self, day: date) -> Sequence[Absence]:
        """Those in force on a day."""
        ...


class Lists(Protocol):
    """Universal lists; also answers `values.ListNames`."""

    def is_active(self, list_code: str, item: str) -> bool: ...

    def name_of(self, list_code: str, item: str) -> str: ...

    def items(self, list_code: str) -> Sequence[ListItem]: ...

    def item(self, list_code: str, item: str) -> ListItem:
        """Raises: ListItemNotFound."""
        ...

    def put(
        self, list_code: str, item: ListItem, actor: Actor, seen: str = ANY_VERSION
    ) -> tuple[ListItem, bool]:
        """Create or change an item, with history. Returns: the item, and whether it is new.

        ``seen``: its `version` that the change was made against, or `NO_ITEM`.
        Raises: ListItemChanged, ListItemExists. Conflict if two create it at once.
        """
        ...

    def remove(self, list_code: str, item: str, actor: Actor, seen: str = ANY_VERSION) -> None:
        """Delete an item that no deal ever had, with history.

        Raises: ListItemNotFound, ListItemInUse.
        """
        ...

    def history(self, list_code: str, *, after: int = 0, limit: int = 500) -> Sequence[ItemChange]:
        """The oldest first, from behind the record ``after``."""
        ...


class Tokens(Protocol):
    def add(self, token: Token, secret_hash: str) -> None: ...

    def find(self, secret_hash: str) -> Token | None: ...

    def all(self) -> Sequence[Token]: ...

    def revoke(self, token_id: str) -> bool: ...


class LoginAttempts(Protocol):
    """Wrong passwords per place and login. Places are devices, networks, or anywhere."""

    def seen(self, login: str, network: str, device: str | None) -> Mapping[AttemptKey, Attempts]:
        """What is known of an attempt's keys, and of everybody who uses the device."""
        ...

    def count(self, key: AttemptKey, pace: Pace, now: datetime) -> int | None:
        """Count one more. Returns: wrong ones so far, this one included; None, and nothing is
        counted, while the key's pause lasts.
        """
        ...

    def take_back(self, key: AttemptKey) -> None:
        """The last one does not count, and its pause neither."""
        ...

    def proven(self, key: AttemptKey, now: datetime) -> None:
        """The password was right: the count starts anew, and the place is known."""
        ...

    def forgive(self, login: str) -> None:
        """End all pauses of a login."""
        ...

    def purge(self, now: datetime) -> int:
        """Forget what tells nothing any more. Returns: how many rows."""
        ...


class WebSessions(Protocol):
    """Sessions of the web applications, by a hash of their ids."""

    def generation(self, login: str) -> int:
        """How often the login's password was changed here."""
        ...

    def begin(self, digest: str, login: str, generation: int, now: datetime) -> None:
        """``generation``: as it was before the password was looked at."""
        ...

    def login_of(self, digest: str, now: datetime) -> str | None:
        """None: never begun, ended, too old, or the password was changed since."""
        ...

    def end(self, digest: str) -> None: ...

    def password_changed(self, login: str) -> None:
        """End all sessions of a login, those that begin at this moment too."""
        ...

    def purge(self, now: datetime) -> int: ...


class Workers(Protocol):
    def seen(self, worker: str) -> None: ...

    def last_seen(self) -> WorkerSeen | None: ...

    def gone(self, worker: str) -> None: ...
