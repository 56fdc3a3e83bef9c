"""Request schema of a question about an order in 1C."""

from typing import Annotated

from pydantic import Field, StringConstraints

from api.http.schema import Line, RequestSchema

RecordKey = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]


class NewOrderRequest(RequestSchema):
    """The order whose goods are to be read from 1C."""

    number: Line = Field(
        title="Номер заказа, как в 1С", min_length=1, max_length=100, examples=["ЗКУТ-000014"]
    )
    ref: RecordKey | None = Field(None, title="Какой из предложенных заказов: его ref")
