"""Request schemas of universal lists."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.http.schema import Code, Line, RequestSchema, Text

ListCode = Annotated[Code, Path(title="Код списка", examples=["shippingDirections"])]
ItemCode = Annotated[Code, Path(title="Код значения", examples=["moscowTransport"])]


class NewItem(RequestSchema):
    """The complete new state of a list item. ``active: false`` retires it: deals that have it keep
    it, and it cannot be chosen any more."""

    name: Annotated[Line, Field(min_length=1, max_length=255)] = Field(
        title="Название", examples=["Москва, транспортная компания"]
    )
    active: bool = Field(True, title="Действует")
    order: int = Field(0, ge=0, le=100_000, title="Порядок")
    attributes: dict[Code, Annotated[Text, Field(max_length=255)] | None] = Field(
        default_factory=dict, title="Свойства", examples=[{"operator": "onec1"}]
    )
