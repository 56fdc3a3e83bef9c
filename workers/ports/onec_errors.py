"""Errors of the connection to 1C, by who can resolve them.

OnecUnavailable        temporary: the worker retries after a pause
OnecMisconfigured      settings here or in 1C: an incident at once
└── OnecLoginRefused   as above; at most one attempt a minute, because 1C may lock the account
OnecRejected           a rule of 1C: an incident at once

Error texts of 1C repeat the values of the request (tax numbers, names). They are kept in `detail`
and never in the message, which is logged and sent to the engine.
"""

from datetime import timedelta

from db.domain.errors import Unavailable


class OnecUnavailable(Unavailable):
    """1C does not respond, is busy, has no free license, or sent an invalid response."""

    def __init__(self, reason: str, *, retry_after: timedelta = timedelta(minutes=1)) -> None:
        super().__init__(f"1С недоступна: {reason}. Повторим позже.", retry_after=retry_after)


class OnecMisconfigured(Exception):
    """The request cannot succeed until a setting is changed, here or in 1C."""

    def __init__(self, reason: str, *, code: int | None = None, detail: str = "") -> None:
        """``code``: error number of the platform, if OData sent one."""
        super().__init__(f"Обмен с 1С настроен неверно: {reason}.")
        self.code = code
        self.detail = detail


class OnecLoginRefused(OnecMisconfigured):
    """1C refused login or password; repeated attempts may lock the account."""

    def __init__(self) -> None:
        super().__init__(
            "1С не приняла логин или пароль. Исправьте ONEC_USER и ONEC_PASSWORD или пароль в 1С "
            "и повторите шаг: новые настройки берутся из .env сразу, а с прежними 1С спрашивают "
            "не чаще раза в минуту, чтобы она не заблокировала пользователя"
        )


class OnecRejected(Exception):
    """1C understood the request and refused it by one of its rules; `detail` has its text."""

    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(
            f"1С отклонила запрос (код {code}). Причину покажет журнал регистрации 1С."
        )
        self.code = code
        self.detail = detail
