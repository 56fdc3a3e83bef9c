"""The engine as the API sees it: who works here, and which tasks wait for whom."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from bpmn.camunda.client.rest import (
    Engine,
    EngineConflict,
    EngineError,
    EngineRefused,
    PastTask,
    TaskRef,
)
from bpmn.camunda.next_steps import Stuck, without_next_step
from db.domain.errors import Unavailable
from db.ports.store import OpenStore

PAUSE = timedelta(seconds=5)


class TaskConflict(Exception):
    """The task was finished, or changed by somebody at the same moment."""


class EngineGateway:
    """Every call asks the engine. Raises: Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def people(self) -> Mapping[str, str]:
        """Login → name of everybody."""
        with _answering():
            return {person.login: person.name for person in self.engine.users()}

    def members(self, role: str) -> frozenset[str]:
        """Logins of the people in a group now."""
        with _answering():
            return frozenset(person.login for person in self.engine.members(role))

    def groups_of(self, login: str) -> frozenset[str]:
        """Groups that a person is in now."""
        with _answering():
            return self.engine.groups_of(login)

    def offered_to(self, task_id: str) -> frozenset[str]:
        """Groups that may take a task; none when it is gone."""
        with _answering():
            try:
                return self.engine.candidate_groups(task_id)
            except EngineRefused:
                return frozenset()

    def task_for(self, task_id: str, login: str, roles: Collection[str]) -> TaskRef | None:
        """An open task, if it is the person's or offered to one of the person's groups."""
        with _answering():
            task = self.engine.task(task_id)
            if task is None or task.deal_id is None or task.assignee == login:
                return task
            offered = self.engine.candidate_groups(task_id)
            return task if offered & frozenset(roles) else None

    def tasks_for(
        self, login: str, roles: Collection[str], deal_id: str | None = None
    ) -> Sequence[TaskRef]:
        """Open tasks that the person has or could take."""
        with _answering():
            own = self.engine.tasks(business_key=deal_id, assignee=login)
            if not roles:
                return own
            return [*own, *self.engine.tasks(business_key=deal_id, candidate_groups=roles)]

    def past_task(self, task_id: str) -> PastTask | None:
        """What became of a task, whosever it is; None if the engine has never heard of it."""
        with _answering():
            return self.engine.past_task(task_id)

    def had_task(self, deal_id: str, login: str) -> bool:
        """Whether the person worked on the deal, as far as the engine remembers."""
        with _answering():
            return self.engine.had_task(deal_id, login)

    def deals_of(self, login: str) -> set[str]:
        """Deals in which the person has or had a task, as far as the engine remembers."""
        with _answering():
            return self.engine.deals_of(login)

    def tasks_of(self, deal_id: str) -> Sequence[TaskRef]:
        """Open tasks of a deal, the oldest first."""
        with _answering():
            return self.engine.tasks(business_key=deal_id)

    def open_task(self, task_id: str) -> TaskRef | None:
        with _answering():
            return self.engine.task(task_id)

    def open_tasks(self) -> Sequence[TaskRef]:
        """All open tasks, the oldest first."""
        with _answering():
            return self.engine.tasks()

    def hand_over(self, task_id: str, login: str | None, group: str) -> None:
        """Give a task to a person, or to the whole group. Raises: TaskConflict."""
        with _answering():
            try:
                self.engine.hand_over(task_id, login, group)
            except (EngineRefused, EngineConflict) as no:
                raise TaskConflict from no

    def without_next_step(self, open_store: OpenStore, now: datetime) -> list[Stuck]:
        """Deals that nobody and nothing will move on, or that wait elsewhere than they should."""
        with _answering():
            return without_next_step(open_store, self.engine, now)

    def is_ready(self) -> bool:
        return self.engine.engine_ready()

    def close(self) -> None:
        self.engine.close()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        raise Unavailable("Движок процессов не отвечает, повторите.", retry_after=PAUSE) from error
