"""The storage as the rest of the suite sees it. `db.store` implements it on SQLAlchemy.

A `Store` is one transaction: everything done through it is kept together or not at all. Nothing
here commits; `OpenStore` does at the end of its `with` block, or rolls back on an exception.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from db.domain.absences import Absence
from db.domain.approval import Decision, Round, RoundState
from db.domain.catalog import Catalog, ListItem
from db.domain.deal import Deal
from db.domain.entities import (
    Answered,
    Attachment,
    ItemChange,
    Mail,
    Note,
    NoteKind,
    Notification,
    OutboxKind,
    OutboxRow,
    Token,
    WorkerSeen,
)
from db.domain.fulfilment import Run, RunState
from db.domain.history import Actor, Change, HistoryRow
from db.domain.list_versions import ANY_VERSION
from db.domain.login_throttling import AttemptKey, Attempts, Pace
from db.domain.onec_bindings import Binding, BindingKind
from db.domain.side_processes import SideProcess
from db.domain.values import Json


@dataclass(frozen=True)
class DealFilter:
    """Which deals to list; all conditions hold together, None means any."""

    direction: str | None = None
    stage: str | None = None
    manager: str | None = None
    inn: str | None = None
    text: str | None = None
    """Words found in number, client and text fields, case-insensitive."""
    open: bool | None = None
    readable_by: str | None = None
    """Only deals led by this login, of ``directions``, or with a decision of this login…"""
    directions: tuple[str, ...] = ()
    """… or of these directions (heads). Ignored without ``readable_by``."""
    also: tuple[str, ...] = ()
    """… or these deal ids (open tasks). Ignored without ``readable_by``."""


class Deals(Protocol):
    def add(self, deal: Deal, actor: Actor) -> Deal:
        """Store a new deal; its id "D-<year>-<number>" is given here. History: created."""
        ...

    def get(self, deal_id: str, *, for_update: bool = False) -> Deal:
        """Raises: DealNotFound."""
        ...

    def save(self, deal: Deal, actor: Actor) -> None:
        """Store the recorded changes with history, version + 1; without changes nothing happens.

        Raises: DealChanged if somebody saved it since it was read.
        """
        ...

    def page(self, wanted: DealFilter, *, after: str | None, limit: int) -> Sequence[Deal]:
        """Newest first; ``after``: id of the last deal of the page before (keyset)."""
        ...

    def open_ids(self) -> Sequence[str]: ...

    def stages(self, ids: Collection[str] | None = None) -> Mapping[str, tuple[str, str]]:
        """Direction and stage by id: of all open deals, or of ``ids`` as far as they exist."""
        ...

    def managers(self) -> Mapping[str, str]:
        """Of the open deals: id → login of the manager."""
        ...

    def changed_fields(self, deal_id: str, since_version: int) -> Sequence[str]:
        """Subjects changed after a version, for the words of a conflict."""
        ...


class History(Protocol):
    def append(
        self, deal_id: str, changes: Iterable[Change], actor: Actor, version: int
    ) -> None: ...

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[HistoryRow]: ...


class Rounds(Protocol):
    def open(self, round_: Round) -> Round:
        """Store a new round with the next number; the same instance again gets its own round."""
        ...

    def of(self, deal_id: str) -> Sequence[Round]: ...

    def latest(self, deal_id: str) -> Round | None: ...

    def close(self, deal_id: str, number: int, state: RoundState, at: datetime) -> bool:
        """Returns: whether it was open until now."""
        ...

    def decisions(self, deal_id: str) -> Sequence[Decision]: ...

    def decision(self, deal_id: str, round_: int, step: str) -> Decision | None: ...

    def record(self, decision: Decision) -> None: ...


class Runs(Protocol):
    """Runs of fulfilment."""

    def open(self, run: Run) -> Run:
        """Store a new run with the next number; an instance again gets its own run, and a repaired
        process takes over the run that is open."""
        ...

    def of(self, deal_id: str) -> Sequence[Run]: ...

    def current(self, deal_id: str) -> Run | None:
        """The open run."""
        ...

    def numbered(self, run: Run, shipment_number: str) -> None: ...

    def redirected(self, run: Run, direction: str) -> None: ...

    def close(self, run: Run, state: RunState, at: datetime) -> bool:
        """Returns: whether it was open until now."""
        ...


class Bindings(Protocol):
    """Which rows of 1C stand behind the numbers of deals."""

    def active(self, deal_id: str, kind: BindingKind, run: int = 0) -> Binding | None: ...

    def of(self, deal_id: str) -> Sequence[Binding]:
        """Also those that are not active any more."""
        ...

    def elsewhere(
        self, infobase: str, kind: BindingKind, ref_key: str, deal_id: str, run: int
    ) -> Sequence[Binding]:
        """Active bindings of the same row to other deals, or to other runs of this one."""
        ...

    def all_active(self) -> Sequence[Binding]: ...

    def put(self, binding: Binding) -> None:
        """Store it by id; another active one of the same deal, kind and run is active no more.

        Raises: Conflict at the end of the transaction, if the shipment is another deal's.
        """
        ...

    def release(self, deal_id: str, kind: BindingKind, run: int) -> None:
        """Nothing is bound there any more: the row may serve another deal."""
        ...


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


class SideProcesses(Protocol):
    """Processes beside a deal's own one."""

    def open(self, side: SideProcess) -> bool:
        """Returns: whether it is new, or was closed until now."""
        ...

    def register(self, key: str, instance_id: str) -> bool:
        """Make this instance the one. Returns: False if another one is, or none is wanted."""
        ...

    def release(self, key: str, instance_id: str) -> None:
        """Forget this instance: the engine has lost it. Another one stays."""
        ...

    def changed(self, key: str, told: Mapping[str, Json] | None = None) -> bool:
        """What it works with has changed: its instance must hear of a newer version.

        ``told``: variables of the row that are other now; if none is, nothing has changed.
        Returns: False if there is nothing or nobody to hear.
        """
        ...

    def close(self, key: str, at: datetime) -> bool: ...

    def find(self, key: str) -> SideProcess | None: ...

    def running(self) -> Sequence[SideProcess]:
        """All that are not closed."""
        ...


class Attachments(Protocol):
    def add(self, attachment: Attachment, actor: Actor) -> Attachment:
        """Store the next version of a deal's file, with history. The deal's version stays."""
        ...

    def get(self, file_id: str) -> Attachment | None: ...

    def of(self, deal_id: str) -> Sequence[Attachment]: ...

    def bytes_of(self, deal_id: str) -> int:
        """Of all versions of all files of a deal."""
        ...

    def bytes_by(self, login: str, since: datetime) -> int:
        """Of all that somebody put into whatever deals since then."""
        ...

    def uses(self, sha256: str) -> bool:
        """Whether any deal has, or had, a file with this content."""
        ...

    def downloaded(self, attachment: Attachment, actor: Actor) -> None:
        """A restricted file was read: history says who."""
        ...


class Notes(Protocol):
    def add(
        self,
        deal_id: str,
        kind: NoteKind,
        text: str,
        actor: Actor,
        *,
        invoice_number: str | None = None,
        amount: str | None = None,
    ) -> Note: ...

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[Note]:
        """The oldest first, from behind the note ``after``."""
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


class Notifications(Protocol):
    def add(self, recipient: str, key: str, text: str, deal_id: str | None) -> bool:
        """Once per deal, key and recipient. Returns: whether it is new."""
        ...

    def of(
        self,
        recipient: str,
        *,
        unread_only: bool = False,
        after: int | None = None,
        limit: int = 200,
    ) -> Sequence[Notification]:
        """The newest first, from behind (older than) the notification ``after``."""
        ...

    def read(self, recipient: str, notification_id: int) -> bool: ...


class Mails(Protocol):
    def add(
        self,
        message_id: str,
        recipient: str,
        address: str,
        subject: str,
        body: str,
        deal_id: str | None = None,
    ) -> bool:
        """Once per message id. Returns: whether it is new."""
        ...

    def get(self, mail_id: int) -> Mail | None: ...

    def lease(self, duration: timedelta, limit: int = 20) -> Sequence[Mail]:
        """Letters to send now, those that were tried least first; nobody else gets them until
        ``duration`` has passed."""
        ...

    def sent(self, mail_id: int) -> None: ...

    def delayed(self, mail_id: int, error: str, pause: timedelta) -> None: ...

    def failed(self, mail_id: int, error: str) -> None: ...

    def readdressed(self, mail_id: int, address: str) -> None: ...

    def resend(self, mail_id: int, by: str, at: datetime) -> bool:
        """Let a letter that waits or failed be tried at once; safe to repeat.

        Returns: False if it was sent, or there is none.
        """
        ...

    def waiting_since(self) -> datetime | None:
        """When the oldest waiting letter was written; None if none waits."""
        ...

    def unsent(self, limit: int = 200) -> Sequence[Mail]: ...


class Outbox(Protocol):
    def add(self, deal_id: str, kind: OutboxKind, payload: Mapping[str, Json]) -> None: ...

    def lease(self, owner: str, duration: timedelta, limit: int = 20) -> Sequence[OutboxRow]:
        """Rows to deliver now: the oldest undelivered of each deal, not leased, not paused."""
        ...

    def delivered(self, row_id: int, owner: str) -> bool:
        """Returns: False if the lease was lost meanwhile and another did it."""
        ...

    def postponed(self, row_id: int, owner: str, error: str, pause: timedelta) -> None: ...

    def alerted(self, row_id: int) -> None: ...

    def pending(self, deal_id: str | None = None) -> Sequence[OutboxRow]: ...


class Processes(Protocol):
    def register(self, deal_id: str, instance_id: str) -> bool:
        """Make this root instance the deal's. Returns: False if another one is already."""
        ...

    def release(self, deal_id: str) -> None:
        """Forget the deal's instance, before a repair starts another."""
        ...

    def instance_of(self, deal_id: str) -> str | None: ...


class ProcessedTasks(Protocol):
    """Redelivery memory of the worker: external task id → stored answer."""

    def count_attempt(self, task_id: str, topic: str) -> int:
        """Count an attempt; commit it before the handler runs. Returns: attempts so far."""
        ...

    def reset_attempts(self, task_id: str) -> None:
        """Forget the attempts: the worker lived through the last one."""
        ...

    def answer(self, task_id: str) -> Mapping[str, Json] | None: ...

    def keep(self, task_id: str, topic: str, answer: Mapping[str, Json]) -> None:
        """Written in the transaction of the effect; a second writer fails on the key."""
        ...


class Idempotency(Protocol):
    def find(self, principal: str, key: str) -> Answered | None: ...

    def keep(self, principal: str, key: str, answered: Answered) -> None:
        """Written in the transaction of the effect; a second writer fails on the key."""
        ...


class Leases(Protocol):
    """What only one may do at a time."""

    def take(self, name: str, duration: timedelta) -> bool:
        """Returns: False while ``name`` is taken, by whomever, ourselves included."""
        ...

    def free(self, name: str) -> None: ...


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


class Store(Protocol):
    """One transaction over everything we keep."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def deals(self) -> Deals: ...
    @property
    def history(self) -> History: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def bindings(self) -> Bindings: ...
    @property
    def absences(self) -> Absences: ...
    @property
    def side_processes(self) -> SideProcesses: ...
    @property
    def attachments(self) -> Attachments: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def lists(self) -> Lists: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def processed(self) -> ProcessedTasks: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def workers(self) -> Workers: ...
    @property
    def login_attempts(self) -> LoginAttempts: ...
    @property
    def web_sessions(self) -> WebSessions: ...


OpenStore = Callable[[], AbstractContextManager[Store]]
"""Opens one transaction: commits at the end of the block, rolls back on an exception."""


class Conflict(Exception):
    """Another transaction wrote the same key first; roll back, then read what it stored."""
