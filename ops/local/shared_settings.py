"""Commands use the settings of the local stack that runs in the same checkout.

`.env` and secret files are the same for every command, but each terminal has its own environment.
Therefore the stack records its variables in the state file, and commands read them from there.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from api.settings import ApiSettings
from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError
from db.config.settings import Settings, variable_of
from ops.local.settings import SuiteSettings
from ops.local.supervisor import running
from workers.integrations.onec.settings import OnecSettings
from workers.settings import SmtpSettings, WorkerSettings

OF_SUITE = ("HOST", "PORT", "DATABASE_URL", "DEMO", "DEMO_PASSWORD")
READ_BY_PARTS = (EngineSettings, ApiSettings, WorkerSettings, SmtpSettings, OnecSettings)
ONEC = tuple(variable_of(OnecSettings, name) for name in OnecSettings.model_fields)
CREDENTIALS = {
    "ONEC_URL": ("ONEC_USER", "ONEC_PASSWORD"),
    "SMTP_HOST": ("SMTP_USER", "SMTP_PASSWORD"),
}
"""Address → its login and password."""


class OtherSettings(OperatorError):
    """The environment contradicts the settings of the running stack, or itself."""


def of_environment() -> dict[str, str]:
    """Return the settings of all parts that are set in the environment of this process."""
    known = {*OF_SUITE, *(name for cls in READ_BY_PARTS for name in _variables(cls))}
    given = {name.upper(): value for name, value in os.environ.items() if value}
    return {name: given[name] for name in sorted(known & given.keys())}


def follow(state: Path, *, own_onec: bool = False) -> None:
    """Set the variables that the running stack was started with, if one runs in this checkout.

    ``own_onec``: the command may use another 1C; if the environment names one, the stack's 1C
    settings are left out, so that its password is not sent there.

    Raises: OtherSettings if the environment has another value for any of them.
    """
    refuse_mixed_credentials()
    if "supervisor" not in running(state):
        return
    started_with = _recorded(state)
    here, in_file = of_environment(), _file()
    if own_onec and here.get("ONEC_URL", "") not in ("", started_with.get("ONEC_URL")):
        for known in (started_with, here):
            for name in ONEC:
                known.pop(name, None)
    usual = _defaults() | in_file | started_with
    other = [name for name, value in here.items() if value != usual.get(name)]
    if other:
        raise OtherSettings(
            f"Комплект, который здесь работает, запущен с другими настройками: {', '.join(other)}. "
            "Уберите их из этого окна или перезапустите комплект с ними: make down, make up."
        )
    os.environ.update(started_with)


def refuse_mixed_credentials() -> None:
    """Refuse to combine an address from the environment with credentials from `.env`.

    Raises: OtherSettings.
    """
    here, in_file = of_environment(), _file()
    for address, secrets in CREDENTIALS.items():
        if here.get(address, "") in ("", in_file.get(address, "")) or not in_file.get(address):
            continue
        if absent := [name for name in secrets if name in in_file and name not in here]:
            raise OtherSettings(
                f"{address} в этом окне другой, чем в файле .env, а {', '.join(absent)} только в "
                "файле: пароль ушёл бы не туда. Задайте их вместе."
            )


def _variables(cls: type[Settings]) -> Iterator[str]:
    return (variable_of(cls, name) for name in cls.model_fields)


def _defaults() -> dict[str, str]:
    """Default values of settings with simple types."""
    return {
        variable_of(cls, name): str(field.default).lower()
        if isinstance(field.default, bool)
        else str(field.default)
        for cls in (SuiteSettings, *READ_BY_PARTS)
        for name, field in cls.model_fields.items()
        if isinstance(field.default, (str, int, float))
    }


def _file() -> dict[str, str]:
    found = dotenv_values(".env", encoding="utf-8")
    return {name.upper(): value for name, value in found.items() if value}


def _recorded(state: Path) -> dict[str, str]:
    try:
        return dict(json.loads(state.read_text()).get("settings", {}))
    except (OSError, ValueError, AttributeError):
        return {}
