"""`manage.py move-engine`: moves the installation of the settings to another engine distribution.

Inside the `care` container that is the installation of docker-compose.yml, elsewhere the stack of
`make up`, with PostgreSQL or with H2.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from bpmn.camunda.client.rest import Engine, EngineError, EngineRefused
from bpmn.camunda.next_steps import deals_without_next_step
from bpmn.camunda.server import launcher
from bpmn.camunda.server.distribution import DistributionName
from bpmn.camunda.server.jars import locked
from bpmn.camunda.server.settings import EngineSettings
from db.config.settings import SecretDatabaseAddress, Settings, demand
from db.domain.errors import Unavailable
from ops.backup.backup import BackupSettings, backup
from ops.backup.postgres_clients import run_client
from ops.containers.setup import private_engine
from ops.local.settings import SuiteSettings
from ops.local.signals import interruptible
from ops.local.stack import known_database, say
from ops.local.supervisor import AlreadyRuns, exclusive, running
from ops.move.h2 import H2Database
from ops.move.move import move, other_than
from ops.move.postgres import PostgresDatabase
from ops.move.refusals import MoveRefused, MoveUnfinished

STOP_CONTAINERS = "Остановите всё, кроме неё: docker compose stop front api worker engine"
STILL_RUNS = "Движок работает. Сначала остановите: make down"
STOP_PROGRAMS = "Остановите их: make down"
OTHER_RELEASE = (
    "База сделок другого выпуска, чем эта программа. Сначала перейдите на этот выпуск с прежним "
    "движком (docker compose up -d или make up), потом переносите."
)


class InstallationSettings(Settings):
    """Tells the installation of docker-compose.yml from the stack of `make up`."""

    postgres_url: SecretDatabaseAddress | None = Field(None, validation_alias="SETUP_POSTGRES_URL")
    """URL of the superuser; set in the `care` container only."""


def move_engine(settings: SuiteSettings, to: DistributionName) -> None:
    """Move the stopped engine's running processes to Camunda 7 or Operaton; safe to repeat."""
    target = EngineSettings().model_copy(update={"distribution": to})
    in_containers = InstallationSettings().postgres_url is not None
    if in_containers:
        _require_image(to)
    else:
        target = target.model_copy(update={"data_dir": settings.data_dir / "engine"})
    launcher.secrets_of(target)  # refuses missing passwords before anything is changed
    _require_release(settings)
    say(f"Проверяю файлы {target.described.title}…")
    launcher.fetch(target)
    with interruptible(), ExitStack() as stack:
        if in_containers:
            _of_containers(settings, target)
            return
        try:
            stack.enter_context(exclusive(settings.data_dir / "up.lock"))
        except AlreadyRuns:
            raise MoveRefused(STILL_RUNS) from None
        if running(settings.state):
            raise MoveRefused(STILL_RUNS)
        if target.profile == "postgres":
            _of_local_postgres(settings, target)
        else:
            _of_file(settings, target)


def _require_image(to: DistributionName) -> None:
    """Raises: MoveRefused, because an image has the jars of one distribution only."""
    if (built := EngineSettings().distribution) != to:
        raise MoveRefused(
            f"Этот образ собран для ENGINE_DISTRIBUTION={built}. Задайте ENGINE_DISTRIBUTION={to} "
            "в .env, соберите образы (docker compose build) и повторите."
        )


def _require_release(settings: SuiteSettings) -> None:
    """Check that the deals can be audited after the move. Raises: MoveRefused, Unavailable."""
    with closing(known_database(settings)) as database:
        if not database.is_current():
            raise MoveRefused(OTHER_RELEASE)


def _of_containers(settings: SuiteSettings, target: EngineSettings) -> None:
    demand(ENGINE_DB_PASSWORD=target.db_password)
    saved = BackupSettings()
    move(
        PostgresDatabase(target, saved.schemas(), STOP_CONTAINERS),
        target.described,
        backup=lambda: backup(saved, say).name,
        verify=lambda: verify(settings, target),
        say=say,
    )


def _of_local_postgres(settings: SuiteSettings, target: EngineSettings) -> None:
    database = PostgresDatabase(target, [target.db_user or ""], STOP_PROGRAMS)
    move(
        database,
        target.described,
        backup=lambda: dumped(database, settings.data_dir / "backups"),
        verify=lambda: verify(settings, target),
        say=say,
    )


def _of_file(settings: SuiteSettings, target: EngineSettings) -> None:
    (h2,) = (jar for jar in locked(target.described.lock) if jar.artifact == "h2")
    source = other_than(target.described)
    database = H2Database(target.data_dir, target.jars_dir / h2.file_name, source)
    move(
        database,
        target.described,
        backup=database.backup,
        verify=lambda: verify(settings, target),
        say=say,
    )


def dumped(database: PostgresDatabase, directory: Path) -> str:
    """Write a dump of the engine's tables. Returns: its path. Raises: ClientFailed.

    Not of what else the database has: the engine's role need not be allowed to read it.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in directory.glob("engine-*.part"):
        left.unlink()
    final = directory / f"engine-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.dump"
    fresh = final.with_suffix(".part")
    fresh.touch(mode=0o600)  # people's names and the digests of their passwords
    options = ["--format=custom", "--table=act_*", f"--file={fresh}"]
    run_client(["pg_dump", *options], database.address)
    fresh.replace(final)
    return str(final)


def verify(settings: SuiteSettings, target: EngineSettings) -> Iterator[str]:
    """Start the engine on the moved database; yield what an administrator should look at.

    Raises: MoveUnfinished, SetupFailed.
    """
    secrets = launcher.secrets_of(target)
    try:
        with private_engine(target) as url:
            with closing(Engine(url, target.admin_user, secrets.admin)) as administrator:
                yield _administrates(administrator, target)
            with closing(Engine(url, "svcWorker", secrets.worker)) as worker:
                yield from _audited(settings, worker)
    except EngineError as error:
        raise MoveUnfinished(f"движок не отвечает ({error}).") from error
    except Unavailable as error:
        raise MoveUnfinished(f"база сделок не отвечает ({error}).") from error


def _administrates(administrator: Engine, target: EngineSettings) -> str:
    group = target.described.administrators
    try:
        rows = administrator.get("/group", member=target.admin_user)
    except EngineRefused as refusal:
        raise MoveUnfinished(
            f"администратор {target.admin_user} не может войти ({refusal.status})."
        ) from refusal
    if group not in {row["id"] for row in rows}:
        raise MoveUnfinished(f"администратор {target.admin_user} не в группе {group}.")
    return f"Администратор {target.admin_user} входит и состоит в группе {group}."


def _audited(settings: SuiteSettings, worker: Engine) -> Iterator[str]:
    """Deals without a next step; messages that wait for a worker are no next step for long."""
    with closing(known_database(settings)) as database:
        stuck = deals_without_next_step(database.reading, worker, datetime.now(UTC))
    for each in stuck:
        yield f"{each.deal_id}: {each.reason}"
    if stuck:
        yield f"Проверьте эти сделки после запуска (manage.py audit): {len(stuck)}."
    else:
        yield "У каждой открытой сделки есть следующий шаг."
