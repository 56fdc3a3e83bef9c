"""Storage ports of messages and of once-only effects: outbox, mails, processed tasks, locks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from db.domain.entities import (
    Answered,
    Mail,
    Notification,
    OutboxKind,
    OutboxRow,
)
from db.domain.values import Json


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
