"""Employees: display names and group members, read from the engine and cached."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.engine.gateway import EngineGateway
from api.http.schema import PersonSchema
from db.domain.catalog import Catalog, Field, FieldKind
from db.domain.deals.entities import CLIENT
from db.domain.errors import Unavailable
from db.domain.fields.values import Json, ListNames, present

NAMES_CACHE_SECONDS = 60.0
RETRY_SECONDS = 5.0
SERVICE_PREFIX = "svc"
"""Prefix of the logins of service accounts, which may not sign in as people."""


def is_service(login: str) -> bool:
    """Whether a login is that of a service account."""
    return login.casefold().startswith(SERVICE_PREFIX)


@dataclass(frozen=True)
class PersonNames:
    """Snapshot of display names.

    An unknown login is displayed as it is, a machine by the name of its token.
    """

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, login: str) -> str:
        """Display name of a login."""
        kind, _, name = login.partition(":")
        if kind == "token" and name:
            return f"программа «{name}»"
        if login == CLIENT:
            return "клиент, по ссылке из письма"
        return self.known.get(login) or login

    def person(self, login: str) -> PersonSchema:
        """Response schema with login and display name."""
        return PersonSchema(login=login, name=self.of(login))

    def text(self, about: Field, value: Json, lists: ListNames) -> str:
        """A field's value as text for people."""
        if about.kind is FieldKind.USER and isinstance(value, str):
            return self.of(value)
        return present(about, value, lists)


class Employees:
    """Names and members of groups; cached values are used while the engine is unavailable."""

    def __init__(self, gateway: EngineGateway) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._names, self._read_at = PersonNames(), float("-inf")
        self._members: dict[str, frozenset[str]] = {}

    def names(self) -> PersonNames:
        """Display names, cached for a minute. Never raises: names are optional."""
        return self._names_of_age(NAMES_CACHE_SECONDS)

    def name_of(self, login: str) -> PersonSchema:
        """The person with the name; of whoever was added since the names were read, too."""
        known = self.names()
        if login not in known.known:
            known = self._names_of_age(RETRY_SECONDS)
        return known.person(login)

    def forget_names(self) -> None:
        """Read the names anew when they are next asked for: one was changed in this process."""
        with self._lock:
            self._read_at = float("-inf")

    def _names_of_age(self, seconds: float) -> PersonNames:
        with self._lock:
            if time.monotonic() - self._read_at > seconds:
                try:
                    self._names = PersonNames(dict(self._gateway.people()))
                    self._read_at = time.monotonic()
                except Unavailable:
                    self._read_at = time.monotonic() - NAMES_CACHE_SECONDS + RETRY_SECONDS
            return self._names

    def is_in(self, login: str, role: str) -> bool:
        """Whether the person is a member of the group. Raises as `members`."""
        return login in self.members(role)

    def members(self, role: str) -> frozenset[str]:
        """Logins of the group's members: current, or last known while the engine is down.

        Raises: Unavailable if they were never known.
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
        """Logins of all employees, those without a role included. Raises: Unavailable."""
        people = self._gateway.people()
        return frozenset(login for login in people if not is_service(login))

    def fields_outside_role(self, catalog: Catalog, values: Mapping[str, object]) -> frozenset[str]:
        """Codes of the fields in ``values`` whose person is not in the field's role.

        Raises: Unavailable.
        """
        named = [(catalog.fields[c], value) for c, value in values.items() if c in catalog.fields]
        return frozenset(
            about.code
            for about, value in named
            if about.role and isinstance(value, str) and value.strip()
            if not self.is_in(value.strip(), about.role)
        )
