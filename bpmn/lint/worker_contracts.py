"""Contract between diagrams and workers: messages, variables and topics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from db.domain.deals.side_processes import VERSION

MESSAGE_VARIABLES = frozenset({"formError", "formErrorCode", "formDetails", "returnedInput"})
"""Process variables of a refusal that only forms read. They exist from the first refusal on."""

RETURN_TO = "returnTo"
"""Person to whom a refusal returns the task. Assignees of user tasks read it, so every topic makes
it exist, null without a refusal."""

ERROR_VARIABLES = MESSAGE_VARIABLES | {RETURN_TO}
"""Process variables of a refusal; the next success sets those that exist to null.
Topics that run parallel to a user task leave them unchanged."""

STAGE_MOVED, DEAL_LOST, FAILURE_GONE = "StageMoved", "DealLost", "FailureGone"
PERIOD_CHANGED, DIFFERENCE_CHANGED = "PeriodChanged", "DifferenceChanged"
MESSAGES = frozenset({STAGE_MOVED, DEAL_LOST, FAILURE_GONE, PERIOD_CHANGED, DIFFERENCE_CHANGED})
"""Messages that the workers send; diagrams may wait for no others."""

STAGE, STAGE_ACTIVITY = "stage", "stageActivity"
"""Variables written by each step that reads the deal: stage, and activity of that stage."""

NEXT_MOVE = "nextMove"
"""Variable of the same steps: number of the stage move that the process waits for."""

MOVED_WITH_STAGE = frozenset(
    {STAGE, STAGE_ACTIVITY, NEXT_MOVE, "stageName", "outcome", "dueAt", "escalateAt"}
    | {"manager", "headsGroup", "dealTitle", "clientName", "directionName"}
)
"""Variables that a stage move changes together."""

PERSONS: Mapping[str, str] = {"assignee": "${assigneeGroup}", "manager": "${headsGroup}"}
"""Variable with the login of an assignee → candidate group that goes with it."""
OWNERS = frozenset({RETURN_TO, "failureOwner", *PERSONS})
"""Variables that may name the assignee of a user task."""

MOVE_VERSION = "moveVersion"
"""Local variable that `StageMoved` is correlated by; a repeated message matches no task."""

TECHNICAL_FAILURE = "technical-failure"
TEMPORARY_TERMS, ONEC_DISCREPANCY = "temporary-terms", "onec-discrepancy"
SIDE_PROCESSES = frozenset({TEMPORARY_TERMS, ONEC_DISCREPANCY})
"""Processes started for rows of `side_processes`. Their wait states are no next step of a deal."""
AUXILIARY_PROCESSES = SIDE_PROCESSES | {TECHNICAL_FAILURE}
"""Processes that run parallel to the main process of a deal, with the same business key."""

FAILURE_ID = "failureId"
"""Variable of a technical failure: id of the failed external task or job."""

SIDE_KEY = "sideKey"
"""Variable of a side process: the key of its row."""
DIFFERENCE_TEXT = "differenceText"
"""Variable of a 1C discrepancy: description for the user."""
DIFFERENCE_DETAILS = "differenceDetails"
"""Variable of a 1C discrepancy: candidate rows of 1C for an unknown number, or null."""
SIDE_VERSION = VERSION
"""Variable of a side process: the version of the row that it has read."""
UPDATE_MESSAGES: Mapping[str, str] = {
    TEMPORARY_TERMS: PERIOD_CHANGED,
    ONEC_DISCREPANCY: DIFFERENCE_CHANGED,
}
"""Side process → message that notifies its instance of a newer version of the row."""

START_VARIABLES: Mapping[str, frozenset[str]] = {
    TECHNICAL_FAILURE: frozenset(
        {"dealTitle", "clientName", "directionName", "stageName", FAILURE_ID, "incidentId"}
        | {"failedStep", "failureReason", "failureSince", "failureDueAt"}
        | {"failureTriedAt", "failureOwner"}
    ),
    TEMPORARY_TERMS: frozenset({SIDE_KEY, SIDE_VERSION}),
    ONEC_DISCREPANCY: frozenset({SIDE_KEY, SIDE_VERSION, DIFFERENCE_TEXT, DIFFERENCE_DETAILS}),
}
"""Process → variables that each start sets, all of them."""

AWAITED = frozenset({"remindAt", "termsEndAt"})
"""Variables with a moment that only timers read: where one is known, a timer waits for it."""

TEMPLATES_OF_WORKERS = frozenset({"overdue"})
"""Texts of notifications that the workers send by themselves, not only steps of diagrams."""

RECIPIENTS = frozenset({"manager", "heads"})
"""Recipients of the topic `notify` besides the roles of the catalog."""


class Kind(Enum):
    """Type of a process variable, as far as expressions and timers care."""

    TEXT = "текст"
    BOOLEAN = "да или нет"
    NUMBER = "число"
    INSTANT = "момент времени"
    OBJECT = "объект"
    ANY = "что угодно"


@dataclass(frozen=True)
class ValueType:
    """Type of an input or result of a topic."""

    kind: Kind = Kind.ANY
    values: frozenset[str] | None = None
    """The only texts that occur."""
    words: bool = False
    """``values`` are words, of which a text has several, separated by spaces."""
    optional: bool = True
    """It may be null."""

    def takes(self, text: str) -> bool:
        """Tell if a constant is a value of this type."""
        if self.kind is Kind.ANY or self.kind is Kind.OBJECT:
            return True
        if self.kind is Kind.BOOLEAN:
            return text in ("true", "false")
        if self.kind is Kind.NUMBER:
            return text.removeprefix("-").isdecimal()
        if self.values is None:
            return bool(text.strip())
        if self.words:
            found = text.split()
            return bool(found) and len(set(found)) == len(found) and set(found) <= self.values
        return text in self.values


@dataclass(frozen=True)
class TopicContract:
    """Contract of one topic. Variable names are camelCase as in process variables."""

    name: str
    inputs: frozenset[str] = frozenset()
    """Input parameters that the worker reads."""
    results: frozenset[str] = frozenset()
    """Process variables written on success, besides `ERROR_VARIABLES`."""
    refusals: frozenset[str] = frozenset()
    """BPMN error codes that the diagram must catch."""
    types: Mapping[str, ValueType] = field(default_factory=dict)
    """Input parameter → its type."""
    result_types: Mapping[str, ValueType] = field(default_factory=dict)
    """Result variable → its type."""
    answers: frozenset[str] = frozenset()
    """Inputs that a person fills in the form of the task just before."""
    recipients: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Value of the input ``template`` → whom its text addresses, by the input ``recipient``."""
    parallel: bool = False
    """It may run beside an open user task and leaves the variables of its form alone."""
