"""Response schemas of employees."""

from pydantic import Field

from api.http.schema import Named, PersonSchema, ResponseSchema


class MeSchema(PersonSchema, title="MeShape"):
    """The caller with their roles."""

    roles: list[Named] = Field(title="Роли")
    leads: list[Named] = Field(title="Направления, сделки которых сотрудник ведёт или возглавляет")
    heads: list[Named] = Field(title="Направления, которыми сотрудник руководит")
    news: str = Field(title="Номер последнего изменения, с которого слушать поток")
    unread: int = Field(title="Непрочитанных уведомлений")


class RolePeople(ResponseSchema):
    """Members of a role, by name."""

    role: Named = Field(title="Роль")
    items: list[PersonSchema] = Field(title="Сотрудники по имени")


class RoleList(ResponseSchema):
    """Roles of employees."""

    items: list[Named] = Field(title="Роли")


class EmployeeSchema(PersonSchema, title="EmployeeShape"):
    """An employee's account."""

    first_name: str = Field(title="Имя")
    last_name: str = Field(title="Фамилия")
    email: str = Field(title="Почта")
    roles: list[Named] = Field(title="Роли; пусто: не работает")
    is_protected: bool = Field(title="Администратор движка: здесь не меняется")


class EmployeeList(ResponseSchema):
    """All employees, those who work first."""

    items: list[EmployeeSchema] = Field(title="Сотрудники")


class NewPassword(ResponseSchema):
    """A password that is shown once and stored nowhere."""

    employee: EmployeeSchema = Field(title="Сотрудник")
    password: str = Field(title="Пароль для первого входа: показывается один раз")
