"""Base classes and field types of request and response schemas."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from db.domain.fields.texts import flaw


class ResponseSchema(BaseModel):
    """Base of response bodies: camelCase members.

    ``title`` in the class statement is the name that the OpenAPI document publishes, where it
    differs from the class's. A subclass of such a class must give its own.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    @classmethod
    def of(cls, entity: object, **members: Any) -> Self:
        """Copy the attributes of ``entity`` that have the names of members of this schema.

        ``members``: values of the other members, and of those that differ from the attribute.
        """
        copied = cls.model_fields.keys() - members.keys()
        shared = {name: getattr(entity, name) for name in copied if hasattr(entity, name)}
        return cls(**shared, **members)


class RequestSchema(BaseModel):
    """Base of request bodies: camelCase members, no unknown ones, no type coercion."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Named(ResponseSchema):
    """A code with its Russian name."""

    code: str = Field(title="Код", examples=["newClients"])
    name: str = Field(title="Название", examples=["Новые клиенты"])


class PersonSchema(ResponseSchema, title="PersonShape"):
    """An employee; a service account has its own login as name."""

    login: str = Field(title="Логин", examples=["manager1"])
    name: str = Field(title="Имя", examples=["Иван Петров"])


def _check_characters(text: str) -> str:
    if sentence := flaw(text):
        raise ValueError(sentence)
    return text


Text = Annotated[str, AfterValidator(_check_characters)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_check_characters)
]
LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=10_000),
    AfterValidator(_check_characters),
]


def _day(raw: object) -> object:
    """Parse a date in the form 2026-11-23 only: strict models accept no strings as dates."""
    try:
        day = date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != raw or not 1900 <= day.year <= 2200:
        raise ValueError("укажите дату, например 2026-11-23")
    return day


Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,59}$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")]
Version = Annotated[int, Field(ge=1, le=2_147_483_647, title="Версия сделки", examples=[7])]
