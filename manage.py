#!/usr/bin/env python3
"""The suite's one command. `python manage.py --help` lists what it can do; `make` calls it."""

import argparse
import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from api.identity.tokens import SCOPES
from bpmn.engine import launcher
from bpmn.engine.next_steps import without_next_step
from bpmn.engine.rest import Engine, EngineError
from bpmn.model import ModelBroken
from bpmn.picture import draw
from bpmn.reader import read_diagram
from db.domain.errors import DealNotFound, Unavailable
from db.domain.records import Token
from workers.deadlines import Deadlines
from workers.gateways.failures import EngineFailedSteps
from workers.gateways.onec.doctor import Finding, State, examine, wrong_settings
from workers.gateways.onec.settings import OnecSettings, open_books
from workers.gateways.onec.simulator.account import Account
from workers.gateways.people import EnginePeople
from workers.onec_rows import rows_of
from workers.reconciler import Reconciler
from workers.repair import Repairs
from workers.services import Outside, Services
from workers.settings import WorkerSettings
from workers.suite import (
    LOOPBACK,
    Suite,
    SuiteSettings,
    gate,
    is_free,
    known_database,
    python,
    say,
)
from workers.supervisor import AlreadyRuns, alone, running, terminate
from workers.unverified import Unverified

LONGEST_TOKEN = 3650  # days
TOKEN_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")


def up(settings: SuiteSettings) -> None:
    """Start the suite and keep it running."""
    if settings.demo and settings.host not in LOOPBACK:
        raise SystemExit(
            "С показательными сотрудниками можно слушать только свой компьютер (127.0.0.1). "
            "Для компании задайте DEMO=false."
        )
    os.umask(0o077)  # deals, passports and passwords: for nobody else on this machine
    try:
        with alone(settings.data_dir / "up.lock"):
            _up_alone(settings)
    except AlreadyRuns:
        known = json.loads(settings.state.read_text()) if settings.state.exists() else {}
        address = known.get("addresses", {}).get("front", "запускается")
        raise SystemExit(f"Уже работает: {address}. Остановить: make down") from None


def _up_alone(settings: SuiteSettings) -> None:
    left = running(settings.state)
    left.pop("supervisor", None)  # its number belongs to somebody else now: the lock is ours
    for name, pid in left.items():
        say(f"Останавливаю оставшийся от прошлого запуска процесс: {name}")
        terminate(pid, 20)
    if not is_free(settings.host, settings.port):
        raise SystemExit(f"Порт {settings.port} занят. Выберите другой: make up PORT=8001")
    Suite(settings).up()


def down(settings: SuiteSettings) -> None:
    """Stop a suite that runs elsewhere on this machine."""
    left = running(settings.state)
    if not left:
        say("Ничего не запущено.")
        return
    order = [left.pop("supervisor")] if "supervisor" in left else []
    for pid in [*order, *left.values()]:
        terminate(pid, 90)
    settings.state.unlink(missing_ok=True)
    say("Остановлено.")


def reset(settings: SuiteSettings, sure: bool) -> None:
    """Forget all data of the embedded suite."""
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
    except EOFError:  # nobody is there to answer
        print()
        return False


def demo(settings: SuiteSettings) -> None:
    """Play a made-up company through the running suite."""
    addresses = _addresses(settings)
    arguments = ["--url", addresses["front"], "--onec", addresses["onec"]]
    os.execv(
        sys.executable,
        python("-m", "tests.scenario", *arguments, "--password", settings.demo_password),
    )


def _addresses(settings: SuiteSettings) -> dict[str, str]:
    if "supervisor" not in running(settings.state):
        raise SystemExit("Сначала запустите в другом окне: make up")
    return dict(json.loads(settings.state.read_text())["addresses"])


def picture(_: SuiteSettings, diagram: Path, to: Path | None) -> None:
    """Draw a diagram as SVG, beside it or where told."""
    target = to or diagram.with_suffix(".svg")
    try:
        target.write_text(draw(read_diagram(diagram)), encoding="utf-8")
    except (OSError, ModelBroken) as trouble:
        raise SystemExit(f"Не удалось нарисовать: {trouble}") from trouble
    say(f"Нарисовано: {target}")


@contextlib.contextmanager
def worker_engine(settings: SuiteSettings) -> Iterator[Engine]:
    """The engine as our workers see it: of the suite that runs here, else of the environment."""
    given = WorkerSettings()
    url, password = given.engine_url, given.engine_worker_password.get_secret_value()
    if "supervisor" in running(settings.state):
        url = f"{_addresses(settings)['engine']}/engine-rest"
        engine_settings = launcher.EngineSettings(data_dir=settings.data_dir / "engine")
        password = launcher.secrets_of(engine_settings).worker
    with contextlib.closing(Engine(url, given.engine_worker_user, password)) as engine:
        try:
            yield engine
        except EngineError as trouble:
            raise SystemExit(
                f"Движок процессов не ответил ({type(trouble).__name__}). "
                "Запустите его (make up) и повторите команду."
            ) from trouble


def doctor(settings: SuiteSettings) -> None:
    """Ask the configured 1C whether all that we read is there; exit code 1 if something is not."""
    logging.disable(logging.WARNING)  # every refusal is told below, in better words
    troubles = 0
    for finding in _examined(settings):
        print(f"{finding.state.value} {finding.sentence}", flush=True)
        troubles += finding.state is State.TROUBLE
    if troubles:
        raise SystemExit(f"1С к обмену не готова, замечаний: {troubles}")
    say("1С готова к обмену.")


def _examined(settings: SuiteSettings) -> Iterator[Finding]:
    try:
        yield from examine(_onec(settings))
    except ValidationError as wrong:
        yield from wrong_settings(wrong)


def _onec(settings: SuiteSettings) -> OnecSettings:
    """Of the environment; else the simulator, if the demo runs here."""
    given = OnecSettings()
    if given.url is not None or not settings.demo or "supervisor" not in running(settings.state):
        return given
    account = Account()
    return OnecSettings(
        url=f"{_addresses(settings)['onec']}/trade",
        user=account.login,
        password=SecretStr(account.password),
    )


def audit(settings: SuiteSettings) -> None:
    """List open deals without a next step; exit code 1 if there are any."""
    deals = known_database(settings)
    with deals.reading() as store:
        open_deals, outbox = store.deals.open_ids(), store.outbox.pending()
    with worker_engine(settings) as engine:
        stuck = without_next_step(
            open_deals, outbox, engine, deals.catalog.roles, datetime.now(UTC)
        )
    for each in stuck:
        print(f"{each.deal_id}: {each.reason}")
    if stuck:
        raise SystemExit(f"Сделок без следующего шага: {len(stuck)} из {len(open_deals)} открытых.")
    say(f"У каждой из {len(open_deals)} открытых сделок есть следующий шаг.")


def repair(settings: SuiteSettings, deal: str | None, every: bool) -> None:
    """Start a process for a deal that lost its own, at the point that fits its stage."""
    if (deal is None) != every:
        raise SystemExit("Назовите сделку, например D-2026-00001, или укажите --all.")
    given = WorkerSettings()
    deadlines = Deadlines(given.zone, given.branch_zones)
    with worker_engine(settings) as engine:
        opened = known_database(settings).writing
        repairs = Repairs(opened, engine, lambda store: Services(store, deadlines))
        lost = repairs.lost() if every else [deal or ""]
        for deal_id in lost:
            say(f"{deal_id}: {repairs.repair(deal_id).sentence}")
    if not lost:
        say("Восстанавливать нечего: у каждой открытой сделки идёт процесс.")


def reconcile(settings: SuiteSettings) -> None:
    """Compare the numbers of all deals with 1C now, as the worker does every night."""
    given = WorkerSettings()
    onec = _onec(settings)
    with worker_engine(settings) as engine, contextlib.closing(open_books(onec)) as books:
        database, people = known_database(settings), EnginePeople(engine)
        rows = rows_of(books.contracts, books.shipments)
        outside = Outside(
            database.reading,
            people,
            books.contracts,
            books.shipments,
            onec.infobase,
            EngineFailedSteps(engine),
            rows,
        )
        night = Reconciler(
            database.writing,
            rows,
            people,
            at=given.reconcile_at,
            zone=given.zone,
            confirm=Unverified(database.writing, outside).confirm,
        )
        say(str(night.reconcile()))


def _onec(settings: SuiteSettings) -> OnecSettings:
    """The simulator of the suite that runs here, else 1C of the environment."""
    simulator = _addresses(settings)["onec"] if "onec" in running(settings.state) else None
    if simulator is None:
        return OnecSettings()
    account = Account()
    return OnecSettings(
        url=f"{simulator}/trade", user=account.login, password=SecretStr(account.password)
    )


def token(settings: SuiteSettings, name: str, scopes: list[str], days: int) -> None:
    """Make a machine's access token; it is shown once and stored only as a hash."""
    if not TOKEN_NAME.fullmatch(name):
        raise SystemExit("Имя: от 1 до 60 латинских букв, цифр и знаков . _ -, например site.")
    if not 1 <= days <= LONGEST_TOKEN:
        raise SystemExit(f"Срок: от 1 до {LONGEST_TOKEN} дней.")
    secret = f"pit_{secrets.token_urlsafe(32)}"
    now = datetime.now(UTC)
    made = Token(str(uuid.uuid4()), name, frozenset(scopes), now, now + timedelta(days=days))
    with known_database(settings).writing() as store:
        store.tokens.add(made, hashlib.sha256(secret.encode()).hexdigest())
    print(secret)
    print(f"Действует до {made.expires_at:%d.%m.%Y}. Больше не будет показан.", file=sys.stderr)


def tokens(settings: SuiteSettings) -> None:
    """List the access tokens of machines; their secrets are not kept."""
    with known_database(settings).reading() as store:
        for one in store.tokens.all():
            until = f"до {one.expires_at:%d.%m.%Y}" if one.expires_at else "бессрочно"
            state = f"отозван {one.revoked_at:%d.%m.%Y}" if one.revoked_at else until
            print(f"{one.id}  {one.name}  {' '.join(sorted(one.scopes))}  {state}")


def revoke(settings: SuiteSettings, token_id: str) -> None:
    """Take a machine's access token back; it stops working at once."""
    with known_database(settings).writing() as store:
        if not store.tokens.revoke(token_id):
            raise SystemExit("Такого действующего токена нет. Список: manage.py tokens")
    say("Токен отозван.")


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
    given = vars(parser.parse_args())
    given.pop("command")
    settings = SuiteSettings()
    try:
        given.pop("act")(settings, **given)
    except (DealNotFound, Unavailable) as trouble:
        raise SystemExit(str(trouble)) from trouble
    except launcher.SecretsMissing as trouble:
        raise SystemExit(
            f"Задайте пароли служебных записей: {', '.join(trouble.names)}"
        ) from trouble
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
            f"Причина в журнале {settings.data_dir / 'logs' / 'engine.log'}"
        ) from trouble


if __name__ == "__main__":
    main()
