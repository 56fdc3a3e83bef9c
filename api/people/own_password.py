"""Change of the own password: verified as a login verifies it, then set by the API's account."""

import logging
from dataclasses import dataclass

from api.auth import Authenticator
from api.auth.login_throttle import Attempt
from api.auth.refusals import WEAK_PASSWORD, WRONG_OWN_PASSWORD
from api.engine.gateway import AccountRefused, EngineGateway, PasswordTooWeak
from api.http.problems import HttpRefusal
from db.domain.errors import FieldProblem, FieldsInvalid, Unavailable

log = logging.getLogger(__name__)


class OwnPasswordRefused(HttpRefusal):
    """The engine lets the API change no passwords of its administrators."""

    code = "OWN_PASSWORD_REFUSED"
    status = 409
    sentence = (
        "Пароль остался прежним: здесь эту учётную запись изменить нельзя, или её меняют "
        "одновременно. Повторите; не поможет — обратитесь к администратору портала."
    )


class PasswordUncertain(HttpRefusal):
    """The engine or the database fell silent after the new password was sent."""

    code = "PASSWORD_UNCERTAIN"
    status = 504  # not 503 with Retry-After, which clients repeat automatically
    sentence = (
        "Ответа нет: пароль мог уже смениться. Повторите через минуту; если нынешний пароль "
        "не подойдёт, введите вместо него новый."
    )


@dataclass(frozen=True)
class OwnPassword:
    """Changes one person's password.

    Safe to repeat: the password is set absolutely, and whoever knows neither the present nor the
    new one is refused. Wrong present passwords are counted by the login throttle.
    """

    gateway: EngineGateway
    authenticator: Authenticator
    attempt: Attempt
    session: str | None
    """Cookie of the session that stays open."""

    def change(self, present: str, new: str) -> None:
        """Verify the present password, set the new one, and end all other sessions.

        Raises: FieldsInvalid (wrong or weak), TooManyAttempts, OwnPasswordRefused,
        Unavailable (nothing was changed), PasswordUncertain.
        """
        login = self.attempt.login
        generation = self.authenticator.sessions.generation(login)
        if not self.authenticator.passwords.verify(self.attempt, present):
            raise _wrong("presentPassword", "Нынешний пароль", WRONG_OWN_PASSWORD)
        try:
            self.gateway.change_password(login, new)
        except PasswordTooWeak:
            raise _wrong("newPassword", "Новый пароль", WEAK_PASSWORD) from None
        except AccountRefused:
            raise OwnPasswordRefused from None
        except Unavailable as silence:
            self._end_sessions(generation)  # it may have been changed
            raise PasswordUncertain from silence
        self._end_sessions(generation)
        log.info("An employee changed the own password")

    def _end_sessions(self, generation: int) -> None:
        login = self.attempt.login
        try:
            self.authenticator.sessions.password_changed(login, self.session, generation)
            self.authenticator.throttle.reset_attempts(login)
        except Unavailable as silence:
            raise PasswordUncertain from silence


def _wrong(field: str, label: str, sentence: str) -> FieldsInvalid:
    return FieldsInvalid([FieldProblem(field, label, sentence)])
