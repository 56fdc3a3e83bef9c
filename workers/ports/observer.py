"""Ports of the metrics that runner, outbox dispatcher and 1C client report."""

from enum import Enum
from typing import Protocol


class Fate(Enum):
    """Outcome of handling an external task."""

    COMPLETED = "completed"
    REFUSED = "refused"
    """Reported as a BPMN error, which the diagram catches."""
    FAILED = "failed"
    """Reported as a failure with retries."""
    INCIDENT = "incident"
    """Reported as a failure without retries."""
    LOCK_LOST = "lock_lost"
    """Dropped without a report; the engine delivers the task again."""


class RequestResult(Enum):
    """Outcome of a request to 1C."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    """No usable response in time, or not sent because of earlier ones."""
    REFUSED = "refused"
    """1C or its web server refused login or request."""


class TaskObserver(Protocol):
    """Observer of external tasks. Every method is quick, thread-safe and never raises."""

    def polled(self, tasks: int) -> None:
        """The engine answered a fetch with so many tasks, none included."""
        ...

    def batch(self, size: int) -> None:
        """So many tasks are executed in one transaction."""
        ...

    def ended(self, topic: str, fate: Fate, queued: float, handled: float) -> None:
        """A task was reported or dropped.

        ``queued``: seconds between fetch and start. ``handled``: seconds between start and end of
        the handler; of a task in a batch, those of the batch divided by its size.
        """
        ...


class OutboxObserver(Protocol):
    """Observer of the outbox dispatcher. Every method is quick, thread-safe and never raises."""

    def delivered(self, kind: str, waited: float) -> None:
        """A row reached the engine ``waited`` seconds after it was written."""
        ...

    def postponed(self, kind: str) -> None:
        """A delivery failed and is tried again later."""
        ...


class OnecObserver(Protocol):
    """Observer of requests to 1C. Every method is quick, thread-safe and never raises."""

    def requested(self, entity_set: str, result: RequestResult, seconds: float) -> None:
        """A request for rows of an entity set ended after so many seconds."""
        ...


class NoObserver:
    """Observer of everything that records nothing."""

    def polled(self, tasks: int) -> None: ...

    def batch(self, size: int) -> None: ...

    def ended(self, topic: str, fate: Fate, queued: float, handled: float) -> None: ...

    def delivered(self, kind: str, waited: float) -> None: ...

    def postponed(self, kind: str) -> None: ...

    def requested(self, entity_set: str, result: RequestResult, seconds: float) -> None: ...
