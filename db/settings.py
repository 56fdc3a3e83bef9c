"""How settings are read: secret files first, then the environment, then `.env`."""

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

SECRET_FILES = Path("/run/secrets")
"""Where containers find secret files, each named as its setting: /run/secrets/api_engine_password.
``SECRETS_DIR`` moves it."""
EXAMPLES = frozenset({"change-me", "changeme", "example", "password", "secret"})
"""What documentation writes where a secret belongs."""


class SecretRefused(RuntimeError):
    """A secret is not set, or is one that everybody can read in an example."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"{', '.join(names)}: missing, or taken from an example")
        self.names = names

    @property
    def sentence(self) -> str:
        return (
            f"Не заданы или взяты из примера секреты: {', '.join(self.names)}. "
            "Новый файл .env со случайными секретами создаёт команда: make env"
        )


class Settings(BaseSettings):
    """Base of all settings. An empty variable means: not set."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

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
        # Whoever mounts a file means it; a compose file or a base image may set the variable, too.
        return (init_settings, SecretsSettingsSource(settings_cls, secrets_dir=files), *variables)


class ZoneSettings(Settings):
    """Where branches live. Workers and API must agree on the day, so both read the same."""

    zone: ZoneInfo = Field(ZoneInfo("Europe/Moscow"), validation_alias="WORKER_ZONE")
    """Time zone of the company, for workers and API."""
    branch_zones: dict[str, ZoneInfo] = Field(
        default_factory=lambda: {
            "Екатеринбург": ZoneInfo("Asia/Yekaterinburg"),
            "Новосибирск": ZoneInfo("Asia/Novosibirsk"),
        },
        validation_alias="WORKER_BRANCH_ZONES",
    )
    """Branch → time zone, as JSON, for workers and API; all other branches live in ``zone``."""

    @field_validator("zone", mode="before")
    @classmethod
    def _zone(cls, name: object) -> object:
        return ZoneInfo(name) if isinstance(name, str) else name


def demand(**secrets: SecretStr | str | None) -> None:
    """Refuse to start without real secrets. Each keyword is the name of a variable.

    Raises: SecretRefused naming all that are missing or known from an example.
    """
    if wrong := [name for name, given in secrets.items() if not _is_real(given)]:
        raise SecretRefused(wrong)


def _is_real(given: Any) -> bool:
    plain = given.get_secret_value() if isinstance(given, SecretStr) else given
    word = plain.strip().lower() if plain else ""
    return bool(word) and word not in EXAMPLES
