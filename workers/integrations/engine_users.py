"""Employees as the engine's identity service knows them, remembered for a minute."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bpmn.camunda.client.rest import Engine, EngineError
from db.domain.errors import Unavailable
from workers.ports.employees import Employee

FRESH_SECONDS = 60.0
"""So long a dismissed employee may still get a task."""

Known = TypeVar("Known")


class EnginePeople:
    """`services.People` on the engine. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._members: dict[str, tuple[float, tuple[Employee, ...]]] = {}
        self._lock = threading.Lock()

    def person(self, login: str) -> Employee | None:
        found = _asked(lambda: self._engine.user(login))
        return None if found is None else Employee(found.login, found.name, found.email)

    def members(self, role: str) -> Sequence[Employee]:
        with self._lock:
            asked_at, known = self._members.get(role, (float("-inf"), ()))
        if time.monotonic() - asked_at < FRESH_SECONDS:
            return known
        found = _asked(lambda: self._engine.members(role))
        people = tuple(sorted((Employee(p.login, p.name, p.email) for p in found), key=_login))
        with self._lock:
            self._members[role] = time.monotonic(), people
        return people

    def last_known(self, role: str) -> Sequence[Employee]:
        """Members as of the last time the engine answered; for alerts that it is down."""
        try:
            return self.members(role)
        except Unavailable:
            with self._lock:
                return self._members.get(role, (0.0, ()))[1]


def _login(person: Employee) -> str:
    return person.login


def _asked(question: Callable[[], Known]) -> Known:
    try:
        return question()
    except EngineError as trouble:
        reason = f"The engine does not tell about people: {type(trouble).__name__}"
        raise Unavailable(reason) from trouble
