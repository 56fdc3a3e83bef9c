"""Storage ports of what administrators keep: lists, absences, tokens, logins, sessions, workers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from db.domain.catalog import ListItem
from db.domain.deals.entities import ItemChange, Token, WorkerSeen
from db.domain.deals.history import Actor
from db.domain.documents.templates import Template, TemplateVersion
from db.domain.list_versions import ANY_VERSION
from db.domain.people.absences import Absence
from db.domain.people.login_throttling import AttemptKey, Attempts, Pace


class Absences(Protocol):
    """Absences and substitutes of employees."""

    def add(self, absence: Absence) -> None: ...

    def cancel(self, absence_id: str, by: str, at: datetime) -> bool:
        """Cancel an absence. Returns: whether it was in force."""
        ...

    def get(self, absence_id: str) -> Absence | None: ...

    def all(self) -> Sequence[Absence]:
        """All absences, also past and canceled ones, latest first."""
        ...

    def on(self, day: date) -> Sequence[Absence]:
        """Absences in force on a day."""
        ...


class Lists(Protocol):
    """Universal lists; implements `values.ListNames` as well."""

    def is_active(self, list_code: str, item: str) -> bool: ...

    def name_of(self, list_code: str, item: str) -> str: ...

    def items(self, list_code: str) -> Sequence[ListItem]: ...

    def item(self, list_code: str, item: str) -> ListItem:
        """Item by code. Raises: ListItemNotFound."""
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
        """Changes of a list, oldest first, after the record ``after``."""
        ...


class Templates(Protocol):
    """Document templates with the files of all their versions."""

    def all(self) -> Sequence[Template]:
        """All templates, also those out of use, by name."""
        ...

    def get(self, template_id: str, *, for_update: bool = False) -> Template | None: ...

    def content(self, template_id: str, number: int) -> bytes | None:
        """The DOCX file of a version."""
        ...

    def add(self, template: Template, content: bytes) -> None:
        """Store a new template with its only version."""
        ...

    def add_version(self, template_id: str, version: TemplateVersion, content: bytes) -> None:
        """Store a version. Conflict if another transaction has stored this number."""
        ...

    def set_retired(self, template_id: str, by: str | None, at: datetime | None) -> None:
        """Take a template out of use, or, with None, back into it."""
        ...


class Tokens(Protocol):
    """Access tokens of programs, found by the hash of their secret."""

    def add(self, token: Token, secret_hash: str) -> None: ...

    def find(self, secret_hash: str) -> Token | None: ...

    def all(self) -> Sequence[Token]: ...

    def revoke(self, token_id: str) -> bool: ...


class LoginAttempts(Protocol):
    """Counters of failed logins by login and place (device, network, anywhere)."""

    def seen(self, login: str, network: str, device: str | None) -> Mapping[AttemptKey, Attempts]:
        """Counters of an attempt's keys, and of all logins known on the device."""
        ...

    def count(self, key: AttemptKey, pace: Pace, now: datetime) -> int | None:
        """Count a failed attempt. Returns: the new count; None, uncounted, during a pause."""
        ...

    def take_back(self, key: AttemptKey) -> None:
        """Undo the last counted attempt and its pause."""
        ...

    def proven(self, key: AttemptKey, now: datetime) -> None:
        """Record a correct password: the counter restarts and the place becomes known."""
        ...

    def forgive(self, login: str) -> None:
        """Reset all counters and pauses of a login."""
        ...

    def purge(self, now: datetime) -> int:
        """Delete expired counters. Returns: number of rows."""
        ...


class WebSessions(Protocol):
    """Sessions of the web applications, stored by a hash of their ids."""

    def generation(self, login: str) -> int:
        """Number of password changes of a login made through the proxy."""
        ...

    def begin(self, digest: str, login: str, generation: int, now: datetime) -> None:
        """Record a new session; ``generation``: read before the password was verified."""
        ...

    def login_of(self, digest: str, now: datetime) -> str | None:
        """Login of a session; None if unknown, ended, expired or before a password change."""
        ...

    def end(self, digest: str) -> None: ...

    def password_changed(self, login: str) -> None:
        """End all sessions of a login, including those being opened concurrently."""
        ...

    def purge(self, now: datetime) -> int: ...


class Workers(Protocol):
    """Heartbeats of worker processes."""

    def seen(self, worker: str) -> None: ...

    def last_seen(self) -> WorkerSeen | None: ...

    def gone(self, worker: str) -> None: ...
