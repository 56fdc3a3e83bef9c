"""Allow-list of the webapp proxy: methods, path, audience and reason of each permitted call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property


class Audience(Enum):
    """Callers to whom a rule applies."""

    ANYBODY = "anybody"  # also without a login: pages and their assets
    EMPLOYEE = "employee"  # with an open session; the engine checks permissions itself
    ADMIN = "admin"  # members of the administrators' group, checked by the proxy and by the engine


_PLACEHOLDERS = {
    "id": r"[A-Za-z0-9-]{1,64}",
    "definition": r"[A-Za-z0-9_.:-]{1,200}",
    "login": r"(?P<login>[A-Za-z0-9]{1,64})",
    "application": r"(?:tasklist|cockpit|admin|welcome)",
    "file": r".+",
    "segment": r"[^/]+",
    "slash": r"/?",
}
READ = ("GET",)
PAGE = ("GET", "HEAD")
ANY = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
ENGINE = "/camunda/api/engine/engine/default"


@dataclass(frozen=True)
class Rule:
    """One rule. ``{name}`` in a path is a placeholder of `_PLACEHOLDERS`."""

    methods: tuple[str, ...]
    path: str
    audience: Audience
    reason: str
    submits_form: bool = False
    """The body has process variables of a form."""
    own_login_member: str | None = None
    """Member of the body that must be the caller's login; else the next rule is tried."""
    changes_task: bool = False
    """A command on a task, which another request may have changed first."""
    claims_task: bool = False
    """Assigns the task to the caller; nothing to do if it is assigned already."""
    is_query: bool = False
    """A POST without effects, which is safe to repeat after a lost response."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        return re.compile(
            "".join(_PLACEHOLDERS[p] if at % 2 else re.escape(p) for at, p in enumerate(parts))
        )


def _page(path: str, reason: str, audience: Audience = Audience.ANYBODY) -> Rule:
    return Rule(PAGE, path, audience, reason)


def _task(
    method: str, action: str, reason: str, *, submits: bool = False, claims: bool = False
) -> Rule:
    path = f"{ENGINE}/task/{{id}}/{action}"
    own, changes = "userId" if claims else None, method == "POST"
    return Rule(
        (method,),
        path,
        Audience.EMPLOYEE,
        reason,
        submits,
        own,
        changes_task=changes,
        claims_task=claims,
    )


def _read(path: str, reason: str) -> Rule:
    return Rule(READ, f"{ENGINE}/{path}", Audience.EMPLOYEE, reason)


def _admin(path: str, reason: str) -> Rule:
    return Rule(ANY, path, Audience.ADMIN, reason)


LOGIN = Rule(
    ("POST",),
    "/camunda/api/admin/auth/user/default/login/{application}",
    Audience.ANYBODY,
    "login: throttled, not for service accounts",
    is_query=True,
)
LOGOUT = Rule(("POST",), "/camunda/api/admin/auth/user/default/logout", Audience.ANYBODY, "logout")
SESSION = Rule(
    READ,
    "/camunda/api/admin/auth/user/default",
    Audience.ANYBODY,
    "the logged-in user; 404 if there is none",
)
PASSWORD = Rule(
    ("PUT",),
    f"{ENGINE}/user/{{login}}/credentials",
    Audience.EMPLOYEE,
    "change the caller's own password, throttled like a login",
)
RESET = Rule(
    ("PUT",),
    f"{ENGINE}/user/{{segment}}/credentials{{slash}}",  # the engine accepts both forms
    Audience.ADMIN,
    "set another user's password; checks the administrator's own, throttled",
)

DELETE_USER = Rule(
    ("DELETE",),
    f"{ENGINE}/user/{{file}}",
    Audience.ADMIN,
    "delete a user; ends their sessions",
)
PASSWORD_CHECKS = re.compile(r".*/identity/verify/?|/camunda/api/admin/auth/.*/login(?:/.*)?")
"""Other paths that check a password: closed, because attempts there are not throttled."""

RULES: tuple[Rule, ...] = (
    LOGIN,
    LOGOUT,
    PASSWORD,
    _page("/camunda", "redirects to Tasklist"),
    _page("/camunda/", "redirects to Tasklist"),
    _page("/camunda/favicon.ico", "favicon"),
    _page("/camunda/app/", "redirects to Tasklist"),
    _page("/camunda/app/tasklist", "redirects to the page"),
    _page("/camunda/app/tasklist/{file}", "Tasklist: page, scripts, translations, our components"),
    _page("/camunda/app/welcome/{file}", "page with the caller's profile and password"),
    _page("/camunda/lib/{file}", "JavaScript libraries"),
    _page("/camunda/assets/{file}", "fonts and images"),
    _page("/camunda/api/tasklist/plugin/{id}/static/{file}", "plugins of Tasklist"),
    _page("/camunda/api/welcome/plugin/{id}/static/{file}", "plugins of the profile page"),
    SESSION,
    Rule(READ, "/camunda/api/engine/engine/", Audience.ANYBODY, "names of the engines"),
    _read("filter", "task filters that the caller may read"),
    Rule(
        ("OPTIONS",),
        f"{ENGINE}/filter",
        Audience.EMPLOYEE,
        "whether the caller may create filters (no)",
    ),
    _read("filter/count", "number of filters"),
    _read("filter/{id}", "one filter"),
    _read("filter/{id}/count", "number of tasks of a filter"),
    Rule(
        ("POST",),
        f"{ENGINE}/filter/{{id}}/count",
        Audience.EMPLOYEE,
        "number of tasks of a search",
        is_query=True,
    ),
    Rule(
        ("POST",),
        f"{ENGINE}/filter/{{id}}/list",
        Audience.EMPLOYEE,
        "tasks of a filter",
        is_query=True,
    ),
    _read("task", "next task of the same deal after completing one"),
    _read("task/{id}", "the task"),
    _task("GET", "form", "form key of the task"),
    _task("GET", "deployed-form", "the form"),
    _task("GET", "form-variables", "variables that the form reads"),
    _task("POST", "claim", "claim a task, for the caller only", claims=True),
    _task("POST", "complete", "complete a task", submits=True),
    _task("POST", "submit-form", "submit the form of a task", submits=True),
    _read("process-definition/{definition}", "name of the process"),
    _read("process-definition/{definition}/xml", "the diagram"),
    _read("process-instance/{id}", "whether the process still runs after completing a task"),
    _read("history/user-operation", "history of the task"),
    _read("history/user-operation/count", "number of history entries"),
    Rule(
        ("POST",),
        f"{ENGINE}/group",
        Audience.EMPLOYEE,
        "the caller's groups",
        own_login_member="member",
        is_query=True,
    ),
    _read("group/count", "number of the caller's groups"),
    _read("identity/groups", "the caller's groups, as other parts of Tasklist query them"),
    _read("identity/password-policy", "password policy"),
    _read("user/{login}/profile", "profile; the engine shows only the caller's own"),
    RESET,
    DELETE_USER,
    _admin("/camunda/app/cockpit/{file}", "Cockpit"),
    _admin("/camunda/app/admin/{file}", "Admin"),
    _admin("/camunda/api/cockpit/{file}", "Cockpit's own REST"),
    _admin("/camunda/api/admin/{file}", "Admin's own REST"),
    _admin(
        "/camunda/api/engine/{file}", "the rest of the engine's REST API, for Cockpit and Admin"
    ),
)


def rules_for(method: str, path: str) -> list[tuple[Rule, Mapping[str, str]]]:
    """Rules that match a call, widest audience first, with the placeholders of the path."""
    found: list[tuple[Rule, Mapping[str, str]]] = []
    for rule in (
        () if PASSWORD_CHECKS.fullmatch(path) and not LOGIN.pattern.fullmatch(path) else RULES
    ):
        if method in rule.methods and (match := rule.pattern.fullmatch(path)):
            found.append((rule, match.groupdict()))
    return found
