"""Old rows go in small pieces on both databases; what may still be needed stays however old."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, insert, select, text

from bpmn.camunda.client.rest import EngineUnavailable
from db.domain.deals.entities import IDEMPOTENCY_KEPT, Answered
from db.ports.messaging import Aged
from db.store.tables import (
    AttemptRow,
    DealRow,
    HistoryEntry,
    IdempotencyRow,
    LeaseRow,
    MailRow,
    NotificationRow,
    OrderRequestRow,
    OutboxEntry,
    ProcessedTaskRow,
    Row,
)
from tests.support.fakes.ports import Office, a_kept_deal
from workers.background import purge
from workers.background.purge import Kept, Purge

KEPT = Kept(tasks=timedelta(days=30), messages=timedelta(days=180))
NOW = datetime.now(UTC)
OLD, RECENT = NOW - timedelta(days=200), NOW - timedelta(days=29)
SMALL = 3
"""Rows of a piece in these tests."""


class FakeEngine:
    """Fake engine that has some external tasks left, for instance as incidents."""

    def __init__(self, *open_tasks: str) -> None:
        self.open = set(open_tasks)
        self.down = False
        self.asked: list[int] = []

    def known_steps(self, among: Iterable[str]) -> set[str]:
        if self.down:
            raise EngineUnavailable("no answer")
        ids = set(among)
        self.asked.append(len(ids))
        return ids & self.open


@pytest.fixture
def url(office_url: str) -> str:
    return office_url


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "PIECE", SMALL)
    monkeypatch.setattr(purge, "PAUSE", timedelta(0))


@contextmanager
def sql(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def put(url: str, table: type[Row], *rows: Mapping[str, Any]) -> None:
    with sql(url) as connection:
        connection.execute(insert(table), list(rows))


def left(url: str, column: Any) -> list[Any]:
    with sql(url) as connection:
        return sorted(connection.scalars(select(column)))


def a_result(task_id: str, at: datetime) -> dict[str, Any]:
    return {"task_id": task_id, "topic": "notify", "answer": {}, "at": at}


def purge_all(office: Office, engine: FakeEngine) -> int:
    """Run rounds until nothing is left to do. Returns: their number."""
    purge, rounds = Purge(office.database.writing, engine, KEPT), 1
    while purge.round():
        rounds += 1
    return rounds


def test_results_are_kept_while_they_are_young_or_the_engine_has_the_task(
    office: Office, url: str
) -> None:
    """The incident of an old step may be tried again: it gets its stored answer."""
    results = [a_result(f"old-{number}", OLD) for number in range(2 * SMALL + 1)]
    put(url, ProcessedTaskRow, *results, a_result("incident", OLD), a_result("young", RECENT))
    engine = FakeEngine("incident", "old-0", "old-1", "old-2")

    rounds = purge_all(office, engine)

    assert left(url, ProcessedTaskRow.task_id) == ["incident", "old-0", "old-1", "old-2", "young"]
    assert rounds == 3
    assert max(engine.asked) == SMALL


def test_attempts_of_tasks_that_the_engine_has_dropped_are_forgotten(
    office: Office, url: str
) -> None:
    known = {"topic": "notify", "attempts": 2}
    rows = [("dropped", OLD), ("incident", OLD), ("young", RECENT)]
    put(url, AttemptRow, *({"task_id": name, "at": at, **known} for name, at in rows))

    purge_all(office, FakeEngine("incident"))

    assert left(url, AttemptRow.task_id) == ["incident", "young"]


def test_nothing_is_forgotten_while_the_engine_does_not_answer(office: Office, url: str) -> None:
    put(url, ProcessedTaskRow, a_result("old", OLD))
    engine = FakeEngine()
    engine.down = True

    with pytest.raises(EngineUnavailable):
        purge_all(office, engine)

    assert left(url, ProcessedTaskRow.task_id) == ["old"]


def test_delivered_messages_go_and_waiting_ones_stay(office: Office, url: str) -> None:
    known = {"deal_id": a_kept_deal(office), "kind": "message", "payload": {}, "attempts": 1}
    known |= {"created_at": OLD, "due_at": OLD}
    delivered = [{**known, "delivered_at": OLD} for _ in range(SMALL + 1)]
    others = [{**known, "delivered_at": None}, {**known, "delivered_at": RECENT}]
    put(url, OutboxEntry, *delivered, *others)

    purge_all(office, FakeEngine())

    with sql(url) as connection:
        kept = connection.execute(select(OutboxEntry.delivered_at)).scalars().all()
    assert [one is None for one in kept].count(True) == 1
    assert len(kept) == 2


def test_old_notifications_and_sent_mails_go_and_unsent_mails_stay(
    office: Office, url: str
) -> None:
    told = {"recipient": "anna", "text": "…"}
    put(
        url,
        NotificationRow,
        *({**told, "key": f"old-{number}", "at": OLD} for number in range(SMALL)),
        {**told, "key": "young", "at": NOW - timedelta(days=179)},
    )
    mail = {"recipient": "anna", "address": "a@pit.example", "subject": "", "body": ""}
    states = [("sent", OLD), ("waiting", OLD), ("failed", OLD), ("sent", RECENT)]
    rows = [
        {**mail, "message_id": f"{state}-{at:%j}", "state": state, "created_at": at, "attempts": 1}
        for state, at in states
    ]
    put(url, MailRow, *rows)

    purge_all(office, FakeEngine())

    assert left(url, NotificationRow.key) == ["young"]
    expected = [f"failed-{OLD:%j}", f"sent-{RECENT:%j}", f"waiting-{OLD:%j}"]
    assert left(url, MailRow.message_id) == sorted(expected)


def test_responses_and_locks_go_when_nobody_can_ask_for_them(office: Office, url: str) -> None:
    edge = NOW - IDEMPOTENCY_KEPT
    known = {"principal": "p", "body_hash": "", "status": 201, "body": {}, "headers": {}}
    for key, at in (("old", edge - timedelta(hours=1)), ("young", edge + timedelta(hours=1))):
        put(url, IdempotencyRow, {**known, "key": key, "at": at})
    put(url, LeaseRow, {"name": "old", "until": OLD}, {"name": "young", "until": NOW})

    purge_all(office, FakeEngine())

    assert left(url, IdempotencyRow.key) == ["young"]
    assert left(url, LeaseRow.name) == ["young"]


def test_requests_for_orders_go_after_a_day_answered_or_not(office: Office, url: str) -> None:
    known = {"deal_id": a_kept_deal(office), "person": "anna", "number": "14"}
    for key, hours in (("old", 25), ("young", 23)):
        put(url, OrderRequestRow, {**known, "id": key, "asked_at": NOW - timedelta(hours=hours)})

    purge_all(office, FakeEngine())

    assert left(url, OrderRequestRow.id) == ["young"]


def test_an_old_key_can_be_used_again_before_it_is_deleted(office: Office, url: str) -> None:
    known = {"principal": "p", "body_hash": "", "status": 201, "body": {}, "headers": {}}
    put(url, IdempotencyRow, {**known, "key": "k", "at": NOW - IDEMPOTENCY_KEPT * 2})

    with office.database.writing() as store:
        store.idempotency.keep("p", "k", Answered(200, {}, {}, "new"))

    with office.database.reading() as store:
        found = store.idempotency.find("p", "k")
    assert found is not None
    assert found.status == 200


def test_deals_and_their_history_are_never_deleted(office: Office, url: str) -> None:
    deal_id = a_kept_deal(office)
    before = left(url, HistoryEntry.id)

    purge_all(office, FakeEngine())

    assert left(url, DealRow.id) == [deal_id]
    assert before
    assert left(url, HistoryEntry.id) == before


def test_the_loop_goes_through_a_backlog_piece_by_piece(office: Office, url: str) -> None:
    put(url, ProcessedTaskRow, *(a_result(f"old-{number}", OLD) for number in range(4 * SMALL)))
    stopping = threading.Event()

    class LastPage(FakeEngine):
        def known_steps(self, among: Iterable[str]) -> set[str]:
            if len(self.asked) == 3:
                stopping.set()
            return super().known_steps(among)

    Purge(office.database.writing, LastPage(), KEPT).run(stopping)

    assert left(url, ProcessedTaskRow.task_id) == []


def test_every_query_of_the_purge_finds_its_rows_by_an_index(office: Office, url: str) -> None:
    """Small tables aside: locks, and attempts of tasks in work."""
    statements: list[tuple[str, Any]] = []
    engine = office.database._engine

    def note(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    with office.database.writing() as store:
        for what in set(Aged) - {Aged.LEASES}:
            store.retention.delete(what, OLD, SMALL)
        store.retention.old_results(OLD, SMALL)
    event.remove(engine, "before_cursor_execute", note)

    assert len(statements) == len(Aged)
    for statement, parameters in statements:
        plan = explained(engine, statement, parameters)
        assert "index" in plan.lower(), plan
        assert "Seq Scan on mails" not in plan
        assert "SCAN mails" not in plan


def explained(engine: Any, statement: str, parameters: Any) -> str:
    on_postgres = engine.dialect.name == "postgresql"
    with engine.begin() as connection:
        if on_postgres:
            connection.execute(text("SET LOCAL enable_seqscan TO off"))
        command = "EXPLAIN " if on_postgres else "EXPLAIN QUERY PLAN "
        rows = connection.exec_driver_sql(command + statement, parameters).all()
    return "\n".join(" ".join(map(str, row)) for row in rows)
