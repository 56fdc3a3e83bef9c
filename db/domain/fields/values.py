"""Field values: parsing to their JSON form and formatting in Russian."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from db.domain.catalog import Field, FieldKind
from db.domain.fields.goods import BadGoods, parse_goods, read_goods, total
from db.domain.fields.requisites import is_inn, is_kpp, is_ogrn
from db.domain.fields.texts import flaw, without_marks

Json = Any
"""A JSON value: str, int, bool, None, list or dict."""

MAX_TEXT, MAX_LONG_TEXT = 500, 10_000  # characters
MAX_ITEMS = 1_000  # values of a list that one field takes
_MONEY = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_RUSSIAN_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAX_MONEY = Decimal("999999999999.99")  # RUB


class ListNames(Protocol):
    """Lookup of list item names and activity."""

    def is_active(self, list_code: str, item: str) -> bool: ...

    def name_of(self, list_code: str, item: str) -> str: ...


class BadValue(ValueError):
    """Invalid value; the message is a Russian sentence that says what is expected."""


def is_empty(raw: object) -> bool:
    """Whether a value is None, has no items, or no visible character."""
    if isinstance(raw, str):
        return not any(c.isprintable() and not c.isspace() for c in raw)
    return raw is None or raw == []


def parse(field: Field, raw: object, lists: ListNames) -> Json:
    """Canonical JSON form of ``raw``; None if it is empty.

    Raises:
        BadValue: the value does not fit the field.
    """
    if isinstance(raw, str) and len(raw) > 2 * MAX_LONG_TEXT:
        raise BadValue(f"Слишком длинное значение, сейчас {len(raw)} символов. Сократите его.")
    if is_empty(raw):
        return None
    if field.kind is FieldKind.FILE:
        raise BadValue("Файлы загружаются отдельно, через раздел «Документы».")
    return _PARSERS[field.kind](field, raw, lists)


def present(field: Field, value: Json, lists: ListNames) -> str:
    """Value formatted for people in Russia; "" if empty."""
    if value is None:
        return ""
    match field.kind:
        case FieldKind.MONEY:
            return money(Decimal(value))
        case FieldKind.DATE:
            return day(value)
        case FieldKind.DATE_RANGE:
            return f"с {day(value['from'])} по {day(value['to'])}"
        case FieldKind.BOOLEAN:
            return "да" if value else "нет"
        case FieldKind.LIST:
            return lists.name_of(field.list or "", value)
        case FieldKind.MULTI_LIST:
            return ", ".join(lists.name_of(field.list or "", item) for item in value)
        case FieldKind.GOODS:
            return goods(value)
    return str(value)


def money(amount: Decimal) -> str:
    """Format an amount: 1500000.5 → «1 500 000,50 ₽», with no-break spaces."""
    whole = amount == amount.to_integral_value()
    text = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    return text.replace(",", "\u00a0").replace(".", ",") + "\u00a0₽"


def goods(value: Json) -> str:
    """Describe the lines of an order: «3 позиции на 45 600 ₽», and how many have no price."""
    lines = read_goods(value)
    last, tens = len(lines) % 10, len(lines) % 100
    few = 2 <= last <= 4 and not 12 <= tens <= 14
    word = "позиция" if last == 1 and tens != 11 else "позиции" if few else "позиций"
    unpriced = sum(line.price is None for line in lines)
    text = f"{len(lines)} {word}"
    if unpriced < len(lines):
        text += f" на {money(total(lines))}"
    return text + (f", без цены: {unpriced}" if unpriced else "")


def day(iso: str) -> str:
    """Format an ISO date: 2026-11-23 → 23.11.2026."""
    return date.fromisoformat(iso).strftime("%d.%m.%Y")


def _string(raw: object) -> str:
    if not isinstance(raw, str):
        raise BadValue("Ожидается текст в кавычках.")
    text = raw.strip()
    if sentence := flaw(text):
        raise BadValue(sentence)
    return text


def _word(raw: object) -> str:
    """Parse a value that is not prose; invisible format characters are removed."""
    if not isinstance(raw, str):
        raise BadValue("Ожидается текст в кавычках.")
    if len(raw) > MAX_TEXT:
        raise BadValue(f"Не длиннее {MAX_TEXT} символов, сейчас {len(raw)}.")
    return _string(without_marks(raw))


def _text(field: Field, raw: object, lists: ListNames) -> Json:
    text = " ".join(_string(raw).split())
    if len(text) > MAX_TEXT:
        raise BadValue(f"Не длиннее {MAX_TEXT} символов, сейчас {len(text)}.")
    return text


def _long_text(field: Field, raw: object, lists: ListNames) -> Json:
    text = _string(raw).replace("\r\n", "\n")
    if len(text) > MAX_LONG_TEXT:
        raise BadValue(f"Не длиннее {MAX_LONG_TEXT} символов, сейчас {len(text)}.")
    return text


def _money(field: Field, raw: object, lists: ListNames) -> Json:
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise BadValue('Сумма передаётся строкой или целым числом, например "1500000.00".')
    text = "".join(_word(str(raw)).removesuffix(".").removesuffix("руб").replace("₽", "").split())
    if not _MONEY.fullmatch(text := text.replace(",", ".")):
        raise BadValue("Укажите сумму в рублях цифрами, например 1500000,00.")
    amount = Decimal(text)
    if amount < 0:
        raise BadValue("Сумма не может быть отрицательной.")
    if amount > MAX_MONEY:
        raise BadValue("Слишком большая сумма.")
    exact = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if exact != amount:
        raise BadValue("Сумма указывается с точностью до копейки: не больше двух знаков.")
    return str(abs(exact))


def _integer(field: Field, raw: object, lists: ListNames) -> Json:
    if isinstance(raw, str) and _INTEGER.fullmatch(text := _word(raw)):
        raw = int(text)
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise BadValue("Укажите целое число.")
    lowest = field.minimum if field.minimum is not None else 0
    if not lowest <= raw <= 999_999_999:
        raise BadValue(f"Укажите целое число не меньше {lowest}.")
    return raw


def _iso_date(raw: object) -> str:
    text = _word(raw)
    if match := _RUSSIAN_DAY.fullmatch(text):
        text = "-".join(reversed(match.groups()))
    try:
        if not _ISO_DAY.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise BadValue("Укажите дату, например 23.11.2026.") from None
    if not 1900 <= found.year <= 2200:
        raise BadValue("Проверьте год в дате.")
    return text


def _date(field: Field, raw: object, lists: ListNames) -> Json:
    return _iso_date(raw)


def _date_range(field: Field, raw: object, lists: ListNames) -> Json:
    if not isinstance(raw, Mapping) or set(raw) != {"from", "to"} or None in raw.values():
        raise BadValue("Укажите обе даты периода: начало и окончание.")
    start, end = _iso_date(raw["from"]), _iso_date(raw["to"])
    if end < start:
        raise BadValue("Окончание периода раньше его начала.")
    return {"from": start, "to": end}


def _boolean(field: Field, raw: object, lists: ListNames) -> Json:
    if not isinstance(raw, bool):
        raise BadValue("Ожидается да или нет (true или false).")
    return raw


def _list_item(field: Field, raw: object, lists: ListNames) -> Json:
    code = _string(raw)
    if not lists.is_active(field.list or "", code):
        raise BadValue("Выберите значение из списка.")
    return code


def _list_items(field: Field, raw: object, lists: ListNames) -> Json:
    if not isinstance(raw, list):
        raise BadValue("Ожидается перечень значений из списка.")
    if len(raw) > MAX_ITEMS:
        raise BadValue(f"Не больше {MAX_ITEMS} значений, сейчас {len(raw)}.")
    return list(dict.fromkeys(_list_item(field, item, lists) for item in raw))


def _goods(field: Field, raw: object, lists: ListNames) -> Json:
    try:
        return [line.stored for line in parse_goods(raw)]
    except BadGoods as bad:
        raise BadValue(str(bad)) from None


def _digits(
    check: Callable[[str], bool], sentence: str
) -> Callable[[Field, object, ListNames], Json]:
    def parser(field: Field, raw: object, lists: ListNames) -> Json:
        text = "".join(_word(raw).split()).upper()
        if not check(text):
            raise BadValue(sentence)
        return text

    return parser


def _matching(
    fits: Callable[[str], object], sentence: str
) -> Callable[[Field, object, ListNames], Json]:
    def parser(field: Field, raw: object, lists: ListNames) -> Json:
        text = _word(raw)
        if not fits(text):
            raise BadValue(sentence)
        return text

    return parser


def _user(field: Field, raw: object, lists: ListNames) -> Json:
    """Parse a login; values written by the suite may also name a machine token."""
    text = _word(raw)
    if not (_LOGIN.fullmatch(text) or (field.system and _TOKEN.fullmatch(text))):
        raise BadValue("Укажите логин сотрудника.")
    return text


_LOGIN = re.compile(r"[A-Za-z0-9]{1,64}")
_EMAIL = re.compile(
    r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9А-Яа-яЁё.-]{1,180}\.[A-Za-zА-Яа-яЁё]{2,24}"
)


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


_PHONE = re.compile(r"\+?[0-9() -]{5,25}")
_TOKEN = re.compile(r"token:[A-Za-z0-9._-]{1,58}")


_PARSERS: Mapping[FieldKind, Callable[[Field, object, ListNames], Json]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _long_text,
    FieldKind.MONEY: _money,
    FieldKind.INTEGER: _integer,
    FieldKind.DATE: _date,
    FieldKind.DATE_RANGE: _date_range,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.LIST: _list_item,
    FieldKind.MULTI_LIST: _list_items,
    FieldKind.GOODS: _goods,
    FieldKind.INN: _digits(
        is_inn, "Проверьте ИНН: 10 цифр у организации, 12 у ИП; контрольные цифры не сходятся."
    ),
    FieldKind.OGRN: _digits(
        is_ogrn, "Проверьте ОГРН: 13 цифр, ОГРНИП: 15 цифр; контрольная цифра не сходится."
    ),
    FieldKind.KPP: _digits(is_kpp, "Проверьте КПП: 9 знаков, например 770701001."),
    FieldKind.USER: _user,
    FieldKind.EMAIL: _matching(
        _EMAIL.fullmatch,
        "Укажите адрес электронной почты, например ivan@example.ru.",
    ),
    FieldKind.PHONE: _matching(
        _PHONE.fullmatch,
        "Укажите телефон цифрами, например +7 495 123-45-67.",
    ),
}
