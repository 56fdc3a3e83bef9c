"""What workers promise, in plain words, so that the gate can compare it with diagrams."""

from collections.abc import Mapping
from dataclasses import dataclass

from db.domain.side_processes import VERSION

ERROR_VARIABLES = frozenset(
    {"formError", "formErrorCode", "formDetails", "returnTo", "returnedInput"}
)
"""Process variables that every topic writes: on a refusal what went wrong, otherwise null. One
that runs beside a person's task leaves them alone."""

STAGE_MOVED, DEAL_LOST, FAILURE_GONE = "StageMoved", "DealLost", "FailureGone"
PERIOD_CHANGED, DIFFERENCE_CHANGED = "PeriodChanged", "DifferenceChanged"
MESSAGES = frozenset({STAGE_MOVED, DEAL_LOST, FAILURE_GONE, PERIOD_CHANGED, DIFFERENCE_CHANGED})
"""Messages our workers send; a diagram that waits for another waits for ever."""

STAGE, STAGE_ACTIVITY = "stage", "stageActivity"
"""Variables of every step that reads the deal: its stage, and the activity that fits the stage."""

NEXT_MOVE = "nextMove"
"""Variable of the same steps: the move that the process waits for."""

MOVE_VERSION = "moveVersion"
"""Local variable by which `StageMoved` finds its task, so that a repeated message finds none."""

TECHNICAL_FAILURE = "technical-failure"
TEMPORARY_TERMS, ONEC_DISCREPANCY = "temporary-terms", "onec-discrepancy"
SIDE_PROCESSES = frozenset({TEMPORARY_TERMS, ONEC_DISCREPANCY})
"""Processes that a row of `side_processes` wants. None of them moves the deal on: what waits in
them is no next step of it."""
AUXILIARY_PROCESSES = SIDE_PROCESSES | {TECHNICAL_FAILURE}
"""Processes that run beside a deal's own one, under the same business key."""

FAILURE_ID = "failureId"
"""Variable by which a failure's task is found: id of the system step or job that stopped."""

SIDE_KEY = "sideKey"
"""Variable of a side process: the key of its row."""
DIFFERENCE_TEXT = "differenceText"
"""Variable of a difference found in 1C: what a person reads of it."""
DIFFERENCE_DETAILS = "differenceDetails"
"""Variable of the same: rows of 1C that an unknown number may mean, as in a refusal; or null."""
SIDE_VERSION = VERSION
"""Variable of a side process: the version of its row that it knows."""
UPDATE_MESSAGES: Mapping[str, str] = {
    TEMPORARY_TERMS: PERIOD_CHANGED,
    ONEC_DISCREPANCY: DIFFERENCE_CHANGED,
}
"""Side process → message that tells its waiting instance of a newer version."""

START_VARIABLES: Mapping[str, frozenset[str]] = {
    TECHNICAL_FAILURE: frozenset(
        {"dealTitle", "clientName", "directionName", "stageName", FAILURE_ID, "incidentId"}
        | {"failedStep", "failureReason", "failureSince", "failureDueAt"}
        | {"failureTriedAt", "failureOwner"}
    ),
    TEMPORARY_TERMS: frozenset({SIDE_KEY, SIDE_VERSION}),
    ONEC_DISCREPANCY: frozenset({SIDE_KEY, SIDE_VERSION, DIFFERENCE_TEXT, DIFFERENCE_DETAILS}),
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
    """Process variables it writes on success, beside `ERROR_VARIABLES`."""
    refusals: frozenset[str] = frozenset()
    """BPMN error codes the diagram must catch."""
