"""Delivery of the outbox: at least once, in order, never dropped, without endless loops."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
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
from db.domain.deals.entities import OutboxKind
from db.domain.errors import Unavailable
from db.ports.messaging import OutboxSignal
from db.ports.store import Store
from tests.support.builders import a_deal
from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.background.outbox_delivery import OutboxDelivery
from workers.background.outbox_dispatcher import AT_ONCE, OutboxDispatcher
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
    searches: int = 0
    held: dict[str, threading.Event] = field(default_factory=dict)
    asked_at_once: list[int] = field(default_factory=list)
    _asking: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, process: str, business_key: str, variables: Any = None) -> str:
        self._stumble(business_key)
        self.heard.append(("start", business_key, process))
        self.running[business_key] = f"instance of {business_key}"
        if self.lose_answer:
            self.lose_answer = False
            raise DOWN
        return self.running[business_key]

    def root_instances(self, business_key: str) -> list[ProcessInstance]:
        self.searches += 1
        found = self.running.get(business_key)
        return [ProcessInstance(found, "deal", "deal:1:1", business_key)] if found else []

    def instance_variables(self, instance_id: str) -> dict[str, Any]:
        return {"nextMove": self.next_move.get(instance_id, 1)}

    def wait_states(self, instance_id: str) -> list[WaitState]:
        return [WaitState("wait", self.waiting_in, "", instance_id)]

    def correlate(
        self, message: str, business_key: str, local_keys: Any = None, variables: Any = None
    ) -> None:
        self._stumble(business_key)
        self.heard.append((message, business_key, str((local_keys or {}).get("moveVersion"))))

    def _stumble(self, business_key: str) -> None:
        """Hold the call while a test wants it, then raise the next trouble."""
        with self._lock:
            self._asking += 1
            self.asked_at_once.append(self._asking)
        try:
            if business_key in self.held:
                self.held[business_key].wait(20)
            if self.troubles:
                raise self.troubles.pop(0)
        finally:
            with self._lock:
                self._asking -= 1


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path, people=FakePeople({"portalAdmins": [ADMIN]})) as office:
        yield office


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@contextmanager
def dispatching(
    office: Office, engine: FakeEngine, owner: str = "w1", added: OutboxSignal | None = None
) -> Iterator[OutboxDispatcher]:
    """Run a dispatcher in a thread, as a worker process does."""
    with closing(added or office.database.outbox_signal()) as signal:
        dispatcher = OutboxDispatcher(owner, office.database.writing, engine, office.people, signal)
        stopping = threading.Event()
        thread = threading.Thread(target=dispatcher.run, args=(stopping,))
        thread.start()
        try:
            yield dispatcher
        finally:
            stopping.set()
            thread.join(20)


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


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


def drain(office: Office, engine: FakeEngine) -> None:
    with dispatching(office, engine):
        wait_until(lambda: not pending(office))


def test_rows_of_a_deal_are_delivered_in_the_order_they_were_written(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, START, moved(1), moved(2), LOST)

    drain(office, engine)

    assert engine.heard == [
        ("start", deal_id, "new-client"),
        ("StageMoved", deal_id, "1"),
        ("StageMoved", deal_id, "2"),
        ("DealLost", deal_id, "None"),
    ]


def test_a_later_row_never_overtakes_one_that_fails(office: Office, engine: FakeEngine) -> None:
    engine.troubles = [EngineUnavailable("busy", 500)] * 3
    a_deal_with(office, START, moved(1))

    drain(office, engine)

    assert [heard[0] for heard in engine.heard] == ["start", "StageMoved"]


def test_a_start_whose_answer_was_lost_is_not_repeated(office: Office, engine: FakeEngine) -> None:
    engine.lose_answer = True
    a_deal_with(office, START)

    drain(office, engine)

    assert len(engine.heard) == 1


def test_a_deal_whose_process_has_ended_gets_no_second_one(
    office: Office, engine: FakeEngine, tmp_path: Path
) -> None:
    """A restored backup may have such a row: it is old, though nobody seems to have tried it."""
    deal_id = a_deal_with(office, START)
    age_outbox(tmp_path, timedelta(minutes=1))
    with office.database.writing() as store:
        store.processes.register(deal_id, "ended long ago")

    drain(office, engine)

    assert engine.heard == []


def test_a_message_the_process_has_overtaken_counts_as_delivered(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id] = "i1"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY]

    drain(office, engine)

    assert engine.heard == []


def test_a_process_that_knows_the_move_but_waits_elsewhere_is_woken(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id], engine.waiting_in = "i1", "Task_LeadClient"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY]

    drain(office, engine)

    assert engine.heard == [("StageMoved", deal_id, "4")]


def test_a_move_is_kept_while_the_process_waits_elsewhere_and_hears_nothing(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, moved(3))
    engine.running[deal_id], engine.waiting_in = "i1", "Task_ApproveTerms"
    engine.next_move["i1"] = 4
    engine.troubles = [NOBODY] * 1000

    def last_error() -> str:
        with office.database.reading() as store:
            (row,) = store.outbox.pending(deal_id)
        return row.last_error or ""

    with dispatching(office, engine):
        wait_until(lambda: "does not fit" in last_error())


@pytest.mark.parametrize("trouble", [NOBODY, EngineConflict("locked"), EngineUnavailable("x", 500)])
def test_a_message_nobody_waits_for_yet_is_sent_again(
    office: Office, engine: FakeEngine, trouble: Any
) -> None:
    deal_id = a_deal_with(office, moved(1))
    engine.running[deal_id] = "i1"
    engine.troubles = [trouble, trouble]

    drain(office, engine)

    assert engine.heard == [("StageMoved", deal_id, "1")]


@pytest.mark.parametrize("row", [moved(1), LOST])
def test_a_message_to_an_ended_process_counts_as_delivered(
    office: Office, engine: FakeEngine, row: Any
) -> None:
    a_deal_with(office, row)
    engine.troubles = [NOBODY]

    drain(office, engine)

    assert pending(office) == 0


def test_the_news_of_a_lost_deal_waits_until_its_process_has_ended(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, LOST)
    engine.running[deal_id] = "i1"
    engine.troubles = [NOBODY] * 1000

    with dispatching(office, engine):
        wait_until(lambda: len(engine.troubles) < 999)
        waiting = pending(office)
        del engine.running[deal_id]
        wait_until(lambda: not pending(office))

    assert waiting == 1
    assert engine.heard == []


def test_a_silent_engine_is_asked_by_one_probe_at_a_time_and_nothing_is_lost(
    office: Office, engine: FakeEngine
) -> None:
    for _ in range(20):
        a_deal_with(office, START)
    engine.troubles = [DOWN] * (AT_ONCE + 3)

    drain(office, engine)

    assert len(engine.heard) == 20
    assert engine.asked_at_once[AT_ONCE : AT_ONCE + 3] == [1, 1, 1]


def test_a_row_that_waits_too_long_alerts_the_administrators_once_and_is_tried_on(
    office: Office, engine: FakeEngine, tmp_path: Path
) -> None:
    deal_id = a_deal_with(office, moved(1))
    engine.running[deal_id] = "i1"
    engine.troubles = [NOBODY] * 3
    age_outbox(tmp_path, timedelta(minutes=6))

    drain(office, engine)

    with office.database.reading() as store:
        told = store.notifications.of(ADMIN.login)
    assert [one.deal_id for one in told] == [deal_id]
    assert "не получает сообщение уже 6 мин" in told[0].text
    assert engine.heard == [("StageMoved", deal_id, "1")]


def test_several_workers_share_the_outbox_without_disorder(
    office: Office, engine: FakeEngine
) -> None:
    deals = [a_deal_with(office, START, moved(1), moved(2)) for _ in range(20)]

    with (
        dispatching(office, engine, "w1"),
        dispatching(office, engine, "w2"),
        dispatching(office, engine, "w3"),
    ):
        wait_until(lambda: not pending(office))

    for deal_id in deals:
        heard = [message for message, deal, _ in engine.heard if deal == deal_id]
        assert heard == ["start", "StageMoved", "StageMoved"]


def test_the_loop_survives_a_bug_and_goes_on(office: Office, engine: FakeEngine) -> None:
    a_deal_with(office, (OutboxKind.START, {"no process": "at all"}))
    good = a_deal_with(office, START)

    with dispatching(office, engine):
        wait_until(lambda: good in engine.running)


def test_different_deals_are_delivered_at_once_and_a_slow_one_holds_up_nobody(
    office: Office, engine: FakeEngine
) -> None:
    slow = a_deal_with(office, START, moved(1))
    engine.held[slow] = threading.Event()
    with dispatching(office, engine):
        wait_until(lambda: engine.asked_at_once)
        others = [a_deal_with(office, START, moved(1)) for _ in range(12)]
        wait_until(lambda: len(engine.heard) == 24)
        before = [deal for _, deal, _ in engine.heard]
        engine.held[slow].set()
        wait_until(lambda: not pending(office))

    assert set(before) == set(others)
    assert [message for message, deal, _ in engine.heard if deal == slow] == ["start", "StageMoved"]


def test_the_first_attempt_of_a_start_searches_nothing_the_next_one_does(
    office: Office, engine: FakeEngine
) -> None:
    a_deal_with(office, START)
    drain(office, engine)
    first = engine.searches
    engine.troubles = [EngineUnavailable("busy", 500)]
    a_deal_with(office, START)
    drain(office, engine)

    assert (first, engine.searches) == (0, 1)


def test_a_start_by_a_worker_that_was_killed_before_it_was_recorded_is_not_repeated(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = a_deal_with(office, START, moved(1))
    with office.database.writing() as store:
        (row,) = store.outbox.lease("killed", timedelta(0))
    OutboxDelivery(office.database.writing, engine).deliver(row)

    drain(office, engine)

    assert engine.heard == [("start", deal_id, "new-client"), ("StageMoved", deal_id, "1")]


def test_a_result_survives_an_unavailable_database(office: Office, engine: FakeEngine) -> None:
    deal_id = a_deal_with(office, START)
    outages = [Unavailable("away")] * 2

    @contextmanager
    def failing() -> Iterator[Store]:
        if engine.heard and outages:
            raise outages.pop()
        with office.database.writing() as store:
            yield store

    signal = office.database.outbox_signal()
    dispatcher = OutboxDispatcher("w1", failing, engine, office.people, signal)
    stopping = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(stopping,))
    thread.start()
    wait_until(lambda: not pending(office))
    stopping.set()
    thread.join(20)

    assert engine.heard == [("start", deal_id, "new-client")]
    assert not outages


class LostSignal:
    """Signal whose connection is lost and does not come back."""

    def wait(self, timeout: timedelta) -> bool:
        raise Unavailable("lost")

    def close(self) -> None: ...


def test_without_a_signal_the_timed_look_finds_the_row(office: Office, engine: FakeEngine) -> None:
    with dispatching(office, engine, added=LostSignal()):
        deal_id = a_deal_with(office, START)
        wait_until(lambda: not pending(office))

    assert deal_id in engine.running


def age_outbox(directory: Path, by: timedelta) -> None:
    database = create_engine(f"sqlite:///{directory / 'deals.sqlite3'}")
    then = (datetime.now(UTC) - by).strftime("%Y-%m-%d %H:%M:%S.%f")
    with database.begin() as connection:
        connection.execute(text("UPDATE outbox SET created_at = :then"), {"then": then})
    database.dispose()
