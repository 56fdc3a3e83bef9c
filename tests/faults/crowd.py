"""People at work in the storm: they look what waits for them, do it, and try again."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from ops.demo.scenario import Story
from tests.faults.life import PAUSE, ClientLife, Life, Plan, Site
from tests.faults.trades import ProductLife, RepairLife

TIMEOUT = (3, 20)  # seconds: connect, read
LIVES: Mapping[str, type[Life]] = {
    "client": ClientLife,
    "wholesale": ClientLife,
    "product": ProductLife,
    "repair": RepairLife,
}
"""Kind of a plan → how its deal goes."""
CLIENTS = ("client", "client", "wholesale")
ALL = (*CLIENTS, "product", "repair")
"""Kinds among which chance chooses."""


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


class Crowd:
    """``threads`` groups of people, each with sessions of their own, share ``deals`` deals."""

    def __init__(
        self,
        site: Site,
        machine: Machine,
        *,
        deals: int,
        threads: int,
        seed: int,
        kinds: Sequence[str] = CLIENTS,
        letters: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        """``letters``: what clients of a deal were sent; without it they answer by telephone."""
        chance = random.Random(seed)
        self._site, self._machine, self.letters = site, machine, letters
        self._plans = [Plan.drawn(number, chance, kinds) for number in range(deals)]
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
            LIVES[plan.kind](plan, story, self, chance).run()

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
