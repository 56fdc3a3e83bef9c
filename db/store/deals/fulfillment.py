"""Repository of fulfillment runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.domain.shipping.fulfillment import Run, RunState
from db.store.deals.preload import IDS, PerDeal, by_deal
from db.store.tables import RunRow, table_of

RUNS = table_of(RunRow)
OF_DEALS = select(RUNS).where(RUNS.c.deal_id.in_(IDS)).order_by(RUNS.c.number)


class SqlRuns:
    """`db.ports.deals.Runs` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows = PerDeal(self._read)

    def expect(self, deal_ids: Collection[str]) -> None:
        """Announce deals whose runs this transaction reads together."""
        self._rows.expect(deal_ids)

    def open(self, run: Run) -> Run:
        for known in self.of(run.deal_id):
            if known.instance_id == run.instance_id:
                return known
            if known.state is RunState.OPEN:
                self._change(known, instance_id=run.instance_id)
                return replace(known, instance_id=run.instance_id)
        fresh = replace(run, number=len(self.of(run.deal_id)) + 1)
        self._session.execute(insert(RunRow).values(**_columns(fresh)))
        self._rows.forget(run.deal_id)
        return fresh

    def of(self, deal_id: str) -> Sequence[Run]:
        return [_run(row) for row in self._rows.of(deal_id)]

    def current(self, deal_id: str) -> Run | None:
        return next((run for run in self.of(deal_id) if run.state is RunState.OPEN), None)

    def numbered(self, run: Run, shipment_number: str) -> None:
        self._change(run, shipment_number=shipment_number)

    def redirected(self, run: Run, direction: str) -> None:
        self._change(run, direction=direction)

    def close(self, run: Run, state: RunState, at: datetime) -> bool:
        if run.state is not RunState.OPEN:
            return False
        self._change(run, state=state, closed_at=at)
        return True

    def _change(self, run: Run, **values: object) -> None:
        mine = update(RunRow).where(RunRow.deal_id == run.deal_id, RunRow.number == run.number)
        self._session.execute(mine.values(**values))
        self._rows.forget(run.deal_id)

    def _read(self, deal_ids: Collection[str]) -> Mapping[str, Sequence[RunRow]]:
        return by_deal(deal_ids, self._session.execute(OF_DEALS, {"ids": list(deal_ids)}))


def _columns(run: Run) -> dict[str, object]:
    return dict(vars(run))


def _run(row: RunRow) -> Run:
    return Run(
        deal_id=row.deal_id,
        number=row.number,
        instance_id=row.instance_id,
        opened_at=row.opened_at,
        stage_before=row.stage_before,
        direction=row.direction,
        state=RunState(row.state),
        closed_at=row.closed_at,
        shipment_number=row.shipment_number,
    )
