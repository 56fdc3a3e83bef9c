"""Port of failed system steps: their state, and one more attempt."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True)
class StoppedStep:
    """An external task or job without retries; ``reason`` is its last error message."""

    id: str
    """Id of the external task or job, the same for all attempts."""
    incident: str
    """Id of the incident, a new one after every failed attempt."""
    reason: str


class StepState(Enum):
    """State of a step without an incident."""

    RUNNING = "running"
    INACTIVE = "inactive"
    """Completed, canceled, or a job whose due date is in the future."""


class FailedSteps(Protocol):
    """Failed steps of all processes; every method may raise Unavailable."""

    def state(self, failure_id: str) -> StoppedStep | StepState:
        """Return the incident of a step, or its state without one."""
        ...

    def retry(self, stopped: StoppedStep) -> None:
        """Give a step one retry.

        Safe to repeat because a step without this incident is left unchanged.
        """
        ...
