"""Deals to which everything happens at once: moves, losses, forms, a worker and an engine that die.

Drawn by a seed, so that what failed can be played again.
"""

import hashlib
import os
import random
import secrets
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from bpmn.camunda.client.rest import EngineError
from db.catalog import load_catalog
from db.domain.deals.entities import Token
from db.store.database import Database
from ops.demo.scenario import COMPANIES, DOCUMENTS, TERMS
from tests.support.documents.samples import a_pdf
from tests.support.processes import stop
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite
from tests.support.waiting import eventually

SCOPES = frozenset({"deals:read", "deals:write"})
QUICK = {"WORKER_POLL_SECONDS": "1", "WORKER_RETRY_SECONDS": "1", "WORKER_WATCH_SECONDS": "1"}
OPS, CLIENTS = 24, 3
FITTING = {
    "newClient": ({"Task_CollectDocuments"},),
    "collectingDocuments": ({"Task_CollectDocuments"}, {"Task_RenegotiateTerms"}),
    "termsApproval": ({"Task_ReviewTerms"},),
}
"""Stage of a new client → open tasks, one set of them; of other directions always the same one."""
MANAGERS_TASKS = ("Task_CollectDocuments", "Task_RenegotiateTerms", "Task_WorkDeal")


@dataclass
class Shop:
    """A running suite, the deals on it, and everything that can happen to them at once."""

    suite: RunningSuite
    token: str
    deals: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """As a program, which needs no engine to be known."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())}
        return self._answer(method, path, headers=headers, **options)

    def as_person(self, method: str, path: str, **options: Any) -> requests.Response:
        login = options.pop("login", "manager1")
        key = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        headers = {**key, **options.pop("headers", {})}
        answer = self._answer(method, path, auth=(login, PASSWORD), headers=headers, **options)
        answer.raise_for_status()
        return answer

    def _answer(self, method: str, path: str, **options: Any) -> requests.Response:
        """Asked again while a part is away; the engine, which knows a person, may be starting."""
        url = f"{self.suite.url}/api/v1{path}"

        def answered() -> list[requests.Response]:
            answer = requests.request(method, url, timeout=(3, 60), **options)
            return [] if answer.status_code == 503 else [answer]

        return eventually(answered)[0]

    def new_client(self) -> str:
        """A deal with everything that approval asks for."""
        inn, ogrn = COMPANIES[0]
        known = {"subject": "Газонокосилки", "counterparty": "ООО «Сад»", "inn": inn, "ogrn": ogrn}
        body = {"direction": "newClients", "fields": {**known, **TERMS}}
        deal = str(self.as_person("POST", "/deals", json=body).json()["id"])
        for code in DOCUMENTS:
            path = f"/deals/{deal}/files/{code}?name=a.pdf"
            kind = {"Content-Type": "application/pdf"}
            self.as_person("POST", path, data=a_pdf(f"{deal} {code}"), headers=kind)
        self.deals.append(deal)
        return deal

    def retail(self) -> str:
        body = {"direction": "retailSales", "manager": "manager1", "fields": {"subject": "Пила"}}
        answer = self.ask("POST", "/deals", json=body)
        assert answer.status_code == 201, answer.text
        self.deals.append(str(answer.json()["id"]))
        return self.deals[-1]

    def card(self, deal: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/deals/{deal}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def stage_of(self, deal: str) -> str:
        return str(self.card(deal)["stage"]["code"])

    def move(self, deal: str, *stages: str) -> None:
        for stage in stages:
            answer = self.ask("POST", f"/deals/{deal}/stage", json={"stage": stage})
            assert answer.status_code in (200, 409, 412), answer.text

    def lose(self, deal: str) -> None:
        answer = self.ask("POST", f"/deals/{deal}/lost", json={"reason": "price"})
        assert answer.status_code in (200, 409, 412), answer.text

    def rounds(self, deal: str) -> list[str]:
        found = self.as_person("GET", f"/deals/{deal}/approvals", login="head1").json()["rounds"]
        return [one["state"] for one in found]

    def open_tasks(self, deal: str) -> list[str]:
        return sorted(task.key for task in self.suite.engine.tasks(business_key=deal))

    def fits(self, deal: str) -> bool:
        """One process with the tasks of the deal's stage; none of either when it is closed."""
        with suppress(EngineError, requests.RequestException):
            card = self.card(deal)
            roots, tasks = self.suite.engine.root_instances(deal), self.open_tasks(deal)
            if card["outcome"] != "open":
                return (roots, tasks) == ([], [])
            right = FITTING.get(card["stage"]["code"], ({"Task_WorkDeal"},))
            return len(roots) == 1 and any(tasks == sorted(these) for these in right)
        return False

    def audited(self) -> dict[str, str]:
        found: dict[str, str] = {}
        address = "/deals-without-next-step"
        while address:
            page = self.as_person("GET", address, login="portal1").json()
            found |= {item["deal"]["id"]: item["reason"] for item in page["items"]}
            address = (page["next"] or "").removeprefix("/api/v1")
        return found

    def signal(self, part: str, number: int) -> None:
        os.kill(self.suite.state["parts"][part], number)

    def pause(self) -> None:
        """Stop the worker, but never while it writes: on SQLite all others would wait for it."""
        while True:
            stop(self.suite.state["parts"]["worker"])
            if self._writable():
                return
            self.resume()
            time.sleep(0.05)

    def resume(self) -> None:
        self.signal("worker", signal.SIGCONT)

    def _writable(self) -> bool:
        database = sqlite3.connect(self.suite.data / "deals.sqlite3", timeout=0.5)
        try:
            database.execute("BEGIN IMMEDIATE")
            database.rollback()
        except sqlite3.OperationalError:
            return False
        finally:
            database.close()
        return True

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.suite.url}/readyz", timeout=15).status_code == 200
        except requests.RequestException:
            return False

    def restarted(self, part: str) -> None:
        """Kill a part; the suite starts it again by itself."""
        said = self.suite.output().count("запущен снова")
        self.signal(part, signal.SIGKILL)
        eventually(lambda: self.suite.output().count("запущен снова") > said)


@contextmanager
def a_shop(data: Path) -> Iterator[Shop]:
    """A suite of its own, and a program that may speak to it."""
    with running_suite(data, QUICK) as suite:
        token = secrets.token_urlsafe(24)
        database = Database(f"sqlite:///{data / 'deals.sqlite3'}", load_catalog(demo=True))
        with database.writing() as store:
            known = Token(str(uuid.uuid4()), "site", SCOPES, datetime.now(UTC), None)
            store.tokens.add(known, hashlib.sha256(token.encode()).hexdigest())
        database.close()
        yield Shop(suite, token)


def interleave(shop: Shop, seed: int, times: int = OPS) -> list[str]:
    """Draw what happens to a few deals; at the end every part works again.

    Returns: their ids, the `CLIENTS` deals of new clients first.
    """
    eventually(shop.ready)
    drawn, paused = random.Random(seed), False
    deaths = dict(zip(drawn.sample(range(times), 2), ("worker", "engine"), strict=True))
    deals = [shop.new_client() for _ in range(CLIENTS)] + [shop.retail()]
    try:
        for step in range(times):
            kinds = ["move", "lose", "press", "reject", "create", "pause", "wait"]
            what = deaths.get(step) or drawn.choices(kinds, [10, 1, 3, 3, 2, 3, 2])[0]
            deal = drawn.choice(deals)
            print(f"seed {seed}: {what} {deal}")
            match what:
                case "move":
                    for _ in range(drawn.randint(1, 3)):
                        if choices := _choices(shop, deal):
                            shop.move(deal, drawn.choice(choices))
                case "lose":
                    shop.lose(deal)
                case "press":
                    _press(shop, deal, drawn)
                case "reject":
                    reject(shop, deal)
                case "create":
                    deals.append(shop.retail())
                case "pause":
                    paused = not paused
                    if paused:
                        shop.pause()
                    else:
                        shop.resume()
                case "worker":
                    shop.restarted("worker")
                    paused = False
                case "engine":
                    shop.restarted("engine")
                case "wait":
                    time.sleep(drawn.uniform(0.1, 1.0))
    finally:
        if paused:
            shop.resume()

    eventually(shop.ready)
    return deals


def _choices(shop: Shop, deal: str) -> list[str]:
    choices = shop.card(deal)["stages"]
    return [one["code"] for one in choices if one["outcome"] != "lost" and not one["missing"]]


def _press(shop: Shop, deal: str, drawn: random.Random) -> None:
    """The button of the manager's form; where it cannot be pressed now, nothing happens."""
    with suppress(EngineError):
        for task in shop.suite.engine.tasks(business_key=deal):
            wanted = drawn.choice([*_choices(shop, deal), "nowhere"])
            version = shop.card(deal)["version"]
            if task.key in MANAGERS_TASKS:
                said = {"wantedStage": wanted, "seenVersion": version}
                shop.suite.engine.complete(task.id, said)


def reject(shop: Shop, deal: str) -> None:
    with suppress(EngineError):
        for task in shop.suite.engine.tasks(business_key=deal, key="Task_ReviewTerms"):
            said = {"decision": "rejected", "comment": "Дорого", "edits": ""}
            shop.suite.engine.complete(task.id, said)
