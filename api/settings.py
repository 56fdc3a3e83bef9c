"""Settings of the API and of the web application proxy: addresses, directories, limits."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from api.inspection.clamd import antivirus_at
from api.server import Limits, limited_protocol, open_files
from bpmn.camunda.server.distribution import DistributionName
from db.application.branch_days import BranchDays
from db.config.push import PushSettings
from db.config.settings import (
    DatabaseAddress,
    HostName,
    Port,
    TraceSettings,
    WebAddress,
    ZoneSettings,
)

BACKLOG = 128
"""Connections that are accepted in one iteration of the event loop."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _proxies(text: str) -> str:
    """Validate a list of addresses and networks. Raises: ValueError."""
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            if one != "*":
                ip_network(one, strict=False)
        except ValueError:
            raise ValueError("нужны адреса или сети через запятую, либо *") from None
    return text


class ApiSettings(ZoneSettings, TraceSettings, PushSettings):
    """Read from ``API_*`` and ``PUSH_*`` variables, and ``DATABASE_URL``, ``DEMO``,
    ``TRACES_ENDPOINT``."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: HostName = "127.0.0.1"
    """Address that the API listens on."""
    port: Port = 8000
    """TCP port that the API listens on."""
    engine_url: WebAddress = "http://127.0.0.1:8080"
    """Base URL of the engine, without ``/engine-rest`` and ``/camunda``."""
    engine_distribution: DistributionName = Field(
        "camunda", validation_alias=AliasChoices("ENGINE_DISTRIBUTION", "API_ENGINE_DISTRIBUTION")
    )
    """Distribution of the engine, as `ENGINE_DISTRIBUTION` of the engine itself."""
    engine_user: str = "svcApi"
    """Engine account of the API."""
    engine_password: SecretStr = SecretStr("")
    """Password of `API_ENGINE_USER`."""
    database_url: DatabaseAddress = Field(
        "sqlite:///.data/deals.sqlite3",
        validation_alias=AliasChoices("DATABASE_URL", "API_DATABASE_URL"),
    )
    """SQLAlchemy URL of the deal database."""
    files_dir: Path = Path(".data/files")
    """Directory of uploaded files, stored by the hash of their content."""
    max_file_bytes: int = Field(50_000_000, gt=0, le=10**12)
    """Maximum size of one uploaded file, in bytes."""
    max_deal_bytes: int = Field(5_000_000_000, gt=0)
    """Maximum total size of all versions of all files of one deal, in bytes."""
    max_day_bytes: int = Field(2_000_000_000, gt=0)
    """Maximum that one user or access token may upload in 24 hours, in bytes."""
    free_disk_bytes: int = Field(1_000_000_000, ge=0)
    """Disk space that must stay free after an upload, in bytes."""
    clamd: str = ""
    """Address of clamd, the virus scanner for uploads: host:port or a socket. Empty: no scan."""
    demo: bool = Field(True, validation_alias=AliasChoices("DEMO", "API_DEMO"))
    """Fill the universal lists of a new database with the data of a demo company."""
    public_url: WebAddress | None = None
    """URL in the browser when a reverse proxy terminates TLS, e.g. https://deals.example.ru.
    Not set: the Host header of the request."""
    links_url: WebAddress | None = None
    """URL of this site in links that clients get by e-mail. Not set: `API_PUBLIC_URL`; without
    either no such e-mail is sent."""
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = ""
    """Addresses or networks of reverse proxies whose X-Forwarded-* headers are trusted,
    comma-separated."""
    header_seconds: float = Field(15, gt=0)
    """Timeout for receiving the headers of a request, in seconds."""
    idle_seconds: float = Field(30, gt=0)
    """Keep-alive timeout of an idle connection, in seconds."""
    stall_seconds: float = Field(30, gt=0)
    """Timeout without progress while a body is received or a response is sent, in seconds."""
    max_connections: int = Field(1000, ge=32)
    """Maximum number of open connections; reduced if the limit of open files is lower."""
    max_connections_of_address: int = Field(200, ge=16)
    """Maximum number of connections of one client address; behind trusted proxies, of its
    concurrent requests."""
    onec_simulator_url: WebAddress | None = None
    """Address of the demo's 1C simulator: «Создать в 1С» stands in the forms of the 1C operator.
    Only with `DEMO=true` and without `ONEC_URL`. Not set: neither the buttons nor their endpoint
    exist."""
    onec_url: WebAddress | None = Field(None, validation_alias="ONEC_URL")
    """URL of a real 1C, which only workers call."""
    pages_dir: Path | None = None
    """Directory with the static files of the engine's web applications. Not set: each file is
    requested from the engine."""

    metrics_port: Port | None = None
    """TCP port of the metrics for Prometheus, apart from the public one. Not set: no metrics."""
    metrics_host: HostName = "127.0.0.1"
    """Address that the metrics port listens on; never one that the internet reaches."""

    @property
    def branch_days(self) -> BranchDays:
        return BranchDays(self.zone, self.branch_zones)

    @property
    def rest_url(self) -> str:
        return f"{self.engine_url.rstrip('/')}/engine-rest"

    @field_validator("clamd")
    @classmethod
    def _clamd(cls, address: str) -> str:
        antivirus_at(address)
        return address

    @model_validator(mode="after")
    def _keep_demo_people_at_home(self) -> Self:
        if self.demo and self.host not in LOOPBACK:
            raise ValueError(
                "с показательными сотрудниками (DEMO=true) API_HOST может быть только 127.0.0.1; "
                "для компании задайте DEMO=false"
            )
        return self

    @model_validator(mode="after")
    def _create_in_the_simulator_only(self) -> Self:
        if self.onec_simulator_url is not None and (self.onec_url is not None or not self.demo):
            raise ValueError(
                "API_ONEC_SIMULATOR_URL бывает только в показе: DEMO=true и без ONEC_URL. "
                "Уберите адрес имитатора"
            )
        return self

    @property
    def limits(self) -> Limits:
        """Limits of the HTTP server, reduced to the number of files that the process may open."""
        limits = Limits(
            self.header_seconds,
            self.stall_seconds,
            self.max_connections,
            self.max_connections_of_address,
        )
        return limits.within(open_files())

    def server_options(self) -> dict[str, Any]:
        """Arguments of ``uvicorn.run``; X-Forwarded-* is trusted only from ``trusted_proxies``."""
        return {
            "host": self.host,
            "port": self.port,
            "proxy_headers": bool(self.trusted_proxies),
            "forwarded_allow_ips": self.trusted_proxies,
            "server_header": False,
            "access_log": False,
            "http": limited_protocol(self.limits, self.trusted_proxies),
            "ws": "none",
            "backlog": BACKLOG,
            "timeout_keep_alive": self.idle_seconds,
            "h11_max_incomplete_event_size": 64 * 1024,
        }
