"""Commands for deals and 1C: audit, repair, doctor, reconcile."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from pydantic import SecretStr, ValidationError

from api.inspection.antivirus import OFF, OK
from api.inspection.clamd import antivirus_at
from api.settings import ApiSettings
from bpmn.camunda.client.rest import Engine, EngineError
from bpmn.camunda.next_steps import deals_without_next_step
from bpmn.camunda.server import launcher
from db.store.database import Database
from ops.local.commands import addresses_of
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say
from ops.local.supervisor import running
from workers.background.number_confirmation import NumberConfirmation
from workers.background.onec_reconciliation import Reconciler
from workers.background.process_recovery import ProcessRecovery
from workers.business_calendar import Deadlines
from workers.dependencies import external_services
from workers.integrations.onec.doctor import Finding, Severity, examine, wrong_settings
from workers.integrations.onec.gateways import open_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.account import Account
from workers.ports.services import Services
from workers.settings import WorkerSettings


def audit(settings: SuiteSettings) -> None:
    """List deals without the next step that fits their stage; exit code 1 if there are any."""
    deals = known_database(settings)
    with deals.reading() as store:
        open_deals = store.deals.open_ids()
    with worker_engine(settings) as engine:
        stuck = deals_without_next_step(deals.reading, engine, datetime.now(UTC))
    for each in stuck:
        print(f"{each.deal_id}: {each.reason}")
    if stuck:
        raise SystemExit(
            f"Сделок без следующего шага или с чужим: {len(stuck)} при {len(open_deals)} открытых."
        )
    say(f"У каждой из {len(open_deals)} открытых сделок есть следующий шаг, и он по её стадии.")


def repair(settings: SuiteSettings, deal: str | None, every: bool) -> None:
    """Start a missing process of a deal, or move it to the activity that fits the deal's stage."""
    if (deal is None) != every:
        raise SystemExit("Назовите сделку, например D-2026-00001, или укажите --all.")
    given = WorkerSettings()
    deadlines = Deadlines(given.zone, given.branch_zones)
    with worker_engine(settings) as engine:
        database = known_database(settings)
        recovery = ProcessRecovery(
            database.writing, engine, lambda store: Services(store, deadlines)
        )
        wanted = _to_repair(recovery, database, engine) if every else [deal or ""]
        for deal_id in wanted:
            say(f"{deal_id}: {recovery.repair(deal_id).sentence}")
    if not wanted:
        say("Восстанавливать нечего: процесс каждой сделки стоит там, где её стадия.")


def _to_repair(recovery: ProcessRecovery, database: Database, engine: Engine) -> list[str]:
    stuck = deals_without_next_step(database.reading, engine, datetime.now(UTC))
    repairable = (one.deal_id for one in stuck if one.repairable)
    return sorted({*recovery.lost(), *recovery.foreign(), *repairable})


def doctor(settings: SuiteSettings) -> None:
    """Check the virus scanner and the configured 1C; exit code 1 if something is missing."""
    logging.disable(logging.ERROR)  # the findings below describe each failure
    antivirus, errors = _antivirus(), 0
    for finding in chain([antivirus], _examined(settings)):
        print(f"{finding.severity.value} {finding.sentence}", flush=True)
        errors += finding.severity is Severity.PROBLEM and finding is not antivirus
    if errors:
        raise SystemExit(f"1С к обмену не готова, замечаний: {errors}")
    say("1С готова к обмену.")
    if antivirus.severity is Severity.PROBLEM:
        raise SystemExit("Файлы сейчас не принимаются, см. первую строку.")


def _antivirus() -> Finding:
    try:
        state = antivirus_at(ApiSettings().clamd).state()
    except ValidationError as wrong:
        words = "; ".join(error["msg"] for error in wrong.errors(include_input=False))
        return Finding(Severity.PROBLEM, f"Неверная настройка API: {words}.")
    if state == OFF:
        sentence = "Антивирус не подключён: файлы проверяются, но не на вирусы. Адрес: API_CLAMD."
        return Finding(Severity.NOTE, sentence)
    if state != OK:
        sentence = "Антивирус не отвечает: файлы не принимаются. Проверьте clamd и API_CLAMD."
        return Finding(Severity.PROBLEM, sentence)
    return Finding(Severity.OK, "Антивирус отвечает.")


def _examined(settings: SuiteSettings) -> Iterator[Finding]:
    try:
        yield from examine(_onec(settings))
    except ValidationError as wrong:
        yield from wrong_settings(wrong)


def reconcile(settings: SuiteSettings) -> None:
    """Compare the numbers of all deals with 1C now, as the worker does every night."""
    given = WorkerSettings()
    onec = _onec(settings)
    with worker_engine(settings) as engine, contextlib.closing(open_gateways(onec)) as gateways:
        database = known_database(settings)
        external = external_services(database, engine, gateways, onec.infobase)
        night = Reconciler(
            database.writing,
            external.onec,
            external.people,
            at=given.reconcile_at,
            zone=given.zone,
            confirm=NumberConfirmation(database.writing, external).confirm,
            infobase=onec.infobase,
        )
        say(str(night.reconcile()))


def _onec(settings: SuiteSettings) -> OnecSettings:
    """Return the settings of the environment, else those of the running simulator."""
    given = OnecSettings()
    if given.url is not None or "onec" not in running(settings.state):
        return given
    account = Account()
    return OnecSettings(
        url=f"{addresses_of(settings)['onec']}/trade",
        user=account.login,
        password=SecretStr(account.password),
    )


@contextlib.contextmanager
def worker_engine(settings: SuiteSettings) -> Iterator[Engine]:
    """Open the engine with the workers' account: of the running stack, else of the environment."""
    given = WorkerSettings()
    url, password = given.engine_url, given.engine_worker_password.get_secret_value()
    if "supervisor" in running(settings.state):
        url = f"{addresses_of(settings)['engine']}/engine-rest"
        engine_settings = launcher.EngineSettings(data_dir=settings.data_dir / "engine")
        password = launcher.secrets_of(engine_settings).worker
    with contextlib.closing(Engine(url, given.engine_worker_user, password)) as engine:
        try:
            yield engine
        except EngineError as error:
            raise SystemExit(
                f"Движок процессов не ответил ({type(error).__name__}). "
                "Запустите его (make up) и повторите команду."
            ) from error
