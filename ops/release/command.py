"""Commands for the diagrams of a running engine: plan, deploy, migrate."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import Release, Running, stale
from bpmn.camunda.provisioning.deployment import deploy as deploy_differences
from bpmn.camunda.provisioning.history import keep_history
from bpmn.camunda.server import launcher
from bpmn.model.elements import InvalidDiagram
from db.catalog import load_catalog
from db.config.operator_error import OperatorError
from ops.local.commands import addresses_of
from ops.local.settings import SuiteSettings
from ops.local.stack import gate, say
from ops.local.supervisor import running
from ops.release.decisions import ProcessDecisions, read_decisions
from ops.release.migration import Migration, Report
from ops.release.plan import Plan
from ops.release.plan import plan as plan_of
from ops.release.report import as_html, as_json, as_text
from workers.settings import WorkerSettings

DECISIONS = Path("bpmn/migration.yaml")
"""Decisions that go with the diagrams, if the file exists."""
DRY = "Пробный прогон, ничего не изменено. Выполнить: та же команда с --apply."


def plan(
    settings: SuiteSettings, decisions: Path | None, as_data: bool, picture: Path | None
) -> None:
    """Show what a deployment would change in the running engine, and whom it concerns."""
    if not as_data:
        gate()
    with _engine(settings) as engine, _engine(settings, as_admin=True) as administrator:
        found = _plan(engine, administrator, _decisions(decisions))
    print(as_json(found) if as_data else as_text(found))
    if picture is not None:
        picture.write_text(as_html(found), encoding="utf-8")
        if not as_data:
            say(f"Схемы с отметками: {picture}")


def deploy(settings: SuiteSettings, decisions: Path | None, apply: bool) -> None:
    """Deploy the processes that differ, without a restart; a dry run if instances are affected.

    Refused while the engine lacks a group to which a diagram offers a task.
    """
    gate()
    with _engine(settings) as engine, _engine(settings, as_admin=True) as administrator:
        found = _plan(engine, administrator, _decisions(decisions))
        print(as_text(found))
        if not found.deployed:
            return
        if found.lacking:
            groups = ", ".join(one.group for one in found.lacking)
            raise OperatorError(
                f"Не развёрнуто: в движке нет групп {groups}, что делать, см. выше."
            )
        if found.affected and not apply:
            say(DRY)
            return
        say(str(deploy_differences(engine)))
        keep_history(administrator, launcher.EngineSettings().history_days)
        if left := stale(Release(), Running(engine)):
            raise OperatorError(f"После развёртывания отличаются: {', '.join(sorted(left))}")
        say("Проверено: в движке те же схемы, формы и таблицы, что в файлах.")
        if found.affected:
            say("Начатые остались на своих версиях. Перевести их: manage.py migrate")


def migrate(
    settings: SuiteSettings,
    decisions: Path | None,
    apply: bool,
    back: bool,
    batch: int,
    report: Path | None,
) -> None:
    """Move running instances to the latest versions; safe to repeat, also after a kill."""
    with _engine(settings) as engine:
        migration = Migration(
            engine, _decisions(decisions), load_catalog(demo=settings.demo), batch
        )
        if back:
            if not apply:
                say(DRY)
                return
            _told(migration.back(), report)
            return
        routes = migration.routes()
        for route in routes:
            say(f"{route}, начатых {migration.count(route)}")
        if not routes:
            say("Переводить некого: все начатые идут по последним версиям.")
        elif not apply:
            say(DRY)
        else:
            _told(migration.run(routes), report)


def _told(reports: Iterable[Report], target: Path | None) -> None:
    """Print each report, write all of them. Raises: OperatorError: some instances did not move."""
    told: list[Report] = []
    try:
        for one in reports:
            told.append(one)
            say(str(one))
            for instance, why in one.failed.items():
                say(f"  {instance}: {why}")
    finally:
        if target is not None:
            rows = [one.row() for one in told]
            target.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
    if not told:
        say("Переводить некого.")
    if failed := sum(len(one.failed) for one in told):
        raise OperatorError(
            f"Не переведено: {failed}. Они идут по прежней версии; повторите команду, а если "
            "причина та же, решите о шаге в файле решений."
        )


def _plan(engine: Engine, administrator: Engine, decisions: Mapping[str, ProcessDecisions]) -> Plan:
    try:
        return plan_of(engine, Release(), decisions, administrator)
    except InvalidDiagram as error:
        raise OperatorError(str(error)) from error


def _decisions(given: Path | None) -> Mapping[str, ProcessDecisions]:
    return read_decisions(given or (DECISIONS if DECISIONS.exists() else None))


@contextmanager
def _engine(settings: SuiteSettings, *, as_admin: bool = False) -> Iterator[Engine]:
    """Open the engine of the running stack, else of the environment, as the deploying account."""
    engine_settings = launcher.EngineSettings()
    url = WorkerSettings().engine_url
    if "supervisor" in running(settings.state):
        url = f"{addresses_of(settings)['engine']}/engine-rest"
        engine_settings = launcher.EngineSettings(data_dir=settings.data_dir / "engine")
    secrets = launcher.secrets_of(engine_settings)
    login, password = "svcDeploy", secrets.deploy
    if as_admin:
        login, password = engine_settings.admin_user, secrets.admin
    with closing(Engine(url, login, password)) as engine:
        yield engine
