"""Owners of a user task: its role, the assignee to remind, the head to alert when it is late."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bpmn.camunda.client.rest import UserTask
from db.domain.catalog import Catalog, Direction
from db.domain.people.absences import Absence, stand_in
from db.domain.people.roles import ADMINISTRATORS
from workers.ports.employees import Employee, EmployeeDirectory
from workers.services.reassignment import UserTaskRules


@dataclass(frozen=True)
class Responsibility:
    """Role whose task it is, and the role that is told when it is late."""

    role: str
    head: str


@dataclass(frozen=True)
class TaskOwners:
    """Finds the people of a task; every method may raise Unavailable (identity service)."""

    people: EmployeeDirectory
    diagrams: UserTaskRules

    def responsibility(
        self, catalog: Catalog, direction: Direction, task: UserTask, groups: Collection[str]
    ) -> Responsibility:
        """Return whose task it is by its diagram, else by its candidate ``groups``.

        An assigned task has the administrators as its candidates, so they count only if nothing
        else is known; a task that nothing is known about is the deal's manager's.
        """
        key = (task.process_key, task.key)
        assigned = self.diagrams.assigned.get(key)
        known = sorted(group for group in groups if group in catalog.roles)
        role = assigned.role if assigned else self.diagrams.groups.get(key)
        if role is None and key not in self.diagrams.managers:
            role = next((group for group in known if group != ADMINISTRATORS), None)
        if role is None:
            return Responsibility(direction.managers, direction.heads)
        return Responsibility(role, catalog.roles[role].head)

    def on_duty(self, logins: Collection[str], away: Mapping[str, Absence]) -> dict[str, Employee]:
        """Return login → active employee who works for each, without those whom nobody replaces."""
        found = {}
        for login in logins:
            if (present := stand_in(login, away)) and (one := self.people.person(present)):
                found[login] = one
        return found

    def heads(
        self, catalog: Catalog, head: str, away: Mapping[str, Absence], without: str | None
    ) -> list[Employee]:
        """Return the heads on duty, else those of the next role above, at last administrators.

        ``without``: the task's assignee, who learns nothing by hearing of the own delay.
        """
        asked: set[str] = set()
        while head not in asked:
            asked.add(head)
            members = [person.login for person in self.people.members(head)]
            present = {one.login: one for one in self.on_duty(members, away).values()}
            found = [one for login, one in sorted(present.items()) if login != without]
            if found:
                return found
            head = catalog.roles[head].head
        return list(self.people.members(ADMINISTRATORS))
