"""Request handling of the webapp proxy: allow-list, checks, forwarding, error translation."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator
from api.auth.login_throttle import CountedAttempt
from api.auth.refusals import ServiceAccountRefused
from api.auth.sessions import refuse_cross_site, session_cookie
from api.engine.gateway import EngineGateway
from api.engine.users import is_service
from api.http.json_body import MAX_BODY
from api.http.login_page import to_login
from api.http.problems import HttpRefusal, request_id_of
from api.http.traces import PERMITTED_AS
from api.tasks.completion import TaskCompletion, Verdict
from api.tasks.form_variables import FormVariables
from api.webapp_proxy import body_validation, csp_nonce
from api.webapp_proxy.allow_list import (
    DELETE_USER,
    ENGINE,
    LOGIN,
    LOGOUT,
    PASSWORD,
    RESET,
    SESSION,
    Audience,
    Rule,
    rules_for,
)
from api.webapp_proxy.anonymous_sessions import AnonymousSessionLimit
from api.webapp_proxy.files import WebappFiles
from api.webapp_proxy.forwarder import Forwarder, begins_session
from api.webapp_proxy.passwords import PasswordCalls, changed_login, password_refusal
from api.webapp_proxy.paths import canonical_path, checked_query
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
    engine_refusal_body,
    to_response,
)
from api.webapp_proxy.task_conflicts import conflict_of
from bpmn.camunda.client.records import HistoricTask
from db.domain.errors import Unavailable
from db.tracing import traceparent

log = logging.getLogger(__name__)

UPDATED = tuple(
    f"/camunda/app/tasklist/{part}/" for part in ("deal", "locales", "scripts", "styles")
)
"""Files that an update of the suite changes under the same URL."""
RETRY_DELAYS = (0.1, 0.3)  # seconds before a failed command on a task is sent again
TASKS = f"{ENGINE}/task/"


@dataclass(frozen=True)
class Call:
    """A call that the allow-list permits, in the form that is forwarded."""

    request: Request
    rule: Rule
    path: str
    query: str
    login: str | None
    """Login in the path."""
    person: str
    """Login of who submits a form; empty for other calls."""

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def task_id(self) -> str:
        """Task id in the path of a call on a task."""
        return self.path.removeprefix(TASKS).partition("/")[0]

    @property
    def translates_refusals(self) -> bool:
        """Whether the engine's refusals get Russian text; the profile page has its own texts."""
        return self.path.startswith(ENGINE) and self.rule is not PASSWORD


class WebappProxy:
    """Handles all requests below /camunda."""

    def __init__(
        self,
        forwarder: Forwarder,
        authenticator: Authenticator,
        gateway: EngineGateway,
        completion: TaskCompletion,
        form_variables: FormVariables,
        administrators: str,
        files: WebappFiles | None = None,
    ) -> None:
        """Assemble the proxy.

        ``administrators``: group of those who may use Cockpit and Admin. ``files``: served from
        disk.
        """
        self._forwarder, self._authenticator = forwarder, authenticator
        self._passwords = PasswordCalls(authenticator)
        self._administrators = administrators
        self._gateway, self._completion, self._form_variables = gateway, completion, form_variables
        self._files = files or WebappFiles.of(None)
        self._anonymous_sessions = AnonymousSessionLimit()

    async def respond(self, request: Request) -> Response:
        """The response for a request. Never raises: refusals and outages become responses."""
        try:
            return await self._handle(request)
        except HttpRefusal as refusal:
            _log(request, refusal, refusal.__cause__)
            return to_response(refusal, request)
        except Unavailable as trouble:
            outage = EngineNotResponding()
            _log(request, outage, trouble)
            return to_response(outage, request)

    async def close(self) -> None:
        """Close the connections to the engine."""
        await self._forwarder.close()

    async def _handle(self, request: Request) -> Response:
        path = canonical_path(request.scope.get("raw_path") or request.url.path.encode())
        query = checked_query(request.scope["query_string"])
        body_validation.refuse_expressions(body_validation.query_names(query))
        refuse_cross_site(request, self._authenticator.public_url)
        not_own: NotOwnAccount | None = None
        for rule, placeholders in rules_for(request.method, path):
            if rule.audience is Audience.ADMIN and not await self._is_admin(request):
                continue
            person = await self._person(request, rule)
            request.scope[PERMITTED_AS] = rule.path
            try:
                return await self._dispatch(
                    Call(request, rule, path, query, placeholders.get("login"), person)
                )
            except NotOwnAccount as refusal:
                not_own = refusal  # nothing was sent; a rule for administrators may match
        if not_own is not None:
            raise not_own
        return await self._not_allowed(request)

    async def _dispatch(self, call: Call) -> Response:
        if call.rule is LOGIN:
            return await self._login_call(call)
        if call.rule in (PASSWORD, RESET):
            return await self._change_password(call)
        if call.rule is SESSION and not await self._has_session(call.request):
            return Response(status_code=404)
        is_start = call.path == TASKLIST and _wants_page(call.request)
        if is_start and not await self._has_session(call.request):
            return to_login(call.request)
        if (file := self._files.response(call.request, call.path)) is not None:
            return file
        body = await self._checked_body(call)
        if call.rule.changes_task:
            return await self._task_command(call, body)
        if call.rule is LOGOUT and (cookie := session_cookie(call.request)):
            # Before the engine: the session is over even if the engine cannot be reached.
            await run_in_threadpool(self._authenticator.sessions.end, cookie)
        reply = await self._send(call, body, body_validation.JSON)
        if call.rule is DELETE_USER and reply.is_success:
            await self._passwords.changed(call.path.rstrip("/").rpartition("/")[2])
        return await self._response(call, reply)

    async def _checked_body(self, call: Call) -> bytes | None:
        if body_validation.has_no_body(call.request):
            return None
        known = call.rule.audience is not Audience.ANYBODY
        most = MAX_BODY if known else body_validation.MAX_ANONYMOUS_BODY
        value = await body_validation.json_body(call.request, most)
        if call.rule.submits_form:
            variables = body_validation.submitted_variables(value)
            declared = await run_in_threadpool(
                self._form_variables.declared, call.task_id, variables
            )
            body_validation.check_variables(variables, declared)
            await self._check_assignee(call)
        if call.rule.own_login_member is not None:
            await self._check_own(call, value)
        return None if value is None else body_validation.serialize(value)

    async def _person(self, request: Request, rule: Rule) -> str:
        """Login of the person who submits a form; of other calls only the session is looked at.

        Raises: NotLoggedIn.
        """
        if rule.audience is not Audience.EMPLOYEE:
            return ""
        if rule.submits_form:
            login = await self._login(request)
            if login is None:
                raise NotLoggedIn
            return login
        if not await self._has_session(request):
            raise NotLoggedIn
        return ""

    async def _check_assignee(self, call: Call) -> None:
        """Let only the assignee complete a claimed task: the engine lets every candidate do it."""
        match await run_in_threadpool(self._completion.verdict, call.task_id, call.person):
            case Verdict.CLAIMED_BY_OTHER:
                raise TaskClaimedByOther
            case Verdict.NO_LONGER_IN_ROLE:
                raise NoLongerInRole

    async def _task_command(self, call: Call, body: bytes | None) -> Response:
        """Forward a command on a task, which other requests may change at the same time.

        Safe to repeat while the task is open, because a failed command leaves nothing in the
        engine. Raises: ProxyRefusal if another request came first.
        """
        if call.rule.submits_form and (trace := traceparent()) is not None:
            await run_in_threadpool(self._completion.hand_on, call.task_id, trace)
        reply = await self._send(call, body, body_validation.JSON)
        for pause in (*RETRY_DELAYS, None):
            if reply.status_code < 400 or reply.status_code == 401:
                break
            await self._forwarder.read(reply)
            login, task = await self._login(call.request), await self._past_task(call)
            if (conflict := conflict_of(task, login)) is not None:
                raise conflict
            if call.rule.claims_task and task is not None and task.assignee == login:
                return Response(status_code=204)
            if reply.status_code < 500 or pause is None:
                break
            await asyncio.sleep(pause)
            reply = await self._send(call, body, body_validation.JSON)
        return await self._response(call, reply)

    async def _is_gone(self, call: Call, status: int) -> bool:
        """Whether a refusal means that the task has ended; the engine uses many statuses."""
        if status in (401, 403, 404):
            return status == 404
        task = await self._past_task(call)
        return task is None or task.ended_at is not None

    async def _past_task(self, call: Call) -> HistoricTask | None:
        """The task of the call in the history; None if there is none.

        Raises: EngineNotResponding; ResponseLost if a command may have been executed.
        """
        try:
            return await run_in_threadpool(self._gateway.historic_task, call.task_id)
        except Unavailable as trouble:
            raise (ResponseLost if call.rule.changes_task else EngineNotResponding)() from trouble

    async def _check_own(self, call: Call, value: Any) -> None:
        name = call.rule.own_login_member or ""
        given = value.get(name) if isinstance(value, Mapping) else None
        if given is None or given != await self._login(call.request):
            raise NotOwnAccount("Это можно делать только от своего имени.")

    async def _login_call(self, call: Call) -> Response:
        """Forward a login; the attempt is counted before the engine gets the password."""
        form = await body_validation.form_body(call.request, ("username", "password"))
        login = form["username"]
        if is_service(login):
            raise ServiceAccountRefused
        generation = await self._passwords.generation(login)
        counted, reply = await self._counted(
            call, login, str(httpx2.QueryParams(form)).encode(), body_validation.FORM
        )
        response = await self._response(call, reply)
        if reply.is_success:
            await self._passwords.logged_in(counted, response, call.request, generation)
        return response

    async def _change_password(self, call: Call) -> Response:
        """Forward a password change; the engine also checks the caller's own password."""
        value = await body_validation.json_body(call.request)
        own = await self._login(call.request)
        if own is None or (call.rule is PASSWORD and call.login != own):
            raise NotOwnAccount("Сменить можно только свой пароль.")
        try:
            counted, reply = await self._counted(
                call, own, body_validation.serialize(value), body_validation.JSON
            )
        except ResponseLost:
            await self._passwords.changed(changed_login(call.path))  # it may have been
            raise
        if reply.is_success:
            await self._passwords.proven(counted)
            await self._passwords.changed(changed_login(call.path))
        return await self._response(call, reply)

    async def _counted(
        self, call: Call, login: str, body: bytes, media_type: str
    ) -> tuple[CountedAttempt, httpx2.Response]:
        """Forward a call with a password of ``login``, and count the attempt."""
        counted = await self._passwords.begin(call.request, login)
        try:
            reply = await self._send(call, body, media_type)
            message = b"" if reply.is_success else await self._forwarder.read(reply)
        except EngineNotResponding:
            await self._passwords.withdraw(counted)
            raise
        if not reply.is_success:
            await self._passwords.refused(counted, reply, message)
        return counted, reply

    async def _send(self, call: Call, body: bytes | None, media_type: str) -> httpx2.Response:
        await self._check_allowance(call)
        with _repeatable(call):
            reply = await self._forwarder.send(
                call.request, call.path, call.query, body, media_type
            )
        if call.rule is not LOGIN and begins_session(reply):
            self._anonymous_sessions.created(call.address)
        return reply

    async def _check_allowance(self, call: Call) -> None:
        """Limit the anonymous sessions of an address.

        Raises: TooManyAnonymousSessions if the engine would create one more of them.
        """
        if call.rule.audience is not Audience.ANYBODY or call.rule in (LOGIN, LOGOUT):
            return
        exhausted = self._anonymous_sessions.exhausted(call.address)
        if exhausted and not await self._has_session(call.request):
            raise TooManyAnonymousSessions

    async def _response(self, call: Call, reply: httpx2.Response) -> Response:
        if call.request.method == "GET" and csp_nonce.has_nonce(reply):
            page = csp_nonce.with_own_nonce(reply, await self._forwarder.read(reply))
            return self._forwarder.whole(reply, page, call.request)
        if "/api/" not in call.path or reply.status_code < 400:
            return await self._as_it_is(call, reply)
        about_password = reply.status_code >= 500 or call.rule in (PASSWORD, RESET)
        if about_password and (weak := password_refusal(await self._forwarder.read(reply))):
            raise weak
        if call.rule.audience is Audience.ADMIN or (
            reply.status_code < 500 and not call.translates_refusals
        ):
            return await self._as_it_is(call, reply)
        await self._forwarder.read(reply)
        return await self._refused(call, reply)

    async def _as_it_is(self, call: Call, reply: httpx2.Response) -> Response:
        if reply.is_stream_consumed:
            return self._forwarder.whole(reply, await self._forwarder.read(reply), call.request)
        with _repeatable(call):
            response = await self._forwarder.streamed(reply, call.request)
        if call.path.startswith(UPDATED):
            response.headers["cache-control"] = "no-cache"
        return response

    async def _refused(self, call: Call, reply: httpx2.Response) -> Response:
        """The engine's refusal with Russian text. Raises: TaskNotFound, EngineFailed."""
        status = reply.status_code
        if call.path.startswith(TASKS) and await self._is_gone(call, status):
            raise TaskNotFound
        if status >= 500:
            request_id = request_id_of(call.request)
            log.error("engine failed on %s, request %s", ascii(call.path[:120]), request_id)
            raise EngineFailed(request_id)
        body = body_validation.serialize(engine_refusal_body(status))
        response = self._forwarder.whole(reply, body, call.request)
        response.headers["content-type"] = body_validation.JSON
        return response

    async def _not_allowed(self, request: Request) -> Response:
        if _wants_page(request) and await self._login(request) is None:
            return to_login(request)
        raise ProxyRefusal

    async def _has_session(self, request: Request) -> bool:
        """Whether the session is open by our records: the engine may keep an ended one."""
        cookie = session_cookie(request)
        if cookie is None:
            return False
        return await run_in_threadpool(self._authenticator.sessions.is_open, cookie)

    async def _is_admin(self, request: Request) -> bool:
        login = await self._login(request)
        if login is None or is_service(login):
            return False
        roles = await run_in_threadpool(self._authenticator.roles_of, login)
        return self._administrators in roles

    async def _login(self, request: Request) -> str | None:
        """Login of the session; None if there is no open session. Raises: Unavailable."""
        cookie = session_cookie(request)
        if cookie is None:
            return None
        session = await run_in_threadpool(self._authenticator.sessions.find, cookie)
        return session.login if session else None


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


@contextmanager
def _repeatable(call: Call) -> Iterator[None]:
    """Report a lost response to a query as one that is safe to repeat."""
    try:
        yield
    except ResponseLost as lost:
        if call.rule.is_query:
            raise EngineNotResponding from lost.__cause__
        raise


def _log(request: Request, refusal: HttpRefusal, cause: BaseException | None) -> None:
    """Log refusals that may need an administrator.

    Of the cause only the class is logged: its message may contain input of a person.
    """
    if refusal.status not in (403, 429, 503, 504):
        return
    cause_name = f" ({type(cause).__name__})" if cause else ""
    place, number = ascii(request.url.path[:120]), request_id_of(request)
    log.warning("%s %s refused: %s%s %s", request.method, place, refusal.code, cause_name, number)
