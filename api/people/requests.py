"""Request schemas of employees."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from api.http.schema import Code, Line, Login, RequestSchema
from db.domain.fields.values import is_email


def _address(text: str) -> str:
    if text and not is_email(text):
        raise ValueError("Укажите адрес электронной почты, например ivan@example.ru.")
    return text


Name = Annotated[Line, Field(min_length=1, max_length=60)]


class EmployeeChange(RequestSchema):
    """Names, address and roles of an employee, all as they shall be."""

    first_name: Name = Field(title="Имя", examples=["Пётр"])
    last_name: Name = Field(title="Фамилия", examples=["Иванов"])
    email: Annotated[Line, AfterValidator(_address)] = Field(
        "", title="Почта", max_length=200, examples=["ivanov@example.ru"]
    )
    roles: list[Code] = Field(title="Роли", min_length=1, max_length=30, examples=[["drivers"]])


class PasswordChange(RequestSchema):
    """The caller's present password and the one that replaces it; neither is stripped."""

    present_password: SecretStr = Field(title="Нынешний пароль", min_length=1, max_length=400)
    new_password: SecretStr = Field(title="Новый пароль", min_length=1, max_length=200)


class NewEmployee(EmployeeChange):
    """A new employee."""

    login: Login = Field(title="Логин", min_length=2, examples=["ivanov"])
