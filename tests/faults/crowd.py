"""People at work in the storm: they look what waits for them, do it, and try again."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from ops.demo.scenario import CAST, COMPANIES, DOCUMENTS, TERMS, Story

PAUSE = 0.3  # seconds between two looks
TIMEOUT = (3, 20)  # seconds: connect, read
WHOLESALE = {"counterparty": "ООО «Опт»", "orderItems": "Пилы, 20 шт.", "orderAmount": "90000.00"}


class Site(Protocol):
    """Where the crowd works."""

    @property
    def url(self) -> str: ...

    @property
    def onec(self) -> str: ...

    @property
    def password(self) -> str: ...


@dataclass
class Ledger:
    """What the outside world was told; the auditor believes it and nothing else."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Idempotency key → id of the deal that a 201 named."""
    unknown: set[str] = field(default_factory=set)
    """Keys that were sent and never answered for good."""
    doubled: list[str] = field(default_factory=list)
    """Keys for which two answers named two deals."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, key: str) -> None:
        with self.lock:
            self.unknown.add(key)

    def told(self, key: str, deal_id: str) -> None:
        with self.lock:
            self.unknown.discard(key)
            if self.acknowledged.setdefault(key, deal_id) != deal_id:
                self.doubled.append(key)


class Machine:
    """The site's program: sends requests by token until it hears an answer."""

    def __init__(self, site: Site, token: str, ledger: Ledger) -> None:
        self._site, self._token, self.ledger = site, token, ledger

    def ask(self, method: str, path: str, key: str = "", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        headers["Idempotency-Key"] = key or str(uuid.uuid4())
        url = f"{self._site.url}/api/v1{path}"
        return requests.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def create(self, body: Mapping[str, Any], goes_on: Callable[[], bool]) -> str | None:
        """Send one request under one key until it is acknowledged, and once more after that."""
        key = str(uuid.uuid4())
        self.ledger.sent(key)
        answers = 0
        while goes_on():
            try:
                answer = self.ask("POST", "/deals", key, json=body)
            except requests.RequestException:
                time.sleep(PAUSE)
                continue
            if answer.status_code == 201:
                self.ledger.told(key, answer.json()["id"])
                answers += 1
            if answers == 2:
                break
            time.sleep(PAUSE if answer.status_code != 201 else 0)
        return self.ledger.acknowledged.get(key)


@dataclass
class Plan:
    """How one deal is to go; decided by chance before anything happens."""

    number: int
    wholesale: bool
    rejected_once: bool
    ending: str

    @classmethod
    def drawn(cls, number: int, chance: random.Random) -> "Plan":
        endings = ["won", "won", "lost", "open"]
        return cls(number, chance.random() < 0.4, chance.random() < 0.3, chance.choice(endings))


class Crowd:
    """``threads`` groups of people, each with sessions of their own, share ``deals`` deals."""

    def __init__(
        self, site: Site, machine: Machine, *, deals: int, threads: int, seed: int
    ) -> None:
        chance = random.Random(seed)
        self._site, self._machine = site, machine
        self._plans = [Plan.drawn(number, chance) for number in range(deals)]
        self._lock, self._home = threading.Lock(), threading.Event()
        self.refused: Counter[str] = Counter()
        self.finished = 0
        self._threads = [
            threading.Thread(target=self._work, args=(n + seed,), daemon=True)
            for n in range(threads)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def go_home(self) -> None:
        """Whatever is not finished stays where it is."""
        self._home.set()
        for thread in self._threads:
            thread.join(120)

    def _work(self, seed: int) -> None:
        story = Story(self._site.url, self._site.password, "", tell=lambda _: None)
        chance = random.Random(seed)
        while not self._home.is_set():
            with self._lock:
                if not self._plans:
                    return
                plan = self._plans.pop(0)
            Life(plan, story, self, chance).run()

    def goes_on(self) -> bool:
        return not self._home.is_set()

    @property
    def site(self) -> Site:
        return self._site

    @property
    def machine(self) -> Machine:
        return self._machine

    def note(self, answer: requests.Response) -> None:
        """What people were refused; a storm without refusals was none."""
        if not answer.ok:
            with self._lock:
                where = answer.request.path_url.rsplit("/", 1)[-1]
                self.refused[f"{answer.status_code} {where}"] += 1


class Life:
    """One deal from the request to its planned end."""

    def __init__(self, plan: Plan, story: Story, crowd: Crowd, chance: random.Random) -> None:
        self._plan, self._story, self._crowd, self._chance = plan, story, crowd, chance
        self._rejected, self._in_onec, self._shipped = False, "", ""
        self._moves = 0

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

    def _request(self) -> Mapping[str, Any]:
        if self._plan.wholesale:
            return {"direction": "activeWholesale", "manager": "manager1", "fields": WHOLESALE}
        fields = {"subject": f"Заявка {self._plan.number}", "counterparty": self._story.name}
        return {"direction": "newClients", "manager": "manager1", "fields": fields}

    def _is_over(self) -> bool:
        answer = self._crowd.machine.ask("GET", f"/deals/{self._story.deal_id}")
        answer.raise_for_status()
        self._card = answer.json()
        stage = self._card["stage"]["code"]
        if stage in ("won", "lost", "completed", "cancelled"):
            return True
        left_open = stage == "termsAgreed" and self._plan.ending == "open"
        return left_open or self._moves > 5

    def _next_step(self) -> None:
        if self._plan.wholesale and self._chance.random() < 0.5:
            return self._moved_by_machine()
        path = f"/deals/{self._story.deal_id}/tasks"
        answer = self._story("manager").api("GET", path)
        answer.raise_for_status()
        for task in answer.json()["items"]:
            if act := getattr(self, f"_{task['key']}", None):
                act(task)
                return None
        return None

    def _do(self, part: str, task: Mapping[str, Any], **variables: Any) -> None:
        person = self._story(part)
        if task.get("assignee") != person.login:
            body = {"userId": person.login}
            path = f"/task/{task['id']}/claim"
            person.engine("POST", path, json=body).raise_for_status()
        person.submit(task, **variables).raise_for_status()

    def _wish(self, task: Mapping[str, Any], stage: str, **more: Any) -> None:
        self._do("manager", task, wantedStage=stage, seenVersion=self._card["version"], **more)

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
