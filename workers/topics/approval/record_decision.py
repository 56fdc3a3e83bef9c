"""Records an approver's decision, once per step and round, and applies the approved edits."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from db.domain.approval.rounds import DecisionOutcome, decide
from db.domain.errors import (
    CommentMissing,
    DealClosed,
    DecisionMissing,
    FieldProblem,
    FieldsInvalid,
    FourEyes,
)
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.approval import round_of, working_time_after
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class RecordDecision(TaskInput):
    """Input of ``record-decision``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("decision", "comment", "edits")

    step: str
    """Code of a step of the chain."""
    decided_by: str
    """Login of the approver."""
    decision: Any = None
    """approved or rejected."""
    comment: Any = None
    edits: Any = None
    """JSON object as text: code of a field of the deal or of the decision → value."""


class DecisionRecorded(DealVariables):
    """Result of ``record-decision``."""

    approved: bool


class StepNotOpen(Exception):
    """The step of the round is decided already."""


def record_decision(task: Task[RecordDecision, None], services: Services) -> DecisionRecorded:
    """Record the decision; a rejection needs a comment, the submitter of a deal may not decide.

    In a parallel group the edits are only recorded; ``count-decisions`` applies them.
    Safe to repeat because a decision is unique per deal, round and step, and a repeated task
    returns its stored result.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    round_, chain = round_of(store, deal.id, task.instance_id)
    if store.rounds.decision(deal.id, round_.number, given.step) is not None:
        raise StepNotOpen(f"Step {given.step} of round {round_.number} was decided before.")
    step = chain.steps[given.step]
    decision = decide(
        store.catalog,
        deal,
        step,
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
    working = working_time_after(chain, step)
    seen = deal_variables(services, deal, since=task.at, working=working)
    return DecisionRecorded(approved=decision.outcome is DecisionOutcome.APPROVED, **seen)


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
