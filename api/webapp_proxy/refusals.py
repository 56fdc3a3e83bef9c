"""Refusals of the webapp proxy, rendered as JSON for Tasklist or as an HTML page for people."""

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
    """The proxy does not forward this request."""

    code = "NOT_ALLOWED_HERE"
    status = 403
    sentence = "Это действие здесь недоступно."


class NotLoggedIn(ProxyRefusal):
    """There is no open session; the web applications then show their login page."""

    code = "UNAUTHENTICATED"
    status = 401
    sentence = "Сессия закончилась, войдите снова."


class TooManyAnonymousSessions(ProxyRefusal):
    """The client's network has used up its allowance of sessions without a login."""

    code = "TOO_MANY_VISITORS"
    status = 429
    sentence = (
        "Из вашей сети слишком часто открывают страницу входа. Подождите минуту и повторите. "
        "Кто уже вошёл, работает дальше."
    )


class NotOwnAccount(ProxyRefusal):
    """The action is allowed for the caller's own account only.

    A later rule of the allow-list may still permit it to administrators.
    """


class RequestNotUnderstood(ProxyRefusal):
    """Path, query or body is malformed or ambiguous."""

    code = "REQUEST_NOT_UNDERSTOOD"
    status = 400


class ExpressionRefused(ProxyRefusal):
    """The request has a member that the engine would evaluate as an expression."""

    code = "EXPRESSION_REFUSED"
    status = 403
    sentence = "Выражения в запросах запрещены: уберите условия, вычисляемые движком."


class TextRefused(ProxyRefusal):
    """A text is too long for the engine or has forbidden characters."""

    code = "TEXT_REFUSED"
    status = 422


class EngineNotResponding(ProxyRefusal):
    """The engine got no request, or only a query: repeating is safe."""

    code = "ENGINE_UNAVAILABLE"
    status = 503
    sentence = (
        "Движок процессов сейчас не отвечает. Введённое не отправлено: "
        "подождите минуту и повторите."
    )


class ResponseLost(EngineNotResponding):
    """A command was sent and no response came: the engine may have executed it."""

    code = "ANSWER_LOST"
    status = 504  # not 503 with Retry-After, which clients repeat automatically
    sentence = (
        "Ответ движка процессов не получен: действие могло выполниться. "
        "Обновите список задач и проверьте, прежде чем повторять."
    )


class TaskAlreadyCompleted(ProxyRefusal):
    """The same person has completed the task with another request."""

    code = "TASK_DONE"
    status = 409
    sentence = "Вы уже выполнили эту задачу, повторять не нужно. Обновите список задач."


class TaskChanged(ProxyRefusal):
    """The task was changed or completed concurrently."""

    code = "TASK_CHANGED"
    status = 409
    sentence = "Задача уже изменена или выполнена. Обновите список задач."


class TaskClaimedByOther(ProxyRefusal):
    """Another employee has claimed the task."""

    code = "TASK_TAKEN"
    status = 409
    sentence = "Задачу уже взял другой сотрудник. Обновите список задач."


class TaskNotFound(ProxyRefusal):
    """The task has ended or is not visible to the caller."""

    code = "TASK_GONE"
    status = 404  # Tasklist handles this status
    sentence = "Задача уже выполнена или передана другому. Обновите список задач."


class NoLongerInRole(ProxyRefusal):
    """The assignee has left the role that the task belongs to."""

    code = "NO_LONGER_IN_ROLE"
    status = 403
    sentence = (
        "Вы больше не состоите в роли, которой поручена эта задача, и выполнить её не можете. "
        "Если это ошибка, обратитесь к администратору портала."
    )


class EngineFailed(ProxyRefusal):
    """The engine answered with 5xx; its message is not shown."""

    code = "ENGINE_FAILED"
    status = 500

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"Движок процессов не смог выполнить действие. Повторите; если не поможет, "
            f"сообщите администратору номер {request_id}."
        )


ENGINE_REFUSAL_TEXTS = {
    400: "Система задач не приняла эти данные. Обновите страницу и повторите.",
    401: "Сеанс завершён. Войдите снова: введённое сохранено в этом браузере.",
    403: "Для этого действия не хватает прав, или страница устарела. Обновите её.",
    404: "Этого уже нет, или оно вам недоступно. Обновите страницу.",
}


def engine_refusal_body(status: int) -> dict[str, str]:
    """Russian JSON body that replaces the engine's English one, by HTTP status."""
    sentence = ENGINE_REFUSAL_TEXTS.get(status, ENGINE_REFUSAL_TEXTS[400])
    return {"type": "ENGINE_REFUSED", "message": sentence, "code": "ENGINE_REFUSED"}


def to_response(refusal: HttpRefusal, request: Request) -> Response:
    """An HTML page if the client accepts one, else JSON.

    The web applications show its ``type`` and ``message``.
    """
    headers = dict(refusal.headers)
    if refusal.status == 503:
        headers["Retry-After"] = "10"
    if "text/html" in request.headers.get("accept", ""):
        return _page(refusal, headers)
    body = {"type": refusal.code, "message": str(refusal), "code": refusal.code}
    return JSONResponse(body, refusal.status, headers)


def _page(refusal: HttpRefusal, headers: dict[str, str]) -> Response:
    unavailable = refusal.status == 503
    other_title = "Ответ не получен" if refusal.status == 504 else "Сюда нельзя"
    page = _PAGE.format(
        title="Система задач временно недоступна" if unavailable else other_title,
        sentence=html.escape(str(refusal)),
        link="" if unavailable else TASKLIST,
        label="Попробовать ещё раз" if unavailable else "Открыть задачи",
    )
    policy = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, refusal.status, {**headers, **policy})
