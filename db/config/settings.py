"""Base class and types of settings: read from secret files, then environment, then `.env`."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from db.config.operator_error import OperatorError

SECRET_FILES = Path("/run/secrets")
"""Directory of secret files in containers, named like settings: /run/secrets/api_engine_password.
``SECRETS_DIR`` overrides it."""
EXAMPLES = frozenset({"change-me", "changeme", "example", "password", "secret"})
"""Example values in documentation; refused as secrets."""


LONGEST = 2000  # characters of an address


def _web_address(text: str) -> str:
    """Raises: ValueError."""
    complaint = "нужен адрес, который начинается с http:// или https://, без логина и пароля"
    if len(text) > LONGEST or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(complaint)
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(complaint) from None
    if not known or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(complaint)
    return text


def _host_name(text: str) -> str:
    """Raises: ValueError."""
    complaint = "нужно имя или адрес компьютера, без http:// и порта"
    if not 1 <= len(text) <= 253 or re.search(r"[^\w.:-]", text):
        raise ValueError(complaint)
    try:
        text.encode("idna")
    except UnicodeError:  # a part of the name is empty or too long
        raise ValueError(complaint) from None
    return text


def _database_address(text: str) -> str:
    """Raises: ValueError."""
    scheme, mark, rest = text.partition("://")
    if not mark or not rest or scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ValueError(
            "нужен адрес базы: sqlite:///файл или postgresql+psycopg://роль:пароль@сервер/база"
        )
    try:
        urlsplit(text).port  # noqa: B018 - the property parses
    except ValueError:
        raise ValueError("в адресе базы неверный порт или имя сервера") from None
    return text


def _secret_database_address(address: SecretStr) -> SecretStr:
    """Raises: ValueError."""
    _database_address(address.get_secret_value())
    return address


def _directory(path: Path) -> Path:
    """Check that SQLite, H2 and Java's class path accept the path. Raises: ValueError."""
    if re.search(r"[:;?*\x00-\x1f]", str(path)):
        raise ValueError("нужен путь без знаков : ; ? *")
    return path


def _zone(name: object) -> object:
    """Raises: ValueError."""
    if not isinstance(name, str):
        return name
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, longer than a file's name
        raise ValueError("нужен часовой пояс из базы IANA, например Europe/Moscow") from None


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Port = Annotated[int, Field(ge=1, le=65535)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
HostName = Annotated[str, AfterValidator(_host_name)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
SecretDatabaseAddress = Annotated[SecretStr, AfterValidator(_secret_database_address)]
Directory = Annotated[Path, AfterValidator(_directory)]


class SecretRefused(OperatorError):
    """Secrets are missing or equal to a published example value; ``names``: their variables."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"Не заданы или взяты из примера секреты: {', '.join(names)}. "
            "Новый файл .env со случайными секретами создаёт команда: make env"
        )
        self.names = names


class Settings(BaseSettings):
    """Base class of all settings; an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        allow_inf_nan=False,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, given: object) -> object:
        """Refuse control characters and lone surrogates. Raises: ValueError."""
        text = given.get_secret_value() if isinstance(given, SecretStr) else given
        if isinstance(text, str) and re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text):
            raise ValueError("недопустимые знаки: перевод строки, управляющие или не в UTF-8")
        return given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = Path(os.environ.get("SECRETS_DIR", SECRET_FILES))
        variables = (env_settings, dotenv_settings)
        if not files.is_dir():
            return (init_settings, *variables)
        # A mounted file wins, because a compose file or a base image may also set the variable.
        return (init_settings, SecretsSettingsSource(settings_cls, secrets_dir=files), *variables)


def variable_of(cls: type[Settings], name: str) -> str:
    """The environment variable of a field."""
    alias = cls.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0]).upper()
    return str(alias or f"{cls.model_config.get('env_prefix', '')}{name}").upper()


class ZoneSettings(Settings):
    """Time zones, shared by workers and API because both must agree on the current day."""

    zone: Zone = Field(ZoneInfo("Europe/Moscow"), validation_alias="WORKER_ZONE")
    """Time zone of the company, for workers and API."""
    branch_zones: dict[str, Zone] = Field(
        default_factory=lambda: {
            "Екатеринбург": ZoneInfo("Asia/Yekaterinburg"),
            "Новосибирск": ZoneInfo("Asia/Novosibirsk"),
        },
        validation_alias="WORKER_BRANCH_ZONES",
    )
    """Time zones of branches as JSON (branch → IANA zone); other branches use `WORKER_ZONE`."""


class TraceSettings(Settings):
    """Address of the collector to which worker and API export traces."""

    traces_endpoint: WebAddress | None = Field(None, validation_alias="TRACES_ENDPOINT")
    """Base URL of a collector that takes OpenTelemetry traces by OTLP over HTTP, without
    `/v1/traces`. Not set: no traces."""


def demand(**secrets: SecretStr | str | None) -> None:
    """Check that secrets are set and are no example values; each keyword is a variable's name.

    Raises: SecretRefused naming all that are missing or known from an example.
    """
    if wrong := [name for name, given in secrets.items() if not _is_real(given)]:
        raise SecretRefused(wrong)


def _is_real(given: Any) -> bool:
    plain = given.get_secret_value() if isinstance(given, SecretStr) else given
    word = plain.strip().lower() if plain else ""
    return bool(word) and word not in EXAMPLES
