"""Settings of the Camunda engine: address, database, accounts."""

import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from bpmn.camunda.server.distribution import DISTRIBUTIONS, Distribution, DistributionName
from db.config.operator_error import OperatorError
from db.config.settings import Directory, HostName, Port, Settings, WebAddress, demand

ADMIN = "admin"


@dataclass(frozen=True)
class Secrets:
    """Passwords of the engine's administrator and of its service accounts."""

    admin: str
    worker: str
    api: str
    deploy: str

    def __repr__(self) -> str:
        return "Secrets(…)"


def _jdbc(text: str) -> str:
    """Raises: ValueError."""
    if not text.startswith(("jdbc:h2:", "jdbc:postgresql:")):
        raise ValueError("нужен адрес JDBC, например jdbc:postgresql://сервер/база")
    return text


def _memory(text: str) -> str:
    """Raises: ValueError."""
    if not re.fullmatch(r"[0-9]{1,6}[kKmMgG]", text):
        raise ValueError("нужен объём памяти, например 512m или 2g")
    return text


def _login(text: str) -> str:
    """Raises: ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,64}", text):
        raise ValueError("нужно имя из латинских букв и цифр")
    return text


class EngineSettings(Settings):
    """Settings read from ``ENGINE_*`` environment variables."""

    model_config = SettingsConfigDict(env_prefix="ENGINE_")

    distribution: DistributionName = "camunda"
    """The engine's jars: `camunda` (Camunda 7) or `operaton` (its maintained fork). A database
    belongs to the distribution that made it."""
    data_dir: Directory = Path(".data/engine")
    """Directory of the embedded engine: H2 database file and generated passwords."""
    jars_dir: Directory = Field(
        default_factory=lambda: Path.home() / ".cache" / "pit-deals" / "jars"
    )
    """Directory of the engine's jars, shared by all checkouts; verified at each start."""
    maven_repository: WebAddress = "https://repo.maven.apache.org/maven2"
    """URL of the Maven repository that the engine's jars are downloaded from."""
    host: HostName = "127.0.0.1"
    """Address that the engine listens on; it must not be reachable from outside."""
    port: Port = 8080
    """TCP port of the engine; `make up` chooses a free one."""
    profile: Literal["h2", "postgres"] = "h2"
    """Database: `h2` (embedded, one machine) or `postgres` (a company)."""
    db_url: Annotated[str, AfterValidator(_jdbc)] | None = None
    """JDBC URL; default with `h2`: a file in `ENGINE_DATA_DIR`."""
    db_user: str | None = None
    """Database user of the engine."""
    db_password: SecretStr | None = None
    """Password of `ENGINE_DB_USER`."""
    schema_update: bool = True
    """Create and update the engine's tables and its administrator at start. False on the nodes of a
    company, where `setup` does it."""
    xmx: Annotated[str, AfterValidator(_memory)] = "512m"
    """Java heap size, e.g. 512m or 2g."""
    history_days: int | None = Field(None, ge=1, le=3650)
    """Days after the end of a process for which the engine keeps its history; it is deleted at
    night. Not set: as the diagrams say, 180."""
    tasklist_overrides: Directory | None = None
    """Directory with ``META-INF/resources/…`` that overrides files of the web applications."""
    admin_user: Annotated[str, AfterValidator(_login)] = ADMIN
    """Login of the engine's administrator."""
    admin_password: SecretStr | None = None
    """Password of `ENGINE_ADMIN_USER`: 10 characters or more, with upper and lower case letters,
    digits and other characters. With `h2` generated at the first start."""
    worker_password: SecretStr | None = None
    """Password of the engine account `svcWorker`."""
    api_password: SecretStr | None = None
    """Password of the engine account `svcApi`."""
    deploy_password: SecretStr | None = None
    """Password of the engine account `svcDeploy`."""

    @property
    def described(self) -> Distribution:
        """Description of `ENGINE_DISTRIBUTION`."""
        return DISTRIBUTIONS[self.distribution]

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def rest_url(self) -> str:
        return f"{self.base_url}/engine-rest"


class WeakPasswords(OperatorError):
    """Passwords that the engine's password policy would refuse; the message names the settings."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"Слишком простые пароли: {', '.join(names)}. Нужно 10 знаков или больше: заглавные "
            "и строчные латинские буквы, цифры, другие знаки, без имени учётной записи."
        )


def require_strong_passwords(accounts: Mapping[str, tuple[str, str]]) -> None:
    """Check passwords against the engine's policy; ``accounts``: setting → login and password.

    Raises: WeakPasswords.
    """
    if weak := [name for name, account in accounts.items() if not _is_strong(*account)]:
        raise WeakPasswords(weak)


def _is_strong(login: str, password: str) -> bool:
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
    named = login.lower() in password.lower()
    return len(password) >= 10 and all(re.search(kind, password) for kind in kinds) and not named


def secrets_of(settings: EngineSettings) -> Secrets:
    """Return the accounts' passwords: from the settings, else (H2 only) from a generated file.

    Raises: SecretRefused if another profile than the embedded one lacks a real password.
    """
    given = {
        "admin": settings.admin_password,
        "worker": settings.worker_password,
        "api": settings.api_password,
        "deploy": settings.deploy_password,
    }
    needed = given.items() if settings.profile != "h2" else [one for one in given.items() if one[1]]
    demand(**{f"ENGINE_{name.upper()}_PASSWORD": secret for name, secret in needed})
    known = {name: secret.get_secret_value() for name, secret in given.items() if secret}
    if len(known) < len(given):
        made = asdict(load_or_create_secrets(settings.data_dir / "secrets.json"))
        known = {**made, **known}
    return Secrets(**known)


def load_or_create_secrets(path: Path) -> Secrets:
    """Return generated passwords; create the file, mode 0600, at the first call.

    Safe with several processes at once: the first file wins.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Secrets(*(_password() for _ in range(4)))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mode 0600
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(fresh), file)
        with contextlib.suppress(FileExistsError):  # another process was first: its file counts
            os.link(name, path)
        os.unlink(name)
    return Secrets(**json.loads(path.read_text()))


def _password() -> str:
    """Return a random password that fulfills the engine's password policy."""
    return f"Aa1-{secrets.token_urlsafe(24)}"
