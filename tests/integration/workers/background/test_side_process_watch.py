"""Side processes: started once, started again when lost, woken after changes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import EngineRefused, EngineUnavailable
from bpmn.lint.worker_contracts import (
    PERIOD_CHANGED,
    SIDE_KEY,
    SIDE_VERSION,
    START_VARIABLES,
    TEMPORARY_TERMS,
)
from db.domain.deals.side_processes import SideProcess
from tests.support.builders import a_deal
from tests.support.fakes.ports import FakePeople, Office, a_task, an_office
from workers.background.side_process_watch import SideProcessWatch
from workers.ports.employees import Employee
from workers.topics.lifecycle import register_side_process

ADMIN = Employee("portalAdmin", "Анна Лебедева")
REGISTER = register_side_process.TOPIC


@dataclass
class FakeEngine:
    """Fake engine that runs started processes; may lose an answer, refuse, or omit instances."""

    running: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Instance id → variables."""
    started: list[str] = field(default_factory=list)
    told: list[tuple[str, str | None]] = field(default_factory=list)
    lose_answer: bool = False
    refuse: bool = False
    busy: bool = False
    """The instance executes a step and does not wait for a message."""
    overlooked: set[str] = field(default_factory=set)
    """Instances that the next query omits."""

    asked: int = 0
    """Number of instances whose variables were asked for."""

    def instances_of(self, process: str, business_key: str | None = None) -> list[str]:
        return list(self.running)

    def ended_instances(self, processes: Collection[str], since: datetime) -> list[str]:
        return [instance for instance in self.started if instance not in self.running]

    def variable_values(self, variable: str, instance_ids: Iterable[str]) -> dict[str, Any]:
        ids = [i for i in instance_ids if i in self.running and i not in self.overlooked]
        self.asked += len(ids)
        if variable == SIDE_VERSION:
            self.overlooked.clear()
        return {i: self.running[i][variable] for i in ids}

    def business_keys(self, instance_ids: Iterable[str]) -> dict[str, str]:
        return {i: "a deal" for i in instance_ids if i in self.running}

    def start(self, process: str, business_key: str, variables: Mapping[str, Any]) -> str:
        if self.refuse:
            raise EngineRefused(404, "RestException", "no such process")
        assert variables.keys() == START_VARIABLES[process]
        instance = f"side-{len(self.started)}"
        self.started.append(instance)
        self.running[instance] = dict(variables)
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
        self.told.append((message, instance_id))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path, people=FakePeople({"portalAdmins": [ADMIN]})) as office:
        yield office


@pytest.fixture
def side(office: Office) -> SideProcess:
    """A wanted side process that does not run yet."""
    deal_id = office.keep(a_deal())
    key = f"{TEMPORARY_TERMS}:{deal_id}"
    side = SideProcess(key, deal_id, TEMPORARY_TERMS, {}, datetime.now(UTC))
    with office.database.writing() as store:
        assert store.side_processes.open(side)
    return side


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def look(office: Office, engine: FakeEngine) -> None:
    SideProcessWatch(office.database.writing, engine, office.people).round()


def look_late(office: Office, engine: FakeEngine, side: SideProcess) -> None:
    """Run another round after the lease of the last start has expired."""
    with office.database.writing() as store:
        store.leases.free(f"side-{side.key}")
    look(office, engine)


def registers(office: Office, side: SideProcess, instance: str) -> bool:
    """Execute `register-side-process`. Returns: True unless the instance is a duplicate."""
    task = a_task(side.deal_id, id=f"register-{instance}", instance=instance, sideKey=side.key)
    return not office.done(REGISTER, task)["duplicate"]


def row(office: Office, side: SideProcess) -> SideProcess:
    with office.database.reading() as store:
        found = store.side_processes.find(side.key)
    assert found is not None
    return found


def test_what_is_wanted_is_started_once_however_many_workers_look(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    engine.running.clear()
    look(office, engine)
    engine.running["side-0"] = {SIDE_KEY: side.key, SIDE_VERSION: 1}
    look_late(office, engine, side)

    assert engine.started == ["side-0"]


def test_a_start_whose_answer_was_lost_is_not_repeated(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    engine.lose_answer = True
    with pytest.raises(EngineUnavailable):
        look(office, engine)

    look_late(office, engine, side)

    assert engine.started == ["side-0"]


def test_a_worker_that_died_before_the_start_is_replaced_when_its_lease_is_over(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    with office.database.writing() as store:
        store.leases.take(f"side-{side.key}", timedelta(seconds=60))

    look(office, engine)
    before = list(engine.started)
    look_late(office, engine, side)

    assert (before, engine.started) == ([], ["side-0"])


def test_of_two_instances_the_first_stays_and_the_other_ends_itself(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    assert registers(office, side, "side-1")
    assert registers(office, side, "side-1")
    assert not registers(office, side, "side-2")
    assert row(office, side).instance_id == "side-1"


def test_an_instance_cancelled_in_cockpit_is_replaced(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    registers(office, side, "side-0")
    engine.running.clear()

    look_late(office, engine, side)

    assert engine.started == ["side-0", "side-1"]
    assert row(office, side).instance_id is None
    assert registers(office, side, "side-1")


def test_an_instance_that_registers_after_another_was_cancelled_is_none_too_many(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    """The duplicate finds the lost instance registered and ends; the next round starts a third."""
    look(office, engine)
    registers(office, side, "side-0")
    del engine.running["side-0"]
    engine.running["twin"] = {SIDE_KEY: side.key, SIDE_VERSION: 1}
    assert not registers(office, side, "twin")

    look_late(office, engine, side)

    assert engine.started == ["side-0", "side-1"]
    assert registers(office, side, "side-1")


def test_an_instance_that_a_list_overlooks_is_looked_at_by_itself(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    registers(office, side, "side-0")
    engine.overlooked = {"side-0"}

    look_late(office, engine, side)

    assert engine.started == ["side-0"]
    assert row(office, side).instance_id == "side-0"


def test_what_is_over_is_not_started_again(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    registers(office, side, "side-0")
    with office.database.writing() as store:
        store.side_processes.close(side.key, datetime.now(UTC))
    engine.running.clear()

    look_late(office, engine, side)

    assert engine.started == ["side-0"]
    assert not registers(office, side, "side-9")


def test_what_ends_while_it_is_looked_at_is_not_started_again(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    registers(office, side, "side-0")
    watch = SideProcessWatch(office.database.writing, engine, office.people)
    seen = row(office, side)
    engine.running.clear()
    with office.database.writing() as store:
        store.side_processes.close(side.key, datetime.now(UTC))
        store.leases.free(f"side-{side.key}")

    watch._start(seen)

    assert engine.started == ["side-0"]
    assert row(office, side).instance_id == "side-0"


def test_an_instance_of_no_row_or_of_another_deals_row_ends_itself(
    office: Office, side: SideProcess
) -> None:
    other = office.keep(a_deal())

    nobody = office.done(REGISTER, a_task(side.deal_id, id="t1", sideKey="none"))
    foreign = office.done(REGISTER, a_task(other, id="t2", sideKey=side.key))

    assert nobody["duplicate"] is True
    assert foreign["duplicate"] is True
    assert row(office, side).instance_id is None


def test_a_change_is_told_until_the_instance_knows_it(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    look(office, engine)
    registers(office, side, "side-0")
    look(office, engine)
    with office.database.writing() as store:
        assert store.side_processes.changed(side.key)

    engine.busy = True
    look(office, engine)
    engine.busy = False
    look(office, engine)
    engine.running["side-0"][SIDE_VERSION] = 2
    look(office, engine)

    assert engine.told == [(PERIOD_CHANGED, "side-0")]


def test_a_change_before_the_start_needs_no_message(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    with office.database.writing() as store:
        store.side_processes.changed(side.key)

    look(office, engine)
    registers(office, side, "side-0")
    look(office, engine)

    assert engine.running["side-0"][SIDE_VERSION] == 2
    assert engine.told == []


def test_what_is_over_has_nobody_to_hear_of_a_change(office: Office, side: SideProcess) -> None:
    with office.database.writing() as store:
        store.side_processes.close(side.key, datetime.now(UTC))
        assert not store.side_processes.changed(side.key)
        assert not store.side_processes.changed("none")


def test_a_settled_process_costs_the_engine_nothing_until_it_changes(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    watch = SideProcessWatch(office.database.writing, engine, office.people)
    watch.round()
    registers(office, side, "side-0")
    watch.round()
    engine.asked = 0

    watch.round()
    settled = engine.asked
    with office.database.writing() as store:
        store.side_processes.changed(side.key)
    watch.round()

    assert settled == 0
    assert engine.told == [(PERIOD_CHANGED, "side-0")]


def test_a_settled_process_that_is_cancelled_is_replaced_at_the_next_round(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    watch = SideProcessWatch(office.database.writing, engine, office.people)
    watch.round()
    registers(office, side, "side-0")
    watch.round()
    engine.running.clear()
    with office.database.writing() as store:
        store.leases.free(f"side-{side.key}")

    watch.round()

    assert engine.started == ["side-0", "side-1"]


def test_a_row_that_changed_since_it_was_read_is_not_settled(
    office: Office, side: SideProcess
) -> None:
    registers(office, side, "side-0")
    seen = row(office, side)
    with office.database.writing() as store:
        store.side_processes.changed(side.key)
        store.side_processes.settle(seen)
        assert [one.key for one in store.side_processes.unsettled()] == [side.key]
        now = store.side_processes.find(side.key)
        assert now is not None
        store.side_processes.settle(now)
        assert store.side_processes.unsettled() == []


def test_a_process_that_the_engine_refuses_hides_no_other_and_is_told_once(
    office: Office, engine: FakeEngine, side: SideProcess
) -> None:
    deal_id = office.keep(a_deal())
    late = datetime.now(UTC) - timedelta(minutes=6)
    with office.database.writing() as store:
        store.side_processes.open(SideProcess("a-late", deal_id, "unknown", {}, late))
    engine.refuse = True
    for _ in range(2):
        look_late(office, engine, side)
        with office.database.writing() as store:
            store.leases.free("side-a-late")

    with office.database.reading() as store:
        told = [one.deal_id for one in store.notifications.of(ADMIN.login)]
    assert told == [deal_id]
