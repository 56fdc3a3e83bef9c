#!/usr/bin/env python3
"""The suite's one command. `python manage.py --help` lists what it can do; `make` calls it."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from api.auth.tokens import SCOPES
from bpmn.camunda.client.rest import EngineError
from bpmn.camunda.server import launcher
from bpmn.camunda.server.settings import WeakPasswords
from bpmn.model.elements import ModelBroken
from bpmn.model.picture import draw
from bpmn.model.reader import read_diagram
from db.config.errors import settings_refused_in_words
from db.config.settings import demand
from db.domain.errors import DealNotFound, Unavailable
from ops.backup.backup import BackupFailed, BackupSettings, Manifest, finished
from ops.backup.backup import backup as save
from ops.backup.postgres_clients import ClientFailed
from ops.backup.restore import RestoreFailed, RestoreRefused
from ops.backup.restore import restore as bring_back
from ops.containers.compose_settings import EnvExists, fresh_env
from ops.containers.databases import NotPostgres, PasswordRefused
from ops.containers.setup import SetupFailed, SetupSettings
from ops.containers.setup import setup as set_up
from ops.containers.setup_marker import wait_until_prepared
from ops.local.commands import demo, down, reset, up
from ops.local.settings import SuiteSettings
from ops.local.shared_settings import OtherSettings, follow
from ops.local.signals import interruptible
from ops.local.stack import gate as check_gate
from ops.local.stack import say
from ops.maintenance.deals import audit, doctor, reconcile, repair
from ops.maintenance.mails import mails
from ops.maintenance.tokens import revoke, token, tokens


def gate(_: SuiteSettings) -> None:
    """Compare the diagrams with workers, forms, roles and catalogue; print what to mend."""
    check_gate()


def setup(_: SuiteSettings) -> None:
    """Prepare a company's installation: databases, engine, accounts, diagrams; safe to repeat."""
    set_up(SetupSettings(), launcher.EngineSettings(), say)


def engine(_: SuiteSettings) -> None:
    """Be one node of a company's engine: wait for `setup`, then run until asked to stop."""
    settings = launcher.EngineSettings()
    demand(ENGINE_DB_PASSWORD=settings.db_password)
    wait_until_prepared(settings, say)
    argv, env = launcher.command(settings)
    os.execve(argv[0], argv, env)


def env(_: SuiteSettings, domain: str, https_port: int, http_port: int, with_demo: bool) -> None:
    """Write a fresh .env with random secrets for docker-compose.yml; never overwrites one."""
    target = Path(".env")
    try:
        fresh_env(target, domain=domain, https_port=https_port, http_port=http_port, demo=with_demo)
    except EnvExists:
        raise SystemExit(
            "Файл .env уже есть, его секреты могут быть в силе. "
            "Если установка новая, переименуйте его и повторите."
        ) from None
    Path("certs").mkdir(exist_ok=True)
    say("Записано: .env (только для вас). Дальше: docker compose up -d --build")


def backup(_: SuiteSettings, keep: int | None) -> None:
    """Save both schemas of the database and the files as of one moment; nothing stops for it."""
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
    """Draw a diagram as SVG, beside it or where told."""
    target = to or diagram.with_suffix(".svg")
    try:
        target.write_text(draw(read_diagram(diagram)), encoding="utf-8")
    except (OSError, ModelBroken) as trouble:
        raise SystemExit(f"Не удалось нарисовать: {trouble}") from trouble
    say(f"Нарисовано: {target}")


def main() -> None:
    """Parse the command line; every command has its own --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def add(command: str, act: Callable[..., None], /, **arguments: dict[str, Any]) -> None:
        sentence = (act.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(command, help=sentence, description=act.__doc__)
        for argument, options in arguments.items():
            flags = options.pop("flags", [argument])
            sub.add_argument(*flags, **options)
        sub.set_defaults(act=act)

    add("up", up)
    add("down", down)
    add(
        "reset",
        reset,
        sure={"flags": ["--yes"], "dest": "sure", "action": "store_true", "help": "do not ask"},
    )
    add("demo", demo)
    add("gate", gate)
    add("setup", setup)
    add("engine", engine)
    add(
        "env",
        env,
        domain={"nargs": "?", "default": "localhost", "help": "host name people open"},
        https_port={"flags": ["--https-port"], "type": int, "default": 443, "help": "443"},
        http_port={"flags": ["--http-port"], "type": int, "default": 80, "help": "80"},
        with_demo={
            "flags": ["--demo"],
            "dest": "with_demo",
            "action": "store_true",
            "help": "with the made-up company, a simulated 1C and a mail catcher",
        },
    )
    add(
        "backup",
        backup,
        keep={"flags": ["--keep"], "type": _positive, "help": "forget all but the newest so many"},
    )
    add("backups", backups)
    add("restore", restore, name={"help": "from `backups`"})
    add(
        "picture",
        picture,
        diagram={"type": Path, "help": "a .bpmn file"},
        to={"nargs": "?", "type": Path, "help": "the .svg to write"},
    )
    add("audit", audit)
    add("doctor", doctor)
    add(
        "repair",
        repair,
        deal={"nargs": "?", "help": "e.g. D-2026-00001"},
        every={
            "flags": ["--all"],
            "dest": "every",
            "action": "store_true",
            "help": "all that lost it",
        },
    )
    add("reconcile", reconcile)
    add(
        "token",
        token,
        name={"help": "who will use it, e.g. site"},
        scopes={"nargs": "+", "choices": SCOPES, "metavar": "scope", "help": ", ".join(SCOPES)},
        days={"flags": ["--days"], "type": int, "default": 365, "help": "valid so long; 365"},
    )
    add("tokens", tokens)
    add("revoke", revoke, token_id={"help": "first column of `tokens`"})
    add(
        "mails",
        mails,
        resend={
            "flags": ["--resend"],
            "nargs": "+",
            "metavar": "number",
            "help": "send these letters again at once; `all`: every one",
        },
    )
    given = vars(parser.parse_args())
    given.pop("command")
    with settings_refused_in_words():
        _run(given.pop("act"), given)


OF_RUNNING_SUITE = (audit, demo, doctor, mails, reconcile, repair, revoke, token, tokens)
"""Commands that use the settings of the suite that runs here."""


def _run(act: Callable[..., None], given: dict[str, Any]) -> None:
    """Raises: SystemExit with a sentence for everything that a person can mend."""
    try:
        if act in OF_RUNNING_SUITE:
            follow(SuiteSettings().state, own_onec=act is doctor)
        act(SuiteSettings(), **given)
    except (DealNotFound, Unavailable, OtherSettings, WeakPasswords) as trouble:
        raise SystemExit(str(trouble)) from trouble
    except (SetupFailed, NotPostgres, PasswordRefused, ClientFailed) as trouble:
        raise SystemExit(str(trouble)) from trouble
    except (BackupFailed, RestoreFailed, RestoreRefused) as trouble:
        raise SystemExit(str(trouble)) from trouble
    except psycopg.OperationalError as trouble:
        raise SystemExit(f"База данных не отвечает: {trouble}") from trouble
    except launcher.DownloadFailed as trouble:
        raise SystemExit(
            f"Не удалось загрузить движок: {trouble}\n"
            "Проверьте сеть и повторите make up: загруженное сохранено."
        ) from trouble
    except launcher.JarChanged as trouble:
        raise SystemExit(
            f"Файл движка изменён, запуск остановлен: {trouble.path}\n"
            "Если вы его не меняли, удалите его: он загрузится снова."
        ) from trouble
    except EngineError as trouble:
        raise SystemExit(
            f"Движок процессов не сделал того, о чём его просили ({trouble}). "
            f"Причина в журнале {SuiteSettings().data_dir / 'logs' / 'engine.log'}"
        ) from trouble


def _positive(text: str) -> int:
    """Raises: ValueError, which argparse tells."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    main()
