"""Placeholders of document templates: their grammar, what exists, and the text of each in a deal.

`{{Контрагент}}` stands for a value, `{{Лимит | прописью}}` for one of its other forms. A name is
the label of a deal field, or its code. Names with a dot, as `{{Товар.Цена}}`, belong to a table
row that is repeated for each record. There are no expressions and no access to anything else, so
a template can ask for nothing but these texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum

from db.domain.catalog import Catalog, FieldKind
from db.domain.documents.names import Declension, declined, with_initials
from db.domain.documents.words import LARGEST, day_in_words, number_in_words, sum_in_words
from db.domain.fields.goods import GoodsLine, plain
from db.domain.fields.values import Json, day, money

IN_WORDS, INITIALS = "прописью", "инициалы"
BLANK = "____________"
"""What a document shows in the place of a value that the deal does not have."""
MAX_EXPRESSION = 200  # characters between the braces


class TemplateKind(StrEnum):
    """Kind of document that a template makes."""

    CONTRACT = "contract"
    APPROVAL_SHEET = "approvalSheet"


KIND_NAMES: Mapping[TemplateKind, str] = {
    TemplateKind.CONTRACT: "Договор",
    TemplateKind.APPROVAL_SHEET: "Лист согласования",
}


class Records(StrEnum):
    """Records that a table row is repeated for."""

    GOODS = "Товар"
    DECISIONS = "Решение"


FORMS: Mapping[FieldKind, tuple[str, ...]] = {
    FieldKind.MONEY: (IN_WORDS,),
    FieldKind.INTEGER: (IN_WORDS,),
    FieldKind.DATE: (IN_WORDS,),
    FieldKind.TEXT: (*Declension, INITIALS),
    FieldKind.USER: (*Declension, INITIALS),
}
"""Kind of a value → its forms besides the plain one; the other kinds have none."""


@dataclass(frozen=True)
class Placeholder:
    """A name that templates may use."""

    name: str
    kind: FieldKind
    about: str
    field: str = ""
    """Code of the deal field; empty for everything else."""
    records: Records | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        return FORMS.get(self.kind, ())


@dataclass(frozen=True)
class Use:
    """A placeholder as a template names it; ``form`` is "" for the plain one."""

    placeholder: Placeholder
    form: str


class UnknownPlaceholder(ValueError):
    """The text between the braces names nothing; the message says what to write instead."""


DEAL_ID, TODAY, AMOUNT = "Номер сделки", "Сегодня", "Сумма сделки"
DIRECTION, STAGE, MANAGER, AUTHOR = "Направление", "Стадия", "Менеджер", "Кто составил"
_OF_DEAL = (
    Placeholder(DEAL_ID, FieldKind.LONG_TEXT, "например, D-2026-00001"),
    Placeholder(TODAY, FieldKind.DATE, "день, когда документ составлен"),
    Placeholder(AMOUNT, FieldKind.MONEY, "сумма, которая есть у направления сделки"),
    Placeholder(DIRECTION, FieldKind.LONG_TEXT, "название направления"),
    Placeholder(STAGE, FieldKind.LONG_TEXT, "название стадии"),
    Placeholder(MANAGER, FieldKind.USER, "менеджер сделки"),
    Placeholder(AUTHOR, FieldKind.USER, "сотрудник, который составил документ"),
)
_OF_RECORDS = {
    Records.GOODS: (
        ("Номер", FieldKind.INTEGER, "номер строки"),
        ("Артикул", FieldKind.LONG_TEXT, ""),
        ("Наименование", FieldKind.LONG_TEXT, ""),
        ("Количество", FieldKind.LONG_TEXT, ""),
        ("Единица", FieldKind.LONG_TEXT, ""),
        ("Цена", FieldKind.MONEY, "за единицу"),
        ("Сумма", FieldKind.MONEY, "количество × цена"),
    ),
    Records.DECISIONS: (
        ("Круг", FieldKind.INTEGER, "номер круга согласования"),
        ("Шаг", FieldKind.LONG_TEXT, "шаг согласования"),
        ("Кто", FieldKind.USER, "согласующий"),
        ("Роль", FieldKind.LONG_TEXT, "роль согласующего"),
        ("Итог", FieldKind.LONG_TEXT, "согласовано или отклонено"),
        ("Комментарий", FieldKind.LONG_TEXT, ""),
        ("Дата", FieldKind.DATE, "день решения"),
    ),
}


def placeholders(catalog: Catalog) -> tuple[Placeholder, ...]:
    """All that templates may use, in the order of the documentation."""
    fields = (
        Placeholder(each.label, each.kind, each.hint, each.code)
        for each in catalog.fields.values()
        if not each.is_file and not each.restricted
    )
    records = (
        Placeholder(f"{group}.{name}", kind, about, records=group)
        for group, members in _OF_RECORDS.items()
        for name, kind, about in members
    )
    return (*_OF_DEAL, *fields, *records)


class Vocabulary:
    """Finds placeholders by what templates write between the braces."""

    def __init__(self, catalog: Catalog) -> None:
        known = placeholders(catalog)
        self._known: dict[str, Placeholder] = {}
        for each in reversed(known):  # of two fields with one label the first one has it
            self._known[_key(each.name)] = each
        for each in known:
            if each.field:
                self._known.setdefault(_key(each.field), each)

    def use(self, expression: str) -> Use:
        """Raises: UnknownPlaceholder."""
        if len(expression) > MAX_EXPRESSION:
            raise UnknownPlaceholder(f"длиннее {MAX_EXPRESSION} знаков")
        name, bar, form = (part.strip() for part in expression.partition("|"))
        found = self._known.get(_key(name))
        if found is None:
            raise UnknownPlaceholder(self._advice(name))
        form = form.casefold()
        if bar and form not in found.forms:
            forms = ", ".join(found.forms)
            raise UnknownPlaceholder(
                f"у «{found.name}» есть только: {forms}" if forms else f"у «{found.name}» нет форм"
            )
        return Use(found, form)

    def _advice(self, name: str) -> str:
        for records, members in _OF_RECORDS.items():
            if _key(name).startswith(f"{_key(records)}."):
                return f"у «{records}» есть только: {', '.join(member for member, *_ in members)}"
        near = get_close_matches(_key(name), self._known, n=1, cutoff=0.7)
        return f"возможно, «{self._known[near[0]].name}»" if near else "такого поля нет"


def _key(name: str) -> str:
    return " ".join(name.casefold().replace("ё", "е").split())


def expression_of(text: str) -> str:
    """The text between the braces in the one spelling under which its value is looked up."""
    return " ".join(text.split())


def text_of(kind: FieldKind, value: Json, form: str, plain_text: Callable[[], str]) -> str:
    """A value in a form. ``plain_text`` gives the plain one; a person's value is their name.

    Raises: NotAName.
    """
    if not form:
        return plain_text()
    if form == IN_WORDS:
        return _in_words(kind, value)
    name = plain_text()
    return with_initials(name) if form == INITIALS else declined(name, Declension(form))


def _in_words(kind: FieldKind, value: Json) -> str:
    if kind is FieldKind.MONEY:
        return sum_in_words(Decimal(value))
    if kind is FieldKind.DATE:
        return day_in_words(date.fromisoformat(value))
    return number_in_words(value) if 0 <= value <= LARGEST else str(value)


def goods_records(lines: Sequence[GoodsLine]) -> list[dict[str, Json]]:
    """Values of `Records.GOODS` by the part of the name behind the dot."""
    return [
        {
            "Номер": number,
            "Артикул": line.article or None,
            "Наименование": line.name,
            "Количество": plain(line.quantity).replace(".", ","),
            "Единица": line.unit,
            "Цена": None if line.price is None else str(line.price),
            "Сумма": None if line.amount is None else str(line.amount),
        }
        for number, line in enumerate(lines, 1)
    ]


def record_text(kind: FieldKind, value: Json) -> str:
    """The plain text of a record's value."""
    if kind is FieldKind.MONEY:
        return money(Decimal(value))
    return day(value) if kind is FieldKind.DATE else str(value)


@dataclass(frozen=True)
class Filling:
    """Everything that a template's placeholders are replaced by in one deal."""

    texts: Mapping[str, str]
    """Expression → text, for those outside of repeated rows."""
    rows: Mapping[str, Sequence[Mapping[str, str]]]
    """Name of the records → for each of them expression → text."""
    missing: tuple[str, ...] = ()
    """Names without a value, which stay blank."""
    undeclined: tuple[str, ...] = ()
    """Names of people that stay as they are because their parts or gender cannot be told."""
