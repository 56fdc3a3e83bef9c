"""The morning's letter to heads: once per head and working day, whatever is repeated or fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bpmn.camunda.client.rest import UserTask
from db.domain.deals.entities import Mail
from db.domain.errors import Unavailable
from db.domain.people.notices import Delivery, NoticeKind
from tests.support.builders import a_deal, ready_values
from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.background.overdue_digest import OverdueDigest
from workers.business_calendar import Deadlines
from workers.ports.employees import Employee
from workers.services.reassignment import UserTaskRules
from workers.services.task_owners import TaskOwners

HEAD = Employee("head1", "Роман Головин", "head1@pit.example")
DIRECTOR = Employee("director1", "Дарья Комова", "director1@pit.example")
LAWYER = Employee("lawyer1", "Юлия Правова", "lawyer1@pit.example")
MANAGER = Employee("manager1", "Мария Торгова", "manager1@pit.example")
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 09:00 in Moscow
DAY = timedelta(days=1)


@dataclass
class LateTasks:
    """The engine's overdue tasks; counts how often it is asked."""

    open: list[UserTask] = field(default_factory=list)
    asked: int = 0

    def tasks(self, *, due_before: datetime | None = None) -> list[UserTask]:
        self.asked += 1
        assert due_before is not None
        return [task for task in self.open if task.due and task.due < due_before]


@dataclass
class Scene:
    """A digest with its engine, database and a clock that the test sets."""

    office: Office
    engine: LateTasks
    deal_id: str
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        self.digest = self.another()

    def another(self) -> OverdueDigest:
        """A digest as another process would run it: with nothing remembered."""
        owners = TaskOwners(self.office.people, UserTaskRules.read())
        return OverdueDigest(
            self.office.database.writing,
            self.engine,
            owners,
            Deadlines(),
            "https://deals.pit.example/",
            clock=lambda: self.now,
        )

    def letters(self) -> list[Mail]:
        with self.office.database.reading() as store:
            return list(store.mails.unsent())

    def late(self, count: int, key: str = "Task_ReviewTerms", **given: object) -> None:
        """Add overdue tasks, each due an hour before the one added last."""
        task = a_task(self.deal_id, key)
        self.engine.open += [
            replace(
                task,
                id=f"task-{key}-{number}",
                due=MONDAY - timedelta(hours=number + 1),
                **given,  # type: ignore[arg-type]
            )
            for number in range(count)
        ]


def a_task(deal_id: str, key: str) -> UserTask:
    return UserTask(
        id="task-1",
        name="Рассмотреть условия",
        key=key,
        assignee=None,
        created=MONDAY - 2 * DAY,
        due=MONDAY,
        instance_id="i1",
        definition_id="new-client-approval:1:abc",
        form_key=None,
        deal_id=deal_id,
    )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    people = FakePeople(
        {
            "salesHeads": [HEAD],
            "commercialDirectors": [DIRECTOR],
            "lawyers": [LAWYER],
            "salesManagers": [MANAGER],
        }
    )
    with an_office(tmp_path, people=people) as office:
        deal_id = office.keep(a_deal(stage="termsApproval", values=ready_values()))
        yield Scene(office, LateTasks(), deal_id)


def test_one_letter_names_all_late_tasks_the_latest_first(scene: Scene) -> None:
    scene.late(2, "Task_CollectDocuments", definition_id="new-client:1:abc", assignee="manager1")

    scene.digest.round()

    (letter,) = scene.letters()
    assert (letter.recipient, letter.address) == ("head1", "head1@pit.example")
    assert letter.subject == "Просроченные задачи на 23.11.2026: 2"
    title = f"{scene.deal_id} ООО «Садовый мир»"
    assert letter.body.splitlines()[2:] == [
        f"1. Рассмотреть условия. Сделка {title}, срок 23.11.2026 07:00, "
        "исполнитель Мария Торгова.",
        f"   https://deals.pit.example/deals/{scene.deal_id}",
        f"2. Рассмотреть условия. Сделка {title}, срок 23.11.2026 08:00, "
        "исполнитель Мария Торгова.",
        f"   https://deals.pit.example/deals/{scene.deal_id}",
    ]


def test_rounds_of_several_processes_send_it_once_and_the_next_day_again(scene: Scene) -> None:
    scene.late(1)

    for _ in range(3):
        scene.digest.round()
    scene.another().round()
    assert len(scene.letters()) == 1
    scene.now = MONDAY + DAY
    scene.digest.round()

    assert [one.subject[-13:-3] for one in scene.letters()] == ["23.11.2026", "24.11.2026"]
    assert scene.engine.asked == 3


@pytest.mark.parametrize(
    "moment",
    [
        MONDAY - timedelta(hours=1, minutes=1),
        MONDAY + timedelta(hours=3),
        MONDAY - DAY,
        datetime(2026, 11, 4, 6, 0, tzinfo=UTC),
    ],
    ids=["before eight", "after noon", "Sunday", "holiday"],
)
def test_nothing_is_sent_but_on_a_working_morning(scene: Scene, moment: datetime) -> None:
    scene.late(1)
    scene.now = moment

    scene.digest.round()

    assert scene.letters() == []
    assert scene.engine.asked == 0


def test_without_late_tasks_there_is_no_letter(scene: Scene) -> None:
    scene.late(1)
    scene.engine.open = [replace(task, due=MONDAY + DAY) for task in scene.engine.open]

    scene.digest.round()

    assert scene.letters() == []


def test_a_failure_between_two_heads_costs_nobody_the_letter(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.late(1)  # of a head of sales: the director is told
    scene.late(1, "Task_CollectDocuments", definition_id="new-client:1:abc")
    opened, open_store = [0], scene.digest._open

    def failing() -> object:
        opened[0] += 1
        if opened[0] == 3:  # the reading, the first head, the second one
            raise Unavailable("The database is away.")
        return open_store()

    monkeypatch.setattr(scene.digest, "_open", failing)
    with pytest.raises(Unavailable):
        scene.digest.round()
    assert len(scene.letters()) == 1

    scene.digest.round()

    assert sorted(one.recipient for one in scene.letters()) == ["director1", "head1"]


def test_a_long_letter_counts_what_it_does_not_name(scene: Scene) -> None:
    scene.late(53, "Task_CollectDocuments", definition_id="new-client:1:abc")

    scene.digest.round()

    (letter,) = scene.letters()
    assert letter.subject.endswith(": 53")
    assert "50. Рассмотреть" in letter.body
    assert letter.body.endswith("И ещё задач: 3.")


def test_a_head_who_wants_no_letter_finds_it_at_the_bell(scene: Scene) -> None:
    scene.late(1, "Task_CollectDocuments", definition_id="new-client:1:abc")
    with scene.office.database.writing() as store:
        store.notifications.choose("head1", NoticeKind.DIGEST, Delivery(mail=False))

    scene.digest.round()

    assert scene.letters() == []
    with scene.office.database.reading() as store:
        (told,) = store.notifications.of("head1")
    assert told.text.startswith("Просроченные задачи на 23.11.2026: 1.")
    assert told.read_at is None
