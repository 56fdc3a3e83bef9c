"""Assignment rule for tasks of a role: named person, substitute, or group.

R12 of the customer: a task never waits for somebody who is away or no longer works in the role.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from db.domain.catalog import ListItem, UniversalList
from db.domain.fields.values import day as in_words
from db.domain.people.absences import Absence
from db.domain.people.roles import DISPATCHERS, DRIVERS
from db.domain.shipping.delivery import BRANCH_TRANSFER, RECEIVER, ROUTE

LONGEST_CHAIN = 5
"""Substitutes of substitutes that are asked."""


class At(StrEnum):
    """End of a transfer between branches whose people get the task."""

    SOURCE = "source"
    RECEIVER = RECEIVER  # also the code of the attribute that names its storekeeper
    HAND_OVER = "handOver"  # the end at which the client gets the order


class Because(StrEnum):
    """Reason of an assignment."""

    NAMED = "named"
    SUBSTITUTE = "substitute"
    CARRIER = "carrier"  # a carrier's driver has no login: dispatchers care for the trip
    NOT_NAMED = "notNamed"
    NOT_IN_ROLE = "notInRole"
    AWAY = "away"


@dataclass(frozen=True)
class Assignment:
    """Result of the rule; without ``person`` the task is offered to ``group``."""

    role: str
    person: str | None
    group: str
    because: Because
    named: str | None = None
    absence: Absence | None = None
    """Of the person named."""

    @property
    def alerts(self) -> bool:
        """Whether an administrator should correct a list or an absence."""
        return self.person is None and self.because is not Because.CARRIER

    def words(self, name_of: Callable[[str], str]) -> str:
        """Reason as a Russian phrase; ``name_of`` maps a login to a name."""
        named = name_of(self.named or "")
        until = in_words(self.absence.last_day.isoformat()) if self.absence else ""
        match self.because:
            case Because.NAMED:
                return "назначен"
            case Because.SUBSTITUTE if self.absence:
                return f"замещение: {named} в отъезде до {until}"
            case Because.SUBSTITUTE:
                return f"замещение: {named}"
            case Because.CARRIER:
                return "везёт водитель перевозчика, задание ведёт диспетчер"
            case Because.NOT_NAMED:
                return "не назначен"
            case Because.NOT_IN_ROLE:
                return f"{named}: уволен или не в роли"
            case Because.AWAY:
                return f"{named}: в отъезде до {until}, замещения нет"


def attribute_for(known: UniversalList, role: str, at: At) -> str | None:
    """Attribute of a shipping direction that names the role's person; None without one."""
    own = [code for code, attribute in known.attributes.items() if attribute.role == role]
    wanted = [code for code in own if (code == At.RECEIVER) == (at is At.RECEIVER)]
    return wanted[0] if wanted else None


def assign(
    role: str, named: str | None, members: Collection[str], absences: Iterable[Absence]
) -> Assignment:
    """Apply the rule to the person who is named.

    ``members``: logins of the active people of the role. ``absences``: in force on the day.
    """
    if named is None:
        return Assignment(role, None, fallback(role), Because.NOT_NAMED)
    away = {absence.person: absence for absence in absences}
    absence = away.get(named)
    if named in members and absence is None:
        return Assignment(role, named, role, Because.NAMED, named)
    if (substitute := _substitute(named, away, members)) is not None:
        return Assignment(role, substitute, role, Because.SUBSTITUTE, named, absence)
    because = Because.AWAY if named in members else Because.NOT_IN_ROLE
    return Assignment(role, None, role, because, named, absence)


def fallback(role: str) -> str:
    """Group that gets the tasks of a role while nobody is named."""
    return DISPATCHERS if role == DRIVERS else role


def _substitute(person: str, away: Mapping[str, Absence], members: Collection[str]) -> str | None:
    """Last substitute of the chain who works in the role and is present."""
    seen = {person}
    for _ in range(LONGEST_CHAIN):
        absence = away.get(person)
        if absence is None or absence.substitute is None or absence.substitute in seen:
            return None
        person = absence.substitute
        if person in members and person not in away:
            return person
        seen.add(person)
    return None


def may_keep(found: Assignment, has: str, of_group: Collection[str]) -> bool:
    """Whether the current assignee may keep a task: assigned by the rule, or a member
    (``of_group``) of the group it would go to.
    """
    return has == found.person or (found.person is None and has in of_group)


def named_in(known: UniversalList, item: ListItem, role: str, at: At) -> str | None:
    """Login that a shipping direction names for the role at one end of the transfer."""
    if at is At.HAND_OVER:
        through_branch = item.attributes.get(ROUTE) == BRANCH_TRANSFER
        at = At.RECEIVER if through_branch else At.SOURCE
    attribute = attribute_for(known, role, at)
    return item.attributes.get(attribute) if attribute else None
