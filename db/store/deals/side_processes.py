"""Repository of side processes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from db.domain.deals.side_processes import VERSION, SideProcess
from db.domain.fields.values import Json
from db.store.tables import SideProcessRow
from db.store.upsert import insert_once

INSTANCES_AT_ONCE = 500


class SqlSideProcesses:
    """`db.ports.deals.SideProcesses` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, side: SideProcess) -> bool:
        if insert_once(self._session, SideProcessRow, **vars(side)):
            return True
        again = self._session.execute(
            update(SideProcessRow)
            .where(SideProcessRow.key == side.key, SideProcessRow.closed_at.is_not(None))
            .values(
                variables=dict(side.variables),
                opened_at=side.opened_at,
                instance_id=None,
                closed_at=None,
                settled=False,
            )
            .returning(SideProcessRow.key)
        )
        self._session.expire_all()
        return again.first() is not None

    def register(self, key: str, instance_id: str) -> bool:
        mine = self._session.execute(
            update(SideProcessRow)
            .where(SideProcessRow.key == key, SideProcessRow.closed_at.is_(None))
            .where(
                SideProcessRow.instance_id.is_(None) | (SideProcessRow.instance_id == instance_id)
            )
            .values(instance_id=instance_id, settled=False)
            .returning(SideProcessRow.key)
        )
        self._session.expire_all()
        return mine.first() is not None

    def release(self, key: str, instance_id: str) -> None:
        lost = update(SideProcessRow).where(
            SideProcessRow.key == key, SideProcessRow.instance_id == instance_id
        )
        self._session.execute(lost.values(instance_id=None, settled=False))
        self._session.expire_all()

    def changed(self, key: str, told: Mapping[str, Json] | None = None) -> bool:
        row = self._session.get(SideProcessRow, key, with_for_update=True)
        if row is None or row.closed_at is not None:
            return False
        if told is not None and told.items() <= row.variables.items():
            return False
        row.variables = {**row.variables, **(told or {}), VERSION: _side(row).version + 1}
        row.settled = False
        self._session.flush()
        return True

    def close(self, key: str, at: datetime) -> bool:
        closed = self._session.execute(
            update(SideProcessRow)
            .where(SideProcessRow.key == key, SideProcessRow.closed_at.is_(None))
            .values(closed_at=at)
            .returning(SideProcessRow.key)
        )
        self._session.expire_all()
        return closed.first() is not None

    def find(self, key: str) -> SideProcess | None:
        row = self._session.get(SideProcessRow, key)
        return None if row is None else _side(row)

    def running(self) -> Sequence[SideProcess]:
        return self._open()

    def unsettled(self) -> Sequence[SideProcess]:
        return self._open(~SideProcessRow.settled)

    def of_instances(self, instance_ids: Collection[str]) -> Sequence[SideProcess]:
        wanted, found = sorted(instance_ids), list[SideProcess]()
        for first in range(0, len(wanted), INSTANCES_AT_ONCE):
            batch = wanted[first : first + INSTANCES_AT_ONCE]
            found += self._open(SideProcessRow.instance_id.in_(batch))
        return found

    def settle(self, side: SideProcess) -> None:
        row = self._session.get(SideProcessRow, side.key, with_for_update=True)
        if row is not None and _side(row) == side:
            row.settled = True
            self._session.flush()

    def _open(self, *conditions: ColumnElement[bool]) -> list[SideProcess]:
        query = select(SideProcessRow).where(SideProcessRow.closed_at.is_(None), *conditions)
        return [_side(row) for row in self._session.scalars(query.order_by(SideProcessRow.key))]


def _side(row: SideProcessRow) -> SideProcess:
    return SideProcess(
        key=row.key,
        deal_id=row.deal_id,
        process=row.process,
        variables=row.variables,
        opened_at=row.opened_at,
        instance_id=row.instance_id,
        closed_at=row.closed_at,
    )
