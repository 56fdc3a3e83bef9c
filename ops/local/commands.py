"""Commands of the local stack: up, down, reset, demo."""

import json
import os
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from api.settings import ApiSettings
from bpmn.camunda.server.settings import EngineSettings, require_strong_passwords
from db.config.settings import variable_of
from ops.demo import STORIES
from ops.local.settings import SuiteSettings
from ops.local.shared_settings import refuse_mixed_credentials
from ops.local.stack import LOOPBACK, Suite, address_refusal, database, demo_command, say
from ops.local.supervisor import AlreadyRuns, exclusive, running
from workers.integrations.onec.settings import OnecSettings
from workers.settings import SmtpSettings, WorkerSettings

ACCOUNTS = {"admin": "admin", "worker": "svcWorker", "api": "svcApi", "deploy": "svcDeploy"}
"""Prefix of the engine's password setting → account."""


def up(settings: SuiteSettings, with_company: bool = False) -> None:
    """Start the local stack and supervise it until Ctrl+C."""
    if settings.demo and settings.host not in LOOPBACK:
        raise SystemExit(
            "С показательными сотрудниками можно слушать только свой компьютер (127.0.0.1). "
            "Для компании задайте DEMO=false."
        )
    refuse_mixed_credentials()
    check_settings(settings)
    os.umask(0o077)  # personal data and passwords: no access for other users
    for variable, directory in (
        ("DATA_DIR", settings.data_dir),
        ("ENGINE_JARS_DIR", EngineSettings().jars_dir),
    ):
        _demand_writable(variable, directory)
    try:
        with exclusive(settings.data_dir / "up.lock"):
            _up_alone(settings, with_company)
    except AlreadyRuns:
        known = json.loads(settings.state.read_text()) if settings.state.exists() else {}
        address = known.get("addresses", {}).get("front", "запускается")
        raise SystemExit(f"Уже работает: {address}. Остановить: make down") from None


def check_settings(settings: SuiteSettings) -> None:
    """Validate the settings of all parts, so that an error is a message and no line in a log.

    Raises: ValidationError, SettingsError, SecretRefused, WeakPasswords.
    """
    engine = EngineSettings(data_dir=settings.data_dir / "engine")
    for cls in (ApiSettings, WorkerSettings, OnecSettings, SmtpSettings):
        cls()
    given = {
        variable_of(EngineSettings, f"{name}_password"): (login, secret.get_secret_value())
        for name, login in ACCOUNTS.items()
        if (secret := getattr(engine, f"{name}_password")) is not None
    }
    if engine.profile == "postgres" and not engine.db_url:
        raise SystemExit("Настройка ENGINE_DB_URL: не задана, а нужна с ENGINE_PROFILE=postgres.")
    if settings.demo:
        given["DEMO_PASSWORD"] = ("manager1", settings.demo_password)
    require_strong_passwords(given)


def _demand_writable(variable: str, directory: Path) -> None:
    """Raises: SystemExit."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as trouble:
        raise SystemExit(
            f"Настройка {variable}: в каталог {directory} нельзя писать ({trouble.strerror})."
        ) from None


def _up_alone(settings: SuiteSettings, with_company: bool) -> None:
    left = running(settings.state)
    left.pop("supervisor", None)  # it has ended, because this process holds the lock
    for name, process in left.items():
        say(f"Останавливаю оставшийся от прошлого запуска процесс: {name}")
        process.terminate(20)
    if refusal := address_refusal(settings.host, settings.port):
        raise SystemExit(refusal)
    if settings.database_url is not None:
        with closing(database(settings)) as deals:
            deals.ping()
    Suite(settings).up(with_company=with_company)


def down(settings: SuiteSettings) -> None:
    """Stop the local stack that runs in another terminal."""
    left = running(settings.state)
    if not left:
        say("Ничего не запущено.")
        return
    order = [left.pop("supervisor")] if "supervisor" in left else []
    for process in [*order, *left.values()]:
        process.terminate(90)
    settings.state.unlink(missing_ok=True)
    say("Остановлено.")


def reset(settings: SuiteSettings, sure: bool) -> None:
    """Delete all data of the local stack."""
    if not settings.data_dir.exists():
        say("Удалять нечего.")
        return
    if running(settings.state):
        raise SystemExit("Сначала остановите: make down")
    if not sure and not _confirmed(f"Удалить все сделки, файлы и историю в {settings.data_dir}?"):
        raise SystemExit("Ничего не удалено.")
    shutil.rmtree(settings.data_dir)
    say("Данные удалены. make up начнёт с чистого листа.")
    if settings.database_url:
        say("База из DATABASE_URL не тронута: её очищает администратор баз данных.")


def _confirmed(question: str) -> bool:
    try:
        return input(f"{question} Напишите «да»: ").strip().lower() == "да"
    except EOFError:  # no terminal
        print()
        return False


def demo(settings: SuiteSettings, story: str = STORIES[0]) -> None:
    """Play a story of the demo on the running stack."""
    addresses = addresses_of(settings)
    if not settings.demo:
        raise SystemExit("Показ играют показательные сотрудники, а комплект запущен с DEMO=false.")
    os.execv(sys.executable, list(demo_command(settings, addresses, story)))


def addresses_of(settings: SuiteSettings) -> dict[str, str]:
    """Return the URLs of the running stack's parts. Raises: SystemExit if none runs."""
    if "supervisor" not in running(settings.state):
        raise SystemExit("Сначала запустите в другом окне: make up")
    return dict(json.loads(settings.state.read_text())["addresses"])
