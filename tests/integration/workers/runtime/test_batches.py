"""Tasks executed together: one that fails, at any position, leaves the others as they are."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from db.domain.errors import CommentMissing, DealNotFound, Unavailable
from tests.support.builders import HEAD, READY_FILES, a_ready_deal
from tests.support.fakes.ports import EngineServer, Office, a_kept_deal, an_engine, an_office
from tests.support.waiting import eventually
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.worker import Worker
from workers.topics.approval import open_approval_round, record_decision
from workers.topics.lifecycle import update_deal_stage

SIZE = 4
POSITIONS = range(SIZE)
QUICK: dict[str, Any] = {"lock_seconds": 3.0, "poll_seconds": 0.2, "grace_seconds": 3.0}


class Ordered(TaskInput):
    item: str


class Packed(TaskResult):
    item: str


class Shop:
    """A topic that writes a notification per task and then calls ``act`` with its item."""

    def __init__(self, act: Callable[[str], None] = lambda _: None) -> None:
        self.act = act
        self.executed: list[str] = []
        self.topic = Topic("pack", Ordered, Packed, self.pack, refusals=(CommentMissing,))

    def pack(self, task: Task[Ordered, None], services: Services) -> Packed:
        """Write first: a failure afterwards shows whether the write is rolled back."""
        item = task.input.item
        self.executed.append(item)
        services.store.notifications.add("somebody", f"packed-{item}", "", task.deal_id)
        self.act(item)
        return Packed(item=item)


@pytest.fixture
def engine() -> Iterator[EngineServer]:
    with an_engine() as server:
        yield server


@contextmanager
def working(engine: EngineServer, office: Office, *topics: Any, **given: Any) -> Iterator[Worker]:
    worker = Worker(topics, office.context, WorkerOptions(engine.url, **{**QUICK, **given}))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def order(engine: EngineServer, office: Office, topic: str = "pack", size: int = SIZE) -> list[str]:
    """Queue tasks, each of a deal of its own, that one fetch returns. Returns: deal ids."""
    deals = [a_kept_deal(office) for _ in range(size)]
    order_of(engine, deals, topic)
    return deals


def order_of(engine: EngineServer, deals: Sequence[str], topic: str = "pack") -> None:
    """Queue a task of each deal, so that one fetch returns them all."""
    with engine.lock:
        for number, deal_id in enumerate(deals):
            engine.add(topic, deal_id, id=f"task-{number}", inputs={"item": str(number)})


def packed(office: Office) -> list[str]:
    """Keys of the notifications that were committed, sorted."""
    with office.database.reading() as store:
        return sorted(one.key for one in store.notifications.of("somebody"))


def reported(engine: EngineServer, how: str) -> set[str]:
    return {call.path.split("/")[-2] for call in engine.calls_of(f"/{how}")}


def tasks(*numbers: int) -> set[str]:
    return {f"task-{number}" for number in numbers}


def others(position: int) -> set[str]:
    return tasks(*(number for number in POSITIONS if number != position))


def fails_at(position: int, error: Exception) -> Callable[[str], None]:
    def act(item: str) -> None:
        if item == str(position):
            raise error

    return act


def test_tasks_fetched_together_share_one_transaction(engine: EngineServer, office: Office) -> None:
    shop, commits = Shop(), []
    order(engine, office)
    event.listen(office.database._engine, "commit", lambda _: commits.append(1))

    with working(engine, office, shop.topic):
        engine.wait_for("/complete", SIZE)

    assert reported(engine, "complete") == tasks(*POSITIONS)
    assert shop.executed == ["0", "1", "2", "3"]
    counted = 1 if office.database._engine.dialect.name == "sqlite" else 0
    assert len(commits) == 1 + counted, "one for everything but the count of attempts"


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    ("error", "how"),
    [
        (CommentMissing(), "bpmnError"),
        (ValueError("a bug"), "failure"),
        (Unavailable("1С недоступна."), "failure"),
        (DealNotFound("D-1"), "failure"),
    ],
    ids=["refusal", "bug", "outage", "undeclared refusal"],
)
def test_one_bad_task_leaves_its_neighbors_as_they_are(
    engine: EngineServer, office: Office, position: int, error: Exception, how: str
) -> None:
    shop = Shop(fails_at(position, error))
    order(engine, office)

    with working(engine, office, shop.topic):
        engine.wait_for(f"/{how}")
        engine.wait_for("/complete", SIZE - 1)

    assert reported(engine, how) == tasks(position)
    assert reported(engine, "complete") == others(position)
    assert packed(office) == sorted(f"packed-{n}" for n in POSITIONS if n != position)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_task_that_lost_its_lock_leaves_its_neighbors_as_they_are(
    engine: EngineServer, office: Office, position: int
) -> None:
    first = threading.Event()

    def act(item: str) -> None:
        if item == str(position) and not first.is_set():
            first.set()
            worker._locks._tasks[f"task-{position}"].expires_at = 0.0

    shop = Shop(act)
    order(engine, office)

    # A long lock: the engine delivers the task again when its own lock has expired.
    with working(engine, office, shop.topic, lock_seconds=60.0) as worker:
        engine.wait_for("/complete", SIZE - 1)

    assert reported(engine, "complete") == others(position)
    assert not engine.calls_of("/failure")
    assert packed(office) == sorted(f"packed-{n}" for n in POSITIONS if n != position)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_task_without_a_deal_leaves_its_neighbors_as_they_are(
    engine: EngineServer, office: Office, position: int
) -> None:
    shop = Shop()
    deals = [a_kept_deal(office) for _ in POSITIONS]
    with engine.lock:
        for number, deal_id in enumerate(deals):
            key = None if number == position else deal_id
            given = {"businessKey": key, "inputs": {"item": str(number)}}
            engine.add("pack", "", id=f"task-{number}", **given)

    with working(engine, office, shop.topic):
        failure = engine.wait_for("/failure")[0].body
        engine.wait_for("/complete", SIZE - 1)

    assert "business key" in failure["errorMessage"]
    assert reported(engine, "complete") == others(position)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_task_delivered_again_gets_its_stored_result_among_new_ones(
    engine: EngineServer, office: Office, position: int
) -> None:
    shop = Shop()
    deals = order(engine, office)
    with working(engine, office, shop.topic):
        engine.wait_for("/complete", SIZE)
        engine.gone.clear()
        again, shop.executed[:] = deals[position], []
        with engine.lock:
            engine.add("pack", again, id=f"task-{position}", inputs={"item": "other"})
            engine.add("pack", again, id="task-new", inputs={"item": "new"})
        engine.wait_for("/complete", SIZE + 2)

    bodies = {call.path.split("/")[-2]: call.body for call in engine.calls_of("/complete")}
    assert bodies[f"task-{position}"]["variables"]["item"]["value"] == str(position)
    assert shop.executed == ["new"]


def test_a_result_stored_meanwhile_by_another_worker_is_kept(
    engine: EngineServer, office: Office
) -> None:
    def stolen(item: str) -> None:
        if item == "2" and shop.executed.count("2") == 1:
            steal()

    def steal() -> None:
        if office.database._engine.dialect.name == "sqlite":
            raise CommentMissing  # a writer of SQLite excludes all others: nothing to steal
        with office.database.writing() as store:
            store.processed.keep({"task-2": ("pack", {"item": "of the other"})})

    shop = Shop(stolen)
    order(engine, office)

    with working(engine, office, shop.topic):
        engine.wait_for("/complete", SIZE)

    bodies = {call.path.split("/")[-2]: call.body for call in engine.calls_of("/complete")}
    if office.database._engine.dialect.name == "postgresql":
        assert bodies["task-2"]["variables"]["item"]["value"] == "of the other"
        assert "packed-2" not in packed(office)
    assert reported(engine, "complete") == tasks(*POSITIONS)


@pytest.mark.postgres
@pytest.mark.parametrize("office_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("position", POSITIONS)
def test_a_deal_locked_by_another_transaction_keeps_nobody_waiting(
    engine: EngineServer, office: Office, position: int
) -> None:
    deals = [a_kept_deal(office) for _ in POSITIONS]

    with working(engine, office, update_deal_stage.TOPIC):
        with office.database.writing() as store:
            store.deals.get(deals[position], for_update=True)
            order_of(engine, deals, "update-deal-stage")
            engine.wait_for("/complete", SIZE - 1)
            assert reported(engine, "complete") == others(position)
        engine.wait_for("/complete", SIZE)


def test_a_database_that_is_down_postpones_the_whole_batch_at_once(
    engine: EngineServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, opened = Shop(), []
    order(engine, office)
    context = office.context

    @contextmanager
    def down() -> Iterator[Any]:
        opened.append(time.monotonic())
        if len(opened) > 1:
            raise Unavailable("База данных недоступна.")
        with context.open() as store:
            yield store

    broken = type(context)(down, context.external, context.services, down)
    worker = Worker([shop.topic], broken, WorkerOptions(engine.url, **QUICK))
    thread = threading.Thread(target=worker.run)
    thread.start()
    engine.wait_for("/failure", SIZE)
    worker.stop()
    thread.join(15)

    assert reported(engine, "failure") == tasks(*POSITIONS)
    assert all(call.body["retries"] == 11 for call in engine.calls_of("/failure"))
    assert len(opened) == 3, "attempts, the batch, one look whether the database answers"


def test_a_slow_step_holds_up_nobody(engine: EngineServer, office: Office) -> None:
    go_on = threading.Event()

    def fetch(*_: Any) -> None:
        go_on.wait(10)

    shop, slow = Shop(), Shop()
    waiting = Topic("ask", Ordered, Packed, slow.pack, fetch=fetch)
    deal_id = a_kept_deal(office)
    for number in range(20):
        engine.add("ask", deal_id, id=f"slow-{number}", inputs={"item": f"slow-{number}"})

    with working(engine, office, shop.topic, waiting, threads=2):
        eventually(lambda: not engine.tasks)
        order(engine, office)
        engine.wait_for("/complete", SIZE)
        assert reported(engine, "complete") == tasks(*POSITIONS)
        go_on.set()
        engine.wait_for("/complete", SIZE + 20)


def test_slow_tasks_are_left_to_others_while_many_wait(
    engine: EngineServer, office: Office
) -> None:
    go_on = threading.Event()
    slow = Shop()

    def fetch(*_: Any) -> None:
        go_on.wait(10)

    topic = Topic("ask", Ordered, Packed, slow.pack, fetch=fetch)
    deal_id = a_kept_deal(office)
    for number in range(8):
        engine.add("ask", deal_id, id=f"slow-{number}", inputs={"item": f"slow-{number}"})

    with working(engine, office, topic, Shop().topic, threads=2):
        eventually(lambda: not engine.tasks)
        engine.calls.clear()
        polls = engine.wait_for("/fetchAndLock", 2)
        topics = [[one["topicName"] for one in call.body["topics"]] for call in polls]
        go_on.set()

    assert topics[-1] == ["pack"]


def test_a_worker_that_lost_a_race_for_tasks_asks_again_at_once(
    engine: EngineServer, office: Office
) -> None:
    """After a full batch an empty answer may mean that another engine node gave the rest away."""
    order(engine, office, size=2)

    with working(engine, office, Shop().topic, batch_size=2):
        engine.wait_for("/complete", 2)
        engine.wait_for("/fetchAndLock", 6)

    polls = [call.body["asyncResponseTimeout"] for call in engine.calls_of("/fetchAndLock")]
    after = polls[polls.index(0, 1) :] if 0 in polls[1:] else []
    assert after[:3] == [0, 0, 0], polls
    assert after[3] > 0, polls


def _crash_at(url: str, engine_url: str, item: str) -> None:
    """Body of a worker process that dies in the handler of one task."""

    def act(executed: str) -> None:
        if executed == item:
            os._exit(9)

    with an_office(Path(), url) as office:
        Worker([Shop(act).topic], office.context, WorkerOptions(engine_url, **QUICK)).run()


@pytest.mark.parametrize(
    ("office", "position"),
    [*(("sqlite", n) for n in POSITIONS), pytest.param("postgres", 1, marks=pytest.mark.postgres)],
    indirect=["office"],
)
def test_a_task_that_kills_its_worker_becomes_an_incident_and_its_neighbors_succeed(
    engine: EngineServer, office: Office, position: int
) -> None:
    url = office.database._engine.url.render_as_string(hide_password=False)
    deals = order(engine, office)
    crashes = 0
    while len(reported(engine, "complete")) < SIZE - 1 or not engine.calls_of("/failure"):
        crashes += 1
        assert crashes <= 4
        arguments = (url, engine.url, str(position))
        process = multiprocessing.get_context("spawn").Process(target=_crash_at, args=arguments)
        process.start()
        while process.is_alive() and not engine.calls_of("/failure"):
            process.join(0.1)
        if engine.calls_of("/failure"):
            engine.wait_for("/complete", SIZE - 1)
            process.terminate()
        process.join(10)
        engine.wait_until_nobody_polls()
        with engine.lock:
            engine.tasks.clear()
            for number, deal_id in enumerate(deals):
                if f"task-{number}" not in engine.gone:
                    engine.add("pack", deal_id, id=f"task-{number}", inputs={"item": str(number)})

    assert reported(engine, "failure") == tasks(position)
    assert "crashed its worker 3 times" in engine.calls_of("/failure")[0].body["errorMessage"]
    assert reported(engine, "complete") == others(position)
    assert packed(office) == sorted(f"packed-{n}" for n in POSITIONS if n != position)
    assert crashes == 4, "three crashes, and the worker that reports them"


@pytest.mark.parametrize("size", [2, 20])
def test_a_batch_of_any_size_needs_the_same_number_of_statements(
    engine: EngineServer, office: Office, size: int
) -> None:
    statements: list[str] = []
    order(engine, office, "update-deal-stage", size)
    for pool in {office.database._engine, office.database._counters}:
        event.listen(pool, "before_cursor_execute", lambda *given: statements.append(given[2]))

    with working(engine, office, update_deal_stage.TOPIC):
        engine.wait_for("/complete", size)

    own = [one for one in statements if not one.startswith(("BEGIN", "SET"))]
    tables = [one.partition("FROM ")[2].split()[0] for one in own if one.startswith("SELECT")]
    assert len(own) == 6, own
    assert tables == ["deals", "attachments", "fulfilment_runs"]


def test_a_topic_with_fetch_needs_one_transaction(engine: EngineServer, office: Office) -> None:
    shop, commits, statements = Shop(), list[int](), list[str]()
    topic = Topic("ask", Ordered, Packed, shop.pack, fetch=lambda *_: None)
    order(engine, office, "ask", size=1)
    main, counters = office.database._engine, office.database._counters
    event.listen(main, "commit", lambda _: commits.append(1))
    for pool in {main, counters}:
        event.listen(pool, "before_cursor_execute", lambda *given: statements.append(given[2]))

    with working(engine, office, topic):
        engine.wait_for("/complete")

    own = [one.split()[0:3] for one in statements if not one.startswith("BEGIN")]
    assert [f"{words[0]} {words[2]}" for words in own] == [
        "INSERT task_attempts",
        "INSERT notifications",
        "INSERT processed_tasks",
        "DELETE task_attempts",
    ]
    assert len(commits) == (2 if main is counters else 1)


def test_decisions_of_a_batch_read_their_deals_together(
    engine: EngineServer, office: Office
) -> None:
    deals = [office.keep(a_ready_deal(stage="termsApproval"), *READY_FILES) for _ in POSITIONS]
    for number, deal_id in enumerate(deals):
        given = {"processInstanceId": f"i-{number}", "inputs": {}}
        engine.add("open-approval-round", deal_id, id=f"open-{number}", **given)
    with working(engine, office, open_approval_round.TOPIC):
        engine.wait_for("/complete", SIZE)
    inputs = {"step": "head", "decidedBy": HEAD, "decision": "approved"}
    for number, deal_id in enumerate(deals):
        given = {"processInstanceId": f"i-{number}", "inputs": inputs}
        engine.add("record-decision", deal_id, id=f"decide-{number}", **given)
    selects: list[str] = []
    event.listen(
        office.database._engine,
        "before_cursor_execute",
        lambda *given: selects.append(given[2]) if given[2].startswith("SELECT") else None,
    )
    # A worker of its own: one with steps still in its hands fetches only what it has room for.
    with working(engine, office, record_decision.TOPIC):
        engine.wait_for("/complete", 2 * SIZE)

    tables = [one.partition("FROM ")[2].split()[0] for one in selects]
    assert not engine.calls_of("/failure")
    assert len(tables) == len(set(tables)), tables
    with office.database.reading() as store:
        made = [store.rounds.decision(deal_id, 1, "head") for deal_id in deals]
    assert all(one is not None and one.person == HEAD for one in made)
