"""Response schemas that are built from entities."""

from dataclasses import dataclass

import pytest
from pydantic import Field, ValidationError

from api.http.schema import ResponseSchema


@dataclass(frozen=True)
class Entity:
    id: int = 7
    deal_id: str = "D-2026-00001"
    author: str = "manager1"
    secret: str = "not part of the schema"


class EntitySchema(ResponseSchema):
    id: int
    deal_id: str
    author: str
    read: bool = Field(title="Прочитано")


def test_members_are_copied_from_attributes_and_given_ones_take_precedence() -> None:
    response = EntitySchema.of(Entity(), author="Имя manager1", read=True)

    assert response.model_dump(by_alias=True) == {
        "id": 7,
        "dealId": "D-2026-00001",
        "author": "Имя manager1",
        "read": True,
    }


def test_a_member_that_nothing_provides_is_an_error() -> None:
    with pytest.raises(ValidationError, match="read"):
        EntitySchema.of(Entity())
