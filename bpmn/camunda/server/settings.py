"""What the engine needs to know to start: where, on which database, with which secrets."""

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

from db.config.operator_error import OperatorError
from db.config.settings import Directory, HostName, Port, Settings, WebAddress, demand

ADMIN = "admin"


@dataclass(frozen=True)
class Secrets:
    """The passwords of the engine's own accounts: the administrator and the services."""

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
    """Read from ``ENGINE_*`` variables of the environment."""

    model_config = SettingsConfigDict(env_prefix="ENGINE_")

    data_dir: Directory = Path(".data/engine")
    """Database file and secrets of the embedded profile."""
    jars_dir: Directory = Field(
        default_factory=lambda: Path.home() / ".cache" / "pit-deals" / "jars"
    )
    """Shared by all checkouts of a user; every jar in it is verified at each start."""
    maven_repository: WebAddress = "https://repo.maven.apache.org/maven2"
    """URL of the Maven repository that the engine's jars are downloaded from."""
    host: HostName = "127.0.0.1"
    """Address that the engine listens on; nobody outside may reach it."""
    port: Port = 8080
    """Port of that address; `make up` takes a free one."""
    profile: Literal["h2", "postgres"] = "h2"
    """`h2`: embedded, one desk; `postgres`: a company."""
    db_url: Annotated[str, AfterValidator(_jdbc)] | None = None
    """JDBC address; the embedded profile has a file in ``data_dir`` as default."""
    db_user: str | None = None
    """Role of the database."""
    db_password: SecretStr | None = None
    """Its password."""
    schema_update: bool = True
    """Create and update the engine's tables and its administrator; off on all nodes of a company:
    there `setup` has done it."""
    xmx: Annotated[str, AfterValidator(_memory)] = "512m"
    """Memory of the heap."""
    tasklist_overrides: Directory | None = None
    """Directory with ``META-INF/resources/…`` that replaces files of the web applications."""
    admin_user: Annotated[str, AfterValidator(_login)] = ADMIN
    """Name of the engine's administrator."""
    admin_password: SecretStr | None = None
    """With `h2` made at the first start; 10 characters or more, of all kinds."""
    worker_password: SecretStr | None = None
    """Of the account `svcWorker`."""
    api_password: SecretStr | None = None
    """Of the account `svcApi`."""
    deploy_password: SecretStr | None = None
    """Of the account `svcDeploy`."""

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def rest_url(self) -> str:
        return f"{self.base_url}/engine-rest"


class WeakPasswords(OperatorError):
    """The engine's own policy would refuse these passwords; the sentence names the settings."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"Слишком простые пароли: {', '.join(names)}. Нужно 10 знаков или больше: заглавные "
            "и строчные латинские буквы, цифры, другие знаки, без имени учётной записи."
        )


def demand_strong(accounts: Mapping[str, tuple[str, str]]) -> None:
    """``accounts``: setting → login and password. Raises: WeakPasswords."""
    if weak := [name for name, account in accounts.items() if not _is_strong(*account)]:
        raise WeakPasswords(weak)


def _is_strong(login: str, password: str) -> bool:
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
    named = login.lower() in password.lower()
    return len(password) >= 10 and all(re.search(kind, password) for kind in kinds) and not named


def secrets_of(settings: EngineSettings) -> Secrets:
    """The accounts' passwords: from the settings, for the embedded profile else from its own file.

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
    """Random passwords, made once, readable by the owner only; safe with several starts at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Secrets(*(_password() for _ in range(4)))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mode 0600
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(fresh), file)
        with contextlib.suppress(FileExistsError):  # somebody was first: theirs are in force
            os.link(name, path)
        os.unlink(name)
    return Secrets(**json.loads(path.read_text()))


def _password() -> str:
    """Random, with a character of every kind that the engine's password policy asks for."""
    return f"Aa1-{secrets.token_urlsafe(24)}"
