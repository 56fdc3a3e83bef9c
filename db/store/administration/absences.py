"""Repository of absences and substitutes."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.domain.people.absences import Absence
from db.store.tables import AbsenceRow


class SqlAbsences:
    """`db.ports.administration.Absences` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, absence: Absence) -> None:
        self._session.execute(insert(AbsenceRow).values(**vars(absence)))

    def cancel(self, absence_id: str, by: str, at: datetime) -> bool:
        mine = update(AbsenceRow).where(
            AbsenceRow.id == absence_id, AbsenceRow.cancelled_at.is_(None)
        )
        done = self._session.execute(mine.values(cancelled_by=by, cancelled_at=at))
        self._session.expire_all()
        return bool(done.rowcount)  # type: ignore[attr-defined]

    def get(self, absence_id: str) -> Absence | None:
        row = self._session.get(AbsenceRow, absence_id)
        return None if row is None else _absence(row)

    def all(self) -> Sequence[Absence]:
        query = select(AbsenceRow).order_by(AbsenceRow.first_day.desc(), AbsenceRow.id)
        return [_absence(row) for row in self._session.scalars(query)]

    def on(self, day: date) -> Sequence[Absence]:
        query = select(AbsenceRow).where(
            AbsenceRow.cancelled_at.is_(None),
            AbsenceRow.first_day <= day,
            AbsenceRow.last_day >= day,
        )
        return [_absence(row) for row in self._session.scalars(query.order_by(AbsenceRow.id))]


def _absence(row: AbsenceRow) -> Absence:
    return Absence(
        id=row.id,
        person=row.person,
        substitute=row.substitute,
        first_day=row.first_day,
        last_day=row.last_day,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
        cancelled_by=row.cancelled_by,
        cancelled_at=row.cancelled_at,
    )
