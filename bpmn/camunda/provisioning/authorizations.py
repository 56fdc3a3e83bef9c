"""Synchronization of the engine's authorizations with the wanted ones."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bpmn.camunda.client.calls import RestClient
from bpmn.camunda.provisioning.identities import RESOURCES, AuthorizationRule

GRANT = 1
"""Authorization type GRANT of the REST API."""
TASK = RESOURCES["task"]
EVERYTHING = "*"

ReportChange = Callable[[Literal["created", "updated", "removed", "same"], str], None]


@dataclass(frozen=True)
class Grant:
    """Permissions of one group or user on one resource, or on all of its type (``*``)."""

    resource: int
    id: str
    permissions: tuple[str, ...]
    group: str | None = None
    user: str | None = None

    @classmethod
    def of(
        cls, right: AuthorizationRule, *, group: str | None = None, user: str | None = None
    ) -> "Grant":
        permissions = tuple(sorted(right.permissions))
        return cls(RESOURCES[right.resource], right.id, permissions, group, user)

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Grant":
        permissions = tuple(sorted(row["permissions"]))
        return cls(
            row["resourceType"], row["resourceId"], permissions, row["groupId"], row["userId"]
        )

    @property
    def owner(self) -> str:
        return self.group or self.user or ""

    @property
    def key(self) -> tuple[int, str, str | None, str | None]:
        return self.resource, self.id, self.group, self.user

    @property
    def is_wide(self) -> bool:
        """Tell if the grant is for an application or for all resources of a type."""
        return self.id == EVERYTHING or self.resource == RESOURCES["application"]

    def body(self) -> dict[str, Any]:
        return {
            "type": GRANT,
            "resourceType": self.resource,
            "resourceId": self.id,
            "permissions": list(self.permissions),
            "groupId": self.group,
            "userId": self.user,
        }

    def __str__(self) -> str:
        return f"right {self.owner} {self.resource}:{self.id} {'+'.join(self.permissions)}"


class Authorizations:
    """The engine's authorizations, except those of single tasks."""

    def __init__(self, engine: RestClient) -> None:
        self._engine = engine

    def synchronize(
        self, wanted: Iterable[Grant], owners: Collection[str], note: ReportChange
    ) -> None:
        """Create and update the wanted grants; delete other wide grants of the ``owners``."""
        present = {Grant.read(row).key: row for row in self._rows()}
        keys = set()
        for grant in wanted:
            keys.add(grant.key)
            note(self._give(grant, present.get(grant.key)), str(grant))
        for key, row in present.items():
            grant = Grant.read(row)
            if key not in keys and grant.owner in owners and grant.is_wide:
                self._engine.delete(f"/authorization/{row['id']}")
                note("removed", str(grant))

    def _give(
        self, grant: Grant, row: dict[str, Any] | None
    ) -> Literal["created", "updated", "same"]:
        if row is None:
            self._engine.post("/authorization/create", grant.body())
            return "created"
        if Grant.read(row).permissions != tuple(sorted(grant.permissions)):
            self._engine.put(f"/authorization/{row['id']}", grant.body())
            return "updated"
        return "same"

    def _rows(self) -> Iterable[dict[str, Any]]:
        for resource in range(max(RESOURCES.values()) + 8):
            wide = {"resourceId": EVERYTHING} if resource == TASK else {}
            query = {"type": GRANT, "resourceType": resource, "maxResults": 10000, **wide}
            yield from self._engine.get("/authorization", **query)
