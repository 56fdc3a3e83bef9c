"""Prepares an installation: databases, engine, accounts, diagrams. Alone, once, safe to repeat.

The order leaves nothing half-done that people could see: the gate first, since it changes
nothing; the diagrams last, when everything that they need is there.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg import sql
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from sqlalchemy.engine import make_url

from bpmn.camunda.client.rest import Engine, EngineRefused
from bpmn.camunda.provisioning import deployment, provision
from bpmn.camunda.provisioning.history import delete_history_permissions, keep_history
from bpmn.camunda.server import launcher
from bpmn.camunda.server.settings import require_strong_passwords
from db.catalog import load_catalog
from db.config.operator_error import OperatorError
from db.config.settings import DatabaseAddress, SecretDatabaseAddress, Settings, demand
from db.store.database import Database
from ops.containers.databases import (
    Say,
    deals_role,
    engine_role,
    locked,
    make_roles,
    make_search_extension,
)
from ops.containers.setup_marker import mark_prepared
from ops.local.stack import ENGINE_START, HealthChecks, free_port, gate

ENGINE_STOP = 40.0  # seconds
KNOWN_DEMO_PASSWORD = "Pit-2026-demo"
"""Default of the local demo; refused on a server."""


class SetupFailed(OperatorError):
    """The installation could not be prepared."""


class SetupSettings(Settings):
    """Read from ``SETUP_*`` and from variables that are shared with other parts."""

    model_config = SettingsConfigDict(env_prefix="SETUP_")

    postgres_url: SecretDatabaseAddress
    """URL of the database for the superuser: postgresql://postgres:…@host/pit."""
    patience: float = Field(120, gt=0, le=86_400)
    """Timeout for the start of PostgreSQL, in seconds."""
    database_url: DatabaseAddress = Field(validation_alias="DATABASE_URL")
    """URL for API and workers, with the role and password that `setup` creates."""
    demo: bool = Field(False, validation_alias="DEMO")
    """Create the accounts of the demo company."""
    demo_password: SecretStr | None = Field(None, validation_alias="DEMO_PASSWORD")
    """Password of all demo users; required with the demo."""

    def check(self) -> None:
        """Raises: SecretRefused."""
        demand(
            SETUP_POSTGRES_URL=make_url(self.postgres_url.get_secret_value()).password,
            DATABASE_URL=make_url(self.database_url).password,
        )
        if self.demo:
            given = self.demo_password.get_secret_value() if self.demo_password else ""
            demand(DEMO_PASSWORD="" if given == KNOWN_DEMO_PASSWORD else given)


def setup(settings: SetupSettings, engine_settings: launcher.EngineSettings, say: Say) -> None:
    """Prepare database, engine, accounts and deployments of an installation.

    Safe to repeat because each step creates only what is missing. Concurrent runs are serialized by
    an advisory lock.

    Raises:
        SecretRefused: a secret is missing or an example value; nothing was changed.
        WeakPasswords: the engine's policy would refuse a password; nothing was changed.
        SetupFailed: the engine did not start.
        psycopg.OperationalError: no PostgreSQL at the address.
    """
    settings.check()
    demand(ENGINE_DB_PASSWORD=engine_settings.db_password)
    secrets = launcher.secrets_of(engine_settings)
    _refuse_weak(engine_settings, secrets, settings)
    say("Сверяю схемы с исполнителями, формами и каталогом…")
    gate()
    with locked(settings.postgres_url.get_secret_value(), settings.patience, say) as connection:
        say("Проверяю роли и схемы базы данных…")
        deals_owner = deals_role(settings.database_url)
        make_roles(connection, deals_owner, engine_role(engine_settings))
        make_search_extension(connection, deals_owner)
        say("Обновляю базу сделок…")
        with closing(Database(settings.database_url, load_catalog(demo=settings.demo))) as deals:
            deals.migrate()
        if not _prepare_engine(settings, engine_settings, secrets, say):
            say("Пароль администратора движка сменился, завожу его запись заново…")
            _delete_administrator(connection, engine_settings)
            if not _prepare_engine(settings, engine_settings, secrets, say):
                raise SetupFailed("Движок не принимает пароль администратора.")
        mark_prepared(engine_settings)
    say("Готово: движок, API и исполнители могут работать.")


def _refuse_weak(
    engine_settings: launcher.EngineSettings, secrets: launcher.Secrets, settings: SetupSettings
) -> None:
    """Check passwords against the engine's policy. Raises: WeakPasswords."""
    accounts = {
        "ENGINE_ADMIN_PASSWORD": (engine_settings.admin_user, secrets.admin),
        "ENGINE_WORKER_PASSWORD": ("svcWorker", secrets.worker),
        "ENGINE_API_PASSWORD": ("svcApi", secrets.api),
        "ENGINE_DEPLOY_PASSWORD": ("svcDeploy", secrets.deploy),
    }
    if settings.demo and settings.demo_password:
        accounts["DEMO_PASSWORD"] = ("manager1", settings.demo_password.get_secret_value())
    require_strong_passwords(accounts)


def _prepare_engine(
    settings: SetupSettings,
    engine_settings: launcher.EngineSettings,
    secrets: launcher.Secrets,
    say: Say,
) -> bool:
    """Provision and deploy; False, without changes, if the administrator's password is refused."""
    say("Запускаю движок на время настройки…")
    with private_engine(engine_settings) as url:
        administrator = Engine(url, engine_settings.admin_user, secrets.admin)
        if not _takes_password(administrator):
            return False
        say("Настраиваю пользователей, права и фильтры…")
        password = settings.demo_password if settings.demo else None
        report = provision.provision(
            administrator,
            demo=settings.demo,
            secrets=secrets,
            demo_password=password.get_secret_value() if password else None,
        )
        say(f"  {report}")
        say("Развёртываю схемы и формы…")
        say(f"  {deployment.deploy(Engine(url, 'svcDeploy', secrets.deploy))}")
        keep_history(administrator, engine_settings.history_days)
        delete_history_permissions(administrator)
        return True


def _takes_password(account: Engine) -> bool:
    """Return False only for 401, because no response is no reason to recreate an account.

    Raises: EngineError.
    """
    try:
        account.get("/version")
    except EngineRefused as refusal:
        if refusal.status != 401:
            raise
        return False
    return True


def _delete_administrator(
    connection: "psycopg.Connection[Any]", settings: launcher.EngineSettings
) -> None:
    """Delete the administrator's account; the next start creates it with the current password.

    Needed after a restore or a changed password.
    """
    schema = sql.Identifier(engine_role(settings).name)
    of_account = (
        ("act_ru_authorization", "user_id_"),
        ("act_id_membership", "user_id_"),
        ("act_id_user", "id_"),
    )
    for table, column in of_account:
        connection.execute(
            sql.SQL("DELETE FROM {}.{} WHERE {} = %s").format(
                schema, sql.Identifier(table), sql.Identifier(column)
            ),
            [settings.admin_user],
        )


@contextmanager
def private_engine(settings: launcher.EngineSettings) -> Iterator[str]:
    """Run an engine on the loopback interface that may create tables; yields its REST URL.

    Raises: SetupFailed.
    """
    own = settings.model_copy(
        update={"host": "127.0.0.1", "port": free_port(), "schema_update": True}
    )
    argv, env = launcher.command(own)
    process = subprocess.Popen(argv, env=env)
    try:
        _wait(process, f"{own.rest_url}/engine")
        yield own.rest_url
    finally:
        process.terminate()
        try:
            process.wait(ENGINE_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[Any]", open_address: str) -> None:
    """Wait until ``open_address``, which needs no password, responds. Raises: SetupFailed."""
    answers, deadline = HealthChecks().of(open_address), time.monotonic() + ENGINE_START
    while not answers():
        if process.poll() is not None:
            raise SetupFailed("Движок завершился при запуске: причина выше в журнале.")
        if time.monotonic() > deadline:
            raise SetupFailed(f"Движок не запустился за {ENGINE_START:.0f} с.")
        time.sleep(0.5)
