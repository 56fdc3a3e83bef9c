"""What the API and the front door must be told: addresses, directories, limits."""

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
from db.config.settings import DatabaseAddress, HostName, Port, WebAddress, ZoneSettings
from db.domain.branch_days import BranchDays

BACKLOG = 128
"""Connections that are accepted in one turn of the event loop."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _proxies(text: str) -> str:
    """Raises: ValueError."""
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            if one != "*":
                ip_network(one, strict=False)
        except ValueError:
            raise ValueError("нужны адреса или сети через запятую, либо *") from None
    return text


class ApiSettings(ZoneSettings):
    """Read from ``API_*`` variables; ``DATABASE_URL`` and ``DEMO`` are shared with the suite."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: HostName = "127.0.0.1"
    """Address that API and front door listen on."""
    port: Port = 8000
    """Port of that address."""
    engine_url: WebAddress = "http://127.0.0.1:8080"
    """Address of the engine before ``/engine-rest`` and ``/camunda``."""
    engine_user: str = "svcApi"
    """The API's account in the engine."""
    engine_password: SecretStr = SecretStr("")
    """Its password."""
    database_url: DatabaseAddress = Field(
        "sqlite:///.data/deals.sqlite3",
        validation_alias=AliasChoices("DATABASE_URL", "API_DATABASE_URL"),
    )
    files_dir: Path = Path(".data/files")
    """Where uploaded files lie, one copy per content."""
    max_file_bytes: int = Field(50_000_000, gt=0, le=10**12)
    """Largest file that a deal takes."""
    max_deal_bytes: int = Field(5_000_000_000, gt=0)
    """Most that all versions of all files of one deal may take."""
    max_day_bytes: int = Field(2_000_000_000, gt=0)
    """Most that one person or token may upload in 24 hours."""
    free_disk_bytes: int = Field(1_000_000_000, ge=0)
    """Room that uploads leave on the disk of the files."""
    clamd: str = ""
    """clamd that scans uploads: host:port or the path of its socket. Empty: nothing scans them."""
    demo: bool = Field(True, validation_alias=AliasChoices("DEMO", "API_DEMO"))
    """Lists of the made-up company in a fresh database."""
    public_url: WebAddress | None = None
    """The address that browsers see, when something before us ends TLS: https://deals.example.ru.
    None: whatever the Host header says."""
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = ""
    """Addresses, separated by commas, whose X-Forwarded-* headers are believed."""
    header_seconds: float = Field(15, gt=0)
    """Seconds that a client may take for the headers of a request."""
    idle_seconds: float = Field(30, gt=0)
    """Seconds that a connection may be without a request."""
    stall_seconds: float = Field(30, gt=0)
    """Seconds that a client may stand still in the middle of a body or of an answer."""
    max_connections: int = Field(1000, ge=32)
    """Connections of all clients; fewer if the system lets fewer files be open."""
    max_connections_of_address: int = Field(200, ge=16)
    """Of them connections of one address; behind trusted proxies its requests under way."""
    pages_dir: Path | None = None
    """Files of the engine's web applications. None: the engine is asked for each of them."""

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

    @property
    def limits(self) -> Limits:
        """Of the server, within the number of files that this process may open."""
        limits = Limits(
            self.header_seconds,
            self.stall_seconds,
            self.max_connections,
            self.max_connections_of_address,
        )
        return limits.within(open_files())

    def server_options(self) -> dict[str, Any]:
        """For ``uvicorn.run``: nobody's X-Forwarded-* is believed unless settings name them."""
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
