"""Response schemas of what a stage requires."""

from pydantic import ConfigDict, Field

from api.http.schema import ResponseSchema


class ConditionSchema(ResponseSchema, title="ConditionShape"):
    """A condition on the value of a field: it is one of a set, has a length, or is not empty."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(title="Код поля")
    one_of: list[str | bool | int] = Field(title="Одно из значений")
    length: int | None = Field(title="Длина значения")
    filled: bool = Field(title="Любое значение")


class RequirementSchema(ResponseSchema, title="RequirementShape"):
    """Fields of which at least one must be filled before the stage."""

    model_config = ConfigDict(from_attributes=True)

    any_of: list[str] = Field(title="Хотя бы одно из полей")
    when: ConditionSchema | None = Field(title="Только если")
    unless: ConditionSchema | None = Field(title="Кроме случая")
