"""Port of the identity service: employees by login and by role."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Employee:
    """An employee as the engine's identity service knows them."""

    login: str
    name: str
    email: str | None = None


class EmployeeDirectory(Protocol):
    """Who works here. Any question may raise Unavailable."""

    def person(self, login: str) -> Employee | None: ...

    def members(self, role: str) -> Sequence[Employee]:
        """Active people of a role, by login."""
        ...

    def last_known(self, role: str) -> Sequence[Employee]:
        """Members when they could last be asked for; never raises, may be empty."""
        ...
