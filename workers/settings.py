"""Settings of the worker process and of the mail server that it sends through."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from db.config.push import PushSettings
from db.config.settings import (
    DatabaseAddress,
    HostName,
    Port,
    Settings,
    TraceSettings,
    WebAddress,
    ZoneSettings,
)
from workers.integrations.smtp import AddressUnusable, Mailbox, Smtp


def _without_zone(at: time) -> time:
    """Return the time of day unchanged. Raises: ValueError if it has a time zone."""
    if at.tzinfo is not None:
        raise ValueError("нужно время без часового пояса: он задан в WORKER_ZONE")
    return at


class WorkerSettings(ZoneSettings, TraceSettings, PushSettings):
    """Read from ``DATABASE_URL``, ``ENGINE_URL``, ``ENGINE_WORKER_*``, ``PUSH_*``,
    ``TRACES_ENDPOINT`` and ``WORKER_*``."""

    database_url: DatabaseAddress = "sqlite:///.data/deals.sqlite3"
    """SQLAlchemy URL of the deal database: `sqlite:///file` or
    `postgresql+psycopg://role:password@host/database`."""
    demo: bool = False
    """Fill the universal lists of a new database with the data of a demo company."""
    engine_url: WebAddress = "http://127.0.0.1:8080/engine-rest"
    """Base URL of the engine's REST API."""
    engine_worker_user: str = "svcWorker"
    """Engine account of the workers."""
    engine_worker_password: SecretStr = SecretStr("")
    """Password of `ENGINE_WORKER_USER`."""
    threads: int = Field(4, ge=1, le=32, validation_alias="WORKER_THREADS")
    """Number of external tasks that one process executes concurrently."""
    lock_seconds: float = Field(30, ge=2, le=600, validation_alias="WORKER_LOCK_SECONDS")
    """Lock duration of an external task, in seconds; extended while the task is executed."""
    poll_seconds: float = Field(4, ge=0.1, le=5, validation_alias="WORKER_POLL_SECONDS")
    """Long-poll timeout in seconds (at most 5)."""
    grace_seconds: float = Field(25, ge=0, le=3600, validation_alias="WORKER_GRACE_SECONDS")
    """Time for running tasks to finish after SIGTERM, in seconds."""
    retry_seconds: float = Field(30, gt=0, le=3600, validation_alias="WORKER_RETRY_SECONDS")
    """Delay before the first retry of a failed task, in seconds; doubles up to 15 minutes."""
    watch_seconds: float = Field(12, gt=0, le=60, validation_alias="WORKER_WATCH_SECONDS")
    """Interval of the checks for failed tasks and missing side processes, in seconds."""
    reconcile_at: Annotated[time, AfterValidator(_without_zone)] = Field(
        time(3), validation_alias="WORKER_RECONCILE_AT"
    )
    """Time of day of the comparison of deal numbers with 1C, in `WORKER_ZONE`."""
    assignment_seconds: float = Field(
        60, gt=0, le=600, validation_alias="WORKER_ASSIGNMENT_SECONDS"
    )
    """Interval of the check for tasks whose assignee no longer has the role, in seconds."""
    deadline_seconds: float = Field(60, gt=0, le=600, validation_alias="WORKER_DEADLINE_SECONDS")
    """Interval of the check for tasks that are due soon or overdue, in seconds."""
    keep_task_days: int = Field(30, ge=1, le=3650, validation_alias="WORKER_KEEP_TASK_DAYS")
    """Days after which results of steps and delivered messages to the engine are deleted; a step
    that the engine still has, such as a failed one, is kept."""
    keep_message_days: int = Field(180, ge=1, le=3650, validation_alias="WORKER_KEEP_MESSAGE_DAYS")
    """Days after which notifications and sent e-mails are deleted."""
    alive_file: Path | None = Field(None, validation_alias="WORKER_ALIVE_FILE")
    """File whose modification time is updated while the worker polls; for health checks."""
    metrics_port: Port | None = Field(None, validation_alias="WORKER_METRICS_PORT")
    """TCP port of the metrics for Prometheus. Not set: no metrics."""
    metrics_host: HostName = Field("127.0.0.1", validation_alias="WORKER_METRICS_HOST")
    """Address that the metrics port listens on; never one that the internet reaches."""
    metrics_seconds: float = Field(30, gt=0, le=3600, validation_alias="WORKER_METRICS_SECONDS")
    """Shortest interval of the figures that need queries, in seconds; the audit of next steps is
    made ten times less often."""
    public_url: WebAddress | None = Field(None, validation_alias="API_PUBLIC_URL")
    """Base URL for links in e-mails."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="WORKER_LOG_LEVEL"
    )
    """Log level."""


class SmtpSettings(Settings):
    """Read from ``SMTP_*`` variables."""

    model_config = SettingsConfigDict(env_prefix="SMTP_")

    host: HostName | None = None
    """Host of the mail server. Not set: e-mails wait in the database."""
    port: Port = 587
    """Port of the mail server."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """Transport security: `starttls`, `tls` or `none`."""
    user: str = ""
    """Login at the mail server. Empty: no authentication."""
    password: SecretStr = SecretStr("")
    """Password of `SMTP_USER`."""
    sender: str = "deals@localhost"
    """Sender of e-mails, with or without a name: `Сделки <deals@pit.example>`."""

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, text: str) -> str:
        try:
            Mailbox.of(text)
        except AddressUnusable:
            raise ValueError(
                "нужен адрес: deals@company.ru или Сделки <deals@company.ru>"
            ) from None
        return text


def server_of(settings: SmtpSettings) -> Smtp | None:
    """Return the configured mail server; None without a host."""
    if settings.host is None:
        return None
    return Smtp(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        user=settings.user,
        password=settings.password.get_secret_value(),
        sender=settings.sender,
    )
