"""How the front door says no: as JSON that Tasklist shows, or as a page for people."""

import html

from fastapi.responses import HTMLResponse, JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import HttpRefusal

_PAGE = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:36em;padding:0 1em}}
h1{{font-size:1.4em}}a{{color:#1565c0}}</style></head>
<body><h1>{title}</h1><p>{sentence}</p><p><a href="{link}">{label}</a></p></body></html>"""
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
TASKLIST = "/camunda/app/tasklist/default/"


class ProxyRefusal(HttpRefusal):
    """This call does not pass."""

    code = "NOT_ALLOWED_HERE"
    status = 403

    def __init__(self, sentence: str = "Это действие здесь недоступно.") -> None:
        super().__init__(sentence)


class NotLoggedIn(ProxyRefusal):
    """The web applications show their login page then."""

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self) -> None:
        super().__init__("Сессия закончилась, войдите снова.")


class TooManyAnonymousSessions(ProxyRefusal):
    """Pages for people who have not logged in; each would cost the engine a session."""

    code = "TOO_MANY_VISITORS"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "Из вашей сети слишком часто открывают страницу входа. Подождите минуту и повторите. "
            "Кто уже вошёл, работает дальше."
        )


class NotOwnAccount(ProxyRefusal):
    """What everybody may do to oneself only; administrators have rules of their own for others."""


class RequestNotUnderstood(ProxyRefusal):
    code = "REQUEST_NOT_UNDERSTOOD"
    status = 400


class ExpressionRefused(ProxyRefusal):
    """The engine would evaluate it."""

    code = "EXPRESSION_REFUSED"
    status = 403

    def __init__(self) -> None:
        super().__init__("Выражения в запросах запрещены: уберите условия, вычисляемые движком.")


class TextRefused(ProxyRefusal):
    """Somebody wrote what the engine could not keep."""

    code = "TEXT_REFUSED"
    status = 422


class EngineNotResponding(ProxyRefusal):
    """The engine got nothing, or was only asked: repeating is safe."""

    code = "ENGINE_UNAVAILABLE"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "Движок процессов сейчас не отвечает. Введённое не отправлено: "
            "подождите минуту и повторите."
        )


class ResponseLost(EngineNotResponding):
    """The call was on its way: nobody here knows whether the engine did it."""

    code = "ANSWER_LOST"
    status = 504  # not 503 with Retry-After: programs would repeat it by themselves

    def __init__(self) -> None:
        ProxyRefusal.__init__(
            self,
            "Ответ движка процессов не получен: действие могло выполниться. "
            "Обновите список задач и проверьте, прежде чем повторять.",
        )


class TaskAlreadyCompleted(ProxyRefusal):
    """The same person's other press was the one that counted."""

    code = "TASK_DONE"
    status = 409

    def __init__(self) -> None:
        super().__init__("Вы уже выполнили эту задачу, повторять не нужно. Обновите список задач.")


class TaskChanged(ProxyRefusal):
    code = "TASK_CHANGED"
    status = 409

    def __init__(self) -> None:
        super().__init__("Задача уже изменена или выполнена. Обновите список задач.")


class TaskClaimedByOther(ProxyRefusal):
    code = "TASK_TAKEN"
    status = 409

    def __init__(self) -> None:
        super().__init__("Задачу уже взял другой сотрудник. Обновите список задач.")


ENGINE_REFUSAL_TEXTS = {
    400: "Система задач не приняла эти данные. Обновите страницу и повторите.",
    401: "Сеанс завершён. Войдите снова: введённое сохранено в этом браузере.",
    403: "Для этого действия не хватает прав, или страница устарела. Обновите её.",
    404: "Этого уже нет, или оно вам недоступно. Обновите страницу.",
}


class TaskNotFound(ProxyRefusal):
    """It cannot be read any more, or not by this person; Tasklist knows the status."""

    code = "TASK_GONE"
    status = 404

    def __init__(self) -> None:
        super().__init__("Задача уже выполнена или передана другому. Обновите список задач.")


def engine_refusal_body(status: int) -> dict[str, str]:
    """Russian body in place of the engine's English refusal, by HTTP status."""
    said = ENGINE_REFUSAL_TEXTS.get(status, ENGINE_REFUSAL_TEXTS[400])
    return {"type": "ENGINE_REFUSED", "message": said, "code": "ENGINE_REFUSED"}


class NoLongerInRole(ProxyRefusal):
    code = "NO_LONGER_IN_ROLE"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Вы больше не состоите в роли, которой поручена эта задача, и выполнить её не можете. "
            "Если это ошибка, обратитесь к администратору портала."
        )


class EngineFailed(ProxyRefusal):
    """The engine failed inside; what it said about that stays inside."""

    code = "ENGINE_FAILED"
    status = 500

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"Движок процессов не смог выполнить действие. Повторите; если не поможет, "
            f"сообщите администратору номер {request_id}."
        )


def answer(refusal: HttpRefusal, request: Request) -> Response:
    """``type`` and ``message`` are what the web applications show to people."""
    headers = dict(refusal.headers)
    if refusal.status == 503:
        headers["Retry-After"] = "10"
    if "text/html" in request.headers.get("accept", ""):
        return _page(refusal, headers)
    body = {"type": refusal.code, "message": str(refusal), "code": refusal.code}
    return JSONResponse(body, refusal.status, headers)


def _page(refusal: HttpRefusal, headers: dict[str, str]) -> Response:
    silent = refusal.status == 503
    lost = "Ответ не получен" if refusal.status == 504 else "Сюда нельзя"
    title = "Система задач временно недоступна" if silent else lost
    label = "Попробовать ещё раз" if silent else "Открыть задачи"
    page = _PAGE.format(
        title=title,
        sentence=html.escape(str(refusal)),
        link="" if silent else TASKLIST,
        label=label,
    )
    policy = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, refusal.status, {**headers, **policy})
