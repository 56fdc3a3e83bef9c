"""Every setting is in .env.example, and nothing else is."""

import re
from pathlib import Path

from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from bpmn.engine.settings import EngineSettings
from ops.suite import SuiteSettings
from workers.gateways.onec.settings import OnecSettings
from workers.settings import SmtpSettings, WorkerSettings

SETTINGS = (SuiteSettings, EngineSettings, ApiSettings, WorkerSettings, SmtpSettings, OnecSettings)


def test_the_example_names_every_setting_and_no_other():
    text = Path(".env.example").read_text()

    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))

    assert named == {name for settings in SETTINGS for name in _names(settings)}


def _names(settings: type[BaseSettings]) -> set[str]:
    prefix = settings.model_config.get("env_prefix", "")
    return {
        _variable(field.validation_alias, f"{prefix}{name}")
        for name, field in settings.model_fields.items()
    }


def _variable(alias: object, usual: str) -> str:
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0]).upper()
    return str(alias or usual).upper()
