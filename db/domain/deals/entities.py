"""Records stored beside a deal: files, notes, notifications, e-mails, outbox rows, tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from db.domain.fields.values import Json


@dataclass(frozen=True)
class Attachment:
    """One version of a deal's file; the bytes are stored by ``sha256`` outside the database."""

    id: str
    deal_id: str
    field: str
    version: int
    name: str
    size: int
    """Bytes."""
    media_type: str
    sha256: str
    uploaded_by: str
    uploaded_at: datetime


class NoteKind(StrEnum):
    """Kind of a note on a deal."""

    NOTE = "note"
    CALL = "call"
    INVOICE = "invoice"


@dataclass(frozen=True)
class Note:
    """Note, call or invoice of a deal; an invoice has a number and an amount (RUB, 2 places,
    string).
    """

    id: int
    deal_id: str
    kind: NoteKind
    text: str
    author: str
    at: datetime
    invoice_number: str | None = None
    amount: str | None = None


@dataclass(frozen=True)
class ItemChange:
    """One change of a list item; ``old`` is None when created, ``new`` is None when deleted."""

    id: int
    code: str
    at: datetime
    actor: str
    old: Json
    new: Json


@dataclass(frozen=True)
class Notification:
    """In-app message, at most one per ``key`` and recipient."""

    id: int
    deal_id: str | None
    recipient: str
    key: str
    """What it is about, e.g. "round-2:terms-agreed"."""
    text: str
    at: datetime
    read_at: datetime | None = None


CLIENT = "client-link"
"""In place of a login: a client who acts without an account, and the recipient of clients' mail.
No login contains a hyphen."""


class MailState(StrEnum):
    """Delivery state of an e-mail."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # refused permanently; an administrator is notified and may send it again


@dataclass(frozen=True)
class Mail:
    """E-mail to send; ``message_id`` is the same in every attempt."""

    id: int
    message_id: str
    recipient: str
    address: str
    subject: str
    body: str
    created_at: datetime
    state: MailState = MailState.WAITING
    attempts: int = 0
    next_attempt_at: datetime | None = None
    last_error: str | None = None
    """Russian, for administrators."""
    deal_id: str | None = None
    """Id of the deal that the e-mail is about."""
    resent_by: str | None = None
    resent_at: datetime | None = None
    """When somebody last asked to send it again."""


class OutboxKind(StrEnum):
    """Kind of a message: for the engine, or for another deal."""

    START = "start"  # payload: {"process", "variables"}
    MESSAGE = "message"  # payload: {"message", "moveVersion" (absent for DealLost), "variables"}
    PARTS = (
        "parts"  # of a closed order of parts: the repair that waits for it may go on; no payload
    )


@dataclass(frozen=True)
class OutboxRow:
    """Message for the engine, delivered in order per deal."""

    id: int
    deal_id: str
    kind: OutboxKind
    payload: Mapping[str, Json]
    created_at: datetime
    attempts: int = 0
    last_error: str | None = None
    delivered_at: datetime | None = None
    alerted_at: datetime | None = None


@dataclass(frozen=True)
class Token:
    """Access token of a program; the secret itself is not stored."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Answered:
    """Stored response of an idempotent request."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    body_hash: str = ""


@dataclass(frozen=True)
class WorkerSeen:
    """Last heartbeat of a worker process."""

    worker: str
    seen_at: datetime


IDEMPOTENCY_KEPT = timedelta(days=7)
