#!/usr/bin/env python3
"""The suite's one command. `python manage.py --help` lists what it can do; `make` calls it."""

import argparse
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.identity.tokens import SCOPES
from bpmn.engine import deploy, launcher, provision
from bpmn.engine.next_steps import without_next_step
from bpmn.engine.rest import Engine, EngineError
from bpmn.finding import Finding
from bpmn.gate import findings
from bpmn.model import ModelBroken
from bpmn.picture import draw
from bpmn.reader import read_diagram, read_diagrams
from db.catalog import load_catalog
from db.domain.errors import DealNotFound, Unavailable
from db.domain.records import Token
from db.store.database import Database
from forms.contract import load_forms
from workers.deadlines import Deadlines
from workers.gateways.onec.simulator.account import Account
from workers.promises import promises
from workers.repair import Repairs
from workers.services import Services
from workers.settings import WorkerSettings
from workers.supervisor import AlreadyRuns, Part, Supervisor, alone, running, terminate

ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ENGINE_START = 120.0  # seconds
LONGEST_TOKEN = 3650  # days
TOKEN_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")


class SuiteSettings(BaseSettings):
    """What `up` needs to know; each name is an environment variable."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = ROOT / ".data"
    database_url: str | None = None
    """None: SQLite in the data directory."""
    demo: bool = True
    demo_password: str = "Pit-2026-demo"
    onec_url: str | None = None
    """None with `demo`: the simulator is started."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'deals.sqlite3'}"

    @property
    def state(self) -> Path:
        return self.data_dir / "run.json"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"


def say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S}  {text}", flush=True)


class Stopped(Exception):
    """The person asked to stop while the suite was still starting."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Checks:
    """Asks parts on this machine whether they work; connections stay open, so asking is cheap."""

    def __init__(self) -> None:
        self._http = httpx.Client(timeout=5, trust_env=False, verify=False)

    def of(self, url: str) -> Callable[[], bool]:
        def check() -> bool:
            try:
                return self._http.get(url).status_code == 200
            except httpx.HTTPError:
                return False

        return check


class Suite:
    """The embedded suite: engine, 1C simulator, API with front door, worker; one directory."""

    def __init__(self, settings: SuiteSettings) -> None:
        self.settings = settings
        data = settings.data_dir
        self.engine_settings = launcher.EngineSettings(
            data_dir=data / "engine",
            port=free_port(),
            tasklist_overrides=ROOT / "forms" / "tasklist" / "webapp",
        )
        self.secrets = launcher.secrets_of(self.engine_settings)
        self.onec_port = free_port()
        addresses = {
            "front": settings.address,
            "engine": self.engine_settings.base_url,
            "onec": self.onec_url,
        }
        self.supervisor = Supervisor(settings.state, say, addresses=addresses)
        logs, checks = data / "logs", Checks()
        engine_works = checks.of(f"{self.engine_settings.rest_url}/engine")
        self.engine = Part(
            "engine",
            "движок Camunda",
            self._engine,
            engine_works,
            logs / "engine.log",
            grace=40,
            deaf=ENGINE_START,
        )
        self.onec = Part(
            "onec",
            "имитатор 1С",
            self._onec,
            checks.of(f"{self.onec_url}/_simulator/health"),
            logs / "onec.log",
            grace=5,
        )
        self.api = Part(
            "api",
            "API и вход",
            self._api,
            checks.of(f"{settings.address}/healthz"),
            logs / "api.log",
        )
        self.worker = Part(
            "worker",
            "исполнители",
            self._worker,
            checks.of(f"{settings.address}/readyz"),
            logs / "worker.log",
            needs=(self.engine, self.api),
        )

    @property
    def onec_url(self) -> str:
        return self.settings.onec_url or f"http://127.0.0.1:{self.onec_port}"

    def engine_as(self, user: str, password: str) -> Engine:
        return Engine(self.engine_settings.rest_url, user, password)

    def up(self) -> None:
        """Start everything, say what to try, watch until asked to stop."""
        began = time.monotonic()
        with self._stopping_on_signals():
            self._download()
            downloaded = time.monotonic()
            self._start()
            took = time.monotonic() - downloaded
            say(f"Готово за {took:.1f} с (загрузка: {downloaded - began:.1f} с)")
            print(banner(self.settings), flush=True)
            self.supervisor.watch()

    def _start(self) -> None:
        supervisor, settings = self.supervisor, self.settings
        self._step("Запускаю движок Camunda…")
        supervisor.start(self.engine)
        if settings.demo and settings.onec_url is None:
            supervisor.start(self.onec)
        self._step("Обновляю базу сделок…")
        database(settings).migrate()
        supervisor.start(self.api)
        self._step("Сверяю схемы с исполнителями, формами и каталогом…")
        gate(settings)
        self._must_work(self.engine, ENGINE_START)
        self._step("Настраиваю пользователей, права и фильтры…")
        provisioned = provision.provision(
            self.engine_as(self.engine_settings.admin_user, self.secrets.admin),
            demo=settings.demo,
            secrets=self.secrets,
            demo_password=settings.demo_password,
        )
        say(f"  {provisioned}")
        self._step("Развёртываю схемы и формы…")
        say(f"  {self.deploy()}")
        supervisor.start(self.worker)  # only now: a worker that is seen makes the suite ready
        self._must_work(self.api, 60)
        self._must_work(self.worker, 60)

    def deploy(self) -> object:
        return deploy.deploy(self.engine_as("svcDeploy", self.secrets.deploy))

    def _download(self) -> None:
        def progress(done: int, total: int, megabytes: float) -> None:
            self._go_on()
            print(f"\r  движок: {done}/{total} файлов, {megabytes:.0f} МБ", end="", flush=True)
            if done == total:
                print(flush=True)

        say("Проверяю файлы движка…")
        launcher.fetch(self.engine_settings, progress)

    def _step(self, text: str) -> None:
        self._go_on()
        say(text)

    def _go_on(self) -> None:
        if self.supervisor.stopping:
            raise Stopped

    def _engine(self) -> tuple[Sequence[str], Mapping[str, str]]:
        return launcher.command(self.engine_settings)

    def _onec(self) -> tuple[Sequence[str], Mapping[str, str]]:
        data = ["--data", str(self.settings.data_dir / "onec.json")]
        port = ["--port", str(self.onec_port)]
        return python("-m", "workers.gateways.onec.simulator", *port, *data), self._environment()

    def _api(self) -> tuple[Sequence[str], Mapping[str, str]]:
        own = {
            "API_HOST": self.settings.host,
            "API_PORT": str(self.settings.port),
            "API_ENGINE_URL": self.engine_settings.base_url,
            "API_ENGINE_PASSWORD": self.secrets.api,
            "API_FILES_DIR": str(self.settings.data_dir / "files"),
        }
        return python("-m", "api"), self._environment(own)

    def _worker(self) -> tuple[Sequence[str], Mapping[str, str]]:
        own = {
            "ENGINE_URL": self.engine_settings.rest_url,
            "ENGINE_WORKER_PASSWORD": self.secrets.worker,
        }
        if self.settings.demo and self.settings.onec_url is None:
            account = Account()
            own |= {
                "ONEC_URL": f"{self.onec_url}/trade",
                "ONEC_USER": account.login,
                "ONEC_PASSWORD": account.password,
            }
        return python("-m", "workers"), self._environment(own)

    def _environment(self, own: Mapping[str, str] | None = None) -> Mapping[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.settings.database,
            "DEMO": str(self.settings.demo).lower(),
            "PYTHONUNBUFFERED": "1",
            **(own or {}),
        }

    def _must_work(self, part: Part, seconds: float) -> None:
        if self.supervisor.wait(part, seconds):
            return
        self._go_on()
        raise SystemExit(f"Не запустилось: {part.label}. Причина в журнале {part.log}")

    @contextlib.contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        def stop(*_: object) -> None:
            self.supervisor.stopping = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        try:
            yield
        except Stopped:
            pass
        finally:
            say("Останавливаю…")
            self.supervisor.stop()
            say("Остановлено. Данные сохранены в " + str(self.settings.data_dir))


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def database(settings: SuiteSettings) -> Database:
    return Database(settings.database, load_catalog(demo=settings.demo))


def known_database(settings: SuiteSettings) -> Database:
    """The database that `up` has made."""
    if settings.database_url is None and not (settings.data_dir / "deals.sqlite3").exists():
        raise SystemExit("Базы сделок ещё нет. Сначала запустите: make up")
    return database(settings)


def banner(settings: SuiteSettings) -> str:
    """The address, who can log in, and what to try first."""
    lines = ["", f"  Откройте {settings.address}/camunda/app/tasklist/default/", ""]
    if settings.demo:
        lines.append(f"  Пароль у всех показательных сотрудников: {settings.demo_password}")
        lines += [
            f"    {login:<14} {name:<28} {role}" for login, name, role in provision.demo_people()
        ]
        lines += [
            "",
            "  Что попробовать: войдите менеджером, откройте задачу «Собрать документы»;",
            "  или в другом окне наберите make demo: нового клиента согласуют на ваших глазах.",
        ]
    lines += [
        f"  API: {settings.address}/api/v1/openapi.json · журналы: {settings.data_dir / 'logs'}",
        "  Ctrl+C остановит всё; данные сохранятся.",
        "",
    ]
    return "\n".join(lines)


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
    if not _free(settings.host, settings.port):
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


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


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


def gate(_: SuiteSettings) -> None:
    """Compare the diagrams with workers, forms, roles and catalogue; print what to mend."""
    found = gate_findings()
    for finding in found:
        print(finding)
    if found:
        raise SystemExit(f"Схемы не готовы к развёртыванию, замечаний: {len(found)}")
    say("Схемы, исполнители, формы, роли и каталог согласованы.")


def gate_findings() -> list[Finding]:
    catalog = load_catalog()
    models = read_diagrams(ROOT / "bpmn")
    return findings(models, promises(), load_forms(), catalog.roles, catalog)


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
    add(
        "token",
        token,
        name={"help": "who will use it, e.g. site"},
        scopes={"nargs": "+", "choices": SCOPES, "metavar": "scope", "help": ", ".join(SCOPES)},
        days={"flags": ["--days"], "type": int, "default": 365, "help": "valid so long; 365"},
    )
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
