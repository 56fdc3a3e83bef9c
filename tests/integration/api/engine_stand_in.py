"""Fake engine: the part of the REST API that our API calls, served over HTTP."""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bpmn.model.diagrams import DIRECTORY

MAIN = "new-client"
PASSWORD = "Right-password-1"
CREATED = "2026-11-23T12:00:00.000+0300"


@dataclass
class StandInTask:
    """An open user task; ``deal`` is the business key of its process instance."""

    id: str
    key: str
    deal: str
    assignee: str | None = None
    groups: tuple[str, ...] = ()
    name: str = "Задача"
    process: str = MAIN
    due: str | None = None
    updated: int = 0
    """Time of the last change, in seconds."""

    @property
    def instance(self) -> str:
        return f"instance-{self.deal}" if self.process == MAIN else f"{self.process}/{self.deal}"

    def row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "taskDefinitionKey": self.key,
            "assignee": self.assignee,
            "created": CREATED,
            "due": self.due,
            "processInstanceId": self.instance,
            "processDefinitionId": f"{self.process}:1:abc",
            "formKey": None,
            "lastUpdated": str(self.updated),
        }


class EngineStandIn(ThreadingHTTPServer):
    """HTTP server of the fake engine; tests change ``people`` and ``tasks`` between requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.people: dict[str, frozenset[str]] = {}
        """Login → groups; everybody's password is `PASSWORD`."""
        self.profiles: dict[str, dict[str, str]] = {}
        """Names and addresses of users that a test created or changed."""
        self.passwords: dict[str, str] = {}
        """Passwords that were set; whoever is not here has `PASSWORD`."""
        self.tasks: list[StandInTask] = []
        self.past: list[tuple[str, str]] = []
        """Deal and login of tasks that are done."""
        self.jobs: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.down = False
        self.ended: list[StandInTask] = []
        """Tasks that are done, as the history of tasks has them."""
        self.visits: dict[str, list[dict[str, Any]]] = {}
        """Process instance → rows of its history of activities, oldest first."""
        self.called: dict[str, tuple[str, str]] = {}
        """Called process instance → its process and deal."""
        self.refuses_assignment = False
        self.asked: list[str] = []
        """Method and path of every request, for counting."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def end(self, task: StandInTask) -> None:
        """Complete a task."""
        self.tasks.remove(task)
        self.ended.append(task)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(10)

    def handle_error(self, *_: object) -> None:
        """Ignore aborted connections."""


@dataclass
class Reply:
    status: int
    body: Any = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    server: EngineStandIn
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._answer(json.loads(self.rfile.read(length) or b"{}"))

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server wants

    def log_message(self, *_: object) -> None:
        """Keep the output of tests short."""

    def _answer(self, body: Mapping[str, Any]) -> None:
        place = urlsplit(self.path)
        self.server.asked.append(f"{self.command} {place.path}")
        query = {name: values[-1] for name, values in parse_qs(place.query).items()}
        parts = [unquote(part) for part in place.path.split("/") if part][1:]
        reply = Reply(503, {"type": "Down", "message": "down"})
        if not self.server.down:
            changed = _account(self.server, self.command, parts, body)
            reply = changed or _reply(self.server, parts, query, body)
        payload = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _reply(
    engine: EngineStandIn, parts: list[str], query: Mapping[str, str], body: Mapping[str, Any]
) -> Reply:
    match parts:
        case ["version"]:
            return Reply(200, {"version": "7.24.0"})
        case ["user"]:
            return Reply(200, _users(engine, query))
        case ["group"]:
            groups = sorted(engine.people.get(query.get("member", ""), ()))
            return Reply(200, [{"id": g, "name": g, "type": "WORKFLOW"} for g in groups])
        case ["identity", "verify"]:
            right = engine.passwords.get(body["username"], PASSWORD)
            known = body["username"] in engine.people and body["password"] == right
            return Reply(200, {"authenticated": known, "authenticatedUser": body["username"]})
        case ["task"]:
            return Reply(200, [t.row() for t in engine.tasks if _fits(t, body)])
        case ["task", "count"]:
            return Reply(200, {"count": sum(_fits(t, body) for t in engine.tasks)})
        case ["task", task_id, *rest]:
            return _task(engine, task_id, rest, body)
        case ["process-instance"]:
            found = _instances(engine, body)
            first = int(query.get("firstResult", 0))
            return Reply(200, found[first : first + int(query.get("maxResults", len(found)))])
        case ["process-definition", definition, "xml"]:
            diagram = DIRECTORY / f"{definition.partition(':')[0]}.bpmn"
            return Reply(200, {"bpmn20Xml": diagram.read_text(encoding="utf-8")})
        case ["history", "task", "count"]:
            done = (body["processInstanceBusinessKey"], body["taskAssignee"])
            return Reply(200, {"count": engine.past.count(done)})
        case ["history", "task"] if "finishedAfter" in body:
            return Reply(200, [_ended(task) for task in engine.ended])
        case ["history", "task"] if "processInstanceBusinessKey" in body:
            return Reply(200, _completed(engine, body, query))
        case ["history", "task"]:
            mine = [deal for deal, login in engine.past if login == body["taskAssignee"]]
            return Reply(200, [{"rootProcessInstanceId": f"instance-{deal}"} for deal in mine])
        case ["history", "process-instance"] if "processInstanceBusinessKey" in body:
            return Reply(200, _past(engine, body)[: int(query["maxResults"])])
        case ["history", "activity-instance"]:
            visits = engine.visits.get(body["processInstanceId"], [])
            return Reply(200, visits[::-1][: int(query["maxResults"])])
        case ["history", "process-instance"] if "unfinished" in body:
            return Reply(200, _running(engine, body))
        case ["history", "process-instance"]:
            ids = body["processInstanceIds"]
            return Reply(200, [{"id": i, "businessKey": i.removeprefix("instance-")} for i in ids])
        case ["job"]:
            return Reply(200, _of_instances(engine.jobs, body.get("processInstanceIds")))
        case ["external-task"]:
            return Reply(200, _of_instances(engine.steps, body.get("processInstanceIdIn")))
    return Reply(404, {"type": "NotFound", "message": "/".join(parts)})


def _account(
    engine: EngineStandIn, method: str, parts: list[str], body: Mapping[str, Any]
) -> Reply | None:
    """Changes of users and memberships; None for any other request."""
    match method, parts:
        case "POST", ["user", "create"]:
            engine.people[body["profile"]["id"]] = frozenset()
            engine.profiles[body["profile"]["id"]] = dict(body["profile"])
            engine.passwords[body["profile"]["id"]] = body["credentials"]["password"]
        case "PUT", ["user", login, "profile"]:
            engine.profiles[login] = dict(body)
        case "PUT", ["user", _, "credentials"] if len(body["password"]) < 10:
            message = "Password does not match policy"
            return Reply(400, {"type": "InvalidRequestException", "message": message})
        case "PUT", ["user", login, "credentials"]:
            engine.passwords[login] = body["password"]
        case "PUT", ["group", group, "members", login]:
            engine.people[login] |= {group}
        case "DELETE", ["group", group, "members", login]:
            engine.people[login] -= {group}
        case _:
            return None
    return Reply(204, None)


def _of_instances(rows: list[dict[str, Any]], ids: Collection[str] | None) -> list[dict[str, Any]]:
    return [row for row in rows if ids is None or row["processInstanceId"] in ids]


def _users(engine: EngineStandIn, query: Mapping[str, str]) -> list[dict[str, Any]]:
    group, login = query.get("memberOfGroup"), query.get("id")
    return [
        {
            "id": person,
            "firstName": "Имя",
            "lastName": person,
            "email": None,
            **engine.profiles.get(person, {}),
        }
        for person, groups in engine.people.items()
        if (group is None or group in groups) and (login is None or login == person)
    ]


def _completed(
    engine: EngineStandIn, body: Mapping[str, Any], query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Completed tasks of a deal, the last first; each ended a minute after the one before."""
    rows = [
        {
            "id": f"task-{number}",
            "name": f"Задача {number}",
            "assignee": login,
            "startTime": CREATED,
            "endTime": f"2026-11-23T12:{number:02}:00.000+0300",
            "deleteReason": "completed",
        }
        for number, (deal, login) in enumerate(engine.past)
        if deal == body["processInstanceBusinessKey"]
    ]
    before = body.get("finishedBefore")
    if before is not None:
        end = datetime.fromisoformat(before)
        rows = [row for row in rows if datetime.fromisoformat(str(row["endTime"])) <= end]
    return rows[::-1][: int(query["maxResults"])]


def _fits(task: StandInTask, query: Mapping[str, Any]) -> bool:
    deal, assignee = query.get("processInstanceBusinessKey"), query.get("assignee")
    groups, instances = query.get("candidateGroups"), query.get("processInstanceIdIn")
    deals = query.get("processInstanceBusinessKeyIn")
    return (
        (deal is None or task.deal == deal)
        and (deals is None or task.deal in deals)
        and (instances is None or task.instance in instances)
        and (assignee is None or task.assignee == assignee)
        and (groups is None or (task.assignee is None and bool(set(groups) & set(task.groups))))
    )


def _ended(task: StandInTask) -> dict[str, Any]:
    return {
        "id": task.id,
        "assignee": task.assignee,
        "taskDefinitionKey": task.key,
        "processDefinitionKey": task.process,
        "rootProcessInstanceId": f"instance-{task.deal}",
    }


def _task(engine: EngineStandIn, task_id: str, rest: list[str], body: Mapping[str, Any]) -> Reply:
    found = next((task for task in engine.tasks if task.id == task_id), None)
    if found is None:
        return Reply(404, {"type": "RestException", "message": "no such task"})
    if rest == ["assignee"] and engine.refuses_assignment:
        return Reply(500, {"type": "NullValueException", "message": "no such task"})
    if rest == ["assignee"]:
        found.assignee = body["userId"]
        return Reply(204, None)
    if rest == ["identity-links"] and body:
        found.groups = (*found.groups, body["groupId"])
        return Reply(204, None)
    if rest == ["identity-links"]:
        links = [{"userId": None, "groupId": g, "type": "candidate"} for g in found.groups]
        return Reply(200, links)
    return Reply(200, found.row())


def _instances(engine: EngineStandIn, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Process instances by id: ``instance-<deal>``, or ``<process>/<deal>`` for a side process."""
    ids = body.get("processInstanceIds")
    if ids is None:
        ids = [i for i in _known_ids(engine) if "/" not in i]
    activities = body.get("activityIdIn")
    return [
        {
            "id": i,
            "businessKey": deal,
            "definitionId": definition,
            "definitionKey": definition.partition(":")[0],
            "suspended": False,
        }
        for i, deal, definition in map(_described, ids)
        if activities is None or _active(engine, i) & set(activities)
    ]


def _running(engine: EngineStandIn, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The history's rows of the running instances of some deals."""
    return [
        {
            "id": i,
            "rootProcessInstanceId": f"instance-{deal}",
            "businessKey": deal,
            "processDefinitionId": definition,
            "processDefinitionKey": definition.partition(":")[0],
            "state": "ACTIVE",
        }
        for i, deal, definition in map(_described, _known_ids(engine))
        if deal in body["processInstanceBusinessKeyIn"]
    ]


def _past(engine: EngineStandIn, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The history's rows of one deal: its main instance and those that it called."""
    wanted, deal_id = body.get("processInstanceIds"), body["processInstanceBusinessKey"]
    main = f"instance-{deal_id}"
    own = {main: MAIN} | {
        called: process for called, (process, deal) in engine.called.items() if deal == deal_id
    }
    return [
        {
            "id": i,
            "processDefinitionId": f"{process}:1:abc",
            "processDefinitionKey": process,
            "startTime": CREATED,
            "endTime": None,
            "superProcessInstanceId": None if i == main else main,
            "state": "ACTIVE",
        }
        for i, process in own.items()
        if wanted is None or i in wanted
    ]


def _known_ids(engine: EngineStandIn) -> list[str]:
    own = {i for task in engine.tasks for i in (f"instance-{task.deal}", task.instance)}
    return sorted(own | {row["processInstanceId"] for row in (*engine.steps, *engine.jobs)})


def _described(instance_id: str) -> tuple[str, str, str]:
    process, _, deal = instance_id.rpartition("/")
    return instance_id, deal.removeprefix("instance-"), f"{process or MAIN}:1:abc"


def _active(engine: EngineStandIn, instance_id: str) -> set[str]:
    """Activities of a deal's main process; while others have its tasks it is in a step."""
    tasks = {
        t.key for t in engine.tasks if t.process == MAIN and f"instance-{t.deal}" == instance_id
    }
    steps = {s["activityId"] for s in engine.steps if s["processInstanceId"] == instance_id}
    return tasks | steps or {"Task_RegisterProcess"}
