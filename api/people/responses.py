"""Response schemas of employees."""

from pydantic import Field

from api.http.schema import Named, PersonSchema, ResponseSchema


class MeSchema(PersonSchema, title="MeShape"):
    """The caller with their roles."""

    roles: list[Named] = Field(title="Роли")


class RolePeople(ResponseSchema):
    """Members of a role, by name."""

    role: Named = Field(title="Роль")
    items: list[PersonSchema] = Field(title="Сотрудники по имени")
