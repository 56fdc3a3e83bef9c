"""Base of the demo's stories: one deal, played through the public interfaces."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.demo.documents import a_pdf
from ops.demo.employee import Employee
from ops.demo.waiting import wait_for


@dataclass
class DealStory:
    """One deal and its people."""

    url: str
    password: str
    tell: Callable[[str], None] = print
    people: dict[str, Employee] = field(default_factory=dict)
    deal_id: str = ""
    manager: str = ""
    """Login of the person who leads the deal."""

    def __call__(self, login: str) -> Employee:
        """Return the employee, logged in."""
        if login not in self.people:
            self.people[login] = Employee(login, self.password, self.url)
        return self.people[login]

    def create(self, direction: str, fields: Mapping[str, Any]) -> None:
        """The manager creates the deal."""
        body = {"direction": direction, "fields": dict(fields)}
        answer = self(self.manager).api("POST", "/deals", json=body)
        answer.raise_for_status()
        self.deal_id = answer.json()["id"]

    def card(self) -> dict[str, Any]:
        """Return the deal as the API shows it."""
        answer = self(self.manager).api("GET", f"/deals/{self.deal_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def value_of(self, code: str) -> Any:
        """Return the stored value of a field; None if it is not set."""
        fields = (known for group in self.card()["groups"] for known in group["fields"])
        return next((known["value"] for known in fields if known["code"] == code), None)

    def fill(self, **fields: object) -> None:
        """The manager saves these fields of the card."""
        self.saves(self.manager, fields)

    def saves(self, login: str, fields: Mapping[str, Any]) -> None:
        """Save these fields of the card, as it is now."""
        version = {"If-Match": f'"{self.card()["version"]}"'}
        path, body = f"/deals/{self.deal_id}", {"fields": dict(fields)}
        self(login).api("PATCH", path, json=body, headers=version).raise_for_status()

    def upload(self, code: str, name: str = "документ.pdf") -> None:
        """The manager uploads a PDF as the file field ``code``."""
        self.attaches(self.manager, code, name)

    def attaches(self, login: str, code: str, name: str = "документ.pdf") -> str:
        """Upload a PDF as the file field ``code``. Returns: the file's id."""
        answer = self(login).api(
            "POST",
            f"/deals/{self.deal_id}/files/{code}",
            params={"name": name},
            data=a_pdf(f"{self.deal_id} {code}"),
            headers={"Content-Type": "application/pdf"},
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def moves(self, key: str, stage: str, **more: Any) -> None:
        """The manager completes a task with the button of a stage."""
        self(self.manager).task(self.deal_id, key)
        seen = self.card()["version"]
        given = {"lossReason": None, "lossComment": None, "seenVersion": seen, **more}
        self(self.manager).do(self.deal_id, key, wantedStage=stage, **given)

    def answers(
        self,
        login: str,
        key: str,
        answer: str,
        reason: str | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Complete a step with an answer, its explanation and fields of the form."""
        given = json.dumps(values, ensure_ascii=False) if values else None
        self(login).do(self.deal_id, key, answer=answer, values=given, reason=reason)

    def stage_is(self, stage: str) -> None:
        """Wait until the deal is at the stage. Raises: Stuck."""
        wait_for(
            lambda: self.card()["stage"]["code"] == stage,
            f"сделка {self.deal_id} не дошла до стадии {stage}",
        )
