"""What passes to the engine's web applications: method, path, who, and why. Nothing else does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property


class Who(Enum):
    ANYBODY = "anybody"  # also before logging in: pages and their parts
    EMPLOYEE = "employee"  # the engine itself asks for a session and for rights
    ADMIN = "admin"  # members of camunda-admin, checked at the door as well


_PARTS = {
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
    """One row. ``{id}``, ``{definition}``, ``{login}``, ``{application}``, ``{file}``,
    ``{segment}`` and ``{slash}`` in a path stand for such."""

    methods: tuple[str, ...]
    path: str
    who: Who
    why: str
    submits: bool = False
    """The body carries variables of a form."""
    own: str | None = None
    """Member of the body that must be the caller's own login; else the next rule is asked."""
    task: bool = False
    """Changes a task: somebody else may have been faster."""
    takes: bool = False
    """Makes the task the caller's own; done as soon as it is."""
    asks: bool = False
    """Changes nothing although it is a POST: without an answer it may simply be made again."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        return re.compile(
            "".join(_PARTS[p] if at % 2 else re.escape(p) for at, p in enumerate(parts))
        )


def _page(path: str, why: str, who: Who = Who.ANYBODY) -> Rule:
    return Rule(PAGE, path, who, why)


def _task(
    method: str, action: str, why: str, *, submits: bool = False, takes: bool = False
) -> Rule:
    path = f"{ENGINE}/task/{{id}}/{action}"
    own, changes = "userId" if takes else None, method == "POST"
    return Rule((method,), path, Who.EMPLOYEE, why, submits, own, task=changes, takes=takes)


def _read(path: str, why: str) -> Rule:
    return Rule(READ, f"{ENGINE}/{path}", Who.EMPLOYEE, why)


def _admin(path: str, why: str) -> Rule:
    return Rule(ANY, path, Who.ADMIN, why)


LOGIN = Rule(
    ("POST",),
    "/camunda/api/admin/auth/user/default/login/{application}",
    Who.ANYBODY,
    "log in: throttled, not for service accounts",
    asks=True,
)
LOGOUT = Rule(("POST",), "/camunda/api/admin/auth/user/default/logout", Who.ANYBODY, "log out")
SESSION = Rule(
    READ,
    "/camunda/api/admin/auth/user/default",
    Who.ANYBODY,
    "who is logged in; 404 means nobody",
)
PASSWORD = Rule(
    ("PUT",),
    f"{ENGINE}/user/{{login}}/credentials",
    Who.EMPLOYEE,
    "change one's own password, throttled like a login",
)
RESET = Rule(
    ("PUT",),
    f"{ENGINE}/user/{{segment}}/credentials{{slash}}",  # the engine takes both spellings
    Who.ADMIN,
    "give another a new password; the administrator's own is asked for, and throttled",
)

DELETE_USER = Rule(
    ("DELETE",),
    f"{ENGINE}/user/{{file}}",
    Who.ADMIN,
    "delete a person; their sessions end",
)
PASSWORD_CHECKS = re.compile(r".*/identity/verify/?|/camunda/api/admin/auth/.*/login(?:/.*)?")
"""Other paths that tell whether a password is right: closed, nobody counts there."""

RULES: tuple[Rule, ...] = (
    LOGIN,
    LOGOUT,
    PASSWORD,
    _page("/camunda", "the engine leads on to Tasklist"),
    _page("/camunda/", "the same"),
    _page("/camunda/favicon.ico", "picture in the browser's tab"),
    _page("/camunda/app/", "leads on to Tasklist"),
    _page("/camunda/app/tasklist", "leads on to the page"),
    _page("/camunda/app/tasklist/{file}", "Tasklist: page, scripts, texts, our elements"),
    _page("/camunda/app/welcome/{file}", "one's own profile and password"),
    _page("/camunda/lib/{file}", "libraries of the pages"),
    _page("/camunda/assets/{file}", "fonts and pictures of the pages"),
    _page("/camunda/api/tasklist/plugin/{id}/static/{file}", "parts of Tasklist"),
    _page("/camunda/api/welcome/plugin/{id}/static/{file}", "parts of the profile page"),
    SESSION,
    Rule(READ, "/camunda/api/engine/engine/", Who.ANYBODY, "names of the engines"),
    _read("filter", "the lists of tasks that the person has"),
    Rule(("OPTIONS",), f"{ENGINE}/filter", Who.EMPLOYEE, "may the person make lists (no)"),
    _read("filter/count", "whether there are lists at all"),
    _read("filter/{id}", "one list"),
    _read("filter/{id}/count", "how many tasks are in a list"),
    Rule(
        ("POST",),
        f"{ENGINE}/filter/{{id}}/count",
        Who.EMPLOYEE,
        "the same while searching",
        asks=True,
    ),
    Rule(("POST",), f"{ENGINE}/filter/{{id}}/list", Who.EMPLOYEE, "the tasks of a list", asks=True),
    _read("task", "is there a next task of the same deal, after completing one"),
    _read("task/{id}", "the task"),
    _task("GET", "form", "which form the task has"),
    _task("GET", "deployed-form", "the form"),
    _task("GET", "form-variables", "the values that the form reads"),
    _task("GET", "comment", "comments in the journal"),
    _task("POST", "comment/create", "write a comment"),
    _task("POST", "claim", "take a task, for oneself only", takes=True),
    _task("POST", "complete", "complete a task", submits=True),
    _task("POST", "submit-form", "complete a task with its form", submits=True),
    _read("process-definition/{definition}", "name of the process in the list"),
    _read("process-definition/{definition}/xml", "the diagram"),
    _read("process-instance/{id}", "does the process still run, after completing a task"),
    _read("history/user-operation", "journal of the task"),
    _read("history/user-operation/count", "the same"),
    Rule(("POST",), f"{ENGINE}/group", Who.EMPLOYEE, "one's own groups", own="member", asks=True),
    _read("group/count", "how many they are"),
    _read("identity/groups", "the same, asked by other parts of Tasklist"),
    _read("identity/password-policy", "what a new password must be like"),
    _read("user/{login}/profile", "names of people; the engine shows only one's own"),
    RESET,
    DELETE_USER,
    _admin("/camunda/app/cockpit/{file}", "Cockpit"),
    _admin("/camunda/app/admin/{file}", "Admin"),
    _admin("/camunda/api/cockpit/{file}", "Cockpit's own REST"),
    _admin("/camunda/api/admin/{file}", "Admin's own REST"),
    _admin("/camunda/api/engine/{file}", "everything else of the engine, for Cockpit and Admin"),
)


def rules_for(method: str, path: str) -> list[tuple[Rule, Mapping[str, str]]]:
    """Rules that a call fits, the most open first, with the login that the path names, if any."""
    found: list[tuple[Rule, Mapping[str, str]]] = []
    for rule in (
        () if PASSWORD_CHECKS.fullmatch(path) and not LOGIN.pattern.fullmatch(path) else RULES
    ):
        if method in rule.methods and (match := rule.pattern.fullmatch(path)):
            found.append((rule, match.groupdict()))
    return found
