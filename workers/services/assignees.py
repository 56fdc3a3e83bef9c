"""Finds the assignee of a task by the rule of `db.domain.people.assignment`."""

from dataclasses import dataclass
from datetime import datetime

from db.application.assignment import assign_in_deal, naming_list
from db.domain.deals.deal import Deal
from db.domain.people.assignment import Assignment, At
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices, Services
from workers.services.notification_texts import no_assignee
from workers.services.notifications import notify_people


@dataclass(frozen=True)
class RoleMembers:
    """Active employees of a role, and the administrators who are alerted without an assignee."""

    role: str
    members: tuple[Employee, ...]
    administrators: tuple[Employee, ...]


@dataclass(frozen=True)
class Assignee:
    """Assignee of a task and its candidate group."""

    person: str | None
    """Login; None leaves the task to the candidate group."""
    group: str
    """The administrators when there is an assignee, because the engine lets candidates work on an
    assigned task; else the role."""


def members_of(role: str, external: ExternalServices) -> RoleMembers:
    """Read both groups from the identity service. Raises: Unavailable."""
    return RoleMembers(
        role,
        tuple(external.people.members(role)),
        tuple(external.people.members(ADMINISTRATORS)),
    )


def assignee_in(
    services: Services, deal: Deal, people: RoleMembers, at: At, now: datetime
) -> Assignee:
    """Return the assignee; alert the administrators when the rule finds none.

    Safe to repeat because the alert is unique per deal, role and stage move.
    """
    store = services.store
    day = services.deadlines.day_at(store, deal, now)
    members = [person.login for person in people.members]
    found = assign_in_deal(store, deal, people.role, at, members, day)
    if found.alerts:
        _alert(store, people.administrators, deal, found, at)
    return Assignee(found.person, ADMINISTRATORS if found.person else found.group)


def _alert(
    store: Store, administrators: tuple[Employee, ...], deal: Deal, found: Assignment, at: At
) -> None:
    """Notify the administrators that a task stays with its candidate group."""
    role, group = store.catalog.roles[found.role], store.catalog.roles[found.group]
    place = "" if at is At.SOURCE else f":{at}"
    key = f"move-{deal.moves}:nobody:{role.code}{place}"
    why = found.words(lambda login: login)
    text = no_assignee(role.name, group.name, why, deal.title, naming_list(store, role.code))
    notify_people(store, administrators, key, text, deal.id)
