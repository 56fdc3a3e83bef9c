"""Approval views: build the responses of approval rounds and the reliability check."""

from collections.abc import Mapping, Sequence

from api.approvals.responses import (
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
    terms_after,
)
from db.domain.catalog import ApprovalStep
from db.domain.values import Json


def approval_card(context: DealContext) -> ApprovalSchema:
    """All approval rounds of the deal."""
    rounds = context.store.rounds.of(context.deal.id)
    decisions = context.store.rounds.decisions(context.deal.id)
    is_open = bool(rounds) and rounds[-1].state is RoundState.OPEN
    return ApprovalSchema(
        round=rounds[-1].number if is_open else None,
        steps=[_step(context, step) for step in context.store.catalog.approval_steps.values()],
        rounds=[_round(context, each, decisions) for each in rounds],
        changed_since_last_round=_changed_since_last(context, rounds, decisions),
        rejection=_rejection(context, rounds, decisions),
    )


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


def _step(context: DealContext, step: ApprovalStep) -> StepSchema:
    return StepSchema.of(step, role_name=_role_name(context, step.role))


def _round(context: DealContext, round_: Round, decisions: Sequence[Decision]) -> RoundSchema:
    own = [_decision(context, d) for d in decisions if d.round == round_.number]
    return RoundSchema.of(round_, decisions=own)


def _decision(context: DealContext, decision: Decision) -> DecisionSchema:
    step = context.store.catalog.approval_steps.get(decision.step)
    return DecisionSchema.of(
        decision,
        step_name=step.name if step else decision.step,
        role_name=_role_name(context, decision.role),
        person=context.names.person(decision.person),
        changed=_changes(context, decision.changed),
    )


def _rejection(
    context: DealContext, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> RejectionSchema | None:
    """The rejection that ended the last round; None if it is open or ended otherwise."""
    if not rounds or rounds[-1].state is not RoundState.REJECTED:
        return None
    for decision in reversed(decisions):
        is_rejection = decision.outcome is DecisionOutcome.REJECTED
        if is_rejection and decision.round == rounds[-1].number:
            rejection = _decision(context, decision)
            offer = [
                OfferedField.of(change, value=decision.changed[change.code]["new"])
                for change in rejection.changed
            ]
            return RejectionSchema.of(rejection, offer=offer)
    return None


def _changed_since_last(
    context: DealContext, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> list[ChangedField]:
    """Current values, including changes made in the open round, compared with the values at the
    end of the last closed round."""
    closed = [each for each in rounds if each.state is not RoundState.OPEN]
    if not closed:
        return []
    before = terms_after(closed[-1], decisions)
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
