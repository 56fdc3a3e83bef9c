"""Repository of approval rounds and decisions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from db.domain.approval.rounds import Decision, DecisionOutcome, Round, RoundState
from db.ports.deals import DecisionCount
from db.store.deals.preload import IDS, PerDeal, by_deal
from db.store.pipeline import UNREAD
from db.store.tables import DecisionRow, RoundRow, table_of

ROUNDS, DECISIONS = table_of(RoundRow), table_of(DecisionRow)
ROUNDS_OF = select(ROUNDS).where(ROUNDS.c.deal_id.in_(IDS)).order_by(ROUNDS.c.number)
DECISIONS_OF = (
    select(DECISIONS)
    .where(DECISIONS.c.deal_id.in_(IDS))
    .order_by(DECISIONS.c.round, DECISIONS.c.at)
)
RECORD = insert(DECISIONS).inline()


class SqlRounds:
    """`db.ports.deals.Rounds` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rounds = PerDeal(self._read_rounds)
        self._decisions = PerDeal(self._read_decisions)

    def expect(self, deal_ids: Collection[str]) -> None:
        """Announce deals whose rounds and decisions this transaction reads together."""
        self._rounds.expect(deal_ids)
        self._decisions.expect(deal_ids)

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
                chain=round_.chain,
                stage_before=round_.stage_before,
                opened_at=round_.opened_at,
                opened_by=round_.opened_by,
                terms=dict(round_.terms),
                state=round_.state,
                closed_at=round_.closed_at,
            )
        )
        self._rounds.forget(round_.deal_id)
        return round_

    def of(self, deal_id: str) -> Sequence[Round]:
        return [_round(row) for row in self._rounds.of(deal_id)]

    def latest(self, deal_id: str) -> Round | None:
        rounds = self.of(deal_id)
        return rounds[-1] if rounds else None

    def numbers(self, deal_ids: Collection[str]) -> Mapping[str, int]:
        of_deals = ROUNDS.c.deal_id.in_(deal_ids)
        query = select(ROUNDS.c.deal_id, func.max(ROUNDS.c.number)).where(of_deals)
        rows = self._session.execute(query.group_by(ROUNDS.c.deal_id))
        return {row[0]: row[1] for row in rows}

    def counted(self, since: datetime) -> Sequence[DecisionCount]:
        of_round = (ROUNDS.c.deal_id == DECISIONS.c.deal_id) & (
            ROUNDS.c.number == DECISIONS.c.round
        )
        by = (ROUNDS.c.chain, DECISIONS.c.step, DECISIONS.c.outcome)
        query = (
            select(*by, func.count())
            .select_from(DECISIONS.join(ROUNDS, of_round))
            .where(DECISIONS.c.at >= since)
            .group_by(*by)
            .order_by(*by)
        )
        return [DecisionCount(*row) for row in self._session.execute(query)]

    def close(self, deal_id: str, number: int, state: RoundState, at: datetime) -> bool:
        closed = self._session.execute(
            update(RoundRow)
            .where(RoundRow.deal_id == deal_id, RoundRow.number == number)
            .where(RoundRow.state == RoundState.OPEN)
            .values(state=state, closed_at=at)
        )
        self._rounds.forget(deal_id)
        return bool(closed.rowcount)  # type: ignore[attr-defined]

    def decisions(self, deal_id: str) -> Sequence[Decision]:
        return [_decision(row) for row in self._decisions.of(deal_id)]

    def decision(self, deal_id: str, round_: int, step: str) -> Decision | None:
        made = self.decisions(deal_id)
        return next((one for one in made if (one.round, one.step) == (round_, step)), None)

    def record(self, decision: Decision) -> None:
        row = {
            "deal_id": decision.deal_id,
            "round": decision.round,
            "step": decision.step,
            "role": decision.role,
            "person": decision.person,
            "outcome": decision.outcome,
            "comment": decision.comment,
            "at": decision.at,
            "task_id": decision.task_id,
            "changed": dict(decision.changed),
            "answers": dict(decision.answers),
            "reliability": dict(decision.reliability),
        }
        self._session.execute(RECORD, row, execution_options=UNREAD)
        self._decisions.forget(decision.deal_id)

    def _read_rounds(self, deal_ids: Collection[str]) -> Mapping[str, Sequence[RoundRow]]:
        return by_deal(deal_ids, self._session.execute(ROUNDS_OF, {"ids": list(deal_ids)}))

    def _read_decisions(self, deal_ids: Collection[str]) -> Mapping[str, Sequence[DecisionRow]]:
        return by_deal(deal_ids, self._session.execute(DECISIONS_OF, {"ids": list(deal_ids)}))


def _round(row: RoundRow) -> Round:
    return Round(
        deal_id=row.deal_id,
        number=row.number,
        stage_before=row.stage_before,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        instance_id=row.instance_id,
        chain=row.chain,
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
        answers=row.answers,
        reliability=row.reliability,
    )
