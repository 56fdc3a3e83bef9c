"""The front door: one request from the outside to the engine's web applications."""

import asyncio
import logging
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator
from api.auth.refusals import ServiceAccountRefused
from api.auth.sessions import refuse_cross_site, session_cookie
from api.auth.throttle import CountedAttempt
from api.engine.gateway import EngineGateway
from api.engine.users import is_service
from api.http.json_body import MAX_BODY
from api.http.problems import HttpRefusal, request_id_of
from api.tasks.completion import TaskCompletion
from api.webapp_proxy import body_validation, pages
from api.webapp_proxy.allow_list import (
    DELETE_USER,
    ENGINE,
    LOGIN,
    LOGOUT,
    PASSWORD,
    RESET,
    SESSION,
    Rule,
    Who,
    rules_for,
)
from api.webapp_proxy.files import WebappFiles
from api.webapp_proxy.new_sessions import AnonymousSessionLimit
from api.webapp_proxy.passwords import Passwords, changed_login, password_refusal
from api.webapp_proxy.paths import canonical_path, checked_query
from api.webapp_proxy.proxy import Proxy, begins_session
from api.webapp_proxy.races import lost_race
from api.webapp_proxy.refusals import (
    TASKLIST,
    EngineFailed,
    EngineNotResponding,
    NoLongerInRole,
    NotLoggedIn,
    NotOwnAccount,
    ProxyRefusal,
    ResponseLost,
    TaskClaimedByOther,
    TaskNotFound,
    TooManyAnonymousSessions,
    answer,
    engine_refusal_body,
)
from bpmn.camunda.client.records import PastTask
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

ADMINS = "camunda-admin"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OURS = tuple(f"/camunda/app/tasklist/{part}/" for part in ("deal", "locales", "scripts", "styles"))
"""Files that an update of the suite changes under the same address."""
PAUSES = (0.1, 0.3)  # seconds before an action on a task that failed in the engine is sent again
TASKS = f"{ENGINE}/task/"


@dataclass(frozen=True)
class Call:
    """A call that passed the allow-list, as the engine will get it."""

    request: Request
    rule: Rule
    path: str
    query: str
    login: str | None
    """Login that the path names."""

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def task_id(self) -> str:
        """Of a call about a task."""
        return self.path.removeprefix(TASKS).partition("/")[0]

    @property
    def in_our_words(self) -> bool:
        """Whether people read a no of the engine in our words; the profile page knows by itself
        what to say about a password."""
        return self.path.startswith(ENGINE) and self.rule is not PASSWORD


class WebappProxy:
    """Everything below /camunda; `answer_to` never raises."""

    def __init__(
        self,
        proxy: Proxy,
        authenticator: Authenticator,
        gateway: EngineGateway,
        completion: TaskCompletion,
        declared: Container[str],
        files: WebappFiles | None = None,
    ) -> None:
        """``declared``: names of the variables that forms may send. ``files``: served here."""
        self._proxy, self._authenticator, self._passwords = (
            proxy,
            authenticator,
            Passwords(authenticator),
        )
        self._gateway, self._completion, self._declared = gateway, completion, declared
        self._files = files or WebappFiles.of(None)
        self._new_sessions = AnonymousSessionLimit()

    async def answer_to(self, request: Request) -> Response:
        try:
            return await self._pass(request)
        except HttpRefusal as refusal:
            _log(request, refusal, refusal.__cause__)
            return answer(refusal, request)
        except Unavailable as trouble:
            silent = EngineNotResponding()
            _log(request, silent, trouble)
            return answer(silent, request)

    async def close(self) -> None:
        await self._proxy.close()

    async def _pass(self, request: Request) -> Response:
        path = canonical_path(request.scope.get("raw_path") or request.url.path.encode())
        query = checked_query(request.scope["query_string"])
        body_validation.refuse_expressions(body_validation.query_names(query))
        refuse_cross_site(request, self._authenticator.public_url)
        not_own: NotOwnAccount | None = None
        for rule, named in rules_for(request.method, path):
            if rule.who is Who.ADMIN and not await self._is_admin(request):
                continue
            if rule.who is Who.EMPLOYEE and not await self._has_session(request):
                raise NotLoggedIn
            try:
                return await self._dispatch(Call(request, rule, path, query, named.get("login")))
            except NotOwnAccount as refusal:  # nothing was sent: a rule for administrators may fit
                not_own = refusal
        if not_own is not None:
            raise not_own
        return await self._closed(request)

    async def _dispatch(self, call: Call) -> Response:
        if call.rule is LOGIN:
            return await self._log_in(call)
        if call.rule in (PASSWORD, RESET):
            return await self._change_password(call)
        if call.rule is SESSION and not await self._has_session(call.request):
            return Response(status_code=404)
        if (file := self._files.answer_to(call.request, call.path)) is not None:
            return file
        body = await self._checked_body(call)
        if call.rule.task:
            return await self._act(call, body)
        if call.rule is LOGOUT and (cookie := session_cookie(call.request)):
            # First here: what is ended here is over, whether or not the engine hears of it.
            await run_in_threadpool(self._authenticator.sessions.end, cookie)
        reply = await self._send(call, body, JSON)
        if call.rule is DELETE_USER and reply.is_success:
            await self._passwords.changed(call.path.rstrip("/").rpartition("/")[2])
        return await self._returned(call, reply)

    async def _checked_body(self, call: Call) -> bytes | None:
        if body_validation.has_no_body(call.request):
            return None
        known = call.rule.who is not Who.ANYBODY
        most = MAX_BODY if known else body_validation.MAX_ANONYMOUS_BODY
        value = await body_validation.json_body(call.request, most)
        if call.rule.submits:
            body_validation.check_variables(value, self._declared)
            await self._check_holder(call)
        if call.rule.own is not None:
            await self._check_own(call, value)
        return None if value is None else body_validation.serialize(value)

    async def _check_holder(self, call: Call) -> None:
        """The engine lets every candidate complete a task that one of them has taken."""
        told = await self._proxy.ask(call.request, call.path.rpartition("/")[0])
        holder = told.json().get("assignee") if told.status_code == 200 else None
        if holder is None:
            return
        if holder != await self._login(call.request):
            raise TaskClaimedByOther
        task_id = call.path.split("/")[-2]
        if not await run_in_threadpool(self._completion.is_allowed, task_id, holder):
            raise NoLongerInRole

    async def _act(self, call: Call, body: bytes | None) -> Response:
        """An action on a task, which others may be acting on.

        A failure in the engine leaves nothing behind, so what failed while the task is still
        there may simply be sent again. Raises: ProxyRefusal, when somebody was faster.
        """
        reply = await self._send(call, body, JSON)
        for pause in (*PAUSES, None):
            if reply.status_code < 400 or reply.status_code == 401:
                break
            await self._proxy.read(reply)
            login, task = await self._login(call.request), await self._what_became_of(call)
            if (lost := lost_race(task, login)) is not None:
                raise lost
            if call.rule.takes and task is not None and task.assignee == login:
                return Response(status_code=204)
            if reply.status_code < 500 or pause is None:
                break
            await asyncio.sleep(pause)
            reply = await self._send(call, body, JSON)
        return await self._returned(call, reply)

    async def _is_gone(self, call: Call, status: int) -> bool:
        """Whether a no only means that the task has ended; the engine has three statuses for it."""
        if status in (401, 403, 404):
            return status == 404
        task = await self._what_became_of(call)
        return task is None or task.ended_at is not None

    async def _what_became_of(self, call: Call) -> PastTask | None:
        """Raises: EngineNotResponding, ResponseLost (an action may have succeeded or not)."""
        try:
            return await run_in_threadpool(self._gateway.past_task, call.task_id)
        except Unavailable as trouble:
            raise (ResponseLost if call.rule.task else EngineNotResponding)() from trouble

    async def _check_own(self, call: Call, value: Any) -> None:
        name = call.rule.own or ""
        given = value.get(name) if isinstance(value, Mapping) else None
        if given is None or given != await self._login(call.request):
            raise NotOwnAccount("Это можно делать только от своего имени.")

    async def _log_in(self, call: Call) -> Response:
        """The password is counted before the engine sees it."""
        form = await body_validation.form_body(call.request, ("username", "password"))
        login = form["username"]
        if is_service(login):
            raise ServiceAccountRefused
        generation = await self._passwords.generation(login)
        counted, reply = await self._counted(
            call, login, str(httpx2.QueryParams(form)).encode(), FORM
        )
        response = await self._returned(call, reply)
        if reply.is_success:
            await self._passwords.logged_in(counted, response, call.request, generation)
        return response

    async def _change_password(self, call: Call) -> Response:
        """The engine asks for the caller's own password, whosever is changed: that is counted."""
        value = await body_validation.json_body(call.request)
        own = await self._login(call.request)
        if own is None or (call.rule is PASSWORD and call.login != own):
            raise NotOwnAccount("Сменить можно только свой пароль.")
        try:
            counted, reply = await self._counted(call, own, body_validation.serialize(value), JSON)
        except ResponseLost:
            await self._passwords.changed(changed_login(call.path))  # perhaps it was
            raise
        if reply.is_success:
            await self._passwords.proven(counted)
            await self._passwords.changed(changed_login(call.path))
        return await self._returned(call, reply)

    async def _counted(
        self, call: Call, login: str, body: bytes, kind: str
    ) -> tuple[CountedAttempt, httpx2.Response]:
        """The engine's answer to a call with a password of ``login``."""
        counted = await self._passwords.begin(call.request, login)
        try:
            reply = await self._send(call, body, kind)
            said = b"" if reply.is_success else await self._proxy.read(reply)
        except EngineNotResponding:
            await self._passwords.unfinished(counted)
            raise
        if not reply.is_success:
            await self._passwords.settle(counted, reply, said)
        return counted, reply

    async def _send(self, call: Call, body: bytes | None, kind: str) -> httpx2.Response:
        await self._check_room(call)
        with _repeatable(call):
            reply = await self._proxy.send(call.request, call.path, call.query, body, kind)
        if call.rule is not LOGIN and begins_session(reply):
            self._new_sessions.made(call.address)
        return reply

    async def _check_room(self, call: Call) -> None:
        """Raises: TooManyAnonymousSessions if the engine would create one more of them."""
        if call.rule.who is not Who.ANYBODY or call.rule in (LOGIN, LOGOUT):
            return
        full = self._new_sessions.exhausted(call.address)
        if full and not await self._has_session(call.request):
            raise TooManyAnonymousSessions

    async def _returned(self, call: Call, reply: httpx2.Response) -> Response:
        if call.request.method == "GET" and pages.has_nonce(reply):
            page = pages.with_own_nonce(reply, await self._proxy.read(reply))
            return self._proxy.whole(reply, page, call.request)
        if "/api/" not in call.path or reply.status_code < 400:
            return await self._as_it_is(call, reply)
        about_password = reply.status_code >= 500 or call.rule in (PASSWORD, RESET)
        if about_password and (weak := password_refusal(await self._proxy.read(reply))):
            raise weak
        if call.rule.who is Who.ADMIN or (reply.status_code < 500 and not call.in_our_words):
            return await self._as_it_is(call, reply)
        await self._proxy.read(reply)
        return await self._refused(call, reply)

    async def _as_it_is(self, call: Call, reply: httpx2.Response) -> Response:
        if reply.is_stream_consumed:
            return self._proxy.whole(reply, await self._proxy.read(reply), call.request)
        with _repeatable(call):
            response = await self._proxy.passed(reply, call.request)
        if call.path.startswith(OURS):
            response.headers["cache-control"] = "no-cache"
        return response

    async def _refused(self, call: Call, reply: httpx2.Response) -> Response:
        """A no of the engine in our words. Raises: TaskNotFound, EngineFailed."""
        status = reply.status_code
        if call.path.startswith(TASKS) and await self._is_gone(call, status):
            raise TaskNotFound
        if status >= 500:
            request_id = request_id_of(call.request)
            log.error("%s failed in the engine: %s", ascii(call.path[:120]), request_id)
            raise EngineFailed(request_id)
        said = body_validation.serialize(engine_refusal_body(status))
        response = self._proxy.whole(reply, said, call.request)
        response.headers["content-type"] = JSON
        return response

    async def _closed(self, request: Request) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if wants_page and request.method == "GET" and await self._login(request) is None:
            return RedirectResponse(TASKLIST, 303)
        raise ProxyRefusal

    async def _has_session(self, request: Request) -> bool:
        """Whether a session is open: one that ended here may live on in the engine."""
        cookie = session_cookie(request)
        if cookie is None:
            return False
        return await run_in_threadpool(self._authenticator.sessions.is_open, cookie)

    async def _is_admin(self, request: Request) -> bool:
        login = await self._login(request)
        if login is None or is_service(login):
            return False
        return ADMINS in await run_in_threadpool(self._authenticator.roles_of, login)

    async def _login(self, request: Request) -> str | None:
        """Who is logged in. Raises: Unavailable."""
        cookie = session_cookie(request)
        if cookie is None:
            return None
        session = await run_in_threadpool(self._authenticator.sessions.of, cookie)
        return session.login if session else None


@contextmanager
def _repeatable(call: Call) -> Iterator[None]:
    """A lost answer to what was only asked is no loss."""
    try:
        yield
    except ResponseLost as lost:
        if call.rule.asks:
            raise EngineNotResponding from lost.__cause__
        raise


def _log(request: Request, refusal: HttpRefusal, cause: BaseException | None) -> None:
    """What an administrator may be asked about. A cause is named, never quoted: it may hold what
    a person typed."""
    if refusal.status not in (403, 429, 503, 504):
        return
    why = f" ({type(cause).__name__})" if cause else ""
    place, number = ascii(request.url.path[:120]), request_id_of(request)
    log.warning("%s %s refused: %s%s %s", request.method, place, refusal.code, why, number)
