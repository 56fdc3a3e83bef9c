"""Repository of reports: each is one aggregate over rows that an index of their time finds."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    case,
    distinct,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db.domain.approval.rounds import DecisionOutcome
from db.domain.catalog import ApprovalChain, Direction
from db.domain.deals.history import Kind
from db.domain.deals.stages import LOSS_REASON
from db.domain.shipping.fulfillment import RunState
from db.ports.reports import (
    ApproverWork,
    Loss,
    Period,
    RefusalReason,
    Shipped,
    StageNow,
    StageReach,
    StageTime,
)
from db.store.tables import (
    MOVES,
    DealRow,
    DecisionRow,
    Document,
    HistoryEntry,
    RoundRow,
    RunRow,
)


class seconds_between(FunctionElement[float]):  # noqa: N801 - named like a function of SQL
    """Seconds from the first instant to the second."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "postgresql")
def _postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {begin}) AS FLOAT)"


@compiles(seconds_between, "sqlite")
def _sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(each, **options) for each in element.clauses)
    return f"((julianday({end}) - julianday({begin})) * 86400.0)"


class SqlReports:
    """`db.ports.reports.Reports` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def funnel(self, direction: Direction, period: Period) -> Sequence[StageReach]:
        created, moved = aliased(HistoryEntry), aliased(HistoryEntry)
        places = {stage.code: at for at, stage in enumerate(direction.stages)}
        # A lost deal counts where it stood before: being lost is not a step forward.
        ranked = [(code, at) for code, at in places.items() if code not in _lost(direction)]
        rank = case(*((moved.new == _json(code), at) for code, at in ranked), else_=0)
        reached = (
            select(DealRow.stage.label("stage"), func.coalesce(func.max(rank), 0).label("furthest"))
            .select_from(created)
            .join(DealRow, DealRow.id == created.deal_id)
            .outerjoin(
                moved, and_(moved.deal_id == created.deal_id, moved.kind == Kind.STAGE.value)
            )
            .where(*_moves(created, period), created.kind == Kind.CREATED.value)
            .where(_of([direction]))
            .group_by(created.deal_id, DealRow.stage)
        ).subquery()
        lost = func.sum(case((reached.c.stage.in_(_lost(direction)), 1), else_=0))
        query = select(reached.c.furthest, func.count(), lost).group_by(reached.c.furthest)
        found = self._session.execute(query.order_by(reached.c.furthest))
        codes = list(places)
        return [StageReach(codes[at], count, int(given_up)) for at, count, given_up in found]

    def stage_times(self, direction: Direction, period: Period) -> Sequence[StageTime]:
        left, before = aliased(HistoryEntry), aliased(HistoryEntry)
        entered = (
            select(before.at)
            .where(before.deal_id == left.deal_id, before.id < left.id, before.kind.in_(MOVES))
            .order_by(before.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        stays = (
            select(left.old.label("stage"), seconds_between(entered, left.at).label("seconds"))
            .join(DealRow, DealRow.id == left.deal_id)
            .where(*_moves(left, period), left.kind == Kind.STAGE.value, _of([direction]))
        ).subquery()
        seconds = stays.c.seconds
        query = select(stays.c.stage, func.count(), func.avg(seconds), func.max(seconds))
        found = {
            stage: (count, float(mean), float(longest))
            for stage, count, mean, longest in self._session.execute(query.group_by(stays.c.stage))
        }
        codes = [stage.code for stage in direction.stages if stage.code in found]
        return [StageTime(code, *found[code]) for code in codes]

    def stages_now(self, direction: Direction) -> Sequence[StageNow]:
        query = (
            select(DealRow.stage, func.count(), func.min(DealRow.stage_since))
            .where(DealRow.direction == direction.code, DealRow.closed_at.is_(None))
            .group_by(DealRow.stage)
        )
        return [StageNow(*row) for row in self._session.execute(query)]

    def losses(self, directions: Collection[Direction], period: Period) -> Sequence[Loss]:
        moved = aliased(HistoryEntry)
        lost = or_(
            false(),
            *(
                and_(
                    _indirect(DealRow.direction) == one.code,
                    moved.new.in_([_json(x) for x in _lost(one)]),
                )
                for one in directions
            ),
        )
        reason = DealRow.values[LOSS_REASON].as_string()
        kopecks = func.coalesce(func.sum(DealRow.amount), 0)
        query = (
            select(reason, func.count(distinct(DealRow.id)), kopecks)
            .select_from(moved)
            .join(DealRow, DealRow.id == moved.deal_id)
            .where(*_moves(moved, period), moved.kind == Kind.STAGE.value, lost)
            .group_by(reason)
        )
        found = [
            Loss(code, count, Decimal(int(sum_)).scaleb(-2))
            for code, count, sum_ in self._session.execute(query)
        ]
        return sorted(found, key=lambda loss: (-loss.count, loss.reason or ""))

    def approvers(
        self, chains: Collection[ApprovalChain], directions: Collection[Direction], period: Period
    ) -> Sequence[ApproverWork]:
        earlier = aliased(DecisionRow)
        before = _place(chains, earlier) < _place(chains, DecisionRow)
        previous = (
            select(func.max(earlier.at))
            .where(earlier.deal_id == DecisionRow.deal_id, earlier.round == DecisionRow.round)
            .where(before)
            .correlate(DecisionRow, RoundRow)
            .scalar_subquery()
        )
        made = (
            select(
                RoundRow.chain.label("chain"),
                DecisionRow.step.label("step"),
                DecisionRow.person.label("person"),
                DecisionRow.outcome.label("outcome"),
                seconds_between(func.coalesce(previous, RoundRow.opened_at), DecisionRow.at).label(
                    "seconds"
                ),
            )
            .join(
                RoundRow,
                and_(RoundRow.deal_id == DecisionRow.deal_id, RoundRow.number == DecisionRow.round),
            )
            .join(DealRow, DealRow.id == DecisionRow.deal_id)
            .where(*_within(DecisionRow.at, period), _of(directions))
        ).subquery()
        person = (made.c.chain, made.c.step, made.c.person)
        seconds = made.c.seconds
        query = select(
            *person,
            _count(made.c.outcome == DecisionOutcome.APPROVED.value),
            _count(made.c.outcome == DecisionOutcome.REJECTED.value),
            func.avg(seconds),
            func.max(seconds),
        ).group_by(*person)
        found = [
            ApproverWork(chain, step, login, int(yes), int(no), float(mean), float(longest))
            for chain, step, login, yes, no, mean, longest in self._session.execute(query)
        ]
        return sorted(found, key=lambda one: (-one.approved - one.rejected, one.step, one.person))

    def refusals(
        self, directions: Collection[Direction], period: Period, limit: int
    ) -> Sequence[RefusalReason]:
        count = func.count()
        query = (
            select(RoundRow.chain, DecisionRow.step, DecisionRow.comment, count)
            .join(
                RoundRow,
                and_(RoundRow.deal_id == DecisionRow.deal_id, RoundRow.number == DecisionRow.round),
            )
            .join(DealRow, DealRow.id == DecisionRow.deal_id)
            .where(*_within(DecisionRow.at, period), _of(directions))
            .where(DecisionRow.outcome == DecisionOutcome.REJECTED.value)
            .group_by(RoundRow.chain, DecisionRow.step, DecisionRow.comment)
            .order_by(count.desc(), DecisionRow.step, DecisionRow.comment)
            .limit(limit)
        )
        return [RefusalReason(*row) for row in self._session.execute(query)]

    def shipments(self, directions: Collection[Direction], period: Period) -> Sequence[Shipped]:
        shipped = RunRow.state == RunState.SHIPPED.value
        lasted = case((shipped, seconds_between(RunRow.opened_at, RunRow.closed_at)))
        query: Select[Any] = (
            select(
                RunRow.direction,
                _count(shipped),
                _count(RunRow.state == RunState.CANCELLED.value),
                func.avg(lasted),
            )
            .join(DealRow, DealRow.id == RunRow.deal_id)
            .where(*_within(RunRow.closed_at, period), _of(directions))
            .group_by(RunRow.direction)
        )
        return [
            Shipped(code, int(done), int(off), None if mean is None else float(mean))
            for code, done, off, mean in self._session.execute(query)
        ]


def _moves(row: type[HistoryEntry], period: Period) -> tuple[ColumnElement[bool], ...]:
    """Conditions that the index of moves answers: its kinds must be written out for that."""
    kinds: Any = bindparam("moves", MOVES, expanding=True, literal_execute=True)
    return (row.kind.in_(kinds), *_within(row.at, period))


def _within(at: Any, period: Period) -> tuple[ColumnElement[bool], ...]:
    return at >= period.since, at < period.until


def _of(directions: Collection[Direction]) -> ColumnElement[bool]:
    """Condition on the joined deal, which is found by its id."""
    return _indirect(DealRow.direction).in_([direction.code for direction in directions])


def _indirect(column: Any) -> ColumnElement[Any]:
    """The column in a form that no index answers: without statistics SQLite would begin with all
    deals of a direction instead of the rows of the period."""
    return func.coalesce(column, "")


def _lost(direction: Direction) -> list[str]:
    return [stage.code for stage in direction.stages if stage.outcome == "lost"]


def _json(code: str) -> Any:
    return literal(code, Document)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _place(chains: Collection[ApprovalChain], row: Any) -> ColumnElement[int]:
    """Place of a decision in its chain; decisions that are made in parallel have the same."""
    places = []
    for chain in chains:
        place, group = 0, None
        for step in chain.steps.values():
            if step.parallel is None or step.parallel != group:
                place += 1
            group = step.parallel
            places.append((and_(RoundRow.chain == chain.code, row.step == step.code), place))
    return case(*places, else_=0)
