"""Spans of external tasks: parts of the trace of the request before them, linked to their batch."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from db.domain.errors import CommentMissing, Unavailable
from db.store.tables import TraceRow
from db.tracing import traced
from tests.support.fakes.ports import EngineServer, Office, a_kept_deal, an_engine, an_office
from tests.support.servers.otlp import Collector, Received, a_collector
from tests.support.waiting import eventually
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoInput, NoResult, Task, TaskInput, Topic
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.worker import Worker

PRESS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, PRESS_SPAN = PRESS.split("-")[1:3]
SECRET = "Петров 4510 123456"
QUICK: dict[str, Any] = {"lock_seconds": 3.0, "poll_seconds": 0.2, "grace_seconds": 3.0}


class Typed(TaskInput):
    comment: str = ""


def _pack(task: Task[Typed, None], services: Services) -> NoResult:
    services.store.notifications.add("somebody", f"packed-{task.id}", SECRET, task.deal_id)
    if task.input.comment == "refuse":
        raise CommentMissing(SECRET)
    if task.input.comment == "wait":
        raise Unavailable(SECRET)
    return NoResult()


def _ask(task: Task[NoInput, None], external: ExternalServices) -> str:
    return SECRET


def _tell(task: Task[NoInput, str], services: Services) -> NoResult:
    return NoResult()


PACK = Topic("pack", Typed, NoResult, _pack, refusals=(CommentMissing,))
ASK = Topic("ask", NoInput, NoResult, _tell, fetch=_ask)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with a_collector() as collector:
        yield collector


@pytest.fixture
def office(office_url: str, tmp_path: Path, collector: Collector) -> Iterator[Office]:
    """Its database is opened while traces are on, as in a worker process."""
    with traced(collector.url, "pit-worker"), an_office(tmp_path, office_url) as office:
        yield office


@pytest.fixture
def engine() -> Iterator[EngineServer]:
    with an_engine() as server:
        yield server


@contextmanager
def working(engine: EngineServer, office: Office) -> Iterator[None]:
    worker = Worker((PACK, ASK), office.context, WorkerOptions(engine.url, **QUICK))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def _pressed(office: Office, *deals: str, ago: timedelta = timedelta()) -> None:
    with office.database.writing() as store:
        for deal_id in deals:
            store.traces.begin(deal_id, PRESS)
    if ago:
        with office.database._engine.begin() as connection:
            connection.execute(update(TraceRow).values(at=datetime.now(UTC) - ago))


def _steps(collector: Collector, count: int, topic: str = "pack") -> Sequence[Received]:
    def all_of_them() -> list[Received]:
        found = collector.named(f"step {topic}")
        return found if len(found) >= count else []

    found = eventually(all_of_them)
    assert len(found) == count
    return found


def _parts(collector: Collector, step: Received) -> dict[str, Received]:
    return {one.name: one for one in collector.spans if one.parent == step.id}


def test_a_step_is_a_part_of_the_press_with_its_own_parts(
    engine: EngineServer, office: Office, collector: Collector
) -> None:
    deal = a_kept_deal(office)
    _pressed(office, deal)
    engine.add("pack", deal, id="task-1", inputs={"comment": SECRET})

    with working(engine, office):
        [step] = _steps(collector, 1)

    assert (step.trace, step.parent, step.links) == (TRACE, PRESS_SPAN, ())
    assert step.attributes["pit.deal"] == deal
    assert step.attributes["pit.topic"] == "pack"
    assert step.attributes["pit.fate"] == "completed"
    assert step.failed is None
    parts = _parts(collector, step)
    assert {"wait", "handle", "commit", "report"} <= set(parts)
    assert parts["wait"].ended <= parts["handle"].began
    assert parts["handle"].ended <= parts["commit"].ended <= parts["report"].began
    assert parts["report"].ended <= step.ended
    [insert] = [
        one
        for one in collector.named("INSERT")
        if "INTO notifications" in str(one.attributes["db.query.text"])
    ]
    assert insert.parent == parts["handle"].id
    assert not any(SECRET.encode() in body for body in collector.bodies)


def test_a_step_that_asks_other_systems_shows_it(
    engine: EngineServer, office: Office, collector: Collector
) -> None:
    deal = a_kept_deal(office)
    _pressed(office, deal)
    engine.add("ask", deal, id="task-1")

    with working(engine, office):
        [step] = _steps(collector, 1, "ask")

    assert step.trace == TRACE
    assert {"wait", "fetch", "handle", "report"} <= set(_parts(collector, step))


def test_steps_of_one_transaction_link_to_its_span(
    engine: EngineServer, office: Office, collector: Collector
) -> None:
    deals = [a_kept_deal(office) for _ in range(3)]
    _pressed(office, *deals)
    with engine.lock:
        for number, deal in enumerate(deals):
            engine.add("pack", deal, id=f"task-{number}", inputs={"comment": ""})

    with working(engine, office):
        steps = _steps(collector, 3)
        batch = eventually(lambda: [one for one in collector.named("batch") if not one.parent])[0]

    assert {step.attributes["pit.batch"] for step in steps} == {3}
    assert {step.links for step in steps} == {((batch.trace, batch.id),)}
    assert set(batch.links) == {(step.trace, step.id) for step in steps}
    assert batch.trace != TRACE
    handled = [one for one in collector.named("handle") if one.trace == batch.trace]
    assert {one.attributes["pit.deal"] for one in handled} == set(deals)
    for step in steps:
        assert {"wait", "batch", "report"} <= set(_parts(collector, step))


@pytest.mark.parametrize(
    ("comment", "fate", "failed"),
    [("refuse", "refused", None), ("wait", "failed", "failed")],
)
def test_the_fate_of_a_step_is_seen_without_its_message(
    engine: EngineServer,
    office: Office,
    collector: Collector,
    comment: str,
    fate: str,
    failed: str | None,
) -> None:
    deal = a_kept_deal(office)
    _pressed(office, deal)
    engine.add("pack", deal, id="task-1", inputs={"comment": comment})

    with working(engine, office):
        [step] = _steps(collector, 1)

    assert (step.attributes["pit.fate"], step.failed) == (fate, failed)
    assert not any(SECRET.encode() in body for body in collector.bodies)


def test_a_step_long_after_the_press_has_a_trace_of_its_own_with_a_link(
    engine: EngineServer, office: Office, collector: Collector
) -> None:
    deal = a_kept_deal(office)
    _pressed(office, deal, ago=timedelta(minutes=11))
    engine.add("pack", deal, id="task-1", inputs={"comment": ""})

    with working(engine, office):
        [step] = _steps(collector, 1)

    assert step.parent == ""
    assert step.trace != TRACE
    assert step.links == ((TRACE, PRESS_SPAN),)


def test_a_step_of_a_deal_without_a_press_begins_a_trace(
    engine: EngineServer, office: Office, collector: Collector
) -> None:
    engine.add("pack", a_kept_deal(office), id="task-1", inputs={"comment": ""})

    with working(engine, office):
        [step] = _steps(collector, 1)

    assert (step.parent, step.links) == ("", ())
