"""What the auditor looks at: rows, files and the engine's own words, read past our code."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

DIRECTIONS = Path(__file__).resolve().parents[2] / "db" / "catalog" / "directions"
TABLES = (
    "deals",
    "history",
    "approval_rounds",
    "decisions",
    "attachments",
    "notifications",
    "outbox",
    "deal_processes",
    "processed_tasks",
    "idempotency",
)
JSON_COLUMNS = ("old", "new", "payload")
BESIDE = ("technical-failure", "temporary-terms", "onec-discrepancy")
TIMEOUT = (3, 30)  # seconds: connect, read
PAGE = 5000

Row = dict[str, Any]


@dataclass
class Evidence:
    """Plain rows, so that a test can plant a violation in any of them."""

    acknowledged: dict[str, str]
    """Idempotency key → deal id that the client was told."""
    unknown: set[str] = field(default_factory=set)
    """Keys the client never heard about: their deals may exist or not."""
    tables: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Name of each stored file → sha256 of what is in it."""
    roots: list[Row] = field(default_factory=list)
    """Root instances of deals, past and present; ``end`` is the end event that was reached."""
    instances: list[Row] = field(default_factory=list)
    """Everything that runs, called processes too: id, businessKey, key, root."""
    tasks: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    """External tasks that are not done."""
    incidents: list[Row] = field(default_factory=list)
    failure_tasks: set[str] = field(default_factory=set)
    """Ids of failed work for which an administrator has a task."""
    successes: list[str] = field(default_factory=list)
    """Id of the external task of each completion that the engine accepted."""
    stages: dict[str, dict[str, Row]] = field(default_factory=dict)
    """Direction → stage → its row of the catalog, in order."""


def of_sqlite(database: Path, files: Path, found: Evidence) -> Evidence:
    """The rows of an embedded suite and the contents of its file store."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20) as rows:
        rows.row_factory = sqlite3.Row
        found.tables = {name: _rows(rows, name) for name in TABLES}
    found.files = {path.name: _hash(path) for path in files.rglob("*") if path.is_file()}
    return found


def of_engine(engine: str, login: tuple[str, str], found: Evidence) -> Evidence:
    """What the engine says at its REST root, and the stages of the catalog."""
    ask = _Asking(engine, login)
    found.roots = _roots(ask)
    found.instances = _running(ask)
    keys = {one["id"]: one["businessKey"] for one in found.instances}
    for name, path in (("tasks", "/task"), ("jobs", "/job"), ("steps", "/external-task")):
        told = [{**row, "deal": keys.get(row["processInstanceId"])} for row in ask(path)]
        setattr(found, name, told)
    found.incidents = [row for row in ask("/incident") if row["causeIncidentId"] == row["id"]]
    found.failure_tasks = {
        row["value"] for row in ask("/variable-instance", variableName="failureId")
    }
    done = ask("/history/external-task-log", successLog="true")
    found.successes = [row["externalTaskId"] for row in done]
    found.stages = {
        told["code"]: told["stages"]
        for told in (yaml.safe_load(path.read_text()) for path in DIRECTIONS.glob("*.yaml"))
    }
    return found


class _Asking:
    def __init__(self, engine: str, login: tuple[str, str]) -> None:
        self._engine, self._session = engine, requests.Session()
        self._session.auth = login

    def __call__(self, path: str, **query: str) -> list[Row]:
        """All rows of a list, page by page."""
        rows: list[Row] = []
        while True:
            window = {"firstResult": str(len(rows)), "maxResults": str(PAGE)}
            answer = self._session.get(
                f"{self._engine}{path}", params={**query, **window}, timeout=TIMEOUT
            )
            answer.raise_for_status()
            page = answer.json()
            rows += page
            if len(page) < PAGE:
                return rows


def _roots(ask: Callable[..., list[Row]]) -> list[Row]:
    ends = {
        row["processInstanceId"]: row["activityId"]
        for row in ask("/history/activity-instance", activityType="noneEndEvent", finished="true")
        if not row["activityId"].endswith("Escalated")
    }
    return [
        {**row, "end": ends.get(row["id"]) if row["endTime"] else None}
        for row in ask("/history/process-instance", rootProcessInstances="true")
        if row["processDefinitionKey"] not in BESIDE
    ]


def _running(ask: Callable[..., list[Row]]) -> list[Row]:
    past = {row["id"]: row for row in ask("/history/process-instance", unfinished="true")}
    return [
        {
            "id": row["id"],
            "businessKey": row["businessKey"],
            "key": row["definitionId"].partition(":")[0],
            "root": past[row["id"]]["rootProcessInstanceId"] if row["id"] in past else None,
        }
        for row in ask("/process-instance")
    ]


def _rows(database: sqlite3.Connection, table: str) -> list[Row]:
    return [_read(dict(row)) for row in database.execute(f"SELECT * FROM {table}")]


def _read(row: Row) -> Row:
    texts: Mapping[str, Any] = {
        name: json.loads(row[name]) for name in JSON_COLUMNS if isinstance(row.get(name), str)
    }
    return {**row, **texts}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
