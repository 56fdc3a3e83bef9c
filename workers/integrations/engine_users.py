"""Employees from the engine's identity service, cached for a minute."""

import threading
import time
from collections.abc import Sequence

from bpmn.camunda.client.rest import Engine
from db.domain.errors import Unavailable
from workers.integrations.engine_calls import available
from workers.ports.employees import Employee

FRESH_SECONDS = 60.0
"""Time-to-live of the cache: for so long a dismissed employee may still get a task."""


class EngineEmployees:
    """`workers.ports.employees.EmployeeDirectory` on the engine; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._members: dict[str, tuple[float, tuple[Employee, ...]]] = {}
        self._people: dict[str, tuple[float, Employee]] = {}
        self._lock = threading.Lock()

    def person(self, login: str) -> Employee | None:
        """Return the employee, None for an unknown login. Raises: Unavailable."""
        with self._lock:
            queried_at, known = self._people.get(login, (float("-inf"), None))
        if time.monotonic() - queried_at < FRESH_SECONDS:
            return known
        found = available(lambda: self._engine.user(login))
        if found is None:
            return None
        employee = Employee(found.login, found.name, found.email)
        with self._lock:
            self._people[login] = time.monotonic(), employee
        return employee

    def members(self, role: str) -> Sequence[Employee]:
        """Return the members of a group, sorted by login. Raises: Unavailable."""
        with self._lock:
            queried_at, known = self._members.get(role, (float("-inf"), ()))
        if time.monotonic() - queried_at < FRESH_SECONDS:
            return known
        found = available(lambda: self._engine.members(role))
        people = tuple(sorted((Employee(p.login, p.name, p.email) for p in found), key=_login))
        with self._lock:
            self._members[role] = time.monotonic(), people
        return people

    def last_known(self, role: str) -> Sequence[Employee]:
        """Return the members of the last successful query, for alerts while the engine is down."""
        try:
            return self.members(role)
        except Unavailable:
            with self._lock:
                return self._members.get(role, (0.0, ()))[1]


def _login(person: Employee) -> str:
    return person.login
