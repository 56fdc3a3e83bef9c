"""Records an approver's decision, once per step and round, and applies the approved edits."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from db.domain.approval.rounds import DecisionOutcome, Round, decide
from db.domain.errors import (
    CommentMissing,
    DealClosed,
    DecisionMissing,
    FieldProblem,
    FieldsInvalid,
    FourEyes,
)
from db.ports.store import Store
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.approval import working_time_after
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class RecordDecision(TaskInput):
    """Input of ``record-decision``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("decision", "comment", "edits")

    step: str
    """Code of the approval step."""
    decided_by: str
    """Login of the approver."""
    decision: Any = None
    """approved or rejected."""
    comment: Any = None
    edits: Any = None
    """JSON object as text: field code → new value."""


class DecisionRecorded(DealVariables):
    """Result of ``record-decision``."""

    approved: bool


class StepNotOpen(Exception):
    """The instance has no round, or the step of the round is decided already."""


def record_decision(task: Task[RecordDecision, None], services: Services) -> DecisionRecorded:
    """Record the decision; a rejection needs a comment, the submitter of a deal may not decide.

    Safe to repeat because a decision is unique per deal, round and step, and a repeated task
    returns its stored result.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    round_ = _round_of(task, store)
    decision = decide(
        store.catalog,
        deal,
        store.catalog.approval_steps[given.step],
        round_number=round_.number,
        person=given.decided_by,
        decision=given.decision,
        comment=given.comment,
        edits=_edits(given.edits),
        lists=store.lists,
        at=task.at,
        task_id=task.id,
    )
    store.rounds.record(decision)
    store.deals.save(deal, person_actor(task, given.decided_by))
    working = working_time_after(store.catalog, given.step)
    seen = deal_variables(services, deal, since=task.at, working=working)
    return DecisionRecorded(approved=decision.outcome is DecisionOutcome.APPROVED, **seen)


def _round_of(task: Task[RecordDecision, None], store: Store) -> Round:
    rounds = store.rounds.of(task.deal_id)
    own = next((one for one in rounds if one.instance_id == task.instance_id), None)
    if own is None:
        raise StepNotOpen("The approval instance has no round: open-approval-round comes first.")
    if store.rounds.decision(task.deal_id, own.number, task.input.step) is not None:
        raise StepNotOpen(f"Step {task.input.step} of round {own.number} was decided before.")
    return own


def _edits(text: object) -> Mapping[str, object]:
    """Parse the edits of a form. Raises: FieldsInvalid unless they are a JSON object."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return {}
    try:
        edits = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        edits = None
    if not isinstance(edits, dict):
        sentence = "Правки не прочитаны. Обновите страницу и внесите их ещё раз."
        raise FieldsInvalid([FieldProblem("edits", "Правки условий", sentence)])
    return edits


TOPIC = Topic(
    "record-decision",
    RecordDecision,
    DecisionRecorded,
    record_decision,
    refusals=(DecisionMissing, CommentMissing, FourEyes, FieldsInvalid, DealClosed),
)
