"""How a deal's approvals look to the person who reads them."""

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
from api.deals.views import Viewed
from db.domain.approval import (
    Decision,
    DecisionOutcome,
    Round,
    RoundState,
    changed_since,
    terms_after,
)
from db.domain.catalog import ApprovalStep
from db.domain.values import Json


def approval_card(viewed: Viewed) -> ApprovalSchema:
    rounds = viewed.store.rounds.of(viewed.deal.id)
    decisions = viewed.store.rounds.decisions(viewed.deal.id)
    is_open = bool(rounds) and rounds[-1].state is RoundState.OPEN
    return ApprovalSchema(
        round=rounds[-1].number if is_open else None,
        steps=[_step(viewed, step) for step in viewed.store.catalog.approval_steps.values()],
        rounds=[_round(viewed, each, decisions) for each in rounds],
        changed_since_last_round=_changed_since_last(viewed, rounds, decisions),
        rejection=_rejection(viewed, rounds, decisions),
    )


def reliability_card(viewed: Viewed) -> ReliabilitySchema | None:
    """None: nobody has checked the client."""
    values = viewed.deal.values
    verdict = values.get("reliabilityVerdict")
    if verdict is None:
        return None
    field = viewed.store.catalog.fields["reliabilityVerdict"]
    checked_by = values.get("reliabilityCheckedBy")
    return ReliabilitySchema(
        verdict=verdict,
        verdict_text=viewed.names.text(field, verdict, viewed.store.lists),
        source=values.get("reliabilitySource"),
        comment=values.get("reliabilityComment"),
        checked_by=None if checked_by is None else viewed.names.person(checked_by),
        checked_at=values.get("reliabilityCheckedAt"),
    )


def _step(viewed: Viewed, step: ApprovalStep) -> StepSchema:
    return StepSchema(
        code=step.code,
        name=step.name,
        role=step.role,
        role_name=_role_name(viewed, step.role),
        edits=list(step.edits),
    )


def _round(viewed: Viewed, round_: Round, decisions: Sequence[Decision]) -> RoundSchema:
    own = [_decision(viewed, d) for d in decisions if d.round == round_.number]
    return RoundSchema(
        number=round_.number,
        state=round_.state,
        opened_at=round_.opened_at,
        closed_at=round_.closed_at,
        decisions=own,
    )


def _decision(viewed: Viewed, decision: Decision) -> DecisionSchema:
    step = viewed.store.catalog.approval_steps.get(decision.step)
    return DecisionSchema(
        step=decision.step,
        step_name=step.name if step else decision.step,
        role=decision.role,
        role_name=_role_name(viewed, decision.role),
        person=viewed.names.person(decision.person),
        outcome=decision.outcome,
        comment=decision.comment,
        at=decision.at,
        changed=_changes(viewed, decision.changed),
    )


def _rejection(
    viewed: Viewed, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> RejectionSchema | None:
    """The refusal that ended the last round, while nothing newer replaces it."""
    if not rounds or rounds[-1].state is not RoundState.REJECTED:
        return None
    for decision in reversed(decisions):
        refused = decision.outcome is DecisionOutcome.REJECTED
        if refused and decision.round == rounds[-1].number:
            told = _decision(viewed, decision)
            offer = [
                OfferedField(**dict(change), value=decision.changed[change.code]["new"])
                for change in told.changed
            ]
            return RejectionSchema(**dict(told), offer=offer)
    return None


def _changed_since_last(
    viewed: Viewed, rounds: Sequence[Round], decisions: Sequence[Decision]
) -> list[ChangedField]:
    """The card as it stands, with what this round's approvers have changed already, against the
    end of the last round that ended."""
    ended = [each for each in rounds if each.state is not RoundState.OPEN]
    if not ended:
        return []
    before = terms_after(ended[-1], decisions)
    return _changes(viewed, changed_since(before, viewed.deal.values))


def _changes(viewed: Viewed, changes: Mapping[str, Mapping[str, Json]]) -> list[ChangedField]:
    """In the order of the card; fields that the system fills are no news to anybody."""
    fields = [f for f in viewed.fields if f.code in changes and not f.system and viewed.shows(f)]
    lists = viewed.store.lists
    return [
        ChangedField(
            code=field.code,
            label=field.label,
            old=viewed.names.text(field, changes[field.code]["old"], lists),
            new=viewed.names.text(field, changes[field.code]["new"], lists),
        )
        for field in fields
    ]


def _role_name(viewed: Viewed, role: str) -> str:
    known = viewed.store.catalog.roles.get(role)
    return known.name if known else role
