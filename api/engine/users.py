"""Employees by login: names for people to read, groups for rules to ask."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.engine.gateway import EngineGateway
from api.http.schema import PersonSchema
from db.domain.catalog import Catalog, Field, FieldKind
from db.domain.errors import Unavailable
from db.domain.values import Json, ListNames, present

FRESH = 60.0  # seconds
SERVICE_PREFIX = "svc"
"""Prefix of the logins of service accounts, which may not sign in as people."""


def is_service(login: str) -> bool:
    """Whether a login is that of a service account."""
    return login.casefold().startswith(SERVICE_PREFIX)


@dataclass(frozen=True)
class PersonNames:
    """Names as they were known at one moment; an unknown login is its own name, a machine has
    the name of its token."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, login: str) -> str:
        kind, _, name = login.partition(":")
        if kind == "token" and name:
            return f"программа «{name}»"
        return self.known.get(login) or login

    def person(self, login: str) -> PersonSchema:
        return PersonSchema(login=login, name=self.of(login))

    def text(self, about: Field, value: Json, lists: ListNames) -> str:
        """A value of a field as people read it."""
        if about.kind is FieldKind.USER and isinstance(value, str):
            return self.of(value)
        return present(about, value, lists)


class Employees:
    """Names remembered for a minute; an engine that is down only makes them older."""

    def __init__(self, gateway: EngineGateway) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._names, self._read_at = PersonNames(), float("-inf")
        self._members: dict[str, frozenset[str]] = {}

    def names(self) -> PersonNames:
        """Never raises: a card without names is better than no card."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH:
                try:
                    self._names = PersonNames(dict(self._gateway.people()))
                    self._read_at = time.monotonic()
                except Unavailable:
                    self._read_at = time.monotonic() - FRESH + 5
            return self._names

    def is_in(self, login: str, role: str) -> bool:
        """Whether the person is in the group: now, or when the engine last told.

        Raises: Unavailable, the engine never told.
        """
        return login in self.members(role)

    def members(self, role: str) -> frozenset[str]:
        """Logins of the people in the group: now, or when the engine last told.

        Raises: Unavailable, the engine never told.
        """
        try:
            members = self._gateway.members(role)
        except Unavailable:
            if role not in self._members:
                raise
            return self._members[role]
        self._members[role] = members
        return members

    def logins(self) -> frozenset[str]:
        """Logins of everybody with an account, also without a role. Raises: Unavailable."""
        people = self._gateway.people()
        return frozenset(login for login in people if not is_service(login))

    def strangers(self, catalog: Catalog, values: Mapping[str, object]) -> frozenset[str]:
        """Of the fields in ``values``, those whose person is not in the field's role.

        Raises: Unavailable.
        """
        named = [(catalog.fields[c], value) for c, value in values.items() if c in catalog.fields]
        return frozenset(
            about.code
            for about, value in named
            if about.role and isinstance(value, str) and value.strip()
            if not self.is_in(value.strip(), about.role)
        )
