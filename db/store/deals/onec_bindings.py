"""Repository of bindings to rows of 1C."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.domain.onec.bindings import Binding, BindingKind, BindingState, readable
from db.store.tables import BindingRow


class SqlBindings:
    """`db.ports.deals.Bindings` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def active(self, deal_id: str, kind: BindingKind, run: int = 0) -> Binding | None:
        row = self._session.scalar(self._active().where(*_place(deal_id, kind, run)))
        return None if row is None else _binding(row)

    def of(self, deal_id: str) -> Sequence[Binding]:
        query = select(BindingRow).where(BindingRow.deal_id == deal_id)
        order = (BindingRow.kind, BindingRow.run, BindingRow.active, BindingRow.id)
        return [_binding(row) for row in self._session.scalars(query.order_by(*order))]

    def elsewhere(
        self, infobase: str, kind: BindingKind, ref_key: str, deal_id: str, run: int
    ) -> Sequence[Binding]:
        query = self._active().where(
            BindingRow.infobase == infobase,
            BindingRow.kind == kind,
            BindingRow.ref_key == ref_key,
        )
        rows = self._session.scalars(query.order_by(BindingRow.id))
        return [_binding(row) for row in rows if (row.deal_id, row.run) != (deal_id, run)]

    def all_active(self) -> Sequence[Binding]:
        rows = self._session.scalars(self._active().order_by(BindingRow.deal_id, BindingRow.id))
        return [_binding(row) for row in rows]

    def put(self, binding: Binding) -> None:
        place = _place(binding.deal_id, binding.kind, binding.run)
        self._session.execute(
            update(BindingRow).where(*place, BindingRow.id != binding.id).values(active=False)
        )
        values = _columns(binding)
        changed = self._session.execute(
            update(BindingRow).where(BindingRow.id == binding.id).values(**values)
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            self._session.execute(insert(BindingRow).values(**values))
        self._session.expire_all()

    def release(self, deal_id: str, kind: BindingKind, run: int) -> None:
        place = _place(deal_id, kind, run)
        self._session.execute(update(BindingRow).where(*place).values(active=False))
        self._session.expire_all()

    @staticmethod
    def _active() -> Any:
        return select(BindingRow).where(BindingRow.active.is_(True))


def _place(deal_id: str, kind: BindingKind, run: int) -> tuple[Any, ...]:
    return BindingRow.deal_id == deal_id, BindingRow.kind == kind, BindingRow.run == run


def _columns(binding: Binding) -> dict[str, Any]:
    return dict(vars(binding))


def _binding(row: BindingRow) -> Binding:
    return Binding(
        id=row.id,
        deal_id=row.deal_id,
        kind=BindingKind(row.kind),
        run=row.run,
        infobase=row.infobase,
        ref_key=row.ref_key,
        # Contracts without a number were stored blank by earlier releases.
        number=readable(row.number, row.code, row.number_entered) or row.id,
        number_entered=row.number_entered,
        code=row.code,
        date=row.date,
        counterparty_ref=row.counterparty_ref,
        organisation=row.organisation,
        data_version=row.data_version,
        state=BindingState(row.state),
        verified_at=row.verified_at,
        verified_by=row.verified_by,
        reason=row.reason,
        active=row.active,
        settled_version=row.settled_version,
        agreed_number=row.agreed_number,
        agreed_date=row.agreed_date,
    )
