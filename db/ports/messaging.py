"""Storage ports of messages and of once-only effects: outbox, e-mails, processed tasks, locks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from db.domain.entities import Answered, Mail, Notification, OutboxKind, OutboxRow
from db.domain.values import Json


class Notifications(Protocol):
    def add(self, recipient: str, key: str, text: str, deal_id: str | None) -> bool:
        """Add a notification once per deal, key and recipient. Returns: whether it is new."""
        ...

    def of(
        self,
        recipient: str,
        *,
        unread_only: bool = False,
        after: int | None = None,
        limit: int = 200,
    ) -> Sequence[Notification]:
        """Notifications, newest first, older than the notification ``after``."""
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
        """Add an e-mail once per message id. Returns: whether it is new."""
        ...

    def get(self, mail_id: int) -> Mail | None: ...

    def lease(self, duration: timedelta, limit: int = 20) -> Sequence[Mail]:
        """Lease e-mails to send now, least tried first; others do not get them for ``duration``."""
        ...

    def sent(self, mail_id: int) -> None: ...

    def delayed(self, mail_id: int, error: str, pause: timedelta) -> None: ...

    def failed(self, mail_id: int, error: str) -> None: ...

    def readdressed(self, mail_id: int, address: str) -> None: ...

    def resend(self, mail_id: int, by: str, at: datetime) -> bool:
        """Schedule a waiting or failed e-mail for an immediate attempt; safe to repeat.

        Returns: False if it was sent, or there is none.
        """
        ...

    def waiting_since(self) -> datetime | None:
        """Creation time of the oldest waiting e-mail; None if none waits."""
        ...

    def unsent(self, limit: int = 200) -> Sequence[Mail]: ...


class Outbox(Protocol):
    def add(self, deal_id: str, kind: OutboxKind, payload: Mapping[str, Json]) -> None: ...

    def lease(self, owner: str, duration: timedelta, limit: int = 20) -> Sequence[OutboxRow]:
        """Lease rows to deliver now: the oldest undelivered row of each deal that is free."""
        ...

    def delivered(self, row_id: int, owner: str) -> bool:
        """Mark a row as delivered. Returns: False if the lease was lost meanwhile."""
        ...

    def postponed(self, row_id: int, owner: str, error: str, pause: timedelta) -> None: ...

    def alerted(self, row_id: int) -> None: ...

    def pending(self, deal_id: str | None = None) -> Sequence[OutboxRow]: ...


class Processes(Protocol):
    def register(self, deal_id: str, instance_id: str) -> bool:
        """Register the deal's root instance. Returns: False if another one is registered."""
        ...

    def release(self, deal_id: str) -> None:
        """Unregister the deal's instance before a repair starts another."""
        ...

    def instance_of(self, deal_id: str) -> str | None: ...


class ProcessedTasks(Protocol):
    """Stored results of processed external tasks by task id, replayed on redelivery."""

    def count_attempt(self, task_id: str, topic: str) -> int:
        """Count an attempt, to be committed before the handler runs. Returns: attempts so far."""
        ...

    def reset_attempts(self, task_id: str) -> None:
        """Reset the counter after the worker survived an attempt."""
        ...

    def answer(self, task_id: str) -> Mapping[str, Json] | None: ...

    def keep(self, task_id: str, topic: str, answer: Mapping[str, Json]) -> None:
        """Store a result in the transaction of its effect; a second writer fails on the key."""
        ...


class Idempotency(Protocol):
    def find(self, principal: str, key: str) -> Answered | None: ...

    def keep(self, principal: str, key: str, answered: Answered) -> None:
        """Store a response in the transaction of its effect; a second writer fails on the key."""
        ...


class Leases(Protocol):
    """Named, time-limited locks shared by all processes."""

    def take(self, name: str, duration: timedelta) -> bool:
        """Acquire a lock. Returns: False while ``name`` is held, also by ourselves."""
        ...

    def free(self, name: str) -> None: ...
