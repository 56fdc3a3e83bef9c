"""Reminders before the due date of a task, escalation after it, each once per person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import EngineRefused, EngineUnavailable, UserTask
from db.domain.deals.entities import Notification
from db.domain.people.absences import Absence
from tests.support.builders import a_deal, ready_values
from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.background.deadline_watch import DeadlineWatch
from workers.ports.employees import Employee
from workers.services.reassignment import UserTaskRules
from workers.services.task_owners import TaskOwners

HEAD = Employee("head1", "Роман Головин", "head1@pit.example")
DIRECTOR = Employee("director1", "Дарья Комова")
LAWYER = Employee("lawyer1", "Юлия Правова", "lawyer1@pit.example")
SECOND = Employee("lawyer2", "Юрий Законов")
MANAGER = Employee("manager1", "Мария Торгова", "manager1@pit.example")
ADMIN = Employee("portal1", "Кирилл Портнов")

CREATED = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # Monday, 09:00 in Moscow
DUE = CREATED + timedelta(hours=4)
"""Four working hours: reminded of after three."""


@dataclass
class FakeEngine:
    """Fake engine with open tasks that counts what it is asked."""

    open: list[UserTask] = field(default_factory=list)
    groups: frozenset[str] = frozenset()
    trouble: Exception | None = None
    asked: list[tuple[datetime | None, datetime | None]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    """Called while the groups of a task are asked for."""

    def tasks(
        self, *, due_before: datetime | None = None, due_after: datetime | None = None
    ) -> list[UserTask]:
        self.asked.append((due_after, due_before))
        return [
            task
            for task in self.open
            if task.due is not None
            and (due_before is None or task.due < due_before)
            and (due_after is None or task.due > due_after)
        ]

    def candidate_groups(self, task_id: str) -> frozenset[str]:
        self.meanwhile()
        if self.trouble is not None and task_id == "task-1":
            raise self.trouble
        return self.groups


@dataclass
class Scene:
    """A watch with its engine, its database and a clock that the test sets."""

    office: Office
    engine: FakeEngine
    now: datetime = CREATED

    def __post_init__(self) -> None:
        self.watch = self.another_watch()

    def another_watch(self) -> DeadlineWatch:
        """Return a watch as another process would run it: with nothing remembered."""
        owners = TaskOwners(self.office.people, UserTaskRules.read())
        services = self.office.context.services
        database = self.office.database
        return DeadlineWatch(
            database.writing,
            database.reading,
            self.engine,
            owners,
            services,
            clock=lambda: self.now,
        )

    def at(self, hours: float) -> None:
        """Run a round so long after the creation of the task."""
        self.now = CREATED + timedelta(hours=hours)
        self.watch.round()

    def told(self, person: Employee) -> list[Notification]:
        with self.office.database.reading() as store:
            return list(reversed(store.notifications.of(person.login)))

    def kinds(self, person: Employee) -> list[str]:
        return [one.key.rpartition(":")[2] for one in self.told(person)]

    def mails(self) -> list[str]:
        with self.office.database.reading() as store:
            return [mail.recipient for mail in store.mails.unsent()]

    def away(self, person: Employee, substitute: Employee | None) -> None:
        login = substitute.login if substitute else None
        days = (date(2026, 11, 20), date(2026, 11, 30))
        absence = Absence(
            f"a-{person.login}", person.login, login, *days, "отпуск", ADMIN.login, CREATED
        )
        with self.office.database.writing() as store:
            store.absences.add(absence)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    people = FakePeople(
        {
            "salesHeads": [HEAD],
            "commercialDirectors": [DIRECTOR],
            "lawyers": [LAWYER, SECOND],
            "salesManagers": [MANAGER],
            "portalAdmins": [ADMIN],
        }
    )
    with an_office(tmp_path, people=people) as office:
        deal_id = office.keep(a_deal(stage="termsApproval", values=ready_values()))
        yield Scene(office, FakeEngine([a_task(deal_id)], frozenset({"lawyers"})))


def a_task(deal_id: str) -> UserTask:
    return UserTask(
        id="task-1",
        name="Проверить клиента: ООО Ромашка",
        key="Task_CheckClient",
        assignee=None,
        created=CREATED,
        due=DUE,
        instance_id="i1",
        definition_id="new-client-approval:1:abc",
        form_key=None,
        deal_id=deal_id,
    )


def change(scene: Scene, **given: Any) -> None:
    scene.engine.open = [replace(task, **given) for task in scene.engine.open]


def test_the_assignee_is_reminded_once_and_the_head_of_the_role_told_after_it(
    scene: Scene,
) -> None:
    change(scene, assignee=LAWYER.login)
    scene.at(2.9)
    assert not scene.told(LAWYER)
    scene.at(3.1)
    scene.at(3.2)
    scene.another_watch().round()
    assert scene.kinds(LAWYER) == ["reminder"]
    assert "23.11.2026 в 13:00" in scene.told(LAWYER)[0].text
    assert not scene.told(DIRECTOR)
    assert not scene.told(SECOND)
    scene.at(4)
    scene.at(4.1)
    scene.another_watch().round()
    assert scene.kinds(LAWYER) == ["reminder", "overdue"]
    assert scene.kinds(DIRECTOR) == ["overdue"]
    assert "Юлия Правова" in scene.told(DIRECTOR)[0].text
    assert not scene.told(HEAD)
    assert not scene.told(SECOND)
    assert scene.mails() == [LAWYER.login]  # the director has no address


def test_a_task_that_nobody_has_taken_is_told_to_its_group_without_mail(scene: Scene) -> None:
    scene.at(3.5)
    assert scene.kinds(LAWYER) == scene.kinds(SECOND) == ["reminder"]
    assert "никто не взял" in scene.told(SECOND)[0].text
    assert not scene.mails()
    change(scene, assignee=SECOND.login)
    scene.at(3.6)
    assert scene.kinds(SECOND) == ["reminder"]
    scene.at(4.5)
    assert scene.kinds(LAWYER) == ["reminder"]
    assert scene.kinds(SECOND) == ["reminder", "overdue"]
    assert "Юрий Законов" in scene.told(DIRECTOR)[0].text


def test_a_new_assignee_is_reminded_too(scene: Scene) -> None:
    change(scene, assignee=LAWYER.login)
    scene.at(3.5)
    change(scene, assignee=SECOND.login)
    scene.at(3.6)
    assert scene.kinds(LAWYER) == scene.kinds(SECOND) == ["reminder"]


def test_a_long_task_is_reminded_of_one_working_day_before(scene: Scene) -> None:
    change(scene, assignee=LAWYER.login, due=datetime(2027, 1, 12, 8, 0, tzinfo=UTC))
    scene.now = datetime(2026, 12, 29, 15, 0, tzinfo=UTC)
    scene.watch.round()
    assert not scene.told(LAWYER)
    scene.now = datetime(2026, 12, 30, 15, 0, tzinfo=UTC)
    scene.watch.round()
    assert not scene.told(LAWYER)  # the last working day before the holidays has eight hours
    scene.now = datetime(2027, 1, 11, 8, 30, tzinfo=UTC)
    scene.watch.round()
    assert scene.kinds(LAWYER) == ["reminder"]


def test_who_stands_in_is_reminded_for_the_absent(scene: Scene) -> None:
    change(scene, assignee=LAWYER.login)
    scene.away(LAWYER, SECOND)
    scene.at(3.5)
    assert scene.kinds(LAWYER) == scene.kinds(SECOND) == ["reminder"]
    assert "Вы замещаете сотрудника Юлия Правова" in scene.told(SECOND)[0].text


def test_the_head_is_reminded_when_nobody_stands_in(scene: Scene) -> None:
    change(scene, assignee=LAWYER.login)
    scene.away(LAWYER, None)
    scene.at(3.5)
    assert scene.kinds(DIRECTOR) == ["reminder"]
    assert not scene.told(SECOND)


def test_the_substitute_of_an_absent_head_is_told(scene: Scene) -> None:
    scene.away(DIRECTOR, HEAD)
    scene.at(5)
    assert scene.kinds(HEAD) == ["overdue"]
    assert not scene.told(DIRECTOR)


def test_the_administrators_are_told_when_there_is_no_head_at_all(scene: Scene) -> None:
    scene.away(DIRECTOR, None)
    scene.at(5)
    assert scene.kinds(ADMIN) == ["overdue"]


def test_a_managers_task_is_escalated_to_the_heads_of_the_direction(scene: Scene) -> None:
    change(
        scene,
        key="Task_LeadClient",
        definition_id="new-client:1:abc",
        assignee=MANAGER.login,
    )
    scene.at(5)
    assert scene.kinds(HEAD) == scene.kinds(MANAGER) == ["overdue"]
    assert sorted(scene.mails()) == [HEAD.login]


def test_a_head_who_has_taken_the_task_is_not_told_of_the_own_delay(scene: Scene) -> None:
    change(scene, key="Task_LeadClient", definition_id="new-client:1:abc", assignee=HEAD.login)
    scene.at(5)
    assert next(one.text for one in scene.told(HEAD)).startswith("Срок вашей задачи")
    assert scene.kinds(DIRECTOR) == ["overdue"]


def test_a_task_of_an_unknown_diagram_goes_by_its_candidate_group(scene: Scene) -> None:
    change(scene, key="Task_Later", definition_id="later:1:abc")
    scene.engine.groups = frozenset({"portalAdmins", "lawyers"})
    scene.at(5)
    assert scene.kinds(DIRECTOR) == ["overdue"]
    assert not scene.told(HEAD)


def test_a_trouble_of_one_task_does_not_stop_the_others(scene: Scene) -> None:
    scene.engine.open += [replace(scene.engine.open[0], id="task-2")]
    scene.engine.trouble = EngineRefused(404, "gone", "gone")
    scene.at(5)
    assert [one.key for one in scene.told(DIRECTOR)] == ["due-task-2:overdue"]
    scene.engine.trouble = None
    scene.at(5.01)
    assert len(scene.told(DIRECTOR)) == 2


def test_nothing_is_lost_while_the_engine_is_down(scene: Scene) -> None:
    scene.at(1)
    scene.engine.trouble = EngineUnavailable("down")
    with pytest.raises(EngineUnavailable):
        scene.at(4.5)
    scene.engine.trouble = None
    scene.at(9)
    assert scene.kinds(DIRECTOR) == ["overdue"]


def test_a_round_reads_only_what_may_have_become_due(scene: Scene) -> None:
    scene.at(1)
    scene.at(2)
    (first, horizon), (second, _) = scene.engine.asked
    assert first is None
    assert horizon is not None
    assert second == CREATED + timedelta(hours=1) - timedelta(minutes=2)
    assert horizon - CREATED < timedelta(days=2)


def test_a_task_of_a_deal_that_is_gone_is_passed_over(scene: Scene) -> None:
    change(scene, deal_id="00000000-0000-0000-0000-000000000000")
    scene.at(5)
    assert not scene.told(DIRECTOR)


@pytest.mark.parametrize(("hours", "kind"), [(3.5, "reminder"), (5, "overdue")])
def test_others_write_while_the_engine_is_asked(scene: Scene, hours: float, kind: str) -> None:
    change(scene, assignee=LAWYER.login)
    written: list[str] = []

    def write() -> None:
        with scene.office.database.writing() as store:
            store.notifications.add(ADMIN.login, "meanwhile", "пока", None)
        written.append(ADMIN.login)

    scene.engine.meanwhile = write

    scene.at(hours)

    assert written == [ADMIN.login]
    assert scene.kinds(LAWYER) == [kind]
