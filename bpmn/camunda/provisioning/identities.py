"""Schema and loader of `identities.yaml`: accounts, authorizations and task filters.

The groups are the roles of the catalog.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from db.catalog import load_catalog

FILE = Path(__file__).with_name("identities.yaml")

RESOURCES = {
    "application": 0,
    "user": 1,
    "group": 2,
    "groupMembership": 3,
    "filter": 5,
    "processDefinition": 6,
    "task": 7,
    "processInstance": 8,
    "deployment": 9,
}
"""Resource types of authorizations and their numbers in the REST API."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class AuthorizationRule(_Strict):
    """Permissions on one resource, or on all of its type (id ``*``)."""

    resource: Literal[
        "application",
        "user",
        "group",
        "filter",
        "processDefinition",
        "task",
        "processInstance",
        "deployment",
    ]
    id: str
    permissions: list[str]


class ServiceAccount(_Strict):
    """Technical user of a program of the suite."""

    name: str
    secret: Literal["worker", "api", "deploy"]
    """Field of `Secrets` with its password."""
    appoints_to_groups: bool = False
    """May add users to each of `Identities.groups` and remove them."""
    rights: list[AuthorizationRule]


class TaskFilter(_Strict):
    """Task filter of Tasklist."""

    name: str
    description: str
    color: str
    query: dict[str, Any]
    groups: list[str] | None = None
    """Groups that may read it; None: all."""


class DemoPerson(_Strict):
    """User of the demo company."""

    login: str
    name: str
    group: str

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def last_name(self) -> str:
        return self.name.split(" ", 1)[1]


class IdentitiesFile(_Strict):
    """Contents of `identities.yaml`."""

    employees: list[AuthorizationRule]
    services: dict[str, ServiceAccount]
    filters: list[TaskFilter]
    card_variables: dict[str, str]
    demo: list[DemoPerson] = Field(default_factory=list)
    demo_mail_domain: str


class Identities(IdentitiesFile):
    """The file with the groups of the engine."""

    groups: dict[str, str]
    """Code of a role → name of its group."""


@cache
def load_identities(path: Path = FILE) -> Identities:
    """Load and validate file and roles. Raises: pydantic.ValidationError, CatalogInvalid."""
    file = IdentitiesFile.model_validate(yaml.safe_load(path.read_text()))
    groups = {role.code: role.group for role in load_catalog().roles.values()}
    known = {name: getattr(file, name) for name in IdentitiesFile.model_fields}
    return Identities(**known, groups=groups)
