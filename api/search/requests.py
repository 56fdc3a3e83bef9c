"""Request schemas of the search for duplicates."""

from typing import Annotated

from pydantic import Field

from api.http.schema import RequestSchema, Text

Typed = Annotated[Text, Field(max_length=100)]


class NewClient(RequestSchema):
    """Contacts of a new deal's client, as far as they are typed."""

    inn: Typed | None = Field(None, title="ИНН", examples=["7712345671"])
    phone: Typed | None = Field(None, title="Телефон", examples=["+7 495 123-45-67"])
    email: Typed | None = Field(None, title="Электронная почта", examples=["ivan@example.ru"])
