"""Delivery of the outbox: at least once, in order, never dropped, without endless loops."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bpmn.camunda.client.rest import (
    EngineConflict,
    EngineRefused,
    EngineUnavailable,
    ProcessInstance,
    WaitState,
)
from db.domain.entities import OutboxKind
from tests.support.builders import a_deal
from tests.support.fakes import FakePeople, Office, an_office
from workers.background.outbox_dispatcher import OutboxDispatcher
from workers.ports.employees import Employee

NOBODY = EngineRefused(400, "MismatchingMessageCorrelationException", "no")
DOWN = EngineUnavailable("no connection")
ADMIN = Employee("portalAdmin", "Анна Лебедева")


@dataclass
class FakeEngine:
    """Fake engine with one instance per deal; raises the configured errors first."""

    running: dict[str, str] = field(default_factory=dict)
    next_move: dict[str, int] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)
    heard: list[tuple[str, ...]] = field(default_factory=list)
    lose_answer: bool = False
    waiting_in: str = "Task_CollectDocuments"

    def start(self, process: str, business_key: str, variables: Any = None) -> str:
        self._stumble()
        self.heard.append(("start", business_key, process))
        self.running[business_key] = f"instance of {business_key}"
        if self.lose_answer:
            self.lose_answer = False
            raise DOWN
        return self.running[business_key]

    def root_instances(self, business_key: str) -> list[ProcessInstance]:
        found = self.running.get(business_key)
        return [ProcessInstance(found, "deal", "deal:1:1", business_key)] if found else []

    def instance_variables(self, instance_id: str) -> dict[str, Any]:
        return {"nextMove": self.next_move.get(instance_id, 1)}

    def wait_states(self, instance_id: str) -> list[WaitState]:
        return [WaitState("wait", self.waiting_in, "", instance_id)]

    def correlate(
        self, message: str, business_key: str, local_keys: Any = None, variables: Any = None
    ) -> None:
        self._stumble()
        self.heard.append((message, business_key, str((local_keys or {}).get("moveVersion"))))

    def _stumble(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path, people=FakePeople({"portalAdmins": [ADMIN]})) as office:
        yield office


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def a_dispatcher(office: Office, engine: FakeEngine, owner: str = "w1") -> OutboxDispatcher:
    return OutboxDispatcher(owner, office.database.writing, engine, office.people)


def a_deal_with(office: Office, *rows: tuple[OutboxKind, dict[str, Any]]) -> str:
    deal_id = office.keep(a_deal())
    with office.database.writing() as store:
        for kind, payload in rows:
            store.outbox.add(deal_id, kind, payload)
    return deal_id


START = (OutboxKind.START, {"process": "new-client", "variables": {}})


def moved(version: int) -> tuple[OutboxKind, dict[str, Any]]:
    return OutboxKind.MESSAGE, {"message": "StageMoved", "moveVersion": version}


LOST = (OutboxKind.MESSAGE, {"message": "DealLost"})


def pending(office: Office) -> int:
    with office.database.reading() as store:
        return len(store.outbox.pending())


def drain(office: Office, dispatcher: OutboxDispatcher, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while pending(office):
        assert time.monotonic() < deadline, "the outbox did not drain"
        dispatcher.round()
        time.sleep(0.02)


def test_rows_of_a_deal_are_delivered_in_the_order_they_were_written(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, START, moved(1), moved(2), LOST)

    drain(office, a_dispatcher(office, engine))

    assert engine.heard == [
        ("start", deal_id, "new-client"),
        ("StageMoved", deal_id, "1"),
        ("StageMoved", deal_id, "2"),
        ("DealLost", deal_id, "None"),
    ]


def test_a_later_row_never_overtakes_one_that_fails(office: Office, engine: FakeEngine) -> None:
    engine.troubles = [EngineUnavailable("busy", 500)] * 3
    a_deal_with(office, START, moved(1))

    drain(office, a_dispatcher(office, engine))

    assert [heard[0] for heard in engine.heard] == ["start", "StageMoved"]


def test_a_start_whose_answer_was_lost_is_not_repeated(office: Office, engine: FakeEngine) -> None:
    engine.lose_answer = True
    a_deal_with(office, START)

    drain(office, a_dispatcher(office, engine))

    assert len(engine.heard) == 1


def test_a_deal_whose_process_has_ended_gets_no_second_one(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, START)
    with office.database.writing() as store:
        store.processes.register(deal_id, "ended long ago")

    drain(office, a_dispatcher(office, engine))

    assert engine.heard == []


def test_a_message_the_process_has_overtaken_counts_as_delivered(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id] = "i1"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY]

    drain(office, a_dispatcher(office, engine))

    assert engine.heard == []


def test_a_process_that_knows_the_move_but_waits_elsewhere_is_woken(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id], engine.waiting_in = "i1", "Task_LeadClient"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY]

    drain(office, a_dispatcher(office, engine))

    assert engine.heard == [("StageMoved", deal_id, "4")]


def test_a_move_is_kept_while_the_process_waits_elsewhere_and_hears_nothing(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id], engine.waiting_in = "i1", "Task_ApproveTerms"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY, NOBODY]

    a_dispatcher(office, engine).round()

    with office.database.reading() as store:
        (row,) = store.outbox.pending(deal_id)
    assert "does not fit" in (row.last_error or "")


@pytest.mark.parametrize("trouble", [NOBODY, EngineConflict("locked"), EngineUnavailable("x", 500)])
def test_a_message_nobody_waits_for_yet_is_sent_again(
    office: Office, engine: FakeEngine, trouble: Any
) -> None:
    deal_id = a_deal_with(office, moved(1))
    engine.running[deal_id] = "i1"
    engine.troubles = [trouble, trouble]

    drain(office, a_dispatcher(office, engine))

    assert engine.heard == [("StageMoved", deal_id, "1")]


@pytest.mark.parametrize("row", [moved(1), LOST])
def test_a_message_to_an_ended_process_counts_as_delivered(
    office: Office, engine: FakeEngine, row: Any
) -> None:
    a_deal_with(office, row)
    engine.troubles = [NOBODY]

    drain(office, a_dispatcher(office, engine))

    assert pending(office) == 0


def test_the_news_of_a_lost_deal_waits_until_its_process_has_ended(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, LOST)
    engine.running[deal_id] = "i1"
    engine.troubles = [NOBODY] * 2
    dispatcher = a_dispatcher(office, engine)
    dispatcher.round()
    waiting = pending(office)
    del engine.running[deal_id]

    drain(office, dispatcher)

    assert waiting == 1
    assert engine.heard == []


def test_a_silent_engine_is_asked_once_a_round_and_nothing_is_lost(
    office: Office, engine: FakeEngine
) -> None:
    for _ in range(5):
        a_deal_with(office, START)
    engine.troubles = [DOWN]
    dispatcher = a_dispatcher(office, engine)

    first = dispatcher.round()
    drain(office, dispatcher)

    assert first == (0, True)
    assert len(engine.heard) == 5


def test_a_row_that_waits_too_long_alerts_the_administrators_once_and_is_tried_on(
    office: Office, engine: FakeEngine, tmp_path: Path
) -> None:
    deal_id = a_deal_with(office, moved(1))
    engine.running[deal_id] = "i1"
    engine.troubles = [NOBODY] * 3
    age_outbox(tmp_path, timedelta(minutes=6))

    drain(office, a_dispatcher(office, engine))

    with office.database.reading() as store:
        told = store.notifications.of(ADMIN.login)
    assert [one.deal_id for one in told] == [deal_id]
    assert "не получает сообщение уже 6 мин" in told[0].text
    assert engine.heard == [("StageMoved", deal_id, "1")]


def test_several_workers_share_the_outbox_without_disorder(
    office: Office, engine: FakeEngine
) -> None:
    deals = [a_deal_with(office, START, moved(1), moved(2)) for _ in range(8)]
    stopping = threading.Event()
    threads = [
        threading.Thread(target=a_dispatcher(office, engine, f"w{n}").run, args=(stopping,))
        for n in range(3)
    ]

    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while pending(office) and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    for thread in threads:
        thread.join(5)

    for deal_id in deals:
        heard = [message for message, deal, _ in engine.heard if deal == deal_id]
        assert heard == ["start", "StageMoved", "StageMoved"]


def test_the_loop_survives_a_bug_and_goes_on(office: Office, engine: FakeEngine) -> None:
    a_deal_with(office, (OutboxKind.START, {"no process": "at all"}))
    good = a_deal_with(office, START)
    stopping = threading.Event()
    thread = threading.Thread(target=a_dispatcher(office, engine).run, args=(stopping,))

    thread.start()
    deadline = time.monotonic() + 10
    while good not in engine.running and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    thread.join(5)

    assert good in engine.running


def age_outbox(directory: Path, by: timedelta) -> None:
    database = create_engine(f"sqlite:///{directory / 'deals.sqlite3'}")
    then = (datetime.now(UTC) - by).strftime("%Y-%m-%d %H:%M:%S.%f")
    with database.begin() as connection:
        connection.execute(text("UPDATE outbox SET created_at = :then"), {"then": then})
    database.dispose()
