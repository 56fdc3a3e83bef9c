"""Options of the external-task worker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.runtime.runner.retries import RetryPolicy


@dataclass(frozen=True)
class WorkerOptions:
    """Options of one worker process; durations are in seconds."""

    engine_url: str
    """Base URL of the engine's REST API, e.g. http://127.0.0.1:8080/engine-rest."""
    user: str = ""
    password: str = field(default="", repr=False)
    threads: int = 4
    """Slow tasks executed at the same time, i.e. those that read 1C or the identity service."""
    batch_size: int = 50
    """Most tasks fetched and executed together."""
    reporters: int = 8
    """Outcomes sent to the engine at the same time."""
    lock_seconds: float = 30.0
    """Lock duration of a fetched task; extended while the task is executed."""
    poll_seconds: float = 4.0
    """Long-polling timeout of fetchAndLock."""
    grace_seconds: float = 25.0
    """Time that started tasks get to finish after `Worker.stop`."""
    max_crashes: int = 3
    """Crashes of the worker process during one task after which the task becomes an incident."""
    retries: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def refill_at(self) -> int:
        """Tasks in hand at which the next batch is fetched, while the last is being reported."""
        return self.batch_size // 2

    @property
    def slow_slots(self) -> int:
        """Slow tasks in hand at which no more are fetched: another worker may be free."""
        return 2 * self.threads

    def client_config(self) -> Mapping[str, Any]:
        """Return the options as configuration of camunda-external-task-client-python3."""
        return {
            "maxTasks": self.batch_size,
            "lockDuration": round(self.lock_seconds * 1000),
            "asyncResponseTimeout": round(self.poll_seconds * 1000),
            "deserializeValues": False,
            "includeExtensionProperties": False,
            "auth_basic": {"username": self.user, "password": self.password} if self.user else None,
        }
