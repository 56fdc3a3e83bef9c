"""What a worker process reads from the environment, once at start."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from db.config.settings import DatabaseAddress, HostName, Port, Settings, WebAddress, ZoneSettings
from workers.integrations.smtp import AddressUnusable, Mailbox, Smtp


def _of_the_clock(hour: time) -> time:
    """Raises: ValueError."""
    if hour.tzinfo is not None:
        raise ValueError("нужно время без часового пояса: он задан в WORKER_ZONE")
    return hour


class WorkerSettings(ZoneSettings):
    """``DATABASE_URL``, ``ENGINE_URL``, ``ENGINE_WORKER_*`` and ``WORKER_*``."""

    database_url: DatabaseAddress = "sqlite:///.data/deals.sqlite3"
    """`sqlite:///file` or `postgresql+psycopg://role:password@host/database`."""
    demo: bool = False
    """People of the made-up company in the universal lists of a fresh database."""
    engine_url: WebAddress = "http://127.0.0.1:8080/engine-rest"
    """REST root of the engine."""
    engine_worker_user: str = "svcWorker"
    """The workers' account in the engine."""
    engine_worker_password: SecretStr = SecretStr("")
    """Its password."""
    threads: int = Field(4, ge=1, le=32, validation_alias="WORKER_THREADS")
    """Steps done at the same time by one process."""
    lock_seconds: float = Field(30, ge=2, le=600, validation_alias="WORKER_LOCK_SECONDS")
    """For so long a step is ours; extended while it runs."""
    poll_seconds: float = Field(4, ge=0.1, le=5, validation_alias="WORKER_POLL_SECONDS")
    """A question to the engine waits so long for a step; 5 at most, for steps of another node."""
    grace_seconds: float = Field(25, ge=0, le=3600, validation_alias="WORKER_GRACE_SECONDS")
    """After SIGTERM steps may finish for so long."""
    retry_seconds: float = Field(30, gt=0, le=3600, validation_alias="WORKER_RETRY_SECONDS")
    """First pause before a step is tried again; doubles up to a quarter of an hour."""
    watch_seconds: float = Field(12, gt=0, le=60, validation_alias="WORKER_WATCH_SECONDS")
    """Between two looks for steps that stopped and side processes that are missing."""
    reconcile_at: Annotated[time, AfterValidator(_of_the_clock)] = Field(
        time(3), validation_alias="WORKER_RECONCILE_AT"
    )
    """When numbers of deals are compared with 1C every day, in ``zone``."""
    assignment_seconds: float = Field(
        60, gt=0, le=600, validation_alias="WORKER_ASSIGNMENT_SECONDS"
    )
    """Between two looks for tasks of people who left."""
    alive_file: Path | None = Field(None, validation_alias="WORKER_ALIVE_FILE")
    """Touched every few seconds while the worker polls; a container's health check reads it."""
    public_url: WebAddress | None = Field(None, validation_alias="API_PUBLIC_URL")
    """Address of the suite in links of letters."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="WORKER_LOG_LEVEL"
    )
    """How much the log says."""


class SmtpSettings(Settings):
    """``SMTP_*``; without a host letters wait in their table."""

    model_config = SettingsConfigDict(env_prefix="SMTP_")

    host: HostName | None = None
    """Mail server; without it letters wait in their table."""
    port: Port = 587
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls`, `tls` or `none`."""
    user: str = ""
    """Login at the server, if it asks for one."""
    password: SecretStr = SecretStr("")
    """Its password."""
    sender: str = "deals@localhost"
    """Address that letters come from, with or without a name: `Сделки <deals@pit.example>`."""

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
    """The configured server, or None."""
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
