"""Port of the identity service: employees by login and by role."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Employee:
    """An employee of the engine's identity service."""

    login: str
    name: str
    email: str | None = None


class EmployeeDirectory(Protocol):
    """Employees by login and by role; every method may raise Unavailable unless stated."""

    def person(self, login: str) -> Employee | None:
        """Return the employee, None for an unknown login."""
        ...

    def members(self, role: str) -> Sequence[Employee]:
        """Return the active employees of a role, sorted by login."""
        ...

    def last_known(self, role: str) -> Sequence[Employee]:
        """Return the members of the last successful query; never raises, may be empty."""
        ...
