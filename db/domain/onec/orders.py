"""Requests for the goods of an order in 1C: the API stores one, a worker answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from db.domain.fields.goods import GoodsLine, read_goods

PATIENCE = timedelta(minutes=2)
"""A request without an answer for so long gets `SILENT`: the person is not waiting any more."""


@dataclass(frozen=True)
class FoundOrder:
    """An order that fits the deal, with goods that a deal may have."""

    number: str
    """As 1C writes it."""
    date: date | None
    goods: tuple[GoodsLine, ...]
    warnings: tuple[str, ...] = ()
    """Unusual but allowed differences to the deal, in Russian."""


@dataclass(frozen=True)
class RefusedOrder:
    """Why no goods can be taken, as a Russian sentence with what to do next."""

    code: str
    sentence: str
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Orders to choose from instead, as `workers.services.onec.messages.candidate` shows them."""


OrderAnswer = FoundOrder | RefusedOrder
SILENT = RefusedOrder(
    "ONEC_SILENT",
    "1С не ответила. Через минуту нажмите «Найти» ещё раз; если не получится, введите товары "
    "вручную.",
)


@dataclass(frozen=True)
class OrderRequest:
    """One question of a person about one order."""

    id: str
    deal_id: str
    person: str
    number: str
    """As entered."""
    picked: str | None
    """Key of the candidate that the person chose."""
    asked_at: datetime
    answer: OrderAnswer | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody answered in time."""
        return self.answer is None and now - self.asked_at > PATIENCE

    def answer_at(self, now: datetime) -> OrderAnswer | None:
        """Return the answer; `SILENT` for an overdue request, None while one may still come."""
        return SILENT if self.is_overdue(now) else self.answer


def stored_answer(answer: OrderAnswer) -> dict[str, Any]:
    """Return an answer in the form of the database."""
    match answer:
        case FoundOrder(number, day, goods, warnings):
            return {
                "number": number,
                "date": None if day is None else day.isoformat(),
                "goods": [line.stored for line in goods],
                "warnings": list(warnings),
            }
        case RefusedOrder(code, sentence, candidates):
            return {"code": code, "sentence": sentence, "candidates": list(map(dict, candidates))}


def read_answer(stored: Mapping[str, Any]) -> OrderAnswer:
    """Return an answer of its stored form."""
    if "code" in stored:
        candidates: Sequence[Mapping[str, Any]] = stored["candidates"]
        return RefusedOrder(stored["code"], stored["sentence"], tuple(candidates))
    return FoundOrder(
        number=stored["number"],
        date=None if stored["date"] is None else date.fromisoformat(stored["date"]),
        goods=read_goods(stored["goods"]),
        warnings=tuple(stored["warnings"]),
    )
