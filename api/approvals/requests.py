"""Request schemas of temporary terms."""

from pydantic import Field

from api.http.schema import RequestSchema, Text, Version


class LastDay(RequestSchema):
    """Another last day of agreed temporary terms."""

    to: Text = Field(title="Последний день временных условий", examples=["2026-12-31"])
    version: Version | None = Field(None, title="Версия, которую вы видели")
