"""Response schema of a created document."""

from pydantic import Field

from api.http.schema import ResponseSchema


class CreatedDocument(ResponseSchema):
    """A document that the simulated 1C has created."""

    title: str = Field(title="Что создано", examples=["Договор"])
    number: str = Field(title="Номер или код", examples=["ПТ-2026-015"])
