"""The worker as a process: it shows that it works, stops without losing work, dies without harm."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.application.notices import tell
from db.domain.deals.entities import OutboxKind
from db.domain.people.notices import NoticeKind
from db.domain.people.push import Browser
from db.vapid import PushKey
from tests.support.builders import a_deal
from tests.support.fakes.ports import EngineServer, Office, a_kept_deal, an_engine, an_office
from tests.support.servers.push_service import UserAgent, a_push_service

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def engine() -> Iterator[EngineServer]:
    with an_engine() as server:
        yield server


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


@contextmanager
def a_process(
    engine: EngineServer, directory: Path, program: str = "-m workers", **env: str
) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "DATABASE_URL": f"sqlite:///{directory / 'deals.sqlite3'}",
        "ENGINE_URL": engine.url,
        "ENGINE_WORKER_PASSWORD": "the worker's secret",
        "WORKER_POLL_SECONDS": "0.3",
        "WORKER_LOCK_SECONDS": "5",
        **env,
    }
    with (directory / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *program.split()],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def until(check: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def seen(office: Office) -> bool:
    with office.database.reading() as store:
        return store.workers.last_seen() is not None


def browsers(office: Office, key: PushKey) -> Sequence[Browser]:
    with office.database.reading() as store:
        return store.pushes.browsers("driver1", key.public)


def test_a_worker_that_polls_shows_itself_and_is_gone_after_sigterm(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    with a_process(engine, tmp_path) as worker:
        until(lambda: seen(office))
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(20)

    assert code == 0
    assert not seen(office)


def test_a_worker_without_an_engine_does_not_claim_to_work(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    engine.replies["fetchAndLock"] = [500] * 1000

    with a_process(engine, tmp_path) as worker:
        engine.wait_for("/fetchAndLock", 4, seconds=20)
        alive = worker.poll() is None
        claimed = seen(office)

    assert alive
    assert not claimed


def test_the_real_topics_work_and_their_logs_are_json_without_secrets(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    deal_id = a_kept_deal(office)
    engine.add("register-process", deal_id)

    with a_process(engine, tmp_path) as worker:
        answer = engine.wait_for("/complete", seconds=20)[0].body["variables"]
        worker.terminate()
        worker.wait(20)

    text = (tmp_path / "worker.log").read_text()
    lines: list[Mapping[str, str]] = [json.loads(line) for line in text.splitlines()]
    assert answer["duplicate"]["value"] is False
    assert answer["dueAt"]["type"] == "Date"
    assert any(line.get("dealId") == deal_id for line in lines)
    assert "the worker's secret" not in text
    assert "Новый клиент" not in text


def test_a_step_that_kills_its_worker_ends_as_an_incident_and_others_are_served(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    """Three processes die in the same step; the fourth one does not begin it."""
    deal_id = a_kept_deal(office)
    program = tmp_path / "deadly.py"
    program.write_text(DEADLY)

    for _ in range(3):
        engine.add("register-process", deal_id, id="deadly")
        with a_process(engine, tmp_path, str(program), PYTHONPATH=str(ROOT)) as worker:
            assert worker.wait(20) == 9
        engine.wait_until_nobody_polls()
    engine.add("register-process", deal_id, id="deadly")
    engine.add("register-process", deal_id, id="good")
    with a_process(engine, tmp_path, str(program), PYTHONPATH=str(ROOT)):
        failure = engine.wait_for("/failure", seconds=20)[0]
        engine.wait_for("/complete", seconds=20)

    assert "/deadly/" in failure.path
    assert failure.body["retries"] == 0


DEADLY = """
import os
from dataclasses import replace
from workers import bootstrap
from workers.topics.lifecycle.register_process import TOPIC

def die(task, services):
    if task.id == "deadly":
        os._exit(9)
    return TOPIC.handler(task, services)

bootstrap.TOPICS = (replace(TOPIC, handler=die),)
bootstrap.main()
"""


def test_a_row_of_the_outbox_waits_while_the_engine_refuses(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    deal_id = office.keep(a_deal())
    with office.database.writing() as store:
        store.outbox.add(deal_id, OutboxKind.START, {"process": "new-client", "variables": {}})

    with a_process(engine, tmp_path) as worker:
        until(lambda: attempts(office) >= 2)
        worker.terminate()
        code = worker.wait(20)

    assert code == 0
    assert attempts(office) >= 2


def attempts(office: Office) -> int:
    with office.database.reading() as store:
        return store.outbox.pending()[0].attempts


def test_a_notification_reaches_the_browser_and_the_log_has_no_address_of_it(
    engine: EngineServer, office: Office, tmp_path: Path
) -> None:
    agent, key = UserAgent(), PushKey.new()
    with a_push_service(tmp_path) as service:
        address = f"https://{service.host}/wp/{agent.auth}"
        keys = agent.key.public, agent.auth, key.public
        browser = Browser("driver1", "Chrome, Android", address, *keys, datetime.now(UTC))
        with office.database.writing() as store:
            store.pushes.subscribe(browser)
            tell(store, "driver1", "assigned-1", "Текст.", "D-2026-00001", NoticeKind.TASK)
        service.answers = [(201, {}), (410, {})]
        env = {"PUSH_PRIVATE_KEY": key.text, "PUSH_SERVICES": service.host}
        with a_process(engine, tmp_path, REQUESTS_CA_BUNDLE=str(service.certificate), **env):
            until(lambda: service.received)
            with office.database.writing() as store:
                tell(store, "driver1", "assigned-2", "Текст.", "D-2026-00001", NoticeKind.TASK)
            until(lambda: not browsers(office, key))

    messages = [one["message"]["path"] for one in agent.read(service.received)]
    assert messages == ["/deals/D-2026-00001"] * 2
    text = (tmp_path / "worker.log").read_text()
    assert "answers 410" in text
    assert agent.auth not in text
    assert key.text not in text
