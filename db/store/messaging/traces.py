"""Repository of the traces of deals."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ports.messaging import DealTrace
from db.store.tables import TraceRow, table_of
from db.store.upsert import dialect_insert


class SqlTraces:
    """`db.ports.messaging.Traces` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, deal_id: str, traceparent: str) -> None:
        values = {"traceparent": traceparent, "at": datetime.now(UTC)}
        row = dialect_insert(self._session, table_of(TraceRow)).values(deal_id=deal_id, **values)
        self._session.execute(row.on_conflict_do_update(index_elements=["deal_id"], set_=values))

    def of(self, deal_ids: Collection[str]) -> Mapping[str, DealTrace]:
        query = select(TraceRow.deal_id, TraceRow.traceparent, TraceRow.at)
        found = self._session.execute(query.where(TraceRow.deal_id.in_(deal_ids)))
        return {deal_id: DealTrace(parent, at) for deal_id, parent, at in found}
