"""Reassignment of tasks whose assignee left the role; other assignees keep their tasks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import EngineConflict, EngineUnavailable, UserTask
from bpmn.model.assigned_tasks import AssignedTask, assigned_tasks
from db.domain.deals.entities import NoteKind
from db.domain.deals.history import Actor, Cause, Kind
from db.domain.deals.stages import reassign
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.domain.people.absences import Absence
from db.domain.people.assignment import At
from tests.support.builders import a_deal, ready_values
from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.background.assignment_watch import AssignmentWatch
from workers.ports.employees import Employee
from workers.services.onec.discrepancies import open_discrepancy, side_key
from workers.services.reassignment import ReassignmentRules, UserTaskRules

KEY, PROCESS, ROLE = "Task_EnterOnecContract", "new-client-approval", "onecOperators"
ADMIN = Employee("portal1", "Кирилл Портнов")
DINA = Employee("dina", "Диляра Сафина")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # long ago for a watch


@dataclass
class FakeEngine:
    """Fake engine with open tasks that records reassignments."""

    open: dict[str, UserTask] = field(default_factory=dict)
    handed: list[tuple[str, str | None, str]] = field(default_factory=list)
    trouble: Exception | None = None
    asked: Callable[[], None] = lambda: None
    """Called with every question about a task and every reassignment."""
    updated: dict[str, datetime] = field(default_factory=dict)
    """Task id → when it was created or changed; a task without an instant is old."""
    listed: list[str] = field(default_factory=list)
    """Ids of all tasks that queries returned."""

    def tasks(
        self,
        *,
        assignee: str | None = None,
        business_keys: Iterable[str] = (),
        assigned: bool | None = None,
        updated_after: datetime | None = None,
    ) -> list[UserTask]:
        deals = list(business_keys)
        found = [
            task
            for task in self.open.values()
            if assignee in (None, task.assignee)
            and (not deals or task.deal_id in deals)
            and (not assigned or task.assignee is not None)
            and (updated_after is None or self.updated.get(task.id, NOW) > updated_after)
        ]
        self.listed += [task.id for task in found]
        return found

    def task(self, task_id: str) -> UserTask | None:
        self.asked()
        return self.open.get(task_id)

    def hand_over(self, task_id: str, user: str | None, group: str) -> None:
        self.asked()
        if self.trouble is not None:
            raise self.trouble
        self.handed.append((task_id, user, group))
        self.open[task_id] = replace(self.open[task_id], assignee=user)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    people = FakePeople({ROLE: [DINA], "portalAdmins": [ADMIN]})
    with an_office(tmp_path, people=people) as office:
        with office.database.writing() as store:
            item = store.lists.item("shippingDirections", "moscowTransport")
            changed = replace(item, attributes={**item.attributes, "operator": "olga"})
            store.lists.put("shippingDirections", changed, Actor("portal1", Cause.API))
        yield office


@pytest.fixture
def deal_id(office: Office) -> str:
    return office.keep(a_deal(stage="termsApproval", values=ready_values()))


def an_engine(deal_id: str, **given: Any) -> FakeEngine:
    known = UserTask(
        id="task-1",
        name="Завести контрагента в 1С",
        key=KEY,
        assignee="olga",
        created=NOW,
        due=None,
        instance_id="i1",
        definition_id=f"{PROCESS}:1:abc",
        form_key=None,
        deal_id=deal_id,
    )
    return FakeEngine({"task-1": replace(known, **given)})


def a_binding(deal_id: str, kind: BindingKind) -> Binding:
    return Binding(
        id="b1",
        deal_id=deal_id,
        kind=kind,
        run=0 if kind is BindingKind.CONTRACT else 1,
        infobase="trade",
        ref_key="7a1e",
        number="П-1",
        number_entered="1",
        code="",
        date=None,
        counterparty_ref=None,
        organisation="",
        data_version="1",
        state=BindingState.LOST,
        verified_at=NOW,
        verified_by="olga",
    )


def a_watch(office: Office, engine: FakeEngine) -> AssignmentWatch:
    heirs = ReassignmentRules(office.people, office.context.services, UserTaskRules.read())
    return AssignmentWatch(
        office.database.writing, office.database.reading, engine, office.people, heirs
    )


def look(office: Office, engine: FakeEngine) -> None:
    """Run the first round of a watch, which looks at all tasks."""
    a_watch(office, engine).round()


def history(office: Office, deal_id: str) -> list[tuple[str, object, object]]:
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
    return [(row.subject, row.old, row.new) for row in rows if row.kind is Kind.ASSIGNMENT]


def told(office: Office, login: str) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of(login)]


def test_the_diagrams_say_which_tasks_follow_the_rule() -> None:
    assert assigned_tasks()[PROCESS, KEY] == AssignedTask(ROLE, At.SOURCE)


def test_without_a_substitute_the_group_gets_it_and_administrators_know(
    office: Office, deal_id: str
) -> None:
    engine = an_engine(deal_id)

    for _ in range(2):
        look(office, engine)

    assert engine.handed == [("task-1", None, ROLE)]
    assert history(office, deal_id) == [(KEY, "olga", None)]
    (text,) = told(office, ADMIN.login)
    assert "olga, который больше не работает в этой роли: её видит вся группа «Оператор 1С»" in text


def test_a_substitute_by_dates_gets_it_and_hears_of_it(office: Office, deal_id: str) -> None:
    away = Absence("a1", "olga", "dina", date.min, date.max, "уволена", "portal1", NOW)
    with office.database.writing() as store:
        store.absences.add(away)
    engine = an_engine(deal_id)

    look(office, engine)

    assert engine.handed == [("task-1", "dina", ROLE)]
    assert history(office, deal_id) == [(KEY, "olga", "dina")]
    assert told(office, "dina")[0].startswith("Вам передана задача «Завести контрагента в 1С»")
    assert "её получает Диляра Сафина" in told(office, ADMIN.login)[0]


@pytest.mark.parametrize(
    "given",
    [
        {"assignee": "dina"},
        {"assignee": "portal1"},
        {"assignee": None},
        {"key": "Task_LeadClient"},
        {"deal_id": "D-2026-99999"},
        {"deal_id": None},
    ],
)
def test_other_tasks_are_left_alone(office: Office, deal_id: str, given: Any) -> None:
    engine = an_engine(deal_id)
    engine.open["task-1"] = replace(engine.open["task-1"], **given)

    look(office, engine)

    assert engine.handed == []


@pytest.fixture
def sales(office: Office) -> str:
    """Add managers and heads of the deal's direction. Returns: the heads' role."""
    direction = office.database.catalog.directions["newClients"]
    working = [Employee("anna", "Анна Ковалёва"), Employee("egor", "Егор Лисин")]
    office.people.roles[direction.managers] = working
    office.people.roles[direction.heads] = [Employee("rita", "Рита Савельева")]
    return direction.heads


@pytest.mark.parametrize(
    ("has", "leads", "gets"),
    [
        ("anna", "egor", "egor"),  # the deal was given away while the order was on its way
        ("gone", "gone", None),
        ("gone", "egor", "egor"),
        ("rita", "anna", "stays"),  # a head took it
        ("anna", "anna", "stays"),
    ],
)
def test_a_managers_task_follows_the_deal(
    office: Office, sales: str, has: str, leads: str, gets: Any
) -> None:
    deal_id = office.keep(a_deal(manager=leads, stage="delivery", values=ready_values()))
    engine = an_engine(deal_id, key="Task_ReplanDelivery", assignee=has)
    engine.open["task-1"] = replace(engine.open["task-1"], definition_id="order-fulfillment:1:abc")

    for _ in range(2):
        look(office, engine)

    assert engine.handed == ([] if gets == "stays" else [("task-1", gets, sales)])
    assert len(told(office, "egor")) == (gets == "egor")
    assert len(told(office, ADMIN.login)) == (gets is None)


@pytest.mark.parametrize(("has", "handed"), [("petr", [("task-1", None, "lawyers")]), ("vera", [])])
def test_a_groups_task_claimed_by_somebody_who_left_is_the_groups_again(
    office: Office, deal_id: str, has: str, handed: Any
) -> None:
    office.people.roles["lawyers"] = [Employee("vera", "Вера Юрьева")]
    engine = an_engine(deal_id, key="Task_CheckClient", assignee=has)

    look(office, engine)

    assert engine.handed == handed
    assert all("Исправьте" not in text for text in told(office, ADMIN.login))


@pytest.mark.parametrize(
    ("kind", "has", "handed"),
    [
        (BindingKind.SHIPMENT, "olga", [("task-1", None, ROLE)]),
        (BindingKind.SHIPMENT, "dina", []),
        (BindingKind.CONTRACT, "olga", [("task-1", None, "lawyers")]),
        (BindingKind.CONTRACT, "vera", []),
    ],
)
def test_a_difference_of_somebody_who_left_is_settled_by_others(
    office: Office, deal_id: str, kind: Any, has: str, handed: Any
) -> None:
    office.people.roles["lawyers"] = [Employee("vera", "Вера Юрьева")]
    binding = a_binding(deal_id, kind)
    with office.database.writing() as store:
        store.bindings.put(binding)
        open_discrepancy(store, binding, "Номера больше нет.", NOW)
        store.side_processes.register(side_key(binding.id), "i1")
    engine = an_engine(deal_id, key="Task_SettleDiscrepancy", assignee=has)
    engine.open["task-1"] = replace(engine.open["task-1"], definition_id="onec-discrepancy:1:abc")

    look(office, engine)

    assert engine.handed == handed


def test_a_dispatcher_keeps_a_trip_when_a_driver_is_named_later(
    office: Office, deal_id: str
) -> None:
    office.people.roles |= {
        "drivers": [Employee("dima", "Дмитрий Рулёв")],
        "dispatchers": [Employee("disp", "Денис Путин")],
    }
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowTransport")
        changed = replace(item, attributes={**item.attributes, "driver": "dima"})
        store.lists.put("shippingDirections", changed, Actor("portal1", Cause.API))
    engine = an_engine(deal_id, key="Task_DeliverOwn", assignee="disp")
    engine.open["task-1"] = replace(engine.open["task-1"], definition_id="own-delivery:1:abc")

    look(office, engine)

    assert engine.handed == []


def test_an_absence_alone_moves_nothing_that_is_open(office: Office, deal_id: str) -> None:
    with office.database.writing() as store:
        away = Absence("a1", "dina", None, date.min, date.max, "отпуск", "portal1", NOW)
        store.absences.add(away)
    engine = an_engine(deal_id, assignee="dina")

    look(office, engine)

    assert engine.handed == []


@pytest.mark.parametrize("trouble", [EngineConflict("changed"), EngineUnavailable("silent")])
def test_what_the_engine_did_not_do_is_not_remembered_and_is_tried_again(
    office: Office, deal_id: str, trouble: Any
) -> None:
    engine = an_engine(deal_id)
    engine.trouble = trouble
    try:
        look(office, engine)
    except EngineUnavailable:
        assert isinstance(trouble, EngineUnavailable)
    before = history(office, deal_id)
    engine.trouble = None

    look(office, engine)

    assert before == []
    assert engine.handed == [("task-1", None, ROLE)]


def test_nothing_moves_while_nobody_tells_who_works_here(office: Office, deal_id: str) -> None:
    office.people.down = True
    engine = an_engine(deal_id)

    with pytest.raises(Exception, match="identity service"):
        look(office, engine)

    assert engine.handed == []


@pytest.fixture
def settled(office: Office, deal_id: str) -> tuple[AssignmentWatch, FakeEngine]:
    """A watch that has seen all tasks, one of them with an assignee who may have it."""
    office.people.roles[ROLE] = [DINA, Employee("olga", "Ольга Громова")]
    engine = an_engine(deal_id)
    engine.updated["task-1"] = NOW - timedelta(days=9000)
    watch = a_watch(office, engine)
    watch.round()
    engine.listed.clear()
    return watch, engine


def test_a_round_without_changes_reads_no_task(
    settled: tuple[AssignmentWatch, FakeEngine],
) -> None:
    watch, engine = settled

    watch.round()

    assert (engine.listed, engine.handed) == ([], [])


def test_whoever_leaves_a_role_loses_the_task_at_the_next_round(
    office: Office, settled: tuple[AssignmentWatch, FakeEngine]
) -> None:
    watch, engine = settled
    office.people.roles[ROLE] = [DINA]

    watch.round()

    assert engine.handed == [("task-1", None, ROLE)]


def test_a_task_given_to_a_stranger_is_seen_at_the_next_round(
    settled: tuple[AssignmentWatch, FakeEngine],
) -> None:
    watch, engine = settled
    engine.open["task-1"] = replace(engine.open["task-1"], assignee="stranger")
    engine.updated["task-1"] = datetime.now(UTC)

    watch.round()

    assert engine.handed == [("task-1", "olga", ROLE)]


def test_a_deal_that_gets_another_manager_takes_its_task_along(office: Office, sales: str) -> None:
    deal_id = office.keep(a_deal(manager="anna", stage="delivery", values=ready_values()))
    engine = an_engine(deal_id, key="Task_ReplanDelivery", assignee="anna")
    engine.open["task-1"] = replace(engine.open["task-1"], definition_id="order-fulfillment:1:abc")
    engine.updated["task-1"] = NOW - timedelta(days=9000)
    watch = a_watch(office, engine)
    watch.round()
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        reassign(deal, "egor")
        store.deals.save(deal, Actor("rita", Cause.API))

    watch.round()

    assert engine.handed == [("task-1", "egor", sales)]


def test_a_task_that_could_not_be_handed_over_is_tried_at_the_next_round(
    office: Office, settled: tuple[AssignmentWatch, FakeEngine]
) -> None:
    watch, engine = settled
    office.people.roles[ROLE] = [DINA]
    engine.trouble = EngineConflict("changed")
    watch.round()
    engine.trouble = None

    watch.round()

    assert engine.handed == [("task-1", None, ROLE)]


def test_others_write_while_the_engine_is_asked(office: Office, deal_id: str) -> None:
    engine, written = an_engine(deal_id), []

    def write() -> None:
        with office.database.writing() as store:
            store.notes.add(deal_id, NoteKind.NOTE, "пока", Actor("portal1", Cause.API))
        written.append(deal_id)

    engine.asked = write

    look(office, engine)

    assert written == [deal_id] * 2  # the question, and the reassignment
    assert history(office, deal_id) == [(KEY, "olga", None)]


def test_two_processes_hand_a_task_over_once(office: Office, deal_id: str) -> None:
    engine, other = an_engine(deal_id), an_engine(deal_id)
    engine.asked = lambda: look(office, other)

    look(office, engine)

    assert engine.handed == [("task-1", None, ROLE)]
    assert other.handed == []
    assert history(office, deal_id) == [(KEY, "olga", None)]
