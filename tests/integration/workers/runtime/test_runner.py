"""The worker against an engine that loses answers, revokes locks and is unavailable."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.values import decode
from db.domain.errors import CommentMissing, FourEyes, NumberMissing, Unavailable
from tests.support.fakes.ports import (
    EngineServer,
    Office,
    a_kept_deal,
    a_task,
    an_engine,
    an_office,
)
from tests.support.waiting import eventually
from workers.ports.observer import Fate, NoObserver
from workers.ports.services import Services
from workers.runtime.contract import NoResult, Task, TaskInput, TaskResult, Topic
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.retries import RetryPolicy
from workers.runtime.runner.worker import Worker


class Saying(TaskInput):
    user_inputs = ("comment",)

    comment: Any = None
    decided_by: str | None = None


class Counted(TaskResult):
    total: int


@pytest.fixture
def engine() -> Iterator[EngineServer]:
    with an_engine() as server:
        yield server


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


class Shop:
    """A topic whose handler writes one notification per execution and calls ``act``."""

    def __init__(self) -> None:
        self.runs = 0
        self.act: Callable[[], None] = lambda: None
        self.topic = Topic(
            "count", Saying, Counted, self.handle, refusals=(CommentMissing, FourEyes)
        )

    def handle(self, task: Task[Saying, None], services: Services) -> Counted:
        """Count an execution; the tests check how often it happens."""
        self.runs += 1
        services.store.notifications.add("somebody", f"effect-{self.runs}", "", task.deal_id)
        self.act()
        return Counted(total=self.runs)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@contextmanager
def working(engine: EngineServer, office: Office, shop: Shop, **wishes: Any) -> Iterator[Worker]:
    given = {"threads": 2, "lock_seconds": 3.0, "poll_seconds": 0.2, "grace_seconds": 3.0}
    worker = Worker([shop.topic], office.context, WorkerOptions(engine.url, **{**given, **wishes}))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def effects(office: Office) -> int:
    with office.database.reading() as store:
        return len(store.notifications.of("somebody"))


NULL = {"value": None, "type": "Null"}


def test_a_done_step_sends_its_result_and_empties_the_form_of_old_refusals(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    refusal = {
        "formError": {"value": "Укажите причину", "type": "String"},
        "formErrorCode": {"value": "COMMENT_MISSING", "type": "String"},
        "formDetails": NULL,
        "returnTo": {"value": "head1", "type": "String"},
        "returnedInput": {"value": "e30=", "type": "Bytes"},
    }
    engine.add("count", a_kept_deal(office), variables=refusal)

    with working(engine, office, shop):
        answer = engine.wait_for("/complete")[0].body["variables"]

    cleared = dict.fromkeys(("formError", "formErrorCode", "returnTo", "returnedInput"), NULL)
    assert answer == {"total": {"value": 1, "type": "Integer"}, **cleared}


def test_a_process_without_refusals_gets_only_the_variable_that_its_tasks_read(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        answer = engine.wait_for("/complete")[0].body["variables"]

    assert answer == {"total": {"value": 1, "type": "Integer"}, "returnTo": NULL}


def test_a_value_that_the_process_has_is_not_written_again(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    known = {"total": {"value": 1, "type": "Integer"}, "returnTo": NULL}
    engine.add("count", a_kept_deal(office), variables=known)

    with working(engine, office, shop):
        answer = engine.wait_for("/complete")[0].body["variables"]

    assert answer == {}


def test_a_stored_result_is_compared_with_the_variables_of_its_new_delivery(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    """Somebody else wrote the variable between the lost report and the second delivery."""
    engine.replies["complete"] = [400]
    deal_id = a_kept_deal(office)
    total = {"value": 1, "type": "Integer"}
    with working(engine, office, shop):
        engine.add("count", deal_id, variables={"total": total, "returnTo": NULL})
        first = engine.wait_for("/complete")[0].body["variables"]
        engine.add("count", deal_id, variables={"total": {**total, "value": 7}, "returnTo": NULL})
        second = engine.wait_for("/complete", 2)[1].body["variables"]

    assert (first, second, shop.runs) == ({}, {"total": total}, 1)


def test_variables_are_fetched_where_the_task_sees_them(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    with working(engine, office, shop):
        topic = engine.wait_for("/fetchAndLock")[0].body["topics"][0]

    inputs, results = {"comment", "decidedBy"}, {"total"}
    errors = {"formError", "formErrorCode", "formDetails", "returnTo", "returnedInput"}
    assert set(topic["variables"]) == inputs | results | errors
    assert "localVariables" not in topic
    assert topic["deserializeValues"] is False


def test_a_parallel_topic_does_not_ask_for_the_reason_of_a_refusal(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.topic = replace(shop.topic, parallel=True)
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        topic = engine.wait_for("/fetchAndLock")[0].body["topics"][0]
        answer = engine.wait_for("/complete")[0].body["variables"]

    assert topic["variables"] == ["comment", "decidedBy", "total"]
    assert answer == {"total": {"value": 1, "type": "Integer"}}


def test_a_lost_answer_is_sent_again_and_the_effect_stays_one(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["complete"] = ["lose"]
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        engine.wait_for("/complete", 2)

    assert effects(office) == 1
    assert not engine.calls_of("/failure")


def test_an_engine_that_stumbles_over_parallel_completions_is_asked_again(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["complete"] = [500, 500]
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        engine.wait_for("/complete", 3)

    assert effects(office) == 1
    assert not engine.calls_of("/failure")


def test_a_task_delivered_twice_gets_the_stored_answer(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    deal_id = a_kept_deal(office)

    with working(engine, office, shop):
        engine.add("count", deal_id)
        engine.wait_for("/complete")
        engine.gone.clear()
        engine.add("count", deal_id)
        first, second = engine.wait_for("/complete", 2)

    assert first.body["variables"] == second.body["variables"]
    assert shop.runs == 1


def test_two_workers_with_one_task_have_one_effect_and_one_answer(
    office: Office, shop: Shop
) -> None:
    """The second delivery completes while the first one is in ``fetch``."""
    task = a_task(a_kept_deal(office))
    faster = []
    slow = replace(shop.topic, fetch=lambda *_: faster.append(office.done(shop.topic, task)))

    slower = office.done(slow, task)

    assert shop.runs == 2
    assert effects(office) == 1
    assert slower == faster[0]


def test_a_stolen_lock_is_dropped_without_reporting_a_failure(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["complete"] = [400]
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        engine.wait_for("/complete")
        engine.add("count", a_kept_deal(office), id="task-2")
        engine.wait_for("/complete", 2)

    assert not engine.calls_of("/failure")


def test_an_answer_the_engine_cannot_digest_becomes_a_failure_people_see(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["complete"] = [403]
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0
    assert "403" in failure["errorMessage"]


def test_an_engine_that_fails_for_a_whole_lock_gets_a_failure_with_retries(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["complete"] = [500] * 100
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop, lock_seconds=1.0):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 11
    assert effects(office) == 1


def test_a_result_no_process_can_hold_is_an_incident(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    class Strange(TaskResult):
        total: float = 0.5

    shop.topic = replace(shop.topic, result=Strange, handler=lambda task, services: Strange())
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0
    assert "TypeError" in failure["errorMessage"]


def test_a_refusal_returns_to_the_person_with_what_they_had_typed(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.act = lambda: _raise(CommentMissing())
    engine.add("count", a_kept_deal(office), inputs={"comment": " ", "decidedBy": "head1"})

    with working(engine, office, shop):
        error = engine.wait_for("/bpmnError")[0].body

    assert error["errorCode"] == "COMMENT_MISSING"
    assert error["variables"]["formError"]["value"].startswith("Укажите причину отказа")
    assert error["variables"]["returnTo"]["value"] == "head1"
    assert decode(error["variables"])["returnedInput"] == {"comment": " "}
    assert effects(office) == 0


def test_four_eyes_return_to_the_group_and_not_to_the_same_person(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.act = lambda: _raise(FourEyes())
    engine.add("count", a_kept_deal(office), inputs={"decidedBy": "head1"})

    with working(engine, office, shop):
        error = engine.wait_for("/bpmnError")[0].body

    assert error["variables"]["returnTo"]["value"] is None


@pytest.mark.parametrize("bug", [ValueError("passport 4509 123456"), NumberMissing()])
def test_a_bug_is_an_incident_at_once_and_tells_no_personal_data(
    engine: EngineServer, office: Office, shop: Shop, bug: Any
) -> None:
    shop.act = lambda: _raise(bug)
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0
    assert "4509" not in failure["errorMessage"] + failure["errorDetails"]
    assert "test_runner.py" in failure["errorDetails"]
    assert len(failure["errorMessage"]) <= 600
    assert effects(office) == 0


def test_an_unavailable_system_is_asked_again_after_a_growing_pause(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.act = lambda: _raise(Unavailable("1С недоступна.", retry_after=timedelta(seconds=40)))
    engine.add("count", a_kept_deal(office))
    engine.add("count", a_kept_deal(office), id="task-2", retries=8)

    with working(engine, office, shop):
        failures = engine.wait_for("/failure", 2)

    bodies = {call.path.split("/")[-2]: call.body for call in failures}
    assert bodies["task-1"]["retries"] == 11
    assert 40_000 <= bodies["task-1"]["retryTimeout"] <= 48_000
    assert bodies["task-2"]["retries"] == 7
    assert 480_000 <= bodies["task-2"]["retryTimeout"] <= 576_000


def test_the_last_retry_of_an_unavailable_system_is_an_incident(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.act = lambda: _raise(Unavailable("1С недоступна."))
    engine.add("count", a_kept_deal(office), retries=1)

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0


def test_a_task_that_killed_its_worker_three_times_becomes_an_incident(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    for _ in range(3):
        with office.database.writing() as store:
            store.processed.count_attempt("task-1", "count")
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0
    assert "crashed its worker 3 times" in failure["errorMessage"]
    assert shop.runs == 0


def test_an_administrator_may_try_a_deadly_task_again(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    for _ in range(3):
        with office.database.writing() as store:
            store.processed.count_attempt("task-1", "count")
    deal_id = a_kept_deal(office)

    with working(engine, office, shop):
        engine.add("count", deal_id)
        engine.wait_for("/failure")
        engine.add("count", deal_id)
        engine.wait_for("/complete")

    assert shop.runs == 1


def test_the_lock_of_a_slow_step_is_extended(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.act = lambda: time.sleep(1.5)
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop, lock_seconds=1.0):
        engine.wait_for("/complete")

    assert engine.calls_of("/extendLock")
    assert effects(office) == 1


def test_a_step_that_lost_its_lock_leaves_no_effect(
    engine: EngineServer, office: Office, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    engine.replies["extendLock"] = [400] * 10

    def until_lost() -> None:
        eventually(lambda: "was lost" in caplog.text)

    shop.act = until_lost
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop, lock_seconds=1.0):
        engine.wait_for("/extendLock")

    assert effects(office) == 0
    assert not engine.calls_of("/complete")


def test_stopping_finishes_started_steps_and_gives_the_rest_back(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(5)

    shop.act = wait
    deal_id = a_kept_deal(office)
    engine.add("count", deal_id, id="task-0")

    with working(engine, office, shop) as worker:
        assert begun.wait(5)
        for number in (1, 2):
            engine.add("count", deal_id, id=f"task-{number}")
        with engine.lock:
            assert engine.lock.wait_for(lambda: not engine.tasks, 5)
        worker.stop()
        engine.wait_for("/unlock", 2)
        go_on.set()
        engine.wait_for("/complete")

    assert [call.path.split("/")[-2] for call in engine.calls_of("/complete")] == ["task-0"]
    assert not engine.calls_of("/failure")


def test_the_engine_may_go_away_and_come_back(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.replies["fetchAndLock"] = [500, "lose", 401]
    engine.add("count", a_kept_deal(office), id="task-1")
    engine.add("count", a_kept_deal(office), id="task-2")

    with working(engine, office, shop) as worker:
        calls = engine.wait_for("/complete")
        assert worker.is_polling

    assert calls


def test_every_process_has_a_worker_id_of_its_own(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    options = WorkerOptions(engine.url)

    workers = [Worker([shop.topic], office.context, options) for _ in range(2)]

    assert workers[0].id != workers[1].id
    assert all(len(worker.id) <= 80 for worker in workers)


def test_a_step_without_a_business_key_is_an_incident(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    engine.add("count", "", id="task-1", businessKey=None)

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert "business key" in failure["errorMessage"]


def test_a_handler_that_answers_with_another_result_is_a_bug(
    engine: EngineServer, office: Office, shop: Shop
) -> None:
    shop.topic = replace(shop.topic, result=NoResult)
    engine.add("count", a_kept_deal(office))

    with working(engine, office, shop):
        failure = engine.wait_for("/failure")[0].body

    assert failure["retries"] == 0
    assert effects(office) == 0


class Watching(NoObserver):
    def __init__(self) -> None:
        self.fates: list[Fate] = []

    def ended(self, topic: str, fate: Fate, queued: float, handled: float) -> None:
        """Keep the fate; the durations are those of this run."""
        assert topic == "count"
        assert 0 <= queued < 10
        assert 0 <= handled < 10
        self.fates.append(fate)


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (None, Fate.COMPLETED),
        (CommentMissing(), Fate.REFUSED),
        (Unavailable("1С недоступна."), Fate.FAILED),
        (ValueError("a bug"), Fate.INCIDENT),
        ("stolen", Fate.LOCK_LOST),
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_every_task_has_one_fate(
    engine: EngineServer, office: Office, shop: Shop, error: Any, fate: Fate, slow: bool
) -> None:
    if isinstance(error, Exception):
        shop.act = lambda: _raise(error)
    if error == "stolen":
        engine.replies["complete"] = [400]
    topic = replace(shop.topic, fetch=lambda *_: None) if slow else shop.topic
    observer = Watching()
    options = WorkerOptions(engine.url, lock_seconds=3.0, poll_seconds=0.2, grace_seconds=3.0)
    worker = Worker([topic], office.context, options, observer)
    thread = threading.Thread(target=worker.run)
    engine.add("count", a_kept_deal(office))

    thread.start()
    eventually(lambda: observer.fates)
    worker.stop()
    thread.join(15)

    assert observer.fates == [fate]


def test_pauses_grow_to_a_quarter_of_an_hour_and_never_shrink_below_the_wish() -> None:
    retries = RetryPolicy()

    pauses = [retries.pause(left) for left in range(11, 0, -1)]

    assert timedelta(seconds=30) <= pauses[0] <= timedelta(seconds=36)
    assert timedelta(minutes=15) <= pauses[-1] <= timedelta(minutes=18)
    assert retries.pause(11, timedelta(hours=1)) >= timedelta(hours=1)


def _raise(error: Exception) -> None:
    raise error
