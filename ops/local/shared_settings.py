"""One source of settings for all commands of a checkout: those of the suite that runs in it.

`.env` and secret files are the same for every command of a checkout. The environment is not:
another terminal has another. So the suite's own is kept in its state file, and commands that speak
with the suite take it from there.
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
"""Which login and password belong to the address."""


class OtherSettings(OperatorError):
    """The environment contradicts the suite that runs here, or itself. A Russian sentence."""


def of_environment() -> dict[str, str]:
    """Settings of the suite's parts that the environment of this process holds."""
    known = {*OF_SUITE, *(name for cls in READ_BY_PARTS for name in _variables(cls))}
    given = {name.upper(): value for name, value in os.environ.items() if value}
    return {name: given[name] for name in sorted(known & given.keys())}


def follow(state: Path, *, own_onec: bool = False) -> None:
    """Give this process the settings of the suite that runs here, if one does.

    ``own_onec``: the command asks a 1C of its own choice; if the environment names one, none of
    the suite's logins and passwords are mixed with it.

    Raises: OtherSettings if the environment names another value for any of them.
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
    """Login and password from `.env` are not sent to another address that the environment names.

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
    """Of settings that are written as they are shown."""
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
