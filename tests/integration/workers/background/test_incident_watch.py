"""Failed steps: one administrators' task each, a retry, and the end of both."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import EngineRefused, EngineUnavailable, ExternalTask, Incident, Job
from bpmn.lint.worker_contracts import START_VARIABLES, TECHNICAL_FAILURE
from bpmn.model.diagrams import step_names
from tests.support.builders import a_deal
from tests.support.fakes.ports import FakePeople, Office, a_task, an_office
from workers.background.incident_watch import IncidentWatch
from workers.integrations.engine_incidents import EngineFailedSteps
from workers.ports.employees import Employee
from workers.ports.failed_steps import StepState, StoppedStep
from workers.runtime.contract import Failed
from workers.topics.lifecycle import retry_failed_step

ADMIN = Employee("portalAdmin", "Анна Лебедева", "anna@pit.example")
SINCE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RETRY = retry_failed_step.TOPIC


def an_incident(**given: Any) -> Incident:
    known = Incident(
        id="incident-1",
        type="failedExternalTask",
        message="OnecLoginRefused: 1С не приняла пароль",
        activity="Task_SyncOnecNumber",
        instance_id="instance-1",
        process_key="new-client-approval",
        subject_id="step-1",
        created=SINCE,
    )
    return replace(known, **given)


@dataclass
class FakeEngine:
    """Fake engine with incidents and their processes; may lose an answer or be unavailable."""

    deals: dict[str, str]
    stopped: list[Incident] = field(default_factory=list)
    cared_for: dict[str, str] = field(default_factory=dict)
    started: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    steps: list[ExternalTask] = field(default_factory=list)
    waiting_jobs: list[Job] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    lose_answer: bool = False
    busy: bool = False
    """The process executes a step and does not wait for a message."""

    def incidents(self) -> list[Incident]:
        return self.stopped

    def external_tasks(self) -> list[ExternalTask]:
        return self.steps

    def jobs(self) -> list[Job]:
        return self.waiting_jobs

    def set_retries(self, incident: Incident, retries: int = 1) -> None:
        self.stopped.remove(incident)
        self.retried.append(incident.id)

    def business_keys(self, instance_ids: Any) -> dict[str, str]:
        return {one: self.deals[one] for one in instance_ids if one in self.deals}

    def instances_of(self, process: str, business_key: str | None = None) -> list[str]:
        return [i for i in self.cared_for if business_key in (None, self.deals[i])]

    def variable_values(self, variable: str, instance_ids: Iterable[str]) -> dict[str, Any]:
        return {i: self.cared_for[i] for i in instance_ids if i in self.cared_for}

    def start(self, process: str, business_key: str, variables: Mapping[str, Any]) -> str:
        self.started.append((process, business_key, variables))
        instance = f"care-{len(self.started)}"
        self.cared_for[instance] = variables["failureId"]
        self.deals[instance] = business_key
        if self.lose_answer:
            raise EngineUnavailable("no answer")
        return instance

    def correlate(
        self,
        message: str,
        business_key: str,
        local_keys: Mapping[str, Any] | None = None,
        *,
        instance_id: str | None = None,
    ) -> None:
        if self.busy:
            raise EngineRefused(400, "MismatchingMessageCorrelationException", "no")
        failure = (local_keys or {})["failureId"]
        self.cared_for = {i: f for i, f in self.cared_for.items() if f != failure}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path, people=FakePeople({"portalAdmins": [ADMIN]})) as office:
        yield office


@pytest.fixture
def deal_id(office: Office) -> str:
    return office.keep(a_deal())


@pytest.fixture
def engine(deal_id: str) -> FakeEngine:
    return FakeEngine({"instance-1": deal_id}, [an_incident()])


def a_watch(office: Office, engine: FakeEngine) -> IncidentWatch:
    return IncidentWatch(
        office.database.writing, engine, office.people, office.context.services, step_names()
    )


def told(office: Office) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of(ADMIN.login)]


def letters(office: Office) -> int:
    with office.database.reading() as store:
        return len(store.mails.unsent())


def lease_ends(office: Office) -> None:
    with office.database.writing() as store:
        store.leases.free("failure-step-1")


def test_a_failure_gets_one_task_however_many_workers_look(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    for _ in range(2):
        a_watch(office, engine).round()
    engine.cared_for.clear()
    a_watch(office, engine).round()

    ((process, key, variables),) = engine.started
    assert (process, key) == (TECHNICAL_FAILURE, deal_id)
    assert variables.keys() == START_VARIABLES[TECHNICAL_FAILURE]
    assert variables["failedStep"] == "Проверить номер в 1С"
    assert variables["failureReason"] == "OnecLoginRefused: 1С не приняла пароль"
    assert variables["failureSince"] == "2026-11-23T09:00:00+00:00"
    assert (len(told(office)), letters(office)) == (1, 1)


def test_a_start_whose_answer_was_lost_is_not_repeated(office: Office, engine: FakeEngine) -> None:
    engine.lose_answer = True
    with pytest.raises(EngineUnavailable):
        a_watch(office, engine).round()
    engine.lose_answer = False
    lease_ends(office)

    a_watch(office, engine).round()

    assert len(engine.started) == 1
    assert len(told(office)) == 1


def test_a_task_that_vanished_while_the_failure_lasts_is_given_again(
    office: Office, engine: FakeEngine
) -> None:
    a_watch(office, engine).round()
    engine.cared_for.clear()
    lease_ends(office)

    a_watch(office, engine).round()

    assert len(engine.started) == 2
    assert len(told(office)) == 1


def test_a_failure_that_is_gone_takes_its_task_with_it(office: Office, engine: FakeEngine) -> None:
    a_watch(office, engine).round()
    engine.stopped = []

    engine.busy = True
    a_watch(office, engine).round()
    kept = dict(engine.cared_for)
    engine.busy = False
    a_watch(office, engine).round()

    assert kept == {"care-1": "step-1"}
    assert engine.cared_for == {}


def test_the_same_step_failing_anew_is_told_anew(office: Office, engine: FakeEngine) -> None:
    watch = a_watch(office, engine)
    watch.round()
    engine.stopped = []
    watch.round()
    engine.stopped = [an_incident(id="incident-2")]

    watch.round()

    assert len(engine.started) == 2
    assert len(told(office)) == 2


def test_a_failure_of_no_deal_is_told_once_and_hides_no_other(
    office: Office, engine: FakeEngine
) -> None:
    stray = an_incident(id="incident-0", subject_id="step-0", instance_id="by hand")
    engine.stopped.insert(0, stray)

    for _ in range(2):
        a_watch(office, engine).round()

    assert len(engine.started) == 1
    assert sum("не связан ни с одной сделкой" in text for text in told(office)) == 1


def retry_task(deal_id: str, **given: Any) -> Any:
    inputs = {"failureId": "step-1", "seenIncident": "incident-1", "decidedBy": ADMIN.login}
    return a_task(deal_id, **{**inputs, **given})


def a_step(**given: Any) -> ExternalTask:
    known = ExternalTask(
        id="step-1",
        topic="sync-onec-number",
        activity="Task_SyncOnecNumber",
        instance_id="instance-1",
        business_key=None,
        retries=1,
        worker=None,
        message=None,
        created=SINCE,
    )
    return replace(known, **given)


def notes(office: Office, deal_id: str) -> list[tuple[str, str]]:
    with office.database.reading() as store:
        return [(note.author, note.text) for note in store.notes.of(deal_id)]


def test_a_stopped_step_is_tried_once_more_and_its_end_is_awaited(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    office.failed_steps = EngineFailedSteps(engine)
    engine.steps = [a_step()]
    task = retry_task(deal_id, comment=" Пароль обновлён ")

    asked, awaited = office.do(RETRY, task), office.do(RETRY, task)
    engine.steps = []
    done, again = office.done(RETRY, task), office.done(RETRY, task)

    assert isinstance(asked, Failed)
    assert isinstance(awaited, Failed)
    assert asked.retry_after is not None
    assert engine.retried == ["incident-1"]
    assert done == again
    assert (done["failureGone"], done["failureOwner"]) == (True, None)
    assert notes(office, deal_id) == [(ADMIN.login, "Разбор сбоя: Пароль обновлён")]


def test_a_step_that_stops_again_goes_back_to_the_same_administrator(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    office.failed_steps = EngineFailedSteps(engine)
    engine.steps = [a_step(retries=0)]
    office.do(RETRY, retry_task(deal_id))
    engine.stopped = [an_incident(id="incident-2", message=None)]

    done = office.done(RETRY, retry_task(deal_id))

    assert engine.retried == ["incident-1"]
    assert (done["failureGone"], done["failureOwner"]) == (False, ADMIN.login)
    assert done["incidentId"] == "incident-2"
    assert done["failureReason"].startswith("Движок не назвал причину")
    assert notes(office, deal_id) == []


@pytest.mark.parametrize(
    ("due", "state"),
    [(timedelta(days=2), StepState.INACTIVE), (timedelta(seconds=-1), StepState.RUNNING)],
)
def test_a_timer_with_retries_just_waits_for_its_hour(
    engine: FakeEngine, due: Any, state: Any
) -> None:
    engine.stopped = []
    job = Job("step-1", "instance-1", datetime.now(UTC) + due, 1, None, None)
    engine.waiting_jobs = [job]

    assert EngineFailedSteps(engine).state("step-1") is state


def test_a_silent_engine_means_later_not_never(office: Office, deal_id: str) -> None:
    class Silent(FakeEngine):
        def incidents(self) -> list[Incident]:
            raise EngineUnavailable("no connection")

    office.failed_steps = EngineFailedSteps(Silent({}))

    outcome = office.do(RETRY, retry_task(deal_id))

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None


def test_what_stopped_is_told_with_the_reason_the_engine_keeps(engine: FakeEngine) -> None:
    state = EngineFailedSteps(engine).state("step-1")

    assert state == StoppedStep("step-1", "incident-1", "OnecLoginRefused: 1С не приняла пароль")
