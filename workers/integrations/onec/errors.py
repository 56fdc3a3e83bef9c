"""What can go wrong between us and 1C, and who must act on it.

OnecUnavailable     nobody: it passes, ask again later         worker: retry with a pause
OnecMisconfigured   the administrator of 1C or of this suite   worker: incident at once
└── OnecLoginRefused   one call a minute, or 1C locks the account
OnecRejected        1C itself refuses by a rule of its own     worker: incident at once

The words of 1C repeat what was asked (tax numbers, names): they travel as `detail`, never in the
message, which ends up in logs and in the engine.
"""

from datetime import timedelta

from db.domain.errors import Unavailable


class OnecUnavailable(Unavailable):
    """1C is down, busy, without a licence, or answers with something that is not an answer."""

    def __init__(self, reason: str, *, retry_after: timedelta = timedelta(minutes=1)) -> None:
        super().__init__(f"1С недоступна: {reason}. Повторим позже.", retry_after=retry_after)


class OnecMisconfigured(Exception):
    """Asking again will not help until somebody changes a setting here or in 1C."""

    def __init__(self, reason: str, *, code: int | None = None, detail: str = "") -> None:
        """``code``: the platform's number of the error, if OData itself gave one."""
        super().__init__(f"Обмен с 1С настроен неверно: {reason}.")
        self.code = code
        self.detail = detail


class OnecLoginRefused(OnecMisconfigured):
    """Wrong login or password; repeated tries may lock the account in 1C."""

    def __init__(self) -> None:
        super().__init__(
            "1С не приняла логин или пароль. Исправьте ONEC_USER и ONEC_PASSWORD или пароль в 1С "
            "и повторите шаг: новые настройки берутся из .env сразу, а с прежними 1С спрашивают "
            "не чаще раза в минуту, чтобы она не заблокировала пользователя"
        )


class OnecRejected(Exception):
    """1C understood and refused by its own rule; `detail` has its words."""

    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(
            f"1С отклонила запрос (код {code}). Причину покажет журнал регистрации 1С."
        )
        self.code = code
        self.detail = detail
