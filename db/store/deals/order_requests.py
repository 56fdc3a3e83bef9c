"""Repository of requests for the goods of an order in 1C; each is answered at most once."""

from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.orm import Session

from db.domain.onec.orders import OrderAnswer, OrderRequest, read_answer, stored_answer
from db.store.tables import OrderRequestRow, table_of

REQUESTS = table_of(OrderRequestRow)


class SqlOrderRequests:
    """`db.ports.deals.OrderRequests` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, request: OrderRequest) -> None:
        self._session.execute(
            delete(REQUESTS).where(
                REQUESTS.c.deal_id == request.deal_id,
                REQUESTS.c.person == request.person,
                REQUESTS.c.answered_at.is_(None),
            )
        )
        values = {name: value for name, value in vars(request).items() if name != "answer"}
        self._session.execute(insert(REQUESTS), values)

    def find(self, request_id: str) -> OrderRequest | None:
        row = self._session.execute(select(REQUESTS).where(REQUESTS.c.id == request_id)).first()
        return None if row is None else _request(row._mapping)

    def waiting(self, deal_id: str, person: str) -> OrderRequest | None:
        row = self._session.execute(
            select(REQUESTS).where(
                REQUESTS.c.deal_id == deal_id,
                REQUESTS.c.person == person,
                REQUESTS.c.answered_at.is_(None),
            )
        ).first()
        return None if row is None else _request(row._mapping)

    def oldest(self) -> OrderRequest | None:
        waiting = select(REQUESTS).where(REQUESTS.c.answered_at.is_(None))
        row = self._session.execute(waiting.order_by(REQUESTS.c.asked_at).limit(1)).first()
        return None if row is None else _request(row._mapping)

    def answer(self, request_id: str, answer: OrderAnswer, at: datetime) -> bool:
        answered = self._session.execute(
            update(REQUESTS)
            .where(REQUESTS.c.id == request_id, REQUESTS.c.answered_at.is_(None))
            .values(answer=stored_answer(answer), answered_at=at)
        )
        return bool(answered.rowcount)  # type: ignore[attr-defined]


def _request(row: RowMapping) -> OrderRequest:
    answer = None if row["answer"] is None else read_answer(row["answer"])
    known = {name: value for name, value in row.items() if name != "answered_at"}
    return OrderRequest(**known | {"answer": answer})
