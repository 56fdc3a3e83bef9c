"""Storage ports of messages and of once-only effects: outbox, e-mails, processed tasks, locks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from db.domain.deals.entities import Answered, Mail, Notification, OutboxKind, OutboxRow
from db.domain.fields.values import Json
from db.domain.people.notices import Delivery, NoticeKind
from db.domain.people.push import Browser, PushMessage


class Notifications(Protocol):
    """In-app notifications."""

    def add(
        self, recipient: str, key: str, text: str, deal_id: str | None, *, silent: bool = False
    ) -> bool:
        """Add a notification once per deal, key and recipient. Returns: whether it is new.

        ``silent``: as one that is read already.
        """
        ...

    def delivery(self, recipient: str, kind: NoticeKind) -> Delivery:
        """Channels that a person chose for a kind of notifications; all by default."""
        ...

    def deliveries(self, recipient: str) -> Mapping[NoticeKind, Delivery]:
        """Channels by kind, only of kinds for which the person has chosen."""
        ...

    def choose(self, recipient: str, kind: NoticeKind, delivery: Delivery) -> None:
        """Store a person's choice for a kind. Safe to repeat."""
        ...

    def of(
        self,
        recipient: str,
        *,
        unread_only: bool = False,
        after: int | None = None,
        limit: int = 200,
    ) -> Sequence[Notification]:
        """Notifications, newest first; ``after``: id of the last one of the previous page."""
        ...

    def after(self, after: int) -> Sequence[tuple[int, str]]:
        """Id and recipient of the notifications with a greater id."""
        ...

    def newest(self) -> int:
        """Id of the newest notification, 0 without any."""
        ...

    def unread(self, recipient: str) -> int:
        """Number of unread notifications."""
        ...

    def read(self, recipient: str, notification_id: int) -> bool:
        """Mark a notification as read. Returns: False if the recipient has no such one."""
        ...

    def read_up_to(self, recipient: str, newest: int) -> int:
        """Mark the notifications with this id and smaller ones as read. Returns: how many."""
        ...


class Mails(Protocol):
    """E-mails to send; sent and failed ones are kept."""

    def add(
        self,
        message_id: str,
        recipient: str,
        address: str,
        subject: str,
        body: str,
        deal_id: str | None = None,
        *,
        secret: bool = False,
    ) -> bool:
        """Add an e-mail once per message id; the text of a ``secret`` one is deleted when it is
        sent. Returns: whether it is new.
        """
        ...

    def get(self, mail_id: int) -> Mail | None: ...

    def about(self, deal_id: str, *, at: datetime, id: int, limit: int) -> Sequence[Mail]:
        """E-mails about a deal, the last first, that precede the mail ``id`` of an instant."""
        ...

    def lease(self, duration: timedelta, limit: int = 20) -> Sequence[Mail]:
        """Lease e-mails to send now, least tried first; others do not get them for ``duration``."""
        ...

    def sent(self, mail_id: int) -> None:
        """Mark an e-mail as sent."""
        ...

    def delayed(self, mail_id: int, error: str, pause: timedelta) -> None:
        """Record a failed attempt; the next one is due after ``pause``."""
        ...

    def failed(self, mail_id: int, error: str) -> None:
        """Mark a waiting e-mail as failed; it is not tried again unless `resend` asks for it."""
        ...

    def readdressed(self, mail_id: int, address: str) -> None:
        """Replace the address of an e-mail."""
        ...

    def resend(self, mail_id: int, by: str, at: datetime) -> bool:
        """Schedule a waiting or failed e-mail for an immediate attempt; safe to repeat.

        Returns: False if it was sent already or does not exist.
        """
        ...

    def waiting_since(self) -> datetime | None:
        """Creation time of the oldest waiting e-mail; None if none waits."""
        ...

    def unsent(self, limit: int = 200) -> Sequence[Mail]:
        """Waiting and failed e-mails, oldest first."""
        ...


class Pushes(Protocol):
    """Browsers in which people want notifications, and the notifications that wait for them."""

    def subscribe(self, browser: Browser) -> None:
        """Store a browser, also one that was another person's. Safe to repeat.

        Beyond the number that a person may have, their oldest ones are forgotten.
        """
        ...

    def browsers(self, login: str, server_key: str) -> Sequence[Browser]:
        """A person's browsers that a server with this public key can reach, oldest first."""
        ...

    def unsubscribe(self, login: str, browser_id: str) -> None:
        """Forget one of a person's browsers with what waits for it. Safe to repeat."""
        ...

    def forget(self, login: str) -> None:
        """Forget all browsers of a login, however it is spelled."""
        ...

    def add(self, recipient: str, kind: NoticeKind, deal_id: str | None) -> None:
        """Let a notification wait for each of the recipient's browsers."""
        ...

    def prune(self, before: datetime) -> int:
        """Delete what has waited since ``before``, and all but the newest of one kind and deal.

        Returns: how many.
        """
        ...

    def lease(
        self, duration: timedelta, limit: int = 20, *, except_hosts: Collection[str] = ()
    ) -> Sequence[PushMessage]:
        """Lease notifications to send now, least tried first, none to ``except_hosts``."""
        ...

    def delete(self, message_id: int) -> None:
        """Forget a notification that was sent, or never will be."""
        ...

    def delayed(self, message_id: int, pause: timedelta) -> None:
        """Count a failed attempt; the next one is due after ``pause``."""
        ...


class Outbox(Protocol):
    """Messages to the engine, delivered in order within each deal."""

    def add(self, deal_id: str, kind: OutboxKind, payload: Mapping[str, Json]) -> None: ...

    def lease(self, owner: str, duration: timedelta, limit: int = 20) -> Sequence[OutboxRow]:
        """Lease rows for ``owner``: the oldest undelivered one of each deal, if it is due.

        A row that is leased or postponed is not due. The attempt is counted.
        """
        ...

    def delivered(self, row_ids: Collection[int], owner: str) -> frozenset[int]:
        """Mark rows as delivered. Returns: those that no other owner has leased or delivered."""
        ...

    def postponed(self, row_id: int, owner: str, error: str, pause: timedelta) -> None:
        """Record a failed delivery; the next attempt is due after ``pause``."""
        ...

    def alerted(self, row_id: int) -> None:
        """Record that administrators were notified of an undelivered row."""
        ...

    def backlog(self) -> tuple[int, datetime | None]:
        """Number of undelivered rows, and when the oldest of them was added."""
        ...

    def pending(self, deal_id: str | None = None) -> Sequence[OutboxRow]:
        """Undelivered rows of one deal or of all, oldest first."""
        ...


class OutboxSignal(Protocol):
    """Tells a dispatcher in any process that rows were added to the outbox."""

    def wait(self, timeout: timedelta) -> bool:
        """Wait until a row may have been added. Returns: False after ``timeout``.

        Raises: Unavailable while the signal cannot be heard; the next call connects again.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Processes(Protocol):
    """The main process instance of each deal, by its id in the engine."""

    def register(self, deal_id: str, instance_id: str) -> bool:
        """Register a deal's main instance. Returns: False if another one is registered."""
        ...

    def release(self, deal_id: str) -> None:
        """Unregister the deal's instance before a repair starts another."""
        ...

    def instance_of(self, deal_id: str) -> str | None:
        """Id of the registered instance, or None."""
        ...


class Attempt(NamedTuple):
    """An attempt to execute an external task."""

    number: int
    """Attempts so far, with this one."""
    answer: Mapping[str, Json] | None
    """Result of an earlier delivery that was committed."""


class ProcessedTasks(Protocol):
    """Results of external tasks by task id: a task delivered again gets its stored result.

    Commit a counted attempt before the handler runs, so that it counts even if the worker crashes:
    the counters have transactions of their own.
    """

    def count_first_attempts(self, topics: Mapping[str, str]) -> Mapping[str, Attempt]:
        """Count the first attempts of tasks; ``topics``: task id → topic.

        Returns: attempts by task id. Tasks that have been attempted before are left out and are
        not counted.
        """
        ...

    def count_attempt(self, task_id: str, topic: str) -> Attempt:
        """Count an attempt of a task."""
        ...

    def reset_attempts(self, task_ids: Collection[str]) -> None:
        """Delete the counters after attempts that did not crash the worker."""
        ...

    def answers(self, task_ids: Collection[str]) -> Mapping[str, Mapping[str, Json]]:
        """Stored results by task id, of those tasks that have been completed."""
        ...

    def keep(self, answers: Mapping[str, tuple[str, Mapping[str, Json]]]) -> None:
        """Store results, in the same transaction as the changes that led to them.

        The attempts of these tasks are deleted. ``answers``: task id → topic and result. A task
        that has a result ends the transaction with Conflict.
        """
        ...


class Idempotency(Protocol):
    """Responses of the API by caller and `Idempotency-Key`."""

    def find(self, principal: str, key: str) -> Answered | None:
        """Stored response to an earlier request with the same key; None after a week."""
        ...

    def keep(self, principal: str, key: str, answered: Answered) -> None:
        """Store a response, in the same transaction as the changes that the request made.

        A second response for the same key ends the transaction with Conflict.
        """
        ...


class Leases(Protocol):
    """Named, time-limited locks shared by all processes."""

    def take(self, name: str, duration: timedelta) -> bool:
        """Acquire a lock. Returns: False while anybody holds it, the caller included."""
        ...

    def hold(self, name: str, owner: str, duration: timedelta) -> bool:
        """Acquire a lock or extend it for its owner. Returns: False while another one holds it."""
        ...

    def leave(self, name: str, owner: str) -> None:
        """Release a lock that `hold` acquired; that of another owner stays."""
        ...

    def free(self, name: str) -> None:
        """Release a lock before it expires."""
        ...


@dataclass(frozen=True)
class DealTrace:
    """Trace of the last request that moved a deal on."""

    traceparent: str
    at: datetime


class Traces(Protocol):
    """Traces by deal: steps of the engine are parts of the trace of the request before them."""

    def begin(self, deal_id: str, traceparent: str) -> None:
        """Store the trace of a request; the deal's earlier one is replaced."""
        ...

    def of(self, deal_ids: Collection[str]) -> Mapping[str, DealTrace]:
        """The newest traces, of those deals that have one."""
        ...


class Aged(StrEnum):
    """Kinds of rows that are deleted by age alone."""

    OUTBOX = "outbox"
    """Delivered messages to the engine, by the delivery; others are kept."""
    NOTIFICATIONS = "notifications"
    """In-app notifications. They also make sure that a thing is told once, so what lasts longer
    than they are kept is told again."""
    MAILS = "mails"
    """Sent e-mails, by their creation; waiting and failed ones are kept."""
    RESPONSES = "responses"
    """Responses for `Idempotency-Key`."""
    LEASES = "leases"
    """Locks, by their end."""
    TRACES = "traces"
    """Traces of the last request per deal."""
    ORDER_REQUESTS = "orderRequests"
    """Requests for the goods of an order in 1C."""


@dataclass(frozen=True)
class OldTask:
    """External task with a stored result or attempts; the order is that of the pages."""

    at: datetime
    task_id: str


class Retention(Protocol):
    """Deletion of rows that have served their purpose, in small pieces."""

    def delete(self, what: Aged, before: datetime, limit: int) -> int:
        """Delete the oldest rows of a kind. Returns: their number, ``limit`` at most."""
        ...

    def old_results(
        self, before: datetime, limit: int, after: OldTask | None = None
    ) -> Sequence[OldTask]:
        """Tasks whose result was stored before an instant, oldest first; ``after``: last one of
        the previous page.
        """
        ...

    def old_attempts(
        self, before: datetime, limit: int, after: OldTask | None = None
    ) -> Sequence[OldTask]:
        """Tasks whose last counted attempt was before an instant, paged like `old_results`."""
        ...

    def forget_tasks(self, task_ids: Collection[str]) -> None:
        """Delete results and attempts of tasks that the engine will never deliver again."""
        ...
