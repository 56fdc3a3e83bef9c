"""The README's table of settings, written from the settings themselves."""

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
from ops.backup.backup import BackupSettings
from ops.containers.compose_settings import ComposeSettings
from ops.containers.setup import SetupSettings
from ops.local.settings import SuiteSettings
from workers.integrations.onec.settings import OnecSettings
from workers.settings import SmtpSettings, WorkerSettings

GROUPS: dict[str, type[Settings]] = {
    "docker-compose.yml": ComposeSettings,
    "`make up`": SuiteSettings,
    "engine": EngineSettings,
    "API": ApiSettings,
    "worker": WorkerSettings,
    "mail": SmtpSettings,
    "1C": OnecSettings,
    "`setup`": SetupSettings,
    "`backup`, `restore`": BackupSettings,
}
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


@dataclass(frozen=True)
class Setting:
    """One environment variable."""

    variable: str
    default: str
    meaning: str
    of: str


def settings() -> Iterator[Setting]:
    """Every variable once, with the first group that reads it."""
    seen: set[str] = set()
    for group, cls in GROUPS.items():
        for name, field in cls.model_fields.items():
            variable = variable_of(cls, name)
            if variable not in seen:
                seen.add(variable)
                yield Setting(variable, _default(field), field.description or "", group)


def table() -> str:
    """In Markdown."""
    lines = ["| variable | default | meaning | read by |", "|---|---|---|---|"]
    for one in settings():
        meaning = " ".join(one.meaning.split()).replace("|", "\\|").replace("``", "`")
        default = f"`{one.default}`" if one.default else ""
        lines.append(f"| `{one.variable}` | {default} | {meaning} | {one.of} |")
    return "\n".join(lines) + "\n"


def written(readme: str) -> str:
    """The README's text with a fresh table between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def write(path: Path) -> None:
    path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")


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
    return _short(value)


def _made(field: FieldInfo) -> str:
    made: Any = field.default_factory() if field.default_factory else ""  # type: ignore[call-arg]
    if isinstance(made, dict):
        return ", ".join(f"{key}: {value}" for key, value in made.items())
    return _short(made)


def _short(value: Any) -> str:
    """Without what differs from machine to machine."""
    text, home, here = str(value), str(Path.home()), str(Path.cwd())
    return text.replace(f"{here}/", "").replace(home, "~")
