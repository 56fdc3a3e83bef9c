"""People and groups as the engine knows them."""

import re
from collections.abc import Iterable

import pycamunda.group
import pycamunda.identity
import pycamunda.user

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.client.records import Person

LOGIN = re.compile(r"[a-zA-Z0-9]{1,64}")
"""What the engine takes as the id of a user or group; anything else it answers with a 500."""


class Users(RestClient):
    """Who is who; a login that cannot exist is answered without asking the engine."""

    def verify_password(self, user: str, password: str) -> bool:
        """The password is right. The engine itself slows down after some wrong ones."""
        if not LOGIN.fullmatch(user) or not password:
            return False
        told = self.post("/identity/verify", {"username": user, "password": password})
        return bool(told["authenticated"])

    def set_password(self, user: str, password: str) -> None:
        """As an administrator: set a password and end the pause after wrong ones."""
        body = {"password": password, "authenticatedUserPassword": self._password}
        self.put(f"/user/{user}/credentials", body)
        self.post(f"/user/{user}/unlock", {})

    def groups_of(self, user: str) -> frozenset[str]:
        """Ids of the groups a person is in; none for an unknown person."""
        if not LOGIN.fullmatch(user):
            return frozenset()
        found = self.send(pycamunda.group.GetList(self.url, member=user))
        return frozenset(group.id_ for group in found)

    def members(self, group: str) -> list[Person]:
        """People of a group by last name; none for an unknown group."""
        return self._people(pycamunda.user.GetList(self.url, member_of_group=group))

    def users(self) -> list[Person]:
        """All people and accounts by last name."""
        return self._people(pycamunda.user.GetList(self.url))

    def user(self, user_id: str) -> Person | None:
        """One person, None when there is no such login."""
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
