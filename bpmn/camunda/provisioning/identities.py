"""The engine's people, groups and rights as `identities.yaml` says them."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FILE = Path(__file__).with_name("identities.yaml")

RESOURCES = {
    "application": 0,
    "user": 1,
    "group": 2,
    "filter": 5,
    "processDefinition": 6,
    "task": 7,
    "processInstance": 8,
    "deployment": 9,
}
"""The engine's numbers of the kinds of things on which rights are given."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class AuthorizationRule(_Strict):
    """What may be done with one thing, or with all of a kind (id ``*``)."""

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
    name: str
    secret: Literal["worker", "api", "deploy"]
    """Which of the engine's secrets is its password."""
    rights: list[AuthorizationRule]


class TaskFilter(_Strict):
    name: str
    description: str
    color: str
    query: dict[str, Any]
    groups: list[str] | None = None
    """Who sees it; None: every role."""


class DemoPerson(_Strict):
    login: str
    name: str
    group: str

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def last_name(self) -> str:
        return self.name.split(" ", 1)[1]


class Identities(_Strict):
    groups: dict[str, str]
    employees: list[AuthorizationRule]
    services: dict[str, ServiceAccount]
    filters: list[TaskFilter]
    card_variables: dict[str, str]
    demo: list[DemoPerson] = Field(default_factory=list)
    demo_mail_domain: str


@cache
def load_identities(path: Path = FILE) -> Identities:
    """The file as typed objects. Raises: pydantic.ValidationError naming what is wrong."""
    return Identities.model_validate(yaml.safe_load(path.read_text()))
