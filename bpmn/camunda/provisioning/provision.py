"""Synchronizes groups, users, authorizations and filters with `identities.yaml`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pycamunda.group
import pycamunda.user

from bpmn.camunda.client.records import Person
from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.authorizations import REVOKE, Authorization, Authorizations
from bpmn.camunda.provisioning.identities import RESOURCES, Identities, load_identities
from bpmn.camunda.provisioning.task_filters import synchronize_filters
from bpmn.camunda.server.distribution import DISTRIBUTIONS
from bpmn.camunda.server.settings import Secrets

ChangeKind = Literal["created", "updated", "removed", "same"]
USER, FILTER, MEMBERSHIP = (RESOURCES[each] for each in ("user", "filter", "groupMembership"))
GROUP_TYPE = "WORKFLOW"
OWN_OF_PERSON, OWN_OF_SERVICE = ["READ", "UPDATE"], ["READ"]
"""Permissions of users on their own account; the engine's default includes DELETE."""


@dataclass
class ProvisioningReport:
    """Number of changes by kind, and their descriptions."""

    counts: Counter[ChangeKind] = field(default_factory=Counter)
    changes: list[str] = field(default_factory=list)

    def note(self, change: ChangeKind, what: str) -> None:
        self.counts[change] += 1
        if change != "same":
            self.changes.append(f"{change} {what}")

    @property
    def unchanged(self) -> bool:
        return not self.changes

    def __str__(self) -> str:
        parts: tuple[ChangeKind, ...] = ("created", "updated", "removed", "same")
        return ", ".join(f"{part}: {self.counts[part]}" for part in parts)


@dataclass(frozen=True)
class EngineAccount:
    """A user to create or update, with password and groups."""

    person: Person
    password: str
    groups: frozenset[str]
    own_rights: list[str]


def provision(
    engine: Engine, demo: bool, *, secrets: Secrets, demo_password: str | None = None
) -> ProvisioningReport:
    """Create, update and remove what differs from the file.

    Safe to repeat because only differences are written. ``engine`` needs an administrator's
    account. Without ``demo`` the demo users are removed. Wide grants of the file's groups and
    services that the file does not name are removed. Programs that manage people are refused the
    engine's administrators, as they are now, and the accounts of programs.
    """
    if demo and not demo_password:
        raise ValueError("demo users need a password")
    identities = load_identities()
    accounts = _accounts(identities, secrets, demo_password if demo else None)
    report = ProvisioningReport()
    _groups(engine, identities.groups, report)
    _users(engine, identities, accounts, report)
    _memberships(engine, identities, accounts, report)
    filters = synchronize_filters(engine, identities, report.note)
    wanted = [
        *_role_grants(identities, filters),
        *_account_grants(identities, accounts),
        *_protections(engine, identities),
    ]
    owners = {*identities.groups, *(account.person.login for account in accounts)}
    Authorizations(engine).synchronize(wanted, owners, report.note)
    return report


def demo_people() -> list[tuple[str, str, str]]:
    """Return login, name and role of each demo user, in the order of the file."""
    identities = load_identities()
    return [(one.login, one.name, identities.groups[one.group]) for one in identities.demo]


def _accounts(
    identities: Identities, secrets: Secrets, demo_password: str | None
) -> list[EngineAccount]:
    services = [
        EngineAccount(
            Person(login, service.name, "", None),
            getattr(secrets, service.secret),
            frozenset(),
            OWN_OF_SERVICE,
        )
        for login, service in identities.services.items()
    ]
    if demo_password is None:
        return services
    people = [
        EngineAccount(
            Person(one.login, one.first_name, one.last_name, _demo_mail(identities, one.login)),
            demo_password,
            frozenset({one.group}),
            OWN_OF_PERSON,
        )
        for one in identities.demo
    ]
    return services + people


def _groups(engine: Engine, wanted: Mapping[str, str], report: ProvisioningReport) -> None:
    present = {g.id_: g for g in engine.send(pycamunda.group.GetList(engine.url))}
    for group, name in wanted.items():
        found = present.get(group)
        if found is None:
            engine.send(pycamunda.group.Create(engine.url, group, name, GROUP_TYPE))
            report.note("created", f"group {group}")
        elif (found.name, found.type_) != (name, GROUP_TYPE):
            engine.send(pycamunda.group.Update(engine.url, group, name, GROUP_TYPE))
            report.note("updated", f"group {group}")
        else:
            report.note("same", f"group {group}")


def _users(
    engine: Engine,
    identities: Identities,
    accounts: list[EngineAccount],
    report: ProvisioningReport,
) -> None:
    present = {person.login: person for person in engine.users()}
    for account in accounts:
        report.note(_user(engine, account, present), f"user {account.person.login}")
    kept = {account.person.login for account in accounts}
    for one in identities.demo:
        found = present.get(one.login)
        if found and one.login not in kept and found.email == _demo_mail(identities, one.login):
            engine.send(pycamunda.user.Delete(engine.url, one.login))
            report.note("removed", f"user {one.login}")


def _user(engine: Engine, account: EngineAccount, present: Mapping[str, Person]) -> ChangeKind:
    person, found = account.person, present.get(account.person.login)
    profile = {
        "id": person.login,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email or "",
    }
    if found is None:
        credentials = {"password": account.password}
        engine.post("/user/create", {"profile": profile, "credentials": credentials})
        return "created"
    change: ChangeKind = "same"
    if found != person:
        engine.put(f"/user/{person.login}/profile", profile)
        change = "updated"
    if not engine.verify_password(person.login, account.password):
        engine.set_password(person.login, account.password)
        change = "updated"
    return change


def _memberships(
    engine: Engine,
    identities: Identities,
    accounts: list[EngineAccount],
    report: ProvisioningReport,
) -> None:
    """Synchronize group memberships of accounts of the file; others are left alone."""
    ours = {account.person.login for account in accounts}
    for group in identities.groups:
        wanted = {account.person.login for account in accounts if group in account.groups}
        present = {person.login for person in engine.members(group)}
        for login in sorted(wanted - present):
            engine.send(pycamunda.group.MemberCreate(engine.url, group, login))
        for login in sorted((present & ours) - wanted):
            engine.send(pycamunda.group.MemberDelete(engine.url, group, login))
        for login in sorted(wanted | (present & ours)):
            change: ChangeKind = "same" if login in wanted & present else "updated"
            report.note(change, f"member {login} of {group}")


def _role_grants(identities: Identities, filters: Mapping[str, str]) -> list[Authorization]:
    grants = [
        Authorization.of(right, group=group)
        for group in identities.groups
        for right in identities.employees
    ]
    for one in identities.filters:
        for group in one.groups or identities.groups:
            grants.append(Authorization(FILTER, filters[one.name], ("READ",), group=group))
    return grants


def _account_grants(identities: Identities, accounts: list[EngineAccount]) -> list[Authorization]:
    own = [
        Authorization(
            USER, account.person.login, tuple(account.own_rights), user=account.person.login
        )
        for account in accounts
    ]
    services = [
        Authorization.of(right, user=login)
        for login, service in identities.services.items()
        for right in service.rights
    ]
    appointments = [
        Authorization(MEMBERSHIP, group, ("CREATE", "DELETE"), user=login)
        for login, service in identities.services.items()
        if service.appoints_to_groups
        for group in identities.groups
    ]
    return own + services + appointments


def _protections(engine: Engine, identities: Identities) -> list[Authorization]:
    """Take from programs that may change every user the users who have more rights than they."""
    administrators = {
        person.login
        for distribution in DISTRIBUTIONS.values()  # a moved engine has the groups of both
        for person in engine.members(distribution.administrators)
    }
    protected = sorted({engine.login, *administrators, *identities.services})
    return [
        Authorization(USER, login, ("UPDATE",), user=program, type=REVOKE)
        for program, service in identities.services.items()
        if any(
            right.resource == "user" and "UPDATE" in right.permissions for right in service.rights
        )
        for login in protected
    ]


def _demo_mail(identities: Identities, login: str) -> str:
    return f"{login.lower()}@{identities.demo_mail_domain}"
