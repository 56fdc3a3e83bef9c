"""Approval rounds and their decisions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from db.domain.catalog import ApprovalChain, ApprovalStep, Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.history import Change, Kind
from db.domain.deals.stages import missing_for
from db.domain.errors import CommentMissing, DecisionMissing, FieldProblem, FieldsInvalid, FourEyes
from db.domain.fields.values import BadValue, Json, ListNames, parse


class RoundState(StrEnum):
    """State of an approval round."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # the deal was lost meanwhile


class DecisionOutcome(StrEnum):
    """Outcome of an approver's decision."""

    APPROVED = "approved"
    REJECTED = "rejected"


OUTCOME_NAMES: Mapping[str, str] = {
    DecisionOutcome.APPROVED: "согласовано",
    DecisionOutcome.REJECTED: "отклонено",
}


@dataclass
class Round:
    """One pass of the approval chain; ``terms`` are the deal's values when it was opened."""

    deal_id: str
    number: int
    stage_before: str
    """The stage the deal really held before it asked for approval."""
    opened_at: datetime
    opened_by: str
    instance_id: str
    """Process instance of this round; a repeated opening finds the round by it."""
    chain: str
    """Code of the approval chain."""
    terms: Mapping[str, Json] = field(default_factory=dict)
    state: RoundState = RoundState.OPEN
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Approval or rejection by one person in one task; immutable."""

    deal_id: str
    round: int
    step: str
    role: str
    person: str
    outcome: DecisionOutcome
    comment: str
    at: datetime
    task_id: str
    """External task that recorded it: a redelivered task finds its own decision."""
    changed: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Field code → {"old", "new"}: applied to the deal (approved) or offered (rejected)."""
    answers: Mapping[str, Json] = field(default_factory=dict)
    """Field of the decision → its value."""
    reliability: Mapping[str, Json] = field(default_factory=dict)
    """The reliability check this decision refers to, as it stood."""


RELIABILITY = (
    "reliabilityVerdict",
    "reliabilitySource",
    "reliabilityComment",
    "reliabilityCheckedBy",
    "reliabilityCheckedAt",
)


def outcome_of(decision: object, comment: object) -> tuple[DecisionOutcome, str]:
    """Parse a decision sent by a form or REST client; a missing value is never an approval.

    Raises: DecisionMissing, CommentMissing (a rejection needs a reason).
    """
    if not isinstance(decision, str) or decision not in set(DecisionOutcome):
        raise DecisionMissing
    text = comment.strip() if isinstance(comment, str) else ""
    if decision == DecisionOutcome.REJECTED and not any(c.isalnum() for c in text):
        raise CommentMissing
    return DecisionOutcome(decision), text[:4000]


def decide(
    catalog: Catalog,
    deal: Deal,
    step: ApprovalStep,
    *,
    round_number: int,
    person: str,
    decision: object,
    comment: object,
    edits: Mapping[str, object],
    lists: ListNames,
    at: datetime,
    task_id: str,
) -> Decision:
    """One approver's word. ``edits`` are values of the step's fields and answers, others are
    ignored. Approved edits are written to the deal, in a parallel group only when all have
    approved; those of a rejection are kept as a counter-offer.

    Raises: DecisionMissing, CommentMissing, FourEyes, FieldsInvalid.
    """
    outcome, text = outcome_of(decision, comment)
    if person == deal.manager:
        raise FourEyes
    before = dict(deal.values)
    allowed = {code: value for code, value in edits.items() if code in step.edits}
    approved = outcome is DecisionOutcome.APPROVED
    answers = _answers(step, edits, lists, required=approved)
    after = deal if approved and step.parallel is None else _copy(deal)
    missing = missing_for(catalog, deal, catalog.directions[deal.direction].stage(deal.stage))
    changed = write(catalog, after, allowed, lists, by_worker=True)
    if approved:
        _refuse_gaps(catalog, after, missing)
    deal.record(Change(Kind.DECISION, step.code, None, {"outcome": outcome, "round": round_number}))
    return Decision(
        deal_id=deal.id,
        round=round_number,
        step=step.code,
        role=step.role,
        person=person,
        outcome=outcome,
        comment=text,
        at=at,
        task_id=task_id,
        changed={c: {"old": before.get(c), "new": after.values.get(c)} for c in changed},
        answers=answers,
        reliability={c: deal.values[c] for c in RELIABILITY if c in deal.values}
        if step.refers_to_reliability
        else {},
    )


def _answers(
    step: ApprovalStep, given: Mapping[str, object], lists: ListNames, *, required: bool
) -> dict[str, Json]:
    """Parse the fields of the decision. Raises: FieldsInvalid naming every bad or missing one."""
    answers: dict[str, Json] = {}
    problems: list[FieldProblem] = []
    for known in step.answers:
        try:
            value = parse(known, given.get(known.code), lists)
        except BadValue as bad:
            problems.append(FieldProblem(known.code, known.label, str(bad)))
            continue
        if value is not None:
            answers[known.code] = value
        elif required:
            sentence = "Ответ нужен для согласования, заполните его."
            problems.append(FieldProblem(known.code, known.label, sentence))
    if problems:
        raise FieldsInvalid(problems)
    return answers


def _refuse_gaps(
    catalog: Catalog, deal: Deal, before: Iterable[tuple[tuple[str, ...], str]]
) -> None:
    """Refuse edits that empty a field which the approval requires.

    ``before``: what was missing already; no approver is to blame for that.
    """
    stage = catalog.directions[deal.direction].stage(deal.stage)
    known = {codes for codes, _ in before}
    problems = [
        FieldProblem(codes[0], label, "Поле нужно для согласования, заполните его.")
        for codes, label in missing_for(catalog, deal, stage)
        if codes not in known
    ]
    if problems:
        raise FieldsInvalid(problems)


def _copy(deal: Deal) -> Deal:
    return Deal(
        id=deal.id,
        direction=deal.direction,
        stage=deal.stage,
        manager=deal.manager,
        created_at=deal.created_at,
        stage_since=deal.stage_since,
        values=dict(deal.values),
        files=deal.files,
    )


@dataclass(frozen=True)
class Votes:
    """Decisions of a parallel group in one round."""

    steps: Collection[str]
    decisions: Collection[Decision]

    @property
    def missing(self) -> tuple[str, ...]:
        """Steps that have not decided yet."""
        decided = {decision.step for decision in self.decisions}
        return tuple(step for step in self.steps if step not in decided)

    @property
    def approved(self) -> bool:
        """Whether all have decided, and nobody rejected."""
        outcomes = {decision.outcome for decision in self.decisions}
        return not self.missing and outcomes == {DecisionOutcome.APPROVED}


def votes(chain: ApprovalChain, group: str, round_: Round, decisions: Iterable[Decision]) -> Votes:
    """The decisions of a parallel group in a round."""
    steps = [step.code for step in chain.members(group)]
    own = [d for d in decisions if d.round == round_.number and d.step in steps]
    return Votes(steps, own)


def apply_edits(deal: Deal, decision: Decision) -> None:
    """Write the edits of a decision, which were checked when it was made."""
    for code, change in decision.changed.items():
        if (old := deal.values.get(code)) == change["new"]:
            continue
        deal.record(Change(Kind.FIELD, code, old, change["new"]))
        if change["new"] is None:
            deal.values.pop(code, None)
        else:
            deal.values[code] = change["new"]


def secret_decisions(
    chains: Mapping[str, ApprovalChain], rounds: Iterable[Round], decisions: Collection[Decision]
) -> frozenset[tuple[int, str]]:
    """Round and step of the decisions that only their authors may see yet: those of a parallel
    group of an open round, until all of it have decided."""
    return frozenset(
        (round_.number, step)
        for round_ in rounds
        if round_.state is RoundState.OPEN and round_.chain in chains
        for cast in _all_votes(chains[round_.chain], round_, decisions)
        if cast.missing
        for step in cast.steps
    )


def _all_votes(chain: ApprovalChain, round_: Round, decisions: Collection[Decision]) -> list[Votes]:
    groups = {step.parallel for step in chain.steps.values() if step.parallel is not None}
    return [votes(chain, group, round_, decisions) for group in groups]


def terms_after(
    chain: ApprovalChain | None, round_: Round, decisions: Collection[Decision]
) -> dict[str, Json]:
    """The deal's values at the end of a round: those at its start plus the approvers' edits.

    ``chain``: None if the catalog has it no longer.
    """
    values = dict(round_.terms)
    offered = _offered(chain, round_, decisions) if chain else frozenset()
    for decision in decisions:
        own = decision.round == round_.number and decision.step not in offered
        if own and decision.outcome is DecisionOutcome.APPROVED:
            values |= {code: change["new"] for code, change in decision.changed.items()}
    return values


def _offered(
    chain: ApprovalChain, round_: Round, decisions: Collection[Decision]
) -> frozenset[str]:
    """Steps of parallel groups that did not approve: their edits were never written."""
    cast = _all_votes(chain, round_, decisions)
    return frozenset(step for one in cast if not one.approved for step in one.steps)


def changed_since(
    before: Mapping[str, Json], now: Mapping[str, Json]
) -> dict[str, dict[str, Json]]:
    """Changed values: field code → {"old", "new"}."""
    codes = sorted(set(before) | set(now))
    return {
        code: {"old": before.get(code), "new": now.get(code)}
        for code in codes
        if before.get(code) != now.get(code)
    }
