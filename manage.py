#!/usr/bin/env python3
"""Command line of the suite: `python manage.py --help` lists the commands; `make` calls them."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from api.auth.tokens import SCOPES
from bpmn.camunda.client.rest import EngineError
from bpmn.camunda.server import launcher
from bpmn.camunda.server.distribution import DISTRIBUTIONS
from bpmn.lint.report import FORMATS
from bpmn.model.elements import InvalidDiagram
from bpmn.model.picture import draw
from bpmn.model.reader import read_diagram
from db.catalog.errors import CatalogInvalid
from db.config.errors import exit_with_message
from db.config.settings import demand
from db.domain.errors import DealNotFound, Unavailable
from db.vapid import PushKey
from ops.backup.backup import BackupSettings, Manifest, finished
from ops.backup.backup import backup as save
from ops.backup.restore import restore as bring_back
from ops.containers.compose_settings import fresh_env
from ops.containers.setup import SetupSettings
from ops.containers.setup import setup as set_up
from ops.containers.setup_marker import wait_until_prepared
from ops.demo import STORIES
from ops.heat.command import heat
from ops.local.commands import demo, down, reset, up
from ops.local.settings import SuiteSettings
from ops.local.shared_settings import follow
from ops.local.signals import interruptible
from ops.local.stack import gate as check_gate
from ops.local.stack import say
from ops.maintenance.deals import audit, doctor, reconcile, repair
from ops.maintenance.mails import mails
from ops.maintenance.tokens import revoke, token, tokens
from ops.mining.command import FORMATS as LOG_FORMATS
from ops.mining.command import export_log
from ops.move.command import move_engine
from ops.release.command import deploy, migrate, plan
from ops.release.migration import BATCH
from ops.scenarios.command import scenario


def gate(_: SuiteSettings, form: str) -> None:
    """Check the diagrams against workers, forms, roles and the catalog; print the findings."""
    check_gate(form)


def setup(_: SuiteSettings) -> None:
    """Prepare an installation: databases, engine, accounts, diagrams; safe to repeat."""
    set_up(SetupSettings(), launcher.EngineSettings(), say)


def engine(_: SuiteSettings) -> None:
    """Run one engine node: wait for `setup`, then become the engine's process."""
    settings = launcher.EngineSettings()
    demand(ENGINE_DB_PASSWORD=settings.db_password)
    wait_until_prepared(settings, say)
    argv, env = launcher.command(settings)
    os.execve(argv[0], argv, env)


def env(_: SuiteSettings, domain: str, https_port: int, http_port: int, with_demo: bool) -> None:
    """Write a new .env with random secrets for docker-compose.yml; an existing one is kept."""
    fresh_env(
        Path(".env"), domain=domain, https_port=https_port, http_port=http_port, demo=with_demo
    )
    Path("certs").mkdir(exist_ok=True)
    say("Записано: .env (только для вас). Дальше: docker compose up -d --build")


def push_key(_: SuiteSettings) -> None:
    """Print a new private key for PUSH_PRIVATE_KEY or PIT_PUSH_KEY; nothing is stored."""
    print(PushKey.new().text)


def backup(_: SuiteSettings, keep: int | None) -> None:
    """Save both database schemas and the files as of one moment, while everything runs."""
    with interruptible():
        save(BackupSettings(), say, keep)


def backups(_: SuiteSettings) -> None:
    """List the backups that can be restored."""
    for one in finished(BackupSettings().backup_dir):
        known = Manifest.of(one)
        print(f"{one.name}  файлов {known.files}, {known.bytes / 1e6:.1f} МБ")


def restore(_: SuiteSettings, name: str) -> None:
    """Load a backup into an empty installation; a damaged backup is refused before it starts."""
    with interruptible():
        bring_back(BackupSettings(), name, say)


def picture(_: SuiteSettings, diagram: Path, to: Path | None) -> None:
    """Draw a diagram as SVG, into the given file or next to the diagram."""
    target = to or diagram.with_suffix(".svg")
    try:
        target.write_text(draw(read_diagram(diagram)), encoding="utf-8")
    except (OSError, InvalidDiagram) as error:
        raise SystemExit(f"Не удалось нарисовать: {error}") from error
    say(f"Нарисовано: {target}")


def main() -> None:
    """Parse the command line and run the command; every command has its own --help."""
    given = vars(_parser().parse_args())
    with exit_with_message():
        _run(given.pop("act"), given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(act: Callable[..., None]) -> Callable[..., argparse.Action]:
        """Add a command with the name and the docstring of ``act``."""
        summary = (act.__doc__ or "").splitlines()[0]
        command = commands.add_parser(
            act.__name__.replace("_", "-"), help=summary, description=act.__doc__
        )
        command.set_defaults(act=act)
        return command.add_argument

    for act in (down, setup, engine, backups, push_key):
        add(act)
    add(up)(
        "--company",
        dest="with_company",
        action="store_true",
        help="play the made-up company once, if there are no deals",
    )
    option = add(gate)
    option("--format", dest="form", choices=tuple(FORMATS), default="text", help="text")
    option("--json", dest="form", action="store_const", const="json", help="like --format json")
    decisions = "YAML file with decisions about running instances; bpmn/migration.yaml"
    option = add(plan)
    option("--decisions", type=Path, help=decisions)
    option("--json", dest="as_data", action="store_true", help="for programs")
    option("--picture", type=Path, metavar="HTML", help="write the diagrams in colors")
    option = add(deploy)
    option("--decisions", type=Path, help=decisions)
    option("--apply", "--yes", action="store_true", help="deploy although instances run")
    option = add(migrate)
    option("--decisions", type=Path, help=decisions)
    option("--apply", "--yes", action="store_true", help="move them; else a dry run")
    option("--back", action="store_true", help="return those that have not moved on")
    option("--batch", type=_positive, default=BATCH, help=f"instances per transaction; {BATCH}")
    option("--report", type=Path, metavar="JSON", help="write what became of each instance")
    for act in (audit, doctor, reconcile, tokens):
        add(act)
    add(demo)("--story", choices=STORIES, default=STORIES[0], help=STORIES[0])
    add(reset)("--yes", dest="sure", action="store_true", help="do not ask")
    option = add(env)
    option("domain", nargs="?", default="localhost", help="host name people open")
    option("--https-port", type=int, default=443, help="443")
    option("--http-port", type=int, default=80, help="80")
    option(
        "--demo",
        dest="with_demo",
        action="store_true",
        help="with a made-up company, a 1C simulator and a mail catcher",
    )
    add(backup)("--keep", type=_positive, help="delete all but this many newest backups")
    add(restore)("name", help="from `backups`")
    add(move_engine)("--to", required=True, choices=DISTRIBUTIONS, help="engine to move to")
    option = add(picture)
    option("diagram", type=Path, help="a .bpmn file")
    option("to", nargs="?", type=Path, help="the .svg to write")
    option = add(scenario)
    option("action", choices=("check", "play", "record"), help="record: write one from a deal")
    option("names", nargs="*", help="files or their names, all by default; for `record` a deal")
    option("--to", type=Path, help="file to write: the coverage page or the recorded scenario")
    option = add(repair)
    option("deal", nargs="?", help="e.g. D-2026-00001")
    option("--all", dest="every", action="store_true", help="every deal without its process")
    option = add(token)
    option("name", help="who will use it, e.g. site")
    option("scopes", nargs="+", choices=SCOPES, metavar="scope", help=", ".join(SCOPES))
    option("--days", type=int, default=365, help="lifetime in days; 365")
    add(revoke)("token_id", help="first column of `tokens`")
    help_text = "send these e-mails again at once; `all`: every one"
    option = add(heat)
    option("--days", type=_positive, default=90, help="period that times and refusals are of; 90")
    option("--json", dest="as_json", action="store_true", help="as JSON, times in seconds")
    option(
        "--html",
        dest="to",
        type=Path,
        help="write a page with pictures into this file; -: print it",
    )
    option = add(export_log)
    option("--format", dest="form", choices=tuple(LOG_FORMATS), default="ocel", help="ocel")
    option("to", type=Path, help="file to write; -: print it")
    add(mails)("--resend", nargs="+", metavar="number", help=help_text)
    return parser


OF_RUNNING_SUITE = (
    *(audit, demo, deploy, doctor, export_log, heat, mails, migrate, plan),
    *(reconcile, repair, revoke, scenario, token, tokens),
)
"""Commands that use the settings of the suite that runs on this machine."""


def _run(act: Callable[..., None], given: dict[str, Any]) -> None:
    """Raises: OperatorError, SystemExit with a message for failures that the operator can fix."""
    try:
        if act in OF_RUNNING_SUITE:
            follow(SuiteSettings().state, own_onec=act is doctor)
        act(SuiteSettings(), **given)
    except (DealNotFound, Unavailable) as error:
        raise SystemExit(str(error)) from error
    except CatalogInvalid as error:
        raise SystemExit(f"В каталоге (db/catalog) ошибки, исправьте их:\n{error}") from error
    except psycopg.OperationalError as error:
        raise SystemExit(f"База данных не отвечает: {error}") from error
    except EngineError as error:
        log = SuiteSettings().data_dir / "logs" / "engine.log"
        place = str(log) if log.exists() else "движка: docker compose logs engine setup"
        raise SystemExit(
            f"Движок процессов не выполнил запрос ({error}). Причина в журнале {place}"
        ) from error


def _positive(text: str) -> int:
    """Raises: ValueError, which argparse tells."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    main()
