"""Recovery of lost and misplaced processes: once, at the activity of the deal's stage."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import (
    EngineConflict,
    EngineRefused,
    EngineUnavailable,
    ExternalTask,
    ProcessInstance,
    WaitState,
)
from bpmn.lint.worker_contracts import ERROR_VARIABLES
from db.domain.approval.rounds import Round
from db.domain.deals.entities import OutboxKind
from db.domain.deals.history import Actor, Cause, Kind
from db.domain.deals.stages import move
from tests.support.builders import MANAGER, NOW, READY_FILES, a_deal, ready_values
from tests.support.fakes.ports import Office, an_office
from workers.background.process_recovery import ProcessRecovery
from workers.topics.lifecycle.register_process import ProcessRegistered


@dataclass
class FakeEngine:
    """Fake engine that runs started processes; calls ``meanwhile`` during a start."""

    running: dict[str, str] = field(default_factory=dict)
    started: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    moved: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    lose_answer: bool = False
    meanwhile: Any = None
    waiting_in: str = "Task_CollectDocuments"
    refusing: Exception | None = None
    goes_on_to: str | None = None
    """Activity to which the process continues by itself during a move."""
    approvals: set[str] = field(default_factory=set)
    """Running called instances."""
    steps: list[ExternalTask] = field(default_factory=list)
    process: str = "new-client"
    """Process of the running instances."""
    no_common_activity: bool = False

    def root_instances(self, business_key: str) -> list[ProcessInstance]:
        return [one for one in self.main_instances(0, 10) if one.business_key == business_key]

    def main_instances(self, first: int, count: int) -> list[ProcessInstance]:
        running = [
            ProcessInstance(instance, self.process, f"{self.process}:1:1", business_key)
            for business_key, instance in self.running.items()
        ]
        return running[first : first + count]

    def change_process(self, instance: ProcessInstance, process: str) -> None:
        if self.refusing:
            raise self.refusing
        if self.no_common_activity:
            raise EngineRefused(400, "MigratingProcessInstanceValidationException", "no mapping")
        self.process = process

    def running_deals(self) -> set[str]:
        return set(self.running)

    def start(
        self, process: str, business_key: str, variables: Mapping[str, Any], *, at: str
    ) -> str:
        if self.meanwhile:
            self.meanwhile()
        self.started.append((process, at, variables))
        self.running[business_key] = f"instance-{len(self.started)}"
        if self.lose_answer:
            raise EngineUnavailable("no answer")
        return self.running[business_key]

    def wait_states(self, instance_id: str) -> list[WaitState]:
        if instance_id not in self.running.values():
            raise EngineRefused(404, "InvalidRequestException", "no such instance")
        found = [WaitState("wait", self.waiting_in, "", instance_id)]
        if self.meanwhile:
            self.meanwhile()
        return found

    def external_tasks(self) -> list[ExternalTask]:
        return self.steps

    def business_keys(
        self, instance_ids: Iterable[str], *, without: Collection[str] = ()
    ) -> dict[str, str]:
        return {one: "a deal" for one in instance_ids if one in self.approvals}

    def move(
        self,
        instance_id: str,
        *,
        to: str,
        cancel: Iterable[WaitState],
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self.waiting_in = self.goes_on_to or self.waiting_in
        if self.refusing:
            raise self.refusing
        (left,) = cancel
        self.moved.append((left.activity, to, variables or {}))
        self.waiting_in = to
        if self.lose_answer:
            raise EngineUnavailable("no answer")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def deal_id(office: Office) -> str:
    deal_id = office.keep(a_deal(values=ready_values()), *READY_FILES)
    with office.database.writing() as store:
        store.processes.register(deal_id, "an instance that was killed")
    return deal_id


def repairs(office: Office, engine: FakeEngine) -> ProcessRecovery:
    return ProcessRecovery(office.database.writing, engine, office.context.services)


def instance_of(office: Office, deal_id: str) -> str | None:
    with office.database.reading() as store:
        return store.processes.instance_of(deal_id)


def outbox(office: Office, deal_id: str) -> list[Mapping[str, Any]]:
    with office.database.reading() as store:
        return [row.payload for row in store.outbox.pending(deal_id)]


def move_by_api(office: Office, deal_id: str, stage: str) -> None:
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        move(store.catalog, deal, stage, at=deal.created_at)
        store.deals.save(deal, Actor(MANAGER, Cause.API))


def test_a_lost_process_starts_where_the_stage_says_with_everything_it_reads(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    outcome = repairs(office, engine).repair(deal_id)

    ((process, activity, variables),) = engine.started
    deal = office.deal(deal_id)
    stage = office.database.catalog.directions[deal.direction].stage(deal.stage)
    assert (outcome.activity, activity) == (stage.activity, stage.activity)
    assert process == office.database.catalog.directions[deal.direction].process
    assert variables.keys() == set(ProcessRegistered.wire_names().values()) | ERROR_VARIABLES
    assert (variables["duplicate"], variables["stage"]) == (False, deal.stage)
    assert instance_of(office, deal_id) == "instance-1"


def test_a_repair_repeated_leaves_the_running_process_alone(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    doing = repairs(office, engine)
    assert doing.lost() == [deal_id]

    outcomes = [doing.repair(deal_id) for _ in range(2)]

    assert [bool(one.activity) for one in outcomes] == [True, False]
    assert len(engine.started) == 1
    assert doing.lost() == []


def test_a_start_whose_answer_was_lost_becomes_the_deals_process(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.lose_answer = True
    with pytest.raises(EngineUnavailable):
        repairs(office, engine).repair(deal_id)
    too_early = repairs(office, engine).repair(deal_id)
    with office.database.writing() as store:
        store.leases.free(f"repair-{deal_id}")

    repairs(office, engine).repair(deal_id)

    assert "через две минуты" in too_early.sentence
    assert len(engine.started) == 1
    assert instance_of(office, deal_id) == "instance-1"


def misplaced(office: Office, engine: FakeEngine, deal_id: str) -> ProcessRecovery:
    """Make the deal's process wait in an activity that does not fit its stage."""
    engine.running[deal_id], engine.waiting_in = "instance-0", "Task_LeadClient"
    return repairs(office, engine)


def test_a_process_that_goes_on_while_the_engine_answers_is_not_moved_back(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = office.keep(a_deal(stage="collectingDocuments", values=ready_values()), *READY_FILES)
    engine.running[deal_id], engine.waiting_in = "instance-0", "Task_ApproveTerms"
    engine.meanwhile = lambda: move_by_api(office, deal_id, "termsApproval")

    outcome = repairs(office, engine).repair(deal_id)

    assert (outcome.activity, engine.moved) == (None, [])


def a_step(deal_id: str, instance_id: str, retries: int | None) -> ExternalTask:
    return ExternalTask(
        "step", "notify", "Task_Notify", instance_id, deal_id, retries, None, None, None
    )


@pytest.mark.parametrize(
    ("retries", "instance", "moved"),
    [(None, "approval-1", 0), (2, "approval-1", 0), (0, "approval-1", 1), (2, "a side one", 1)],
)
def test_a_process_in_the_steps_after_its_stage_is_left_to_do_them(
    office: Office, engine: FakeEngine, deal_id: str, retries: Any, instance: str, moved: int
) -> None:
    doing = misplaced(office, engine, deal_id)
    engine.approvals = {"approval-1"}
    engine.steps = [a_step(deal_id, instance, retries), a_step("another", "approval-1", None)]

    doing.repair(deal_id)

    assert len(engine.moved) == moved


def test_the_last_steps_of_a_closed_deal_are_not_interrupted(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = office.keep(a_deal(stage="won", closed_at=NOW))
    engine.running[deal_id], engine.approvals = "instance-0", {"fulfilment-1"}
    engine.steps = [a_step(deal_id, "fulfilment-1", None)]

    outcome = repairs(office, engine).repair(deal_id)

    assert "ещё делают шаг" in outcome.sentence
    assert outbox(office, deal_id) == []


@pytest.mark.parametrize("when", ["before its waits are asked for", "after that"])
def test_a_process_that_ends_while_it_is_looked_at_is_told_nothing(
    office: Office, engine: FakeEngine, when: str
) -> None:
    deal_id = office.keep(a_deal(stage="won", closed_at=NOW))
    engine.running[deal_id] = "instance-0"
    found = engine.root_instances(deal_id)
    if when == "after that":
        engine.meanwhile = engine.running.clear
    else:
        engine.running.clear()
        engine.root_instances = lambda _: found  # type: ignore[method-assign,assignment]

    assert repairs(office, engine).repair(deal_id).activity is None
    assert outbox(office, deal_id) == []


def processes_in_history(office: Office, deal_id: str) -> list[tuple[Any, Any]]:
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
    return [(row.old, row.new) for row in rows if row.kind is Kind.PROCESS]


def test_a_process_that_waits_elsewhere_is_moved_once_with_everything_it_reads(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    doing = misplaced(office, engine, deal_id)

    outcomes = [doing.repair(deal_id) for _ in range(2)]

    ((left, to, variables),) = engine.moved
    assert (left, to) == ("Task_LeadClient", "Task_CollectDocuments")
    assert variables.keys() == set(ProcessRegistered.wire_names().values()) | ERROR_VARIABLES
    assert [one.activity for one in outcomes] == ["Task_CollectDocuments", None]
    assert processes_in_history(office, deal_id) == [(left, to)]
    assert instance_of(office, deal_id) == "instance-0"


def test_a_process_of_a_diagram_without_the_stages_activity_is_left_to_the_administrator(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.refusing = EngineRefused(400, "InvalidRequestException", "no such activity")

    outcome = misplaced(office, engine, deal_id).repair(deal_id)

    assert (outcome.activity, engine.moved) == (None, [])
    assert "Удалите экземпляр instance-0 в Cockpit" in outcome.sentence


@pytest.mark.parametrize("refusal", [EngineRefused(400, "x", "gone"), EngineConflict("locked")])
def test_a_process_that_goes_on_meanwhile_is_left_alone(
    office: Office, engine: FakeEngine, deal_id: str, refusal: Any
) -> None:
    engine.refusing, engine.goes_on_to = refusal, "Task_CollectDocuments"

    outcome = misplaced(office, engine, deal_id).repair(deal_id)

    assert (outcome.activity, engine.moved) == (None, [])
    assert "пошёл дальше сам" in outcome.sentence
    assert processes_in_history(office, deal_id) == []


def test_a_move_whose_answer_was_lost_is_not_made_again(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.lose_answer = True
    doing = misplaced(office, engine, deal_id)
    with pytest.raises(EngineUnavailable):
        doing.repair(deal_id)
    with office.database.writing() as store:
        store.leases.free(f"repair-{deal_id}")

    again = doing.repair(deal_id)

    assert (again.activity, len(engine.moved)) == (None, 1)


def test_an_instance_of_an_earlier_process_goes_on_by_its_directions_own(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.process = "deal"
    doing = misplaced(office, engine, deal_id)
    assert doing.foreign() == [deal_id]

    outcome = doing.repair(deal_id)

    assert (engine.process, len(engine.moved)) == ("new-client", 1)
    assert outcome.activity == engine.waiting_in
    assert doing.foreign() == []
    with office.database.reading() as store:
        kept = [row for row in store.history.of(deal_id) if row.kind is Kind.PROCESS]
    assert (kept[0].old, kept[0].new) == ("deal", "new-client")
    assert doing.repair(deal_id).activity is None
    assert len(engine.moved) == 1


def test_an_instance_that_waits_right_only_changes_its_process(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.process, engine.running = "deal", {deal_id: "an instance that was killed"}

    outcome = repairs(office, engine).repair(deal_id)

    assert (engine.process, outcome.activity, engine.moved) == ("new-client", "new-client", [])


def test_an_instance_without_a_common_activity_is_left_to_the_administrator(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.process, engine.no_common_activity = "deal", True
    doing = misplaced(office, engine, deal_id)
    engine.refusing = EngineRefused(400, "InvalidRequestException", "no such activity")

    assert doing.repair(deal_id).activity is None
    assert engine.process == "deal"


@pytest.mark.parametrize(("runs", "state"), [(False, "withdrawn"), (True, "open")])
def test_a_round_ends_with_the_approval_that_the_repair_ended(
    office: Office, engine: FakeEngine, deal_id: str, runs: bool, state: str
) -> None:
    round_ = Round(deal_id, 0, "collectingDocuments", NOW, MANAGER, "approval-1", "newClientTerms")
    with office.database.writing() as store:
        store.rounds.open(round_)
    engine.approvals = {round_.instance_id} if runs else set()

    misplaced(office, engine, deal_id).repair(deal_id)

    with office.database.reading() as store:
        latest = store.rounds.latest(deal_id)
        assert latest is not None
        assert latest.state == state


def test_a_start_that_waits_in_the_outbox_is_enough(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    with office.database.writing() as store:
        store.outbox.add(deal_id, OutboxKind.START, {"process": "new-client"})

    outcome = repairs(office, engine).repair(deal_id)

    assert outcome.activity is None
    assert repairs(office, engine).lost() == []
    assert engine.started == []


def test_a_closed_deal_needs_no_process(office: Office, engine: FakeEngine) -> None:
    deal_id = office.keep(a_deal(stage="lost", closed_at=NOW))

    assert "закрыта" in repairs(office, engine).repair(deal_id).sentence
    assert engine.started == []
    assert outbox(office, deal_id) == []


def test_the_process_of_a_closed_deal_is_told_to_end_once(
    office: Office, engine: FakeEngine
) -> None:
    deal_id = office.keep(a_deal(stage="lost", closed_at=NOW))
    engine.running[deal_id] = "instance-0"

    outcomes = [repairs(office, engine).repair(deal_id) for _ in range(2)]

    assert ["сейчас закончится" in one.sentence for one in outcomes] == [True, True]
    assert outbox(office, deal_id) == [{"message": "DealLost"}]


def test_a_deal_moved_while_its_process_starts_wakes_it(
    office: Office, engine: FakeEngine, deal_id: str
) -> None:
    engine.meanwhile = lambda: move_by_api(office, deal_id, "collectingDocuments")

    repairs(office, engine).repair(deal_id)

    ((_, _, variables),) = engine.started
    assert outbox(office, deal_id) == [
        {"message": "StageMoved", "moveVersion": variables["nextMove"]}
    ]
