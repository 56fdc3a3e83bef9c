"""Port of failed system steps: their state, and one more attempt."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True)
class StoppedStep:
    """A step without tries left. ``reason`` is what it said last."""

    id: str
    """Of the system step or job: the same over all tries."""
    incident: str
    """Another one after every try that failed."""
    reason: str


class StepState(Enum):
    """A step that is not stopped."""

    RUNNING = "running"
    INACTIVE = "inactive"


class FailedSteps(Protocol):
    """Steps of all processes that stopped. Any call may raise Unavailable."""

    def state(self, failure_id: str) -> StoppedStep | StepState: ...

    def retry(self, stopped: StoppedStep) -> None:
        """Give it one more try. Safe to repeat: a step that is not stopped is left alone."""
        ...
