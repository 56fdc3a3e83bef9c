"""What workers promise, in plain words, so that the gate can compare it with diagrams."""

from collections.abc import Mapping
from dataclasses import dataclass

ALWAYS_WRITTEN = frozenset(
    {"formError", "formErrorCode", "formDetails", "returnTo", "returnedInput"}
)
"""Process variables that every topic writes: on a refusal what went wrong, otherwise null."""

STAGE_MOVED, DEAL_LOST, FAILURE_GONE = "StageMoved", "DealLost", "FailureGone"
MESSAGES = frozenset({STAGE_MOVED, DEAL_LOST, FAILURE_GONE})
"""Messages our workers send; a diagram that waits for another waits for ever."""

MOVE_VERSION = "moveVersion"
"""Local variable by which `StageMoved` finds its task, so that a repeated message finds none."""

TECHNICAL_FAILURE = "technical-failure"
BESIDE = frozenset({TECHNICAL_FAILURE})
"""Processes that run beside a deal's own one, under the same business key."""

FAILURE_ID = "failureId"
"""Variable by which a failure's task is found: id of the system step or job that stopped."""

STARTED_WITH: Mapping[str, frozenset[str]] = {
    TECHNICAL_FAILURE: frozenset(
        {"dealTitle", "clientName", "directionName", "stageName", FAILURE_ID, "incidentId"}
        | {"failedStep", "failureReason", "failureSince", "failureDueAt"}
        | {"failureTriedAt", "failureOwner"}
    )
}
"""Process → variables that its start brings, all of them always."""

RECIPIENTS = frozenset({"manager", "heads"})
"""Whom `notify` can address besides the roles of the catalogue."""


@dataclass(frozen=True)
class TopicContract:
    """One topic as a diagram may use it. Names are camelCase as on the wire."""

    name: str
    inputs: frozenset[str] = frozenset()
    """Local input parameters the worker reads."""
    results: frozenset[str] = frozenset()
    """Process variables it writes on success, beside `ALWAYS_WRITTEN`."""
    refusals: frozenset[str] = frozenset()
    """BPMN error codes the diagram must catch."""
