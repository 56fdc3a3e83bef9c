"""Gateway to the engine for the API: people, groups, tasks, and deals without a next step."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from bpmn.camunda.client.records import Person, TaskChange
from bpmn.camunda.client.rest import (
    Engine,
    EngineConflict,
    EngineError,
    EngineRefused,
    EngineUnavailable,
    HistoricTask,
    Passage,
    PastInstance,
    UserTask,
)
from bpmn.camunda.next_steps import StuckPage, stuck_page
from bpmn.model.elements import Diagram
from db.domain.errors import Unavailable
from db.ports.store import OpenStore

MANY_CHANGES = 2_000
"""Changes of tasks at once that are not worth telling apart."""
RETRY_AFTER = timedelta(seconds=5)


class TaskConflict(Exception):
    """The task has ended, or was changed concurrently."""


class AccountRefused(Exception):
    """The engine refused to create or change a user: taken, unknown, or changed concurrently."""


class PasswordTooWeak(AccountRefused):
    """The engine's policy refused a password."""


POLICY_VIOLATION = "password does not match policy"
"""Part of the engine's message about a weak password, in small letters."""


class EngineGateway:
    """Uncached queries and commands; every method raises Unavailable when the engine fails."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def people(self) -> Mapping[str, str]:
        """Login → name of all users, service accounts included."""
        with _engine_errors():
            return {person.login: person.name for person in self.engine.users()}

    def accounts(self) -> Sequence[Person]:
        """All users with their e-mail addresses, service accounts included, by last name."""
        with _engine_errors():
            return self.engine.users()

    def create_account(self, person: Person, password: str) -> None:
        """Create a user without groups. Raises: AccountRefused."""
        with _engine_errors(), _refused():
            self.engine.create_user(person, password)

    def update_account(self, person: Person) -> None:
        """Set names and e-mail address of a user. Raises: AccountRefused."""
        with _engine_errors(), _refused():
            self.engine.update_profile(person)

    def change_password(self, login: str, password: str) -> None:
        """Set the password of a user. Raises: AccountRefused, PasswordTooWeak."""
        with _engine_errors(), _refused():
            self.engine.change_password(login, password)

    def set_roles(self, login: str, roles: Collection[str], among: Collection[str]) -> None:
        """Make a user a member of exactly these of the groups ``among``. Raises: AccountRefused."""
        with _engine_errors(), _refused():
            self.engine.set_groups(login, roles, among)

    def members(self, role: str) -> frozenset[str]:
        """Logins of the members of a group."""
        with _engine_errors():
            return frozenset(person.login for person in self.engine.members(role))

    def groups_of(self, login: str) -> frozenset[str]:
        """Groups of a person."""
        with _engine_errors():
            return self.engine.groups_of(login)

    def candidate_groups(self, task_id: str) -> frozenset[str]:
        """Candidate groups of a task; none if it has ended."""
        with _engine_errors():
            try:
                return self.engine.candidate_groups(task_id)
            except EngineRefused:
                return frozenset()

    def task_for(self, task_id: str, login: str, roles: Collection[str]) -> UserTask | None:
        """An open task; None if the person is neither its assignee nor in a candidate group."""
        with _engine_errors():
            task = self.engine.task(task_id)
            if task is None or task.deal_id is None or task.assignee == login:
                return task
            offered = self.engine.candidate_groups(task_id)
            return task if offered & frozenset(roles) else None

    def tasks_for(
        self, login: str, roles: Collection[str], deal_id: str | None = None
    ) -> Sequence[UserTask]:
        """Open tasks that are assigned to the person or that the person could claim."""
        with _engine_errors():
            own = self.engine.tasks(business_key=deal_id, assignee=login)
            if not roles:
                return own
            return [*own, *self.engine.tasks(business_key=deal_id, candidate_groups=roles)]

    def soonest_tasks(
        self, login: str, roles: Collection[str], limit: int
    ) -> tuple[Sequence[UserTask], Sequence[int]]:
        """Open tasks of a person and those that the person could claim, by due date.

        At most ``limit`` of each kind; the second value is how many there are of each.
        """
        with _engine_errors():
            return self.engine.soonest_tasks(login, roles, limit)

    def task_changes(self, since: datetime) -> Sequence[TaskChange] | None:
        """Tasks that were created, changed or ended since an instant; None if they are many."""
        with _engine_errors():
            return self.engine.task_changes(since, MANY_CHANGES)

    def historic_task(self, task_id: str) -> HistoricTask | None:
        """History of a task, open or ended; None if the engine does not know it."""
        with _engine_errors():
            return self.engine.historic_task(task_id)

    def had_task(self, deal_id: str, login: str) -> bool:
        """Whether the person had a task of the deal, as far as the engine's history goes."""
        with _engine_errors():
            return self.engine.had_task(deal_id, login)

    def deals_of(self, login: str) -> set[str]:
        """Deals in which the person has or had a task, as far as the engine's history goes."""
        with _engine_errors():
            return self.engine.deals_of(login)

    def tasks_of(self, deal_id: str) -> Sequence[UserTask]:
        """Open tasks of a deal, oldest first."""
        with _engine_errors():
            return self.engine.tasks(business_key=deal_id)

    def tasks_of_deals(self, deal_ids: Collection[str]) -> Sequence[UserTask]:
        """Open tasks of some deals, oldest first; none for none."""
        with _engine_errors():
            return self.engine.tasks(business_keys=deal_ids) if deal_ids else []

    def ended_tasks(
        self, deal_id: str, before: datetime | None, limit: int
    ) -> Sequence[HistoricTask]:
        """Tasks of a deal that people completed, the last first, as far as the history goes."""
        with _engine_errors():
            return self.engine.ended_tasks(deal_id, before, limit)

    def past_instances(self, deal_id: str, limit: int) -> Sequence[PastInstance]:
        """Process instances of a deal, the latest first, as far as the history goes."""
        with _engine_errors():
            return self.engine.past_instances(deal_id, limit)

    def course_of(
        self, deal_id: str, instance_id: str, limit: int
    ) -> tuple[PastInstance, Diagram, Sequence[Passage]] | None:
        """An instance of a deal, its deployed diagram and its last visits; None for no such one.

        Two requests, and a third for a diagram that was not read before.
        """
        with _engine_errors():
            found = self.engine.past_instances(deal_id, 1, instance_id=instance_id)
            if not found:
                return None
            passages = self.engine.passages(instance_id, limit)
            return found[0], self.engine.diagram_of(found[0].definition_id), passages

    def open_task(self, task_id: str) -> UserTask | None:
        """An open task; None if there is none with this id."""
        with _engine_errors():
            return self.engine.task(task_id)

    def task_without_deal(self, task_id: str) -> UserTask | None:
        """An open task by one request, its ``deal_id`` left out; None if there is none."""
        with _engine_errors():
            return self.engine.task_without_deal(task_id)

    def diagram_of(self, definition_id: str) -> Diagram:
        """The deployed diagram of a process definition, which is read once.

        Raises: bpmn.model.elements.InvalidDiagram.
        """
        with _engine_errors():
            return self.engine.diagram_of(definition_id)

    def deal_of(self, task: UserTask) -> str | None:
        """Deal whose process has the task."""
        with _engine_errors():
            return self.engine.deal_of(task)

    def open_tasks(self) -> Sequence[UserTask]:
        """All open tasks, oldest first."""
        with _engine_errors():
            return self.engine.tasks()

    def hand_over(self, task_id: str, login: str | None, group: str) -> None:
        """Reassign a task to a person, or to the whole group. Raises: TaskConflict."""
        with _engine_errors():
            try:
                self.engine.hand_over(task_id, login, group)
            except (EngineRefused, EngineConflict) as no:
                raise TaskConflict from no

    def stuck_page(self, open_store: OpenStore, now: datetime, after: str) -> StuckPage:
        """Deals whose process has no next step, or not the step that their stage needs."""
        with _engine_errors():
            return stuck_page(open_store, self.engine, now, after)

    def is_ready(self) -> bool:
        """Whether the engine answers."""
        return self.engine.engine_ready()

    def close(self) -> None:
        """Close the connections to the engine."""
        self.engine.close()


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (EngineRefused, EngineConflict, EngineUnavailable) as no:
        # The message of the engine may hold what was sent: it is not passed on.
        if POLICY_VIOLATION in str(no).lower():  # whatever its status
            raise PasswordTooWeak from None
        if isinstance(no, EngineUnavailable):
            raise
        raise AccountRefused from None


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        raise Unavailable(
            "Движок процессов не отвечает, повторите.", retry_after=RETRY_AFTER
        ) from error
