"""A task of somebody who left passes to a substitute or to the group; others keep theirs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bpmn.assigned_tasks import AssignedTask, assigned_tasks
from bpmn.engine.rest import EngineConflict, EngineUnavailable, TaskRef
from db.domain.absences import Absence
from db.domain.assignment import At
from db.domain.history import Actor, Cause, Kind
from tests.builders import a_deal, ready_values
from tests.fakes import FakePeople, Office, an_office
from workers.assignments import AssignmentWatch
from workers.services import Person

KEY, PROCESS, ROLE = "Task_EnterOnecContract", "new-client-approval", "onecOperators"
ADMIN = Person("portal1", "Кирилл Портнов")
DINA = Person("dina", "Диляра Сафина")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class FakeEngine:
    """Open tasks, and what was done with them."""

    open: dict[str, TaskRef] = field(default_factory=dict)
    handed: list[tuple[str, str | None, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def tasks(self) -> list[TaskRef]:
        return list(self.open.values())

    def task(self, task_id: str) -> TaskRef | None:
        return self.open.get(task_id)

    def hand_over(self, task_id: str, user: str | None, group: str) -> None:
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


def an_engine(deal_id: str, **given: object) -> FakeEngine:
    known = TaskRef(
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


def look(office: Office, engine: FakeEngine) -> None:
    AssignmentWatch(
        office.database.writing, engine, office.people, office.world.services, assigned_tasks()
    ).round()


def history(office: Office, deal_id: str) -> list[tuple[str, object, object]]:
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
    return [(row.subject, row.old, row.new) for row in rows if row.kind is Kind.ASSIGNMENT]


def told(office: Office, login: str) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of(login)]


def test_the_diagrams_say_which_tasks_follow_the_rule():
    assert assigned_tasks()[PROCESS, KEY] == AssignedTask(ROLE, At.SOURCE)


def test_without_a_substitute_the_group_gets_it_and_administrators_know(office, deal_id):
    engine = an_engine(deal_id)

    for _ in range(2):
        look(office, engine)

    assert engine.handed == [("task-1", None, ROLE)]
    assert history(office, deal_id) == [(KEY, "olga", None)]
    (text,) = told(office, ADMIN.login)
    assert "olga, который больше не работает в этой роли: её видит вся группа «Оператор 1С»" in text


def test_a_substitute_by_dates_gets_it_and_hears_of_it(office, deal_id):
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
def test_other_tasks_are_left_alone(office, deal_id, given):
    engine = an_engine(deal_id)
    engine.open["task-1"] = replace(engine.open["task-1"], **given)

    look(office, engine)

    assert engine.handed == []


def test_an_absence_alone_moves_nothing_that_is_open(office, deal_id):
    with office.database.writing() as store:
        away = Absence("a1", "dina", None, date.min, date.max, "отпуск", "portal1", NOW)
        store.absences.add(away)
    engine = an_engine(deal_id, assignee="dina")

    look(office, engine)

    assert engine.handed == []


@pytest.mark.parametrize("trouble", [EngineConflict("changed"), EngineUnavailable("silent")])
def test_what_the_engine_did_not_do_is_not_remembered_and_is_tried_again(office, deal_id, trouble):
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


def test_nothing_moves_while_nobody_tells_who_works_here(office, deal_id):
    office.people.down = True
    engine = an_engine(deal_id)

    with pytest.raises(Exception, match="identity service"):
        look(office, engine)

    assert engine.handed == []
