"""Bound of the sessions that the engine makes for callers who have not logged in.

The engine keeps each one in memory for hours, so a patient stranger could fill it and log everybody
out. People who have logged in are not counted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.server.connections import network_of

REMEMBERED = 10_000
"""Networks; those that have their whole allowance again are forgotten first."""


@dataclass(frozen=True)
class Allowance:
    """Token bucket: ``burst`` sessions at once, then ``per_second``."""

    burst: int
    per_second: float


ONE_NETWORK = Allowance(300, 0.5)
"""An office that logs in on Monday morning makes one session for each browser."""
EVERYBODY = Allowance(3_000, 4.0)
"""Some 150,000 in the ten hours that the engine keeps them, about 1 KB each."""


@dataclass
class _Bucket:
    allowance: Allowance
    left: float
    at: float

    def refill(self, now: float) -> float:
        grown = self.left + (now - self.at) * self.allowance.per_second
        self.left, self.at = min(float(self.allowance.burst), grown), now
        return self.left


@dataclass
class AnonymousSessionLimit:
    """Counts in this process; each API process has an allowance of its own."""

    clock: Callable[[], float] = time.monotonic
    _networks: dict[str, _Bucket] = field(default_factory=dict)
    _everybody: _Bucket | None = None

    def exhausted(self, address: str) -> bool:
        """Whether no more sessions may be made for strangers at this address."""
        return any(bucket.refill(self.clock()) < 1 for bucket in self._buckets(address))

    def made(self, address: str) -> None:
        """The engine has made one."""
        for bucket in self._buckets(address):
            bucket.left = bucket.refill(self.clock()) - 1

    def _buckets(self, address: str) -> list[_Bucket]:
        now = self.clock()
        if self._everybody is None:
            self._everybody = _Bucket(EVERYBODY, EVERYBODY.burst, now)
        network = network_of(address)
        if network not in self._networks:
            self._forget(now)
            self._networks[network] = _Bucket(ONE_NETWORK, ONE_NETWORK.burst, now)
        return [self._networks[network], self._everybody]

    def _forget(self, now: float) -> None:
        if len(self._networks) < REMEMBERED:
            return
        whole = [
            at for at, known in self._networks.items() if known.refill(now) >= known.allowance.burst
        ]
        for network in whole or list(self._networks)[: REMEMBERED // 2]:
            del self._networks[network]
