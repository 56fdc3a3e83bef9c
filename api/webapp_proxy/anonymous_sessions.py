"""Limit of the engine sessions that are created for clients without a login.

The engine keeps every session in memory for hours, so one client could exhaust it and end the
sessions of all. Requests of logged-in people are not counted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.http.client_network import network_of

MAX_NETWORKS = 10_000
"""Networks with a bucket; beyond it those with a full bucket are dropped first."""


@dataclass(frozen=True)
class Allowance:
    """Token bucket: ``burst`` sessions at once, then ``per_second``."""

    burst: int
    per_second: float


ONE_NETWORK = Allowance(300, 0.5)
"""An office in which everybody logs in at the same time needs one session per browser."""
EVERYBODY = Allowance(3_000, 4.0)
"""About 150,000 sessions of 1 KB in the ten hours that the engine keeps them."""


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
    """Counts created sessions per network and in all; each API process counts its own."""

    clock: Callable[[], float] = time.monotonic
    _networks: dict[str, _Bucket] = field(default_factory=dict)
    _everybody: _Bucket | None = None

    def exhausted(self, address: str) -> bool:
        """Whether no more sessions may be created for clients at this address."""
        return any(bucket.refill(self.clock()) < 1 for bucket in self._buckets(address))

    def created(self, address: str) -> None:
        """Count a session that the engine has created."""
        for bucket in self._buckets(address):
            bucket.left = bucket.refill(self.clock()) - 1

    def _buckets(self, address: str) -> list[_Bucket]:
        now = self.clock()
        if self._everybody is None:
            self._everybody = _Bucket(EVERYBODY, EVERYBODY.burst, now)
        network = network_of(address)
        if network not in self._networks:
            self._drop_full_buckets(now)
            self._networks[network] = _Bucket(ONE_NETWORK, ONE_NETWORK.burst, now)
        return [self._networks[network], self._everybody]

    def _drop_full_buckets(self, now: float) -> None:
        if len(self._networks) < MAX_NETWORKS:
            return
        full = [
            network
            for network, bucket in self._networks.items()
            if bucket.refill(now) >= bucket.allowance.burst
        ]
        for network in full or list(self._networks)[: MAX_NETWORKS // 2]:
            del self._networks[network]
