"""SQLAlchemy tables; instants are aware UTC, JSON has the forms of `db.domain.fields.values`."""

import datetime as dt
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Document = JSON().with_variant(JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """Column type of aware datetimes, stored as UTC (SQLite has no zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """Declarative base of all tables, with the types of their columns."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant()}  # noqa: RUF012 - SQLAlchemy's own idiom


def table_of(row: type[Row]) -> Table:
    """Return the table of a class, for statements that need no objects of the session."""
    return Row.metadata.tables[row.__tablename__]


class CounterRow(Row):
    """Named counter, from which deal numbers are taken on SQLite."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


OPEN = text("closed_at IS NULL")
OPEN_DEALS = {
    "ix_deals_open": ("number",),
    "ix_deals_board": ("direction", "stage", "stage_since", "number", "amount"),
    "ix_deals_own_board": ("manager", "direction", "stage", "stage_since", "number", "amount"),
}
"""Indexes of open deals; those of the board also hold what it counts."""


class DealRow(Row):
    """Deal with its values as JSON and its search text."""

    __tablename__ = "deals"
    __table_args__ = (
        *(
            Index(f"ix_deals_{column}_number", column, "number")
            for column in ("direction", "stage", "manager", "inn")
        ),
        Index(
            "ix_deals_serial_number",
            "serial",
            "number",
            sqlite_where=text("serial IS NOT NULL"),
            postgresql_where=text("serial IS NOT NULL"),
        ),
        Index(
            "ix_deals_repair_number",
            "repair_id",
            "number",
            sqlite_where=text("repair_id IS NOT NULL"),
            postgresql_where=text("repair_id IS NOT NULL"),
        ),
        *(
            Index(name, *columns, sqlite_where=OPEN, postgresql_where=OPEN)
            for name, columns in OPEN_DEALS.items()
        ),
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(20), unique=True)
    direction: Mapped[str] = mapped_column(String(60))
    stage: Mapped[str] = mapped_column(String(60))
    manager: Mapped[str] = mapped_column(String(64))
    inn: Mapped[str | None] = mapped_column(String(12))
    serial: Mapped[str | None] = mapped_column(String(60))
    """Serial number as `db.domain.steps.repairs.serial_key` compares it."""
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """Sum of the deal in kopecks, see `db.domain.deals.deal.Deal.amount`. Of a deal that was closed
    before this column existed: None."""
    repair_id: Mapped[str | None] = mapped_column(String(20))
    """Repair that waits for the parts of this deal: the field `forRepair`."""
    values: Mapped[dict[str, Any]] = mapped_column(Document)
    search: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    moves: Mapped[int]
    correcting: Mapped[bool]
    created_at: Mapped[datetime]
    stage_since: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)


class ContactRow(Row):
    """Phone or e-mail of a deal in the form of `db.domain.fields.contacts.contact_keys`."""

    __tablename__ = "deal_contacts"
    key: Mapped[str] = mapped_column(String(500), primary_key=True)
    number: Mapped[int] = mapped_column(
        ForeignKey("deals.number"), primary_key=True, autoincrement=False, index=True
    )


class SavedViewRow(Row):
    """Named filter of the deal list that a person saved."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("login", "name"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    login: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]] = mapped_column(Document)


MOVES = ("created", "stage")
"""Kinds of history rows of which reports are made."""
IS_MOVE = text("kind IN ('created', 'stage')")


class HistoryEntry(Row):
    """History row; triggers of the migration refuse UPDATE and DELETE."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_deal_id_id", "deal_id", "id"),
        Index("ix_history_moves", "at", "deal_id", sqlite_where=IS_MOVE, postgresql_where=IS_MOVE),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(10))
    reference: Mapped[str | None] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    old: Mapped[Any] = mapped_column(Document, nullable=True)
    new: Mapped[Any] = mapped_column(Document, nullable=True)
    version: Mapped[int]


class RoundRow(Row):
    """Approval round of a deal."""

    __tablename__ = "approval_rounds"
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    chain: Mapped[str] = mapped_column(String(64), server_default="newClientTerms")
    """The default: rounds of releases that knew one chain, and of their workers still running."""
    stage_before: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64))
    terms: Mapped[dict[str, Any]] = mapped_column(Document)
    state: Mapped[str] = mapped_column(String(12))
    closed_at: Mapped[datetime | None]


class DecisionRow(Row):
    """Decision of one approver in a round."""

    __tablename__ = "decisions"
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    role: Mapped[str] = mapped_column(String(60))
    person: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    comment: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)
    task_id: Mapped[str] = mapped_column(String(64))
    changed: Mapped[dict[str, Any]] = mapped_column(Document)
    answers: Mapped[dict[str, Any]] = mapped_column(Document, server_default="{}")
    reliability: Mapped[dict[str, Any]] = mapped_column(Document)


class AttachmentRow(Row):
    """Version of a deal's file; the content is found by sha256."""

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("deal_id", "field", "version"),
        Index("ix_attachments_uploaded_by_uploaded_at", "uploaded_by", "uploaded_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"))
    field: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    uploaded_by: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]


class NoteRow(Row):
    """Note, call or invoice of a deal."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    invoice_number: Mapped[str | None] = mapped_column(String(60))
    amount: Mapped[str | None] = mapped_column(String(20))


class OrderRequestRow(Row):
    """Request for the goods of an order in 1C, with the answer of a worker."""

    __tablename__ = "order_requests"
    __table_args__ = (
        Index("ix_order_requests_asked_at", "asked_at"),
        Index(
            "ix_order_requests_waiting",
            "asked_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), index=True)
    person: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(100))
    picked: Mapped[str | None] = mapped_column(String(36))
    asked_at: Mapped[datetime]
    answer: Mapped[dict[str, Any] | None] = mapped_column(Document)
    answered_at: Mapped[datetime | None]


class ListItemRow(Row):
    """Item of a universal list."""

    __tablename__ = "list_items"
    list: Mapped[str] = mapped_column(String(60), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool]
    position: Mapped[int]
    attributes: Mapped[dict[str, Any]] = mapped_column(Document)


class ListHistoryRow(Row):
    """Change of a list item."""

    __tablename__ = "list_history"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    list: Mapped[str] = mapped_column(String(60), index=True)
    code: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    old: Mapped[Any] = mapped_column(Document, nullable=True)
    new: Mapped[Any] = mapped_column(Document)


class TemplateRow(Row):
    """Template of documents; what it says is in its versions."""

    __tablename__ = "document_templates"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    directions: Mapped[list[str]] = mapped_column(Document)
    retired_by: Mapped[str | None] = mapped_column(String(64))
    retired_at: Mapped[datetime | None]


class TemplateVersionRow(Row):
    """Version of a template with its DOCX file."""

    __tablename__ = "document_template_versions"
    template_id: Mapped[str] = mapped_column(ForeignKey("document_templates.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    expressions: Mapped[list[str]] = mapped_column(Document)
    uploaded_by: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]


class NotificationRow(Row):
    """In-app notification, unique per deal, key and recipient."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("deal_id", "key", "recipient"),
        Index("ix_notifications_at", "at"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    deal_id: Mapped[str] = mapped_column(String(20), default="")
    recipient: Mapped[str] = mapped_column(String(64), index=True)
    key: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NoticePreferenceRow(Row):
    """Channels that a person chose for a kind of notifications; no row: all."""

    __tablename__ = "notice_preferences"
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    mail: Mapped[bool]
    bell: Mapped[bool]
    push: Mapped[bool]


class BrowserRow(Row):
    """Browser in which a person has switched notifications on."""

    __tablename__ = "push_browsers"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(80))
    endpoint: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(260))
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    server_key: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class PushMessageRow(Row):
    """Notification that waits for a browser."""

    __tablename__ = "push_messages"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    browser_id: Mapped[str] = mapped_column(
        ForeignKey("push_browsers.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    deal_id: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


class MailRow(Row):
    """E-mail with its delivery state and next attempt."""

    __tablename__ = "mails"
    __table_args__ = (
        Index(
            "ix_mails_sent",
            "created_at",
            sqlite_where=text("state = 'sent'"),
            postgresql_where=text("state = 'sent'"),
        ),
        Index(
            "ix_mails_deal_id",
            "deal_id",
            "created_at",
            sqlite_where=text("deal_id IS NOT NULL"),
            postgresql_where=text("deal_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(String(160), unique=True)
    recipient: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), index=True)
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    deal_id: Mapped[str | None] = mapped_column(String(20))
    leased_until: Mapped[datetime | None]
    resent_by: Mapped[str | None] = mapped_column(String(64))
    resent_at: Mapped[datetime | None]
    secret: Mapped[bool] = mapped_column(default=False)
    """The text holds a one-time link: it is deleted when the e-mail is sent."""


class CostOfferRow(Row):
    """Offer of a repair's cost; the token of its link is stored as a hash."""

    __tablename__ = "cost_offers"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    move: Mapped[int]
    terms: Mapped[dict[str, Any]] = mapped_column(Document)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    replaced: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str | None] = mapped_column(String(20))
    answered_at: Mapped[datetime | None]


class OutboxEntry(Row):
    """Message for the engine, with the lease of its delivery."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_undelivered", "delivered_at", "deal_id", "id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"))
    kind: Mapped[str] = mapped_column(String(10))
    payload: Mapped[dict[str, Any]] = mapped_column(Document)
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(Text)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    due_at: Mapped[datetime]
    """Not before: end of the lease or of the pause after a failure."""
    delivered_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]


class RunRow(Row):
    """Fulfillment run of a deal."""

    __tablename__ = "fulfilment_runs"
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]
    stage_before: Mapped[str] = mapped_column(String(60))
    direction: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12))
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    shipment_number: Mapped[str | None] = mapped_column(String(100))


class BindingRow(Row):
    """Binding row; a partial unique index allows one deal per shipment of 1C."""

    __tablename__ = "onec_bindings"
    __table_args__ = (
        Index(
            "uq_onec_bindings_active",
            "deal_id",
            "kind",
            "run",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
        Index(
            "uq_onec_bindings_shipment",
            "infobase",
            "ref_key",
            unique=True,
            sqlite_where=text("active AND kind = 'shipment'"),
            postgresql_where=text("active AND kind = 'shipment'"),
        ),
        Index("ix_onec_bindings_ref_key", "infobase", "ref_key"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    run: Mapped[int]
    infobase: Mapped[str] = mapped_column(String(60))
    ref_key: Mapped[str | None] = mapped_column(String(36))
    number: Mapped[str] = mapped_column(String(100))
    number_entered: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(60))
    date: Mapped[dt.date | None] = mapped_column(Date)
    counterparty_ref: Mapped[str | None] = mapped_column(String(36))
    organisation: Mapped[str] = mapped_column(String(255))
    data_version: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    active: Mapped[bool]
    settled_version: Mapped[str | None] = mapped_column(String(60))
    agreed_number: Mapped[str | None] = mapped_column(String(100))
    agreed_date: Mapped[dt.date | None] = mapped_column(Date)


class AbsenceRow(Row):
    """Absence of an employee with its substitute."""

    __tablename__ = "absences"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str] = mapped_column(String(64), index=True)
    substitute: Mapped[str | None] = mapped_column(String(64))
    first_day: Mapped[dt.date] = mapped_column(Date)
    last_day: Mapped[dt.date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    cancelled_by: Mapped[str | None] = mapped_column(String(64))
    cancelled_at: Mapped[datetime | None]


class SideProcessRow(Row):
    """Required side process with its version and registered instance."""

    __tablename__ = "side_processes"
    __table_args__ = (
        Index(
            "ix_side_processes_unsettled",
            "key",
            sqlite_where=text("closed_at IS NULL AND NOT settled"),
            postgresql_where=text("closed_at IS NULL AND NOT settled"),
        ),
    )
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), index=True)
    process: Mapped[str] = mapped_column(String(64))
    variables: Mapped[dict[str, Any]] = mapped_column(Document)
    opened_at: Mapped[datetime]
    instance_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    settled: Mapped[bool] = mapped_column(default=False)
    """The registered instance was seen running with this version of the row."""


class ProcessRow(Row):
    """Main process instance of a deal."""

    __tablename__ = "deal_processes"
    deal_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(64), unique=True)
    registered_at: Mapped[datetime]


class ProcessedTaskRow(Row):
    """Stored result of a completed external task, replayed on redelivery."""

    __tablename__ = "processed_tasks"
    __table_args__ = (Index("ix_processed_tasks_at", "at", "task_id"),)
    task_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    answer: Mapped[dict[str, Any]] = mapped_column(Document)
    at: Mapped[datetime]


class AttemptRow(Row):
    """Attempts of an external task that did not end, counted to detect crashes."""

    __tablename__ = "task_attempts"
    task_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    attempts: Mapped[int]
    at: Mapped[datetime]


class IdempotencyRow(Row):
    """Stored response of an idempotent request."""

    __tablename__ = "idempotency"
    principal: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[Any] = mapped_column(Document, nullable=True)
    headers: Mapped[dict[str, Any]] = mapped_column(Document)
    at: Mapped[datetime] = mapped_column(index=True)


class LeaseRow(Row):
    """Named lock with its end, and its owner if it can be extended."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    until: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String(80))


class TraceRow(Row):
    """Trace of the last request that moved a deal on; written only while traces are on.

    Without a foreign key, whose check would wait for whoever has locked the deal.
    """

    __tablename__ = "traces"
    deal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    traceparent: Mapped[str] = mapped_column(String(55))
    at: Mapped[datetime] = mapped_column(index=True)


class TokenRow(Row):
    """Token row; a partial unique index allows one valid token per name."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index(
            "uq_tokens_name",
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Document)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WorkerRow(Row):
    """Heartbeat of a worker process."""

    __tablename__ = "workers"
    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttemptRow(Row):
    """Login counter; instants are milliseconds, to which the database adds pauses."""

    __tablename__ = "login_attempts"
    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    failures: Mapped[int]
    pause_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    proven_ms: Mapped[int] = mapped_column(BigInteger)


class WebSessionRow(Row):
    """Web session by the hash of its id."""

    __tablename__ = "web_sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), index=True)
    generation: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(index=True)


class PasswordGenerationRow(Row):
    """Number of password changes of a login."""

    __tablename__ = "password_generations"
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
