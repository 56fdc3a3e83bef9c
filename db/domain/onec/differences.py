"""Differences between a bound number and its row in 1C, and whether a person must settle them.

They are a function of the binding alone: of its state, and of the number and date that people last
agreed to. So what an open task shows, what is accepted and what a later look finds can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from db.domain.onec.bindings import Binding, BindingKind, BindingState

NO_ROW = "lost"
"""Stands for the data version of a row that is gone."""


class OnecRow(Protocol):
    """Current state of a row of 1C; shipments also have ``posted``."""

    @property
    def label(self) -> str:
        """Display name: the number or, without one, the code."""
        ...

    @property
    def date(self) -> date | None: ...
    @property
    def deletion_mark(self) -> bool: ...
    @property
    def data_version(self) -> str: ...


class Difference(StrEnum):
    """Kind of a difference between a binding and its row in 1C."""

    NUMBER_CHANGED = "numberChanged"
    DATE_CHANGED = "dateChanged"
    UNPOSTED = "unposted"
    MARKED_DELETED = "markedDeleted"
    LOST = "lost"


FOR_A_PERSON = frozenset(Difference) - {Difference.DATE_CHANGED}
"""Differences that create a user task; a changed date alone is only notified."""
STATES: Mapping[Difference, BindingState] = {
    Difference.UNPOSTED: BindingState.NOT_POSTED,
    Difference.MARKED_DELETED: BindingState.MARKED_DELETED,
    Difference.LOST: BindingState.LOST,
}
NO_PAPERS = frozenset(STATES.values())
"""States of a реализация by which nothing may be shipped, whoever accepted them."""
NAMES: Mapping[BindingKind, tuple[str, str]] = {
    BindingKind.CONTRACT: ("Договор", "Номер договора"),
    BindingKind.SHIPMENT: ("Реализация", "Номер реализации"),
    BindingKind.ITEM: ("Номенклатура", "Код номенклатуры"),
}


@dataclass(frozen=True)
class Compared:
    """Result of a comparison: ``binding`` to store now, ``was`` as stored before."""

    was: Binding
    binding: Binding

    @cached_property
    def standing(self) -> Mapping[Difference, str]:
        """All current differences, also known ones, each with its Russian sentence."""
        return differences(self.binding)

    @property
    def version(self) -> str:
        """Version of the compared row; an acceptance covers this version."""
        return _version(self.binding)

    @property
    def is_news(self) -> bool:
        """Whether number, date or state changed since the last comparison."""
        before, after = self.was, self.binding
        return (before.number, before.date, before.state) != (after.number, after.date, after.state)

    @property
    def needs_a_person(self) -> bool:
        """Whether a difference needs a person and is not accepted yet."""
        settled = self.binding.settled_version == self.version
        return bool(FOR_A_PERSON & self.standing.keys()) and not settled

    @property
    def text(self) -> str:
        return " ".join(self.standing.values())

    def accepted(self, reason: str, by: str) -> "Compared":
        """Binding with these differences marked as accepted; later ones are reported again."""
        binding = replace(
            self.binding,
            settled_version=self.version,
            verified_by=by,
            reason=reason,
            agreed_number=None,
            agreed_date=None,
        )
        return replace(self, binding=binding)


def compare(binding: Binding, row: OnecRow | None, at: datetime) -> Compared:
    """Compare a binding with the current row of its ``ref_key``; ``None`` means the row is gone."""
    now = replace(_followed(binding, row), verified_at=at)
    if now.settled_version != _version(now):
        # What was accepted is over: the same again, after something else, is another difference.
        now = replace(now, settled_version=None)
    return Compared(binding, now)


def as_known(binding: Binding) -> Compared:
    """Differences known from the last comparison."""
    return Compared(binding, binding)


def mark_of(text: str) -> str:
    """Fingerprint of the text shown to a person; the form sends it back with the answer."""
    return sha256(text.encode()).hexdigest()[:16]


def differences(binding: Binding) -> Mapping[Difference, str]:
    """Differences with their Russian sentences; empty for a number without a row."""
    if binding.ref_key is None:
        return {}
    noun, number_name = NAMES[binding.kind]
    name = f"{noun} № {binding.number}"
    if binding.state is BindingState.LOST:
        return {Difference.LOST: f"{name}: в 1С больше нет такой записи."}
    found: dict[Difference, str] = {}
    if binding.agreed_number is not None:
        if binding.agreed_number != binding.number:
            found[Difference.NUMBER_CHANGED] = (
                f"{number_name} в 1С изменён: был {binding.agreed_number}, стал {binding.number}."
            )
        if binding.agreed_date != binding.date:
            found[Difference.DATE_CHANGED] = (
                f"{name}: дата в 1С изменена: "
                f"была {_day(binding.agreed_date)}, стала {_day(binding.date)}."
            )
    if binding.state is BindingState.MARKED_DELETED:
        found[Difference.MARKED_DELETED] = f"{name}: в 1С стоит пометка на удаление."
    elif binding.state is BindingState.NOT_POSTED:
        found[Difference.UNPOSTED] = f"{name}: проведение в 1С отменено."
    return found


def _followed(binding: Binding, row: OnecRow | None) -> Binding:
    """The binding updated to the row; what people agreed to stays until they accept a new state."""
    if row is None:
        return replace(binding, state=BindingState.LOST)
    agreed = (
        (binding.number, binding.date)
        if binding.agreed_number is None
        else (binding.agreed_number, binding.agreed_date)
    )
    number = row.label or binding.number
    restored = (number, row.date) == agreed
    return replace(
        binding,
        number=number,
        date=row.date,
        data_version=row.data_version,
        state=_state(row),
        agreed_number=None if restored else agreed[0],
        agreed_date=None if restored else agreed[1],
    )


def _state(row: OnecRow) -> BindingState:
    if row.deletion_mark:
        return BindingState.MARKED_DELETED
    if getattr(row, "posted", None) is False:
        return BindingState.NOT_POSTED
    return BindingState.VERIFIED


def _version(binding: Binding) -> str:
    return NO_ROW if binding.state is BindingState.LOST else binding.data_version


def _day(value: date | None) -> str:
    return f"{value:%d.%m.%Y}" if value else "не указана"
