"""Settings reference: one table for each group of settings classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from api.settings import ApiSettings
from bpmn.camunda.server.settings import EngineSettings
from db.config.settings import Settings, variable_of
from docs.generator.page import Page, code, table
from ops.backup.backup import BackupSettings
from ops.containers.compose_settings import ComposeSettings
from ops.containers.setup import SetupSettings
from ops.local.settings import SuiteSettings
from workers.integrations.onec.settings import OnecSettings
from workers.settings import SmtpSettings, WorkerSettings

GROUPS: dict[str, type[Settings]] = {
    "docker-compose.yml": ComposeSettings,
    "make up": SuiteSettings,
    "Engine": EngineSettings,
    "API": ApiSettings,
    "Worker": WorkerSettings,
    "Mail": SmtpSettings,
    "1C": OnecSettings,
    "setup": SetupSettings,
    "backup and restore": BackupSettings,
}
"""Heading of the group → the settings class."""

INTRODUCTION = """# Settings

Every setting is an environment variable. A secret file wins over an environment variable, and an
environment variable wins over a line of `.env`. A variable that several parts read is listed once,
in the first group that reads it. The file `.env.example` has the same variables.

This page is generated from the settings classes.
"""


@dataclass(frozen=True)
class Setting:
    """One environment variable."""

    variable: str
    default: str
    meaning: str
    group: str


def settings() -> Iterator[Setting]:
    """Every variable once, in the first group that reads it."""
    known: set[str] = set()
    for group, cls in GROUPS.items():
        for name, field in cls.model_fields.items():
            variable = variable_of(cls, name)
            if variable not in known:
                known.add(variable)
                yield Setting(variable, _default(field), field.description or "", group)


def pages() -> Iterator[Page]:
    """The page `reference/settings.md`."""
    parts = [INTRODUCTION]
    every = list(settings())
    for group in GROUPS:
        rows = [
            (code(one.variable), code(one.default), one.meaning)
            for one in every
            if one.group == group
        ]
        if rows:
            parts.append(f"## {group}\n\n{table(('variable', 'default', 'meaning'), rows)}")
    yield Page("reference/settings.md", "\n".join(parts))


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "" if field.default_factory is None else str(_made(field))
    if value is None or value == "":
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return _portable(value)


def _made(field: FieldInfo) -> str:
    made: Any = field.default_factory() if field.default_factory else ""  # type: ignore[call-arg]
    if isinstance(made, dict):
        return ", ".join(f"{key}: {value}" for key, value in made.items())
    return _portable(made)


def _portable(value: Any) -> str:
    """Return a path without the parts that differ from machine to machine."""
    text, home, here = str(value), str(Path.home()), str(Path.cwd())
    return text.replace(f"{here}/", "").replace(home, "~")
