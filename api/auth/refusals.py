"""Refusals of authentication."""

from api.http.problems import HttpRefusal

WEAK_PASSWORD = (
    "Новый пароль слишком простой. Нужно не меньше 10 знаков и среди них хотя бы одна "
    "строчная буква, одна заглавная, одна цифра и один специальный знак, например ! ? - _. "
    "Логина, имени, фамилии и почты в пароле быть не должно."
)
WRONG_OWN_PASSWORD = "Ваш нынешний пароль введён неверно. Введите его ещё раз."


class Unauthenticated(HttpRefusal):
    """The caller is not authenticated.

    A browser gets no WWW-Authenticate header, so that it does not open its own password dialog.
    """

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self, sentence: str, *, browser: bool) -> None:
        super().__init__(sentence)
        if not browser:
            schemes = 'Basic realm="pit", charset="UTF-8", Bearer realm="pit"'
            self.headers = {"WWW-Authenticate": schemes}


class ServiceAccountRefused(HttpRefusal):
    """A service account may not sign in as an employee."""

    code = "SERVICE_ACCOUNT"
    status = 403
    sentence = "Служебная учётная запись не может входить как сотрудник."


class ForeignOrigin(HttpRefusal):
    """A change was requested by a page of another origin (CSRF)."""

    code = "FOREIGN_ORIGIN"
    status = 403
    sentence = (
        "Изменения принимаются только со страниц этой системы: нужны заголовки "
        "X-Requested-With: XMLHttpRequest и Origin этого же адреса."
    )
