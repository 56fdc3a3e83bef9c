"""Repository of approval rounds and decisions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.domain.approval.rounds import Decision, DecisionOutcome, Round, RoundState
from db.store.tables import DecisionRow, RoundRow


class SqlRounds:
    """`db.ports.deals.Rounds` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, round_: Round) -> Round:
        query = select(RoundRow).where(RoundRow.instance_id == round_.instance_id)
        if (present := self._session.scalar(query)) is not None:
            return _round(present)
        last = self.latest(round_.deal_id)
        round_.number = last.number + 1 if last else 1
        self._session.execute(
            insert(RoundRow).values(
                deal_id=round_.deal_id,
                number=round_.number,
                instance_id=round_.instance_id,
                stage_before=round_.stage_before,
                opened_at=round_.opened_at,
                opened_by=round_.opened_by,
                terms=dict(round_.terms),
                state=round_.state,
                closed_at=round_.closed_at,
            )
        )
        return round_

    def of(self, deal_id: str) -> Sequence[Round]:
        query = select(RoundRow).where(RoundRow.deal_id == deal_id).order_by(RoundRow.number)
        return [_round(row) for row in self._session.scalars(query)]

    def latest(self, deal_id: str) -> Round | None:
        query = select(RoundRow).where(RoundRow.deal_id == deal_id).order_by(RoundRow.number.desc())
        row = self._session.scalar(query.limit(1))
        return None if row is None else _round(row)

    def close(self, deal_id: str, number: int, state: RoundState, at: datetime) -> bool:
        closed = self._session.execute(
            update(RoundRow)
            .where(RoundRow.deal_id == deal_id, RoundRow.number == number)
            .where(RoundRow.state == RoundState.OPEN)
            .values(state=state, closed_at=at)
        )
        self._session.expire_all()
        return bool(closed.rowcount)  # type: ignore[attr-defined]

    def decisions(self, deal_id: str) -> Sequence[Decision]:
        query = (
            select(DecisionRow)
            .where(DecisionRow.deal_id == deal_id)
            .order_by(DecisionRow.round, DecisionRow.at)
        )
        return [_decision(row) for row in self._session.scalars(query)]

    def decision(self, deal_id: str, round_: int, step: str) -> Decision | None:
        row = self._session.get(DecisionRow, (deal_id, round_, step))
        return None if row is None else _decision(row)

    def record(self, decision: Decision) -> None:
        self._session.execute(
            insert(DecisionRow).values(
                deal_id=decision.deal_id,
                round=decision.round,
                step=decision.step,
                role=decision.role,
                person=decision.person,
                outcome=decision.outcome,
                comment=decision.comment,
                at=decision.at,
                task_id=decision.task_id,
                changed=dict(decision.changed),
                reliability=dict(decision.reliability),
            )
        )


def _round(row: RoundRow) -> Round:
    return Round(
        deal_id=row.deal_id,
        number=row.number,
        stage_before=row.stage_before,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        instance_id=row.instance_id,
        terms=row.terms,
        state=RoundState(row.state),
        closed_at=row.closed_at,
    )


def _decision(row: DecisionRow) -> Decision:
    return Decision(
        deal_id=row.deal_id,
        round=row.round,
        step=row.step,
        role=row.role,
        person=row.person,
        outcome=DecisionOutcome(row.outcome),
        comment=row.comment,
        at=row.at,
        task_id=row.task_id,
        changed=row.changed,
        reliability=row.reliability,
    )
