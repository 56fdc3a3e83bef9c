"""Synchronization of the engine's authorizations with the wanted ones."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.provisioning.identities import RESOURCES, AuthorizationRule

GRANT, REVOKE = 1, 2
"""Authorization types of the REST API."""
TASK = RESOURCES["task"]
EVERYTHING = "*"

ReportChange = Callable[[Literal["created", "updated", "removed", "same"], str], None]


@dataclass(frozen=True)
class Authorization:
    """Permissions of one group or user on one resource, or on all of its type (``*``).

    Type REVOKE takes the permissions away: on one resource it outweighs a grant on all.
    """

    resource: int
    id: str
    permissions: tuple[str, ...]
    group: str | None = None
    user: str | None = None
    type: int = GRANT

    @classmethod
    def of(
        cls, right: AuthorizationRule, *, group: str | None = None, user: str | None = None
    ) -> "Authorization":
        permissions = tuple(sorted(right.permissions))
        return cls(RESOURCES[right.resource], right.id, permissions, group, user)

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Authorization":
        permissions = set(row["permissions"])
        if row["type"] == REVOKE and len(permissions) > 1:
            permissions.discard("ALL")  # the engine adds it as soon as anything is taken away
        return cls(
            row["resourceType"],
            row["resourceId"],
            tuple(sorted(permissions)),
            row["groupId"],
            row["userId"],
            row["type"],
        )

    @property
    def owner(self) -> str:
        return self.group or self.user or ""

    @property
    def key(self) -> tuple[int, int, str, str | None, str | None]:
        return self.type, self.resource, self.id, self.group, self.user

    @property
    def is_managed(self) -> bool:
        """Tell if it is removed when nobody wants it.

        It is for an application or for all resources of a type, or takes away.
        """
        wide = self.id == EVERYTHING or self.resource == RESOURCES["application"]
        return wide or self.type == REVOKE

    def body(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "resourceType": self.resource,
            "resourceId": self.id,
            "permissions": list(self.permissions),
            "groupId": self.group,
            "userId": self.user,
        }

    def __str__(self) -> str:
        what = "right" if self.type == GRANT else "revoke"
        return f"{what} {self.owner} {self.resource}:{self.id} {'+'.join(self.permissions)}"


class Authorizations:
    """The engine's authorizations, except those of single tasks."""

    def __init__(self, engine: RestClient) -> None:
        self._engine = engine

    def synchronize(
        self, wanted: Iterable[Authorization], owners: Collection[str], note: ReportChange
    ) -> None:
        """Create and update the wanted ones; delete others of the ``owners`` that are managed."""
        present = {Authorization.read(row).key: row for row in self._rows()}
        keys = set()
        for one in wanted:
            keys.add(one.key)
            note(self._give(one, present.get(one.key)), str(one))
        for key, row in present.items():
            one = Authorization.read(row)
            if key not in keys and one.owner in owners and one.is_managed:
                self._engine.delete(f"/authorization/{row['id']}")
                note("removed", str(one))

    def _give(
        self, one: Authorization, row: dict[str, Any] | None
    ) -> Literal["created", "updated", "same"]:
        if row is None:
            self._engine.post("/authorization/create", one.body())
            return "created"
        if Authorization.read(row).permissions != tuple(sorted(one.permissions)):
            self._engine.put(f"/authorization/{row['id']}", one.body())
            return "updated"
        return "same"

    def _rows(self) -> Iterable[dict[str, Any]]:
        for resource in range(max(RESOURCES.values()) + 8):
            wide = {"resourceId": EVERYTHING} if resource == TASK else {}
            query = {"resourceType": resource, "maxResults": 10000, **wide}
            for type in (GRANT, REVOKE):
                yield from self._engine.get("/authorization", type=type, **query)
