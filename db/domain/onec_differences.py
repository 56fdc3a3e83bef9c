"""What has become of a row of 1C since a deal was bound to it, and who must know."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from db.domain.onec import Binding, BindingKind, BindingState

NO_ROW = "lost"
"""Stands for the data version of a row that is gone."""


class OnecRow(Protocol):
    """A row of 1C as it is now. Shipments also have ``posted``."""

    @property
    def number(self) -> str: ...
    @property
    def date(self) -> date | None: ...
    @property
    def deletion_mark(self) -> bool: ...
    @property
    def data_version(self) -> str: ...


class Difference(StrEnum):
    NUMBER_CHANGED = "numberChanged"
    DATE_CHANGED = "dateChanged"
    UNPOSTED = "unposted"
    MARKED_DELETED = "markedDeleted"
    LOST = "lost"


FOR_A_PERSON = frozenset(Difference) - {Difference.DATE_CHANGED}
"""Somebody must look at it; a date alone is only told."""
STATES: Mapping[Difference, BindingState] = {
    Difference.UNPOSTED: BindingState.NOT_POSTED,
    Difference.MARKED_DELETED: BindingState.MARKED_DELETED,
    Difference.LOST: BindingState.LOST,
}
NAMES: Mapping[BindingKind, tuple[str, str]] = {
    BindingKind.CONTRACT: ("Договор", "Номер договора"),
    BindingKind.SHIPMENT: ("Реализация", "Номер реализации"),
}


@dataclass(frozen=True)
class Compared:
    """``binding`` is what to keep now; ``was`` is what was known before."""

    was: Binding
    binding: Binding
    standing: tuple[Difference, ...]
    """What is wrong now, also if it was known before."""
    version: str
    """Of the row that was compared: who accepts the differences accepts these."""
    sentences: tuple[str, ...]
    """The standing differences in Russian."""

    @property
    def is_news(self) -> bool:
        """Number, date or state are others than at the last look."""
        before, after = self.was, self.binding
        return (before.number, before.date, before.state) != (after.number, after.date, after.state)

    @property
    def needs_a_person(self) -> bool:
        """Something stands that a person must settle and has not accepted yet."""
        settled = self.binding.settled_version == self.version
        return bool(FOR_A_PERSON & set(self.standing)) and not settled

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def compare(binding: Binding, row: OnecRow | None, at: datetime) -> Compared:
    """A binding with the row of its ``ref_key`` as 1C has it now; None if 1C has it no more."""
    noun, number_name = NAMES[binding.kind]
    found: dict[Difference, str] = {}
    now = binding
    if row is None:
        found[Difference.LOST] = f"{noun} № {binding.number}: в 1С больше нет такой записи."
    else:
        if row.number != binding.number:
            found[Difference.NUMBER_CHANGED] = (
                f"{number_name} в 1С изменён: был {binding.number}, стал {row.number}."
            )
        if row.date != binding.date:
            found[Difference.DATE_CHANGED] = (
                f"{noun} № {row.number}: дата в 1С изменена: "
                f"была {_day(binding.date)}, стала {_day(row.date)}."
            )
        if row.deletion_mark:
            found[Difference.MARKED_DELETED] = (
                f"{noun} № {row.number}: в 1С стоит пометка на удаление."
            )
        elif getattr(row, "posted", None) is False:
            found[Difference.UNPOSTED] = f"{noun} № {row.number}: проведение в 1С отменено."
        now = replace(binding, number=row.number, date=row.date, data_version=row.data_version)
    states = [STATES[one] for one in found if one in STATES]
    now = replace(now, state=states[0] if states else BindingState.VERIFIED, verified_at=at)
    version = NO_ROW if row is None else row.data_version
    return Compared(binding, now, tuple(found), version, tuple(found.values()))


def _day(value: date | None) -> str:
    return f"{value:%d.%m.%Y}" if value else "не указана"
