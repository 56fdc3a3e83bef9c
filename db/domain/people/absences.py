"""Absences and substitutes of employees («замещения»), kept by the portal administrator."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.fields.values import day as in_words


@dataclass(frozen=True)
class Absence:
    """Period in which a person gets no new tasks; both days included, in the branch's calendar."""

    id: str
    person: str
    substitute: str | None
    """Login; None leaves the tasks to the role."""
    first_day: date
    last_day: date
    reason: str
    created_by: str
    created_at: datetime
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None

    def covers(self, day: date) -> bool:
        return self.cancelled_at is None and self.first_day <= day <= self.last_day

    def overlaps(self, other: "Absence") -> bool:
        """Whether both are in force, of the same person, and share a day."""
        return (
            self.person == other.person
            and other.cancelled_at is None
            and self.first_day <= other.last_day
            and other.first_day <= self.last_day
        )


def stand_in(person: str, away: Mapping[str, Absence]) -> str | None:
    """Who works for a person: the person, or the last substitute of the chain who is present.

    ``away``: person → absence in force. Returns: None if nobody of the chain is present.
    """
    seen: set[str] = set()
    current: str | None = person
    while current is not None and current not in seen:
        absence = away.get(current)
        if absence is None:
            return current
        seen.add(current)
        current = absence.substitute
    return None


def check(
    absence: Absence, known: Iterable[Absence], employees: Collection[str], today: date
) -> None:
    """Validate an absence; ``employees``: logins of all employees. Raises: FieldsInvalid."""
    problems = []
    if absence.person not in employees:
        problems.append(FieldProblem("person", "Сотрудник", "Такого сотрудника нет."))
    if absence.substitute == absence.person:
        sentence = "Сотрудник не может замещать сам себя."
        problems.append(FieldProblem("substitute", "Кто замещает", sentence))
    elif absence.substitute is not None and absence.substitute not in employees:
        problems.append(FieldProblem("substitute", "Кто замещает", "Такого сотрудника нет."))
    if absence.last_day < absence.first_day:
        sentence = "Последний день раньше первого."
        problems.append(FieldProblem("lastDay", "Последний день", sentence))
    elif absence.last_day < today:
        sentence = "Период уже прошёл: укажите день не раньше сегодняшнего."
        problems.append(FieldProblem("lastDay", "Последний день", sentence))
    if other := next((one for one in known if absence.overlaps(one)), None):
        start, end = (in_words(day.isoformat()) for day in (other.first_day, other.last_day))
        sentence = f"Уже есть отсутствие с {start} по {end}: отмените его или выберите другие дни."
        problems.append(FieldProblem("firstDay", "Первый день", sentence))
    if problems:
        raise FieldsInvalid(problems)
