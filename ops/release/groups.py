"""Groups to which diagrams offer tasks, compared with those of the running engine."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from bpmn.camunda.client.rest import Engine
from bpmn.lint.integration.constants import roles_of
from bpmn.model.elements import Diagram


@dataclass(frozen=True)
class IdleGroup:
    """A group that the engine lacks or that has no people: its tasks would wait for nobody."""

    group: str
    exists: bool
    tasks: tuple[str, ...]
    """Labels of the tasks with their processes."""

    def __str__(self) -> str:
        tasks = ", ".join(self.tasks)
        if self.exists:
            return (
                f"В группе {self.group} никого нет, не возьмут: {tasks}. Назначьте людей на "
                "странице «Сотрудники»."
            )
        return (
            f"В работающем движке нет группы {self.group}, никто не увидит: {tasks}. Её создаёт "
            "запуск: make down, make up; в контейнерах docker compose up -d --build. Он и "
            "развернёт изменённое."
        )


def idle_groups(
    administrator: Engine, diagrams: Iterable[Diagram], deployed: Collection[str]
) -> tuple[IdleGroup, ...]:
    """Return groups that the engine lacks, and those without people of processes ``deployed``.

    ``administrator``: only such an account sees all groups and their people.
    """
    offered: dict[str, list[str]] = {}
    asked: set[str] = set()
    for diagram in diagrams:
        for group, task in _offered(diagram):
            offered.setdefault(group, []).append(f"«{task}» ({diagram.id})")
            if diagram.id in deployed:
                asked.add(group)
    present = administrator.groups()
    return tuple(
        IdleGroup(group, group in present, tuple(tasks))
        for group, tasks in sorted(offered.items())
        if group not in present or (group in asked and not administrator.members(group))
    )


def _offered(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """Yield groups with the labels of their tasks."""
    for task in diagram.user_tasks:
        for role in sorted(roles_of(diagram, task)):
            yield role, diagram.name_of(task.id)
