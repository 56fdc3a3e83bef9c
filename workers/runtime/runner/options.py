"""How a worker process works."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.runtime.runner.retries import Retries


@dataclass(frozen=True)
class Options:
    """How a worker process works; seconds unless the name says otherwise."""

    engine_url: str
    """REST root, e.g. http://127.0.0.1:8080/engine-rest."""
    user: str = ""
    password: str = field(default="", repr=False)
    threads: int = 4
    lock_seconds: float = 30.0
    poll_seconds: float = 4.0
    grace_seconds: float = 25.0
    deaths: int = 3
    """A task that killed its worker so often becomes an incident."""
    retries: Retries = field(default_factory=Retries)

    def for_client(self) -> Mapping[str, Any]:
        """The same as the mandated client's configuration."""
        return {
            "maxTasks": 2 * self.threads,
            "lockDuration": round(self.lock_seconds * 1000),
            "asyncResponseTimeout": round(self.poll_seconds * 1000),
            "deserializeValues": False,
            "includeExtensionProperties": False,
            "poolSize": self.threads + 3,
            "auth_basic": {"username": self.user, "password": self.password} if self.user else None,
        }
