"""Repository of cost offers; each is answered at most once."""

from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.orm import Session

from db.domain.steps.offers import CostOffer
from db.store.tables import CostOfferRow, table_of

OFFERS = table_of(CostOfferRow)


class SqlCostOffers:
    """`db.ports.deals.CostOffers` on SQLAlchemy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, offer: CostOffer, token_hash: str) -> None:
        earlier = update(OFFERS).where(OFFERS.c.deal_id == offer.deal_id, OFFERS.c.answer.is_(None))
        self._session.execute(earlier.values(replaced=True))
        self._session.execute(
            insert(OFFERS), {**vars(offer), "terms": dict(offer.terms), "token_hash": token_hash}
        )

    def find(self, token_hash: str) -> CostOffer | None:
        row = self._session.execute(select(OFFERS).where(OFFERS.c.token_hash == token_hash)).first()
        return None if row is None else _offer(row._mapping)

    def latest(self, deal_id: str) -> CostOffer | None:
        newest = select(OFFERS).where(OFFERS.c.deal_id == deal_id)
        row = self._session.execute(newest.order_by(OFFERS.c.created_at.desc()).limit(1)).first()
        return None if row is None else _offer(row._mapping)

    def answer(self, offer_id: str, answer: str, at: datetime) -> bool:
        answered = self._session.execute(
            update(OFFERS)
            .where(OFFERS.c.id == offer_id, OFFERS.c.answer.is_(None))
            .values(answer=answer, answered_at=at)
        )
        return bool(answered.rowcount)  # type: ignore[attr-defined]


def _offer(row: RowMapping) -> CostOffer:
    return CostOffer(**{name: value for name, value in row.items() if name != "token_hash"})
