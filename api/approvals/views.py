"""Approval views: build the responses of approval rounds and the reliability check."""

from collections.abc import Iterable, Mapping, Sequence

from api.approvals.responses import (
    AnswerFieldSchema,
    AnswerSchema,
    ApprovalSchema,
    ChangedField,
    DecisionSchema,
    OfferedField,
    RejectionSchema,
    ReliabilitySchema,
    RoundSchema,
    StepSchema,
)
from api.deals.access import DealContext
from db.domain.approval.rounds import (
    Decision,
    DecisionOutcome,
    Round,
    RoundState,
    changed_since,
    secret_decisions,
    terms_after,
)
from db.domain.catalog import ApprovalChain, ApprovalStep
from db.domain.fields.values import Json


def approval_card(context: DealContext) -> ApprovalSchema:
    """All approval rounds of the deal, without the decisions that the caller may not see yet."""
    rounds = context.store.rounds.of(context.deal.id)
    decisions = _visible_decisions(context, rounds)
    is_open = bool(rounds) and rounds[-1].state is RoundState.OPEN
    rejections = _rejections(context, rounds, decisions)
    return ApprovalSchema(
        round=rounds[-1].number if is_open else None,
        steps=[_step(context, step) for step in _steps(context, rounds)],
        rounds=[_round(context, each, decisions) for each in rounds],
        changed_since_last_round=_changed_since_last(context, rounds, decisions),
        rejection=rejections[-1] if rejections else None,
        rejections=rejections,
    )


def _visible_decisions(context: DealContext, rounds: Sequence[Round]) -> list[Decision]:
    """The decisions of ``rounds`` that the caller may see: of a parallel group only their own,
    until all of it have decided."""
    decisions = context.store.rounds.decisions(context.deal.id)
    secret = secret_decisions(context.store.catalog.chains, rounds, decisions)
    return [
        decision
        for decision in decisions
        if decision.person == context.login or (decision.round, decision.step) not in secret
    ]


def reliability_card(context: DealContext) -> ReliabilitySchema | None:
    """The reliability check of the client; None before it is made."""
    values = context.deal.values
    verdict = values.get("reliabilityVerdict")
    if verdict is None:
        return None
    field = context.store.catalog.fields["reliabilityVerdict"]
    checked_by = values.get("reliabilityCheckedBy")
    return ReliabilitySchema(
        verdict=verdict,
        verdict_text=context.names.text(field, verdict, context.store.lists),
        source=values.get("reliabilitySource"),
        comment=values.get("reliabilityComment"),
        checked_by=None if checked_by is None else context.names.person(checked_by),
        checked_at=values.get("reliabilityCheckedAt"),
    )


def _chain(context: DealContext, round_: Round) -> ApprovalChain | None:
    return context.store.catalog.chains.get(round_.chain)


def _steps(context: DealContext, rounds: Sequence[Round]) -> Iterable[ApprovalStep]:
    """Steps of the open round's chain, else of the one that the deal's direction has first."""
    catalog = context.store.catalog
    chain = catalog.chain_at(context.deal)
    if rounds and rounds[-1].state is RoundState.OPEN:
        chain = _chain(context, rounds[-1])
    chain = chain or next(iter(catalog.chains_of(context.deal.direction)), None)
    return chain.steps.values() if chain else ()


def _step(context: DealContext, step: ApprovalStep) -> StepSchema:
    answers = [AnswerFieldSchema.of(answer) for answer in step.answers]
    return StepSchema.of(step, role_name=_role_name(context, step.role), answers=answers)


def _round(context: DealContext, round_: Round, decisions: Sequence[Decision]) -> RoundSchema:
    own = [_decision(context, round_, d) for d in decisions if d.round == round_.number]
    return RoundSchema.of(round_, decisions=own)


def _decision(context: DealContext, round_: Round, decision: Decision) -> DecisionSchema:
    return DecisionSchema.of(
        decision,
        step_name=context.store.catalog.step_name(round_.chain, decision.step),
        role_name=_role_name(context, decision.role),
        person=context.names.person(decision.person),
        changed=_changes(context, decision.changed),
        answers=_answers(context, round_, decision),
    )


def _answers(context: DealContext, round_: Round, decision: Decision) -> list[AnswerSchema]:
    chain = _chain(context, round_)
    step = chain.steps.get(decision.step) if chain else None
    lists = context.store.lists
    return [
        AnswerSchema.of(field, text=context.names.text(field, decision.answers[field.code], lists))
        for field in (step.answers if step else ())
        if field.code in decision.answers
    ]


def _rejections(
    context: DealContext, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> list[RejectionSchema]:
    """The rejections that ended the last round; none if it is open or ended otherwise."""
    if not rounds or rounds[-1].state is not RoundState.REJECTED:
        return []
    return [
        _rejection(context, rounds[-1], decision)
        for decision in decisions
        if decision.outcome is DecisionOutcome.REJECTED and decision.round == rounds[-1].number
    ]


def _rejection(context: DealContext, round_: Round, decision: Decision) -> RejectionSchema:
    rejection = _decision(context, round_, decision)
    offer = [
        OfferedField.of(change, value=decision.changed[change.code]["new"])
        for change in rejection.changed
    ]
    return RejectionSchema.of(rejection, offer=offer)


def _changed_since_last(
    context: DealContext, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> list[ChangedField]:
    """Current values, including changes made in the open round, compared with the values at the
    end of the last closed round."""
    closed = [each for each in rounds if each.state is not RoundState.OPEN]
    if not closed:
        return []
    before = terms_after(_chain(context, closed[-1]), closed[-1], decisions)
    return _changes(context, changed_since(before, context.deal.values))


def _changes(context: DealContext, changes: Mapping[str, Mapping[str, Json]]) -> list[ChangedField]:
    """Changes in the order of the direction's fields, without those that the system fills."""
    fields = [
        f for f in context.fields if f.code in changes and not f.system and context.can_read(f)
    ]
    lists = context.store.lists
    return [
        ChangedField.of(
            field,
            old=context.names.text(field, changes[field.code]["old"], lists),
            new=context.names.text(field, changes[field.code]["new"], lists),
        )
        for field in fields
    ]


def _role_name(context: DealContext, role: str) -> str:
    found = context.store.catalog.roles.get(role)
    return found.name if found else role
