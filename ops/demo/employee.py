"""One employee at the browser: a session of Tasklist that also calls the deal API."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from ops.demo.waiting import PATIENCE, Stuck

TIMEOUT = (3, 30)  # seconds: connect, read


@dataclass
class Employee:
    """An employee logged in to Tasklist; one session serves Tasklist and the deal API."""

    login: str
    password: str
    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        tasklist = f"{self.url}/camunda/app/tasklist/default/"
        self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()
        answer = self.session.post(
            f"{self.url}/camunda/api/admin/auth/user/default/login/tasklist",
            data={"username": self.login, "password": self.password},
            headers=self._csrf(),
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the deal API as the forms do: same session and origin, with the CSRF header."""
        headers = {
            "X-Requested-With": "XMLHttpRequest",
            "Origin": self.url,
            "Idempotency-Key": str(uuid.uuid4()),
            **options.pop("headers", {}),
        }
        url = f"{self.url}/api/v1{path}"
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def engine(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the REST API of the web application, as Tasklist does."""
        url = f"{self.url}/camunda/api/engine/engine/default{path}"
        headers = {**self._csrf(), "Accept": "application/json"}
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def task(self, deal_id: str, key: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait for an open task of the deal; ``key``: its id in the diagram. Raises: Stuck."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answer = self.api("GET", f"/deals/{deal_id}/tasks")
            if answer.status_code == 200:
                for task in answer.json()["items"]:
                    if task["key"] == key:
                        return dict(task)
            elif answer.status_code not in (404, 503):
                answer.raise_for_status()
            time.sleep(0.15)
        raise Stuck(f"{self.login}: нет задачи {key} по сделке {deal_id}")

    def claim(self, task: Mapping[str, Any]) -> None:
        """Make the employee the assignee of the task."""
        if task.get("assignee") != self.login:
            body = {"userId": self.login}
            self.engine("POST", f"/task/{task['id']}/claim", json=body).raise_for_status()

    def submit(self, task: Mapping[str, Any], **variables: Any) -> requests.Response:
        """Complete a task as the button of its form does."""
        typed = {name: {"value": v, "type": _type(v)} for name, v in variables.items()}
        return self.engine("POST", f"/task/{task['id']}/submit-form", json={"variables": typed})

    def do(self, deal_id: str, key: str, **variables: Any) -> dict[str, Any]:
        """Wait for the task, claim and complete it."""
        task = self.task(deal_id, key)
        self.claim(task)
        self.submit(task, **variables).raise_for_status()
        return task

    def _csrf(self) -> dict[str, str]:
        tokens = [c.value for c in self.session.cookies if c.name == "XSRF-TOKEN"]
        return {"X-XSRF-TOKEN": tokens[-1] or ""} if tokens else {}


def _type(value: object) -> str:
    return {bool: "Boolean", int: "Integer"}.get(type(value), "String")
