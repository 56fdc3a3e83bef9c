"""How a caller is turned away at the door."""

from collections.abc import Mapping

from api.http.problems import HttpRefusal


class Unauthenticated(HttpRefusal):
    """Nobody we know. A browser is not asked for a password by its own window."""

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self, sentence: str, *, browser: bool) -> None:
        super().__init__(sentence)
        self._browser = browser

    @property
    def headers(self) -> Mapping[str, str]:
        if self._browser:
            return {}
        return {"WWW-Authenticate": 'Basic realm="pit", charset="UTF-8", Bearer realm="pit"'}


class ServiceAccountRefused(HttpRefusal):
    code = "SERVICE_ACCOUNT"
    status = 403

    def __init__(self) -> None:
        super().__init__("Служебная учётная запись не может входить как сотрудник.")


class ForeignOrigin(HttpRefusal):
    """A change asked for by a page that is not ours."""

    code = "FOREIGN_ORIGIN"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Изменения принимаются только со страниц этой системы: нужны заголовки "
            "X-Requested-With: XMLHttpRequest и Origin этого же адреса."
        )
