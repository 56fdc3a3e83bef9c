"""The local stack of `make up`: its parts, their order of start, and their shutdown."""

import contextlib
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from api.settings import ApiSettings
from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning import deployment, provision
from bpmn.camunda.provisioning.history import delete_history_permissions, keep_history
from bpmn.camunda.server import launcher, webapp_files
from bpmn.lint.finding import Finding, Severity
from bpmn.lint.gate import findings, read
from bpmn.lint.report import FORMATS
from bpmn.lint.rules import warnings
from bpmn.lint.surroundings import surroundings
from db.catalog import load_catalog
from db.config.push import PushSettings
from db.store.database import Database
from forms.task_forms import FORMS
from ops.local.company import MadeUpCompany
from ops.local.push_key import load_or_create_push_key
from ops.local.settings import ROOT, SuiteSettings
from ops.local.shared_settings import of_environment
from ops.local.supervisor import Part, Supervisor
from workers.integrations.onec.simulator.account import Account
from workers.topic_contracts import topic_contracts

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ENGINE_START = 240.0  # seconds: its tables are made in it
ENGINE_DEAF = 120.0  # seconds


def say(text: str) -> None:
    """Print a line with the time."""
    print(f"{datetime.now():%H:%M:%S}  {text}", flush=True)


class Stopped(Exception):
    """The stack was asked to stop while it was starting."""


def free_port() -> int:
    """Return a free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HealthChecks:
    """HTTP health checks over kept-alive connections."""

    def __init__(self) -> None:
        self._http = httpx2.Client(timeout=5, trust_env=False, verify=False)

    def of(self, url: str) -> Callable[[], bool]:
        """Return a check that ``url`` responds with 200."""

        def check() -> bool:
            try:
                return self._http.get(url).status_code == 200
            except httpx2.HTTPError:
                return False

        return check


class Suite:
    """Engine, 1C simulator, API and worker on one machine, with one data directory."""

    def __init__(self, settings: SuiteSettings) -> None:
        self.settings = settings
        data = settings.data_dir
        self.engine_settings = launcher.EngineSettings(
            data_dir=data / "engine",
            port=free_port(),
            tasklist_overrides=ROOT / "forms" / "tasklist" / "webapp",
        )
        self.secrets = launcher.secrets_of(self.engine_settings)
        given = PushSettings().push_key
        file = data / "push.key"
        self._push_key = given.text if given else load_or_create_push_key(file)
        self.onec_port = free_port()
        addresses = {
            "front": settings.address,
            "engine": self.engine_settings.base_url,
            "onec": self.onec_url,
        }
        self.supervisor = Supervisor(
            settings.state, say, addresses=addresses, settings=of_environment()
        )
        logs, checks = data / "logs", HealthChecks()
        engine_works = checks.of(f"{self.engine_settings.rest_url}/engine")
        self.engine = Part(
            "engine",
            f"движок {self.engine_settings.described.title}",
            self._engine,
            engine_works,
            logs / "engine.log",
            grace=40,
            hang_timeout=ENGINE_DEAF,
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
            depends_on=(self.engine, self.api),
        )

        self.company = MadeUpCompany(
            demo_command(settings, addresses, "company"),
            data / "company.state",
            logs / "company.log",
        )

    @property
    def onec_url(self) -> str:
        return self.settings.onec_url or f"http://127.0.0.1:{self.onec_port}"

    @property
    def _simulates_onec(self) -> bool:
        return self.settings.demo and self.settings.onec_url is None

    def engine_as(self, user: str, password: str) -> Engine:
        return Engine(self.engine_settings.rest_url, user, password)

    def up(self, *, with_company: bool = False) -> None:
        """Start everything, print the banner and supervise until a signal.

        ``with_company``: play the made-up company into an empty database.
        """
        began = time.monotonic()
        with self._stopping_on_signals():
            self._download()
            downloaded = time.monotonic()
            self._start()
            took = time.monotonic() - downloaded
            say(f"Готово за {took:.1f} с (загрузка: {downloaded - began:.1f} с)")
            settled = with_company and self._settle_company()
            print(banner(self.settings, settled=settled), flush=True)
            self.supervisor.watch()

    def _settle_company(self) -> bool:
        """Begin the made-up company if it is due. Returns: whether it plays now."""
        settings = self.settings
        if not self._simulates_onec:
            return False  # it writes into 1C: into the simulator only
        with contextlib.closing(database(settings)) as deals:
            due = self.company.is_due(deals)
        if due:
            self.company.begin(say)
        return due

    def _start(self) -> None:
        supervisor, settings = self.supervisor, self.settings
        self._step(f"Запускаю {self.engine.label}…")
        supervisor.start(self.engine)
        if self._simulates_onec:
            supervisor.start(self.onec)
        self._step("Обновляю базу сделок…")
        database(settings).migrate()
        supervisor.start(self.api)
        self._step("Сверяю схемы с исполнителями, формами и каталогом…")
        gate()
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
        supervisor.start(self.worker)  # last, because /readyz is true once a worker polls
        self._must_work(self.api, 60)
        self._must_work(self.worker, 60)

    def deploy(self) -> object:
        """Deploy diagrams and forms to the engine."""
        deployed = deployment.deploy(self.engine_as("svcDeploy", self.secrets.deploy))
        administrator = self.engine_as(self.engine_settings.admin_user, self.secrets.admin)
        keep_history(administrator, self.engine_settings.history_days)
        delete_history_permissions(administrator)
        return deployed

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
        return python(
            "-m", "workers.integrations.onec.simulator", *port, *data
        ), self._environment()

    def _api(self) -> tuple[Sequence[str], Mapping[str, str]]:
        own = {
            "API_HOST": self.settings.host,
            "API_PORT": str(self.settings.port),
            "API_ENGINE_URL": self.engine_settings.base_url,
            "API_ENGINE_PASSWORD": self.secrets.api,
            "API_FILES_DIR": str(self.settings.data_dir / "files"),
            "API_PAGES_DIR": str(self._pages()),
            "API_LINKS_URL": self._public_url(),
        }
        if self._simulates_onec:
            own["API_ONEC_SIMULATOR_URL"] = self.onec_url
        return python("-m", "api"), self._environment(own)

    def _public_url(self) -> str:
        return ApiSettings().public_url or self.settings.address

    def _pages(self) -> Path:
        return webapp_files.unpack_webapp_files(
            self.engine_settings, self.settings.data_dir / "pages"
        )

    def _worker(self) -> tuple[Sequence[str], Mapping[str, str]]:
        own = {
            "ENGINE_URL": self.engine_settings.rest_url,
            "ENGINE_WORKER_PASSWORD": self.secrets.worker,
            "API_PUBLIC_URL": self._public_url(),
        }
        if self._simulates_onec:
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
            "PUSH_PRIVATE_KEY": self._push_key,
            "DEMO": str(self.settings.demo).lower(),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",  # logs and files are UTF-8 in every locale
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
            self.company.stop()
            self.supervisor.stop()
            say("Остановлено. Данные сохранены в " + str(self.settings.data_dir))


def python(*arguments: str) -> list[str]:
    """Command line of this Python interpreter."""
    return [sys.executable, *arguments]


def demo_command(
    settings: SuiteSettings, addresses: Mapping[str, str], story: str
) -> Sequence[str]:
    """Command line that plays a story of the demo on the stack with these addresses."""
    onec = urlsplit(addresses["onec"])
    given = ["--url", addresses["front"], "--onec", f"{onec.scheme}://{onec.netloc}"]
    return python("-m", "ops.demo", *given, "--password", settings.demo_password, "--story", story)


def database(settings: SuiteSettings) -> Database:
    """Open the deal database of the settings."""
    return Database(settings.database, load_catalog(demo=settings.demo))


def known_database(settings: SuiteSettings) -> Database:
    """Open the database that `up` created. Raises: SystemExit if there is none."""
    if settings.database_url is None and not (settings.data_dir / "deals.sqlite3").exists():
        raise SystemExit("Базы сделок ещё нет. Сначала запустите: make up")
    return database(settings)


def banner(settings: SuiteSettings, *, settled: bool = False) -> str:
    """Text with the address, demo logins and first steps.

    ``settled``: the made-up company is being played.
    """
    lines = ["", f"  Откройте {settings.address}/", ""]
    if settings.demo:
        lines.append(f"  Пароль у всех показательных сотрудников: {settings.demo_password}")
        lines += [
            f"    {login:<14} {name:<28} {role}" for login, name, role in provision.demo_people()
        ]
        lines += [
            "",
            "  Что попробовать: войдите менеджером, нажмите «Новая сделка»; или в другом окне",
            "  make demo: нового клиента согласуют на ваших глазах;",
            "  Сейчас на доске сами появляются шестьдесят сделок всех направлений, минуты две."
            if settled
            else "  make demo STORY=company: шестьдесят сделок всех направлений, минуты две.",
        ]
        if settings.onec_url is None:
            lines.append(
                "  Оператору 1С документы создаёт кнопка «Создать в 1С»: отвечает имитатор."
            )
    lines += [
        f"  API: {settings.address}/api/v1/openapi.json · журналы: {settings.data_dir / 'logs'}",
        "  Ctrl+C остановит всё; данные сохранятся.",
        "",
    ]
    return "\n".join(lines)


def gate(form: str = "text") -> None:
    """Check diagrams against workers, forms, roles and catalog; print the findings.

    Warnings are printed and forbid nothing.
    """
    found = gate_findings()
    if found or form != "text":
        print(FORMATS[form](found, ROOT))
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    if errors:
        raise SystemExit(f"Схемы не готовы к развёртыванию, замечаний: {errors}")
    if form == "text":
        say("Схемы, исполнители, формы, роли и каталог согласованы.")


def gate_findings() -> list[Finding]:
    """Run the gate on the diagrams of this checkout; what forbids deployment comes first."""
    catalog = load_catalog()
    folder = ROOT / "bpmn" / "processes"
    models, tables, unreadable = read(folder)
    found = findings(models, topic_contracts(), FORMS, catalog.roles, catalog, tables)
    warned = [finding for model in models for finding in warnings(model)]
    around = surroundings(FORMS)
    return [*unreadable, *found, *around, *warned]


def address_refusal(host: str, port: int) -> str | None:
    """Return why the address cannot be bound, as a message; None if it can."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as trouble:
        return refusal_of(trouble, host, port)
    return None


def refusal_of(trouble: OSError, host: str, port: int) -> str:
    """Return the Russian message for an error of bind()."""
    if trouble.errno == errno.EADDRINUSE:
        return f"Порт {port} занят. Выберите другой: make up PORT=8001"
    if isinstance(trouble, PermissionError):
        return (
            f"Нет прав на порт {port}: порты до 1024 доступны только администратору системы. "
            "Выберите другой: make up PORT=8001"
        )
    return f"HOST={host}: у этого компьютера нет такого адреса. Обычно HOST=127.0.0.1."
