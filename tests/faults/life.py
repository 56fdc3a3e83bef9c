"""Life of one deal in the storm: its people do their tasks and try again after a failure."""

import random
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import requests

from ops.demo.scenario import CAST, COMPANIES, DOCUMENTS, TERMS, Story

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd

PAUSE = 0.3  # seconds between two looks
WHOLESALE = {"counterparty": "ООО «Опт»", "orderItems": "Пилы, 20 шт.", "orderAmount": "90000.00"}
CLOSED = {"won", "lost", "completed", "cancelled", "inAssortment", "rejected"}
CLOSED |= {"handedOver", "refused"}
"""Stages at which deals of the storm are closed."""


class Site(Protocol):
    """Port to the suite under test."""

    @property
    def url(self) -> str: ...

    @property
    def onec(self) -> str: ...

    @property
    def password(self) -> str: ...


@dataclass
class Plan:
    """Planned life of one deal, chosen at random before it begins."""

    number: int
    kind: str
    """client, wholesale, product or repair."""
    rejected_once: bool
    ending: str

    @classmethod
    def drawn(cls, number: int, chance: random.Random, kinds: Sequence[str]) -> "Plan":
        endings = ["won", "won", "lost", "open"]
        return cls(number, chance.choice(kinds), chance.random() < 0.3, chance.choice(endings))


class Life(ABC):
    """One deal from the request to its planned end; a method per task, named like its id."""

    def __init__(self, plan: Plan, story: Story, crowd: "Crowd", chance: random.Random) -> None:
        self._plan, self._story, self._crowd, self._chance = plan, story, crowd, chance
        self._rejected, self._card = False, dict[str, Any]()

    def run(self) -> None:
        deal_id = self._crowd.machine.create(self._request(), self._crowd.goes_on)
        if deal_id is None:
            return
        self._story.deal_id = deal_id
        self._story.company = COMPANIES[self._plan.number % len(COMPANIES)]
        while self._crowd.goes_on():
            try:
                if self._is_over():
                    self._crowd.finished += 1
                    return
                self._next_step()
            except requests.HTTPError as refused:
                self._crowd.note(refused.response)
                if refused.response.status_code in (401, 403):
                    self._story.people.clear()  # the engine forgot who is logged in
            except requests.RequestException as silent:
                self._crowd.refused[type(silent).__name__] += 1
            time.sleep(PAUSE)

    @abstractmethod
    def _request(self) -> Mapping[str, Any]:
        """The deal to create."""

    def _is_over(self) -> bool:
        """Read the deal; tell whether its planned end is reached."""
        answer = self._crowd.machine.ask("GET", f"/deals/{self._story.deal_id}")
        answer.raise_for_status()
        self._card = answer.json()
        return self._card["stage"]["code"] in CLOSED

    def _next_step(self) -> None:
        path = f"/deals/{self._story.deal_id}/tasks"
        answer = self._story("manager").api("GET", path)
        answer.raise_for_status()
        for task in answer.json()["items"]:
            if act := getattr(self, f"_{task['key']}", None):
                act(task)
                return

    def _do(self, part: str, task: Mapping[str, Any], **variables: Any) -> None:
        person = self._story(part)
        if task.get("assignee") != person.login:
            body = {"userId": person.login}
            path = f"/task/{task['id']}/claim"
            person.engine("POST", path, json=body).raise_for_status()
        person.submit(task, **variables).raise_for_status()

    def _wish(self, task: Mapping[str, Any], stage: str, **more: Any) -> None:
        self._do("manager", task, wantedStage=stage, seenVersion=self._card["version"], **more)


class ClientLife(Life):
    """A new client, or an order of a known one."""

    def __init__(self, plan: Plan, story: Story, crowd: "Crowd", chance: random.Random) -> None:
        super().__init__(plan, story, crowd, chance)
        self._wholesale = plan.kind == "wholesale"
        self._in_onec = self._shipped = ""
        self._moves = 0

    def _request(self) -> Mapping[str, Any]:
        if self._wholesale:
            return {"direction": "activeWholesale", "manager": "manager1", "fields": WHOLESALE}
        fields = {"subject": f"Заявка {self._plan.number}", "counterparty": self._story.name}
        return {"direction": "newClients", "manager": "manager1", "fields": fields}

    def _is_over(self) -> bool:
        if super()._is_over():
            return True
        at_work = self._card["stage"]["code"] == "termsAgreed"
        return (at_work and self._plan.ending == "open") or self._moves > 5

    def _next_step(self) -> None:
        if self._wholesale and self._chance.random() < 0.5:
            self._moved_by_machine()
        else:
            super()._next_step()

    def _moved_by_machine(self) -> None:
        path, version = f"/deals/{self._story.deal_id}", self._card["version"]
        if self._chance.random() < 0.15:
            body = {"reason": "price", "comment": "Ушли", "version": version}
            return self._crowd.machine.ask("POST", f"{path}/lost", json=body).raise_for_status()
        body = {"stage": self._other_stage(), "version": version}
        self._moves += 1
        return self._crowd.machine.ask("POST", f"{path}/stage", json=body).raise_for_status()

    def _other_stage(self) -> str:
        return "offer" if self._card["stage"]["code"] == "selection" else "selection"

    def _Task_WorkDeal(self, task: Mapping[str, Any]) -> None:  # noqa: N802 - the task's id
        self._wish(task, self._other_stage())
        self._moves += 1

    def _Task_CollectDocuments(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._card["stage"]["code"] == "newClient":
            return self._wish(task, "collectingDocuments")
        there = {file["field"] for file in self._card["files"]}
        if not there:
            inn, ogrn = self._story.company
            self._story.fill(inn=inn, ogrn=ogrn, **TERMS).raise_for_status()
        for code in DOCUMENTS:
            if code not in there:
                self._story.upload("manager", code).raise_for_status()
        self._card = self._story.card()
        return self._wish(task, "termsApproval")

    def _Task_RenegotiateTerms(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._plan.ending == "lost":
            more = {"lossReason": "price", "lossComment": "Не договорились"}
            return self._wish(task, "lost", **more)
        return self._wish(task, "termsApproval")

    def _Task_ReviewTerms(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._plan.rejected_once and not self._rejected:
            self._do("head", task, decision="rejected", comment="Много", edits="")
            self._rejected = True
            return
        self._do("head", task, decision="approved", comment="", edits='{"limit": "800000.00"}')

    def _Task_DecideContract(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._do("accountant", task, decision="approved", comment="", edits="")

    def _Task_CheckClient(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._do("lawyer", task, decision="approved", comment="", edits="")

    def _Task_EnterOnecContract(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if not self._in_onec:
            self._story.onec, number = self._crowd.site.onec, f"П-{uuid.uuid4().int % 10**8:08d}"
            self._story.contract_in_onec(number)
            self._in_onec = number
        entered = {"answer": "entered", "number": self._in_onec, "picked": None, "comment": ""}
        self._do("operator", task, **entered)

    def _Task_DraftContract(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        lawyer = self._story(CAST["lawyer"])
        if task.get("assignee") != lawyer.login:
            body = {"userId": lawyer.login}
            lawyer.engine("POST", f"/task/{task['id']}/claim", json=body).raise_for_status()
        uploaded = self._story.upload("lawyer", "contractFile", "Договор.pdf")
        uploaded.raise_for_status()
        lawyer.submit(task, fileId=uploaded.json()["id"]).raise_for_status()

    def _Task_LeadClient(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._plan.ending == "lost":
            path, body = f"/deals/{self._story.deal_id}/lost", {"reason": "noResponse"}
            body["version"] = self._card["version"]
            return self._crowd.machine.ask("POST", path, json=body).raise_for_status()
        return self._wish(task, "realization")

    def _Task_CreateRealization(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if not self._shipped:
            self._story.onec = self._crowd.site.onec
            self._shipped = self._story.realization_in_onec()
        entered = {"answer": "entered", "number": self._shipped, "picked": None, "comment": None}
        self._do("operator", task, **entered)

    def _Task_PrepareUpd(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._do("operator", task)

    def _Task_PickOrder(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._do("storekeeper", task, comment="")

    def _Task_DeliverByCarrier(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        uploaded = self._story.upload("driver", "ttnFile", "ТТН.pdf")
        uploaded.raise_for_status()
        said = {"answer": "delivered", "fileId": uploaded.json()["id"], "reason": None}
        self._do("driver", task, **said)
