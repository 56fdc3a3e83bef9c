"""Accounts of employees in the engine, managed by the portal's administrators.

Passwords are made here, returned once, and neither stored nor logged.
"""

import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from api.auth import Authenticator
from api.dependencies import Resources
from api.engine.gateway import AccountRefused
from api.engine.users import is_service
from api.http.problems import HttpRefusal
from api.http.schema import Named
from api.people.responses import EmployeeSchema
from bpmn.camunda.client.records import Person
from bpmn.camunda.server.distribution import DISTRIBUTIONS
from db.domain.catalog import Role
from db.domain.deals.history import Actor
from db.domain.errors import FieldProblem, FieldsInvalid
from db.domain.people.roles import ADMINISTRATORS

log = logging.getLogger(__name__)

LOWER, UPPER, DIGITS, SIGNS = "abcdefghkmnpqrstuvwxyz", "ABCDEFGHKMNPQRSTUVWXYZ", "23456789", "-!?"
"""Characters of passwords: none that looks like another."""
LENGTH = 14


class EmployeeNotFound(HttpRefusal):
    """There is no such account, or it is that of a program."""

    code = "EMPLOYEE_NOT_FOUND"
    status = 404
    sentence = "Такого сотрудника нет. Обновите список."


class EmployeeProtected(HttpRefusal):
    """The engine's administrators are not managed here."""

    code = "EMPLOYEE_PROTECTED"
    status = 409
    sentence = (
        "Это администратор движка процессов: его учётную запись меняют командами на сервере, "
        "не здесь."
    )


class OwnAdministration(HttpRefusal):
    """An administrator would lock themselves out."""

    code = "OWN_ADMINISTRATION"
    status = 409
    sentence = "Снять с себя роль администратора портала нельзя: попросите другого администратора."


class AccountChanged(HttpRefusal):
    """The engine refused a change: somebody else changed the account."""

    code = "ACCOUNT_CHANGED"
    status = 409
    sentence = "Учётную запись не удалось изменить: её меняют одновременно. Обновите и повторите."


@dataclass(frozen=True)
class Staff:
    """Reads and changes accounts on behalf of an administrator.

    Every change sets an absolute state, so it is safe to repeat.
    """

    resources: Resources
    authenticator: Authenticator
    actor: Actor
    _members: dict[str, frozenset[str]] = field(default_factory=dict)

    def all(self) -> list[EmployeeSchema]:
        """All accounts of people, those with a role first. Raises: Unavailable."""
        found = [
            self._view(person)
            for person in self.resources.gateway.accounts()
            if not is_service(person.login)
        ]
        return sorted(found, key=lambda one: (not one.roles, one.last_name, one.first_name))

    def create(self, person: Person, roles: Collection[str]) -> tuple[EmployeeSchema, str]:
        """Create an account. Returns: it, and its password. Raises: FieldsInvalid, Unavailable."""
        self._check_roles(roles)
        taken = {one.login.casefold() for one in self.resources.gateway.accounts()}
        if person.login.casefold() in taken or is_service(person.login):
            sentence = "Такой логин занят. Выберите другой."
            raise FieldsInvalid([FieldProblem("login", "Логин", sentence)])
        password = new_password(person)
        try:
            self.resources.gateway.create_account(person, password)
            self.resources.gateway.set_roles(person.login, roles, self._roles)
        except AccountRefused:
            raise AccountChanged from None
        self.resources.employees.forget_names()
        self._tell("create", person, roles, "добавлен сотрудник")
        return self._view(person), password

    def change(self, person: Person, roles: Collection[str]) -> EmployeeSchema:
        """Set names, address and roles. Raises: as `find`; OwnAdministration, FieldsInvalid."""
        self._check_roles(roles)
        before = self.find(person.login)
        if person.login == self.actor.id and ADMINISTRATORS not in roles:
            raise OwnAdministration
        try:
            if before != person:
                self.resources.gateway.update_account(person)
            self.resources.gateway.set_roles(person.login, roles, self._roles)
        except AccountRefused:
            raise AccountChanged from None
        self._forget(person.login)
        self.resources.employees.forget_names()
        self._tell("change", person, roles, "изменён сотрудник")
        return self._view(person)

    def deactivate(self, login: str) -> EmployeeSchema:
        """Take all roles, end all sessions, and set a password that nobody knows.

        Raises: as `find`; OwnAdministration.
        """
        person = self.find(login)
        if login == self.actor.id:
            raise OwnAdministration
        try:
            self.resources.gateway.set_roles(login, (), self._roles)
            self.resources.gateway.change_password(login, new_password(person))
        except AccountRefused:
            raise AccountChanged from None
        self._forget(login)
        self._end_sessions(login)
        self._tell("deactivate", person, (), "отключён сотрудник")
        return self._view(person)

    def reset_password(self, login: str) -> tuple[EmployeeSchema, str]:
        """Set a new password and end all sessions. Returns: the account, and the password.

        Raises: as `find`.
        """
        person = self.find(login)
        password = new_password(person)
        try:
            self.resources.gateway.change_password(login, password)
        except AccountRefused:
            raise AccountChanged from None
        self._end_sessions(login)
        self._tell("password", person, None, "новый пароль у сотрудника")
        return self._view(person), password

    def find(self, login: str) -> Person:
        """An account that may be managed. Raises: EmployeeNotFound, EmployeeProtected."""
        known = {person.login: person for person in self.resources.gateway.accounts()}
        if login not in known or is_service(login):
            raise EmployeeNotFound
        if self._is_protected(login):
            raise EmployeeProtected
        return known[login]

    @property
    def _roles(self) -> Mapping[str, Role]:
        return self.resources.database.catalog.roles

    def _is_protected(self, login: str) -> bool:
        """Whether it is an engine's administrator; a moved engine has the groups of both."""
        return any(login in self._of(one.administrators) for one in DISTRIBUTIONS.values())

    def _of(self, group: str) -> frozenset[str]:
        if group not in self._members:
            self._members[group] = self.resources.gateway.members(group)
        return self._members[group]

    def _view(self, person: Person) -> EmployeeSchema:
        catalog = self.resources.database.catalog
        return EmployeeSchema(
            login=person.login,
            name=person.name,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email or "",
            roles=[
                Named.of(role)
                for role in catalog.roles.values()
                if person.login in self._of(role.code)
            ],
            is_protected=self._is_protected(person.login),
        )

    def _check_roles(self, roles: Collection[str]) -> None:
        if unknown := sorted(set(roles) - set(self._roles)):
            sentence = f"Роли «{unknown[0]}» нет. Выберите из списка."
            raise FieldsInvalid([FieldProblem("roles", "Роли", sentence)])

    def _forget(self, login: str) -> None:
        """Roles are cached for seconds by each process: forget them where they were changed."""
        self._members.clear()
        self.authenticator.roles.drop(login)

    def _end_sessions(self, login: str) -> None:
        self.authenticator.sessions.password_changed(login)
        self.authenticator.throttle.reset_attempts(login)

    def _tell(self, what: str, person: Person, roles: Collection[str] | None, words: str) -> None:
        """Tell the administrators, the caller too: what was done with whom stays on record."""
        log.info("Account management: %s by an administrator", what)
        names, catalog = self.resources.employees.names(), self.resources.database.catalog
        listed = ", ".join(one.name for code, one in catalog.roles.items() if code in (roles or ()))
        text = f"{names.of(self.actor.id)}: {words} {person.name} ({person.login})."
        text += "" if roles is None else f" Роли: {listed or 'никаких'}."
        key = f"account-{what}-{person.login}-{self.actor.reference}"[:120]
        with self.resources.database.writing() as store:
            for login in self.resources.employees.members(ADMINISTRATORS):
                store.notifications.add(login, key, text, "")


def new_password(person: Person) -> str:
    """A random password that the engine's policy accepts: of all kinds, without any name."""
    parts = [part.casefold() for part in (person.login, person.first_name, person.last_name)]
    address = (person.email or "").casefold()
    while True:
        password = "".join(secrets.choice(LOWER + UPPER + DIGITS + SIGNS) for _ in range(LENGTH))
        is_mixed = all(set(password) & set(kind) for kind in (LOWER, UPPER, DIGITS, SIGNS))
        said = password.casefold()
        if is_mixed and said not in address and not any(p and p in said for p in parts):
            return password
