"""One storm from one number: which faults, in which order, and what they did."""

import random
import time
import uuid
from collections.abc import Callable, Set
from dataclasses import dataclass, field

import requests

from tests.faults.crowd import Machine
from tests.faults.lossy_link import ANSWERS, TASKS
from tests.faults.site import SECOND, Site, retried

CALM = {"direction": "newClients", "manager": "manager2", "fields": {"subject": "Проба"}}
RECOVERY = 120.0  # seconds a fault may keep a new deal from its first task


@dataclass(frozen=True)
class Fired:
    fault: str
    lasted: float
    recovered_after: float
    """Seconds until a deal created after the fault had its first task."""


@dataclass
class Storm:
    """Fires every fault once, in an order drawn by ``seed``."""

    site: Site
    machine: Machine
    seed: int
    fired: list[Fired] = field(default_factory=list)

    def schedule(self) -> list[str]:
        chance = random.Random(self.seed)
        return chance.sample(sorted(self.faults), len(self.faults))

    @property
    def faults(self) -> dict[str, Callable[[], None]]:
        site = self.site
        return {
            "worker killed": lambda: site.kill("worker"),
            "second worker killed": lambda: site.kill(SECOND),
            "worker frozen longer than its locks": lambda: site.freeze("worker", 12),
            "second worker frozen longer than its locks": lambda: site.freeze(SECOND, 12),
            "engine killed": lambda: site.kill("engine"),
            "engine frozen": lambda: site.freeze("engine", 20),
            "API killed": lambda: site.kill("api"),
            "1C killed": lambda: site.kill("onec"),
            "1C down": lambda: self._onec(8, instead="unavailable"),
            "1C answers garbage": lambda: self._onec(8, bent="html"),
            "answers of completions lost": self._completions_lost,
            "tasks lost on their way": lambda: self._lossy(10, 0.5, TASKS),
            "every answer lost": lambda: self._lossy(6, 1.0, ANSWERS | TASKS),
            "power cut": site.power_cut,
        }

    def rage(self, seconds: float) -> None:
        """Fire the schedule; after each fault a new deal must come to its first task."""
        deadline = time.monotonic() + seconds
        for fault in self.schedule():
            if time.monotonic() > deadline:
                break
            began = time.monotonic()
            self.faults[fault]()
            ended = time.monotonic()
            self.site.start()  # a part of ours that was killed comes back; the rest must by itself
            self._a_new_deal_lives(fault)
            recovered = time.monotonic() - ended
            self.fired.append(Fired(fault, ended - began, recovered))
            print(f"{fault}: {ended - began:.1f} s, recovered after {recovered:.1f} s", flush=True)

    def _a_new_deal_lives(self, fault: str) -> None:
        deadline = time.monotonic() + RECOVERY
        deal = self.machine.create(CALM, lambda: time.monotonic() < deadline)
        assert deal is not None, f"{fault}: no deal was taken for {RECOVERY:.0f} s"
        left = deadline - time.monotonic()
        assert retried(lambda: self._has_task(deal), left), f"{fault}: {deal} got no task"

    def _has_task(self, deal: str) -> None:
        answer = requests.get(
            f"{self.site.engine}/task",
            params={"processInstanceBusinessKey": deal},
            auth=self.site.administrator,
            timeout=10,
        )
        answer.raise_for_status()
        assert answer.json(), "not yet"

    def _onec(self, seconds: float, **faults: object) -> None:
        assert retried(lambda: self.site.onec_is(**faults), 30)
        time.sleep(seconds)
        assert retried(self.site.onec_is, 30)

    def _lossy(self, seconds: float, share: float, spoiled: Set[str]) -> None:
        self.site.link.spoiled, self.site.link.share = spoiled, share
        time.sleep(seconds)
        self.site.link.share = 0.0

    def _completions_lost(self) -> None:
        """The worker with the good link sleeps, so that the other one does everything; new deals
        at least, should all others wait for 1C."""
        self.site.link.spoiled, self.site.link.share = ANSWERS, 0.6
        ends = time.monotonic() + 20
        with self.site.frozen("worker"):
            while time.monotonic() < ends:
                self.machine.create(CALM, lambda: time.monotonic() < ends)
                time.sleep(2)
        self.site.link.share = 0.0


def a_token() -> str:
    return f"pit_{uuid.uuid4().hex}{uuid.uuid4().hex}"
