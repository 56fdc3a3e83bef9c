"""Client methods for users and groups."""

import re
from collections.abc import Collection, Iterable

import pycamunda.group
import pycamunda.identity
import pycamunda.user

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import Person

LOGIN = re.compile(r"[a-zA-Z0-9]{1,64}")
"""Valid ids of users and groups; the engine responds with 500 to any other."""


class Users(RestClient):
    """Users, groups and passwords; an invalid login returns at once, without a request."""

    def verify_password(self, user: str, password: str) -> bool:
        """Check a password. The engine delays responses after several wrong ones."""
        if not LOGIN.fullmatch(user) or not password:
            return False
        row = self.post("/identity/verify", {"username": user, "password": password})
        return bool(row["authenticated"])

    def set_password(self, user: str, password: str) -> None:
        """Set a password and unlock the account; needs an administrator's account."""
        self.change_password(user, password)
        self.post(f"/user/{user}/unlock", {})

    def change_password(self, user: str, password: str) -> None:
        """Set a password; needs the right to update the user."""
        body = {"password": password, "authenticatedUserPassword": self._password}
        self.put(f"/user/{user}/credentials", body)

    def create_user(self, person: Person, password: str) -> None:
        """Create a user without groups. Raises: EngineRefused if the login is taken."""
        self.post(
            "/user/create", {"profile": _profile(person), "credentials": {"password": password}}
        )

    def update_profile(self, person: Person) -> None:
        """Set names and e-mail address of a user."""
        self.put(f"/user/{person.login}/profile", _profile(person))

    def set_groups(self, user: str, groups: Collection[str], among: Collection[str]) -> None:
        """Make a user a member of exactly these of the groups ``among``; others stay.

        Safe to repeat: only what differs is changed.
        """
        present = self.groups_of(user) & frozenset(among)
        for group in sorted(set(groups) - present):
            self.send(pycamunda.group.MemberCreate(self.url, group, user))
        for group in sorted(present - set(groups)):
            self.send(pycamunda.group.MemberDelete(self.url, group, user))

    def groups_of(self, user: str) -> frozenset[str]:
        """Return ids of a user's groups; empty for an unknown user."""
        if not LOGIN.fullmatch(user):
            return frozenset()
        found = self.send(pycamunda.group.GetList(self.url, member=user))
        return frozenset(group.id_ for group in found)

    def groups(self) -> frozenset[str]:
        """Return the ids of all groups that the account may read."""
        return frozenset(group.id_ for group in self.send(pycamunda.group.GetList(self.url)))

    def members(self, group: str) -> list[Person]:
        """Return the users of a group by last name; empty for an unknown group."""
        return self._people(pycamunda.user.GetList(self.url, member_of_group=group))

    def users(self) -> list[Person]:
        """Return all users, service accounts included, by last name."""
        return self._people(pycamunda.user.GetList(self.url))

    def user(self, user_id: str) -> Person | None:
        """Return a user, None if unknown."""
        if not LOGIN.fullmatch(user_id):
            return None
        return next(iter(self._people(pycamunda.user.GetList(self.url, id_=user_id))), None)

    def _people(self, request: pycamunda.user.GetList) -> list[Person]:
        found: Iterable[pycamunda.user.User] = self.send(request)
        people = [
            Person(each.id_, each.first_name or "", each.last_name or "", each.email or None)
            for each in found
        ]
        return sorted(people, key=lambda person: (person.last_name, person.first_name))


def _profile(person: Person) -> dict[str, str]:
    return {
        "id": person.login,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email or "",
    }
