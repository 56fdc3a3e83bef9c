"""Goods of an order: lines with article, name, quantity, unit and price, and their sums."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from db.domain.fields.texts import flaw, without_marks

MAX_LINES = 300
"""Longer orders are shipped in parts; a list of deals reads the lines with every deal."""
MAX_ARTICLE, MAX_NAME, MAX_UNIT, MAX_NUMBER = 50, 200, 10, 30  # characters
MAX_QUANTITY, MAX_PRICE = Decimal("9999999.999"), Decimal("99999999.99")
UNIT = "шт."
GOODS = "goods"
"""Code of the field."""
TOLD = 5
"""Wrong lines that one message names."""
KOPECK = Decimal("0.01")
MEMBERS = frozenset({"article", "name", "quantity", "unit", "price"})
_DECIMAL = re.compile(r"[0-9]{1,20}(?:[.,][0-9]{1,9})?")


class BadGoods(ValueError):
    """Invalid lines; the message is a Russian sentence that names the lines and what to do."""


@dataclass(frozen=True)
class GoodsLine:
    """One line of an order."""

    article: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    """RUB per unit; None while it is not agreed."""

    @property
    def amount(self) -> Decimal | None:
        """Sum of the line in RUB; None without a price."""
        if self.price is None:
            return None
        return (self.quantity * self.price).quantize(KOPECK, ROUND_HALF_UP)

    @property
    def stored(self) -> dict[str, str | None]:
        """The line in the form of API, database and history."""
        return {
            "article": self.article,
            "name": self.name,
            "quantity": plain(self.quantity),
            "unit": self.unit,
            "price": None if self.price is None else f"{self.price:.2f}",
        }


def read_goods(value: object) -> tuple[GoodsLine, ...]:
    """Lines of a stored value; none for None."""
    return tuple(map(_stored_line, value)) if isinstance(value, list) else ()


def parse_goods(raw: object) -> tuple[GoodsLine, ...]:
    """Lines as people and programs send them; numbers may have a decimal comma and spaces.

    Raises: BadGoods.
    """
    if not isinstance(raw, list):
        raise BadGoods("Ожидается перечень строк с артикулом, наименованием и количеством.")
    if len(raw) > MAX_LINES:
        raise BadGoods(
            f"Не больше {MAX_LINES} строк, сейчас {len(raw)}. Разделите заказ на несколько."
        )
    lines: list[GoodsLine] = []
    wrong: list[str] = []
    for number, given in enumerate(raw, 1):
        try:
            lines.append(_line(given))
        except BadGoods as bad:
            wrong.append(f"Строка {number}: {bad}")
    if wrong:
        more = f" И ещё строк с ошибками: {len(wrong) - TOLD}." if len(wrong) > TOLD else ""
        raise BadGoods(" ".join(wrong[:TOLD]) + more)
    return tuple(lines)


def total(lines: Iterable[GoodsLine]) -> Decimal:
    """Sum of all lines that have a price."""
    return sum((line.amount for line in lines if line.amount is not None), Decimal(0))


def goods_differences(ordered: Sequence[GoodsLine], shipped: Sequence[GoodsLine]) -> list[str]:
    """Russian sentences about what differs between an order and what was shipped; none if nothing.

    Lines are the same goods if their articles agree, or their names where one has no article.
    Quantities of the same goods in several lines are added up; prices are compared if both are
    known.
    """
    left, right = _by_goods(ordered), _by_goods(shipped)
    pairs = {key: _partner(key, line, right) for key, line in left.items()}
    found: list[str] = []
    for key, line in left.items():
        other = right.get(pairs[key] or "")
        found += _differences_of(line, other)
    met = {key for key in pairs.values() if key is not None}
    found += [
        f"{_label(line)}: в заказе нет, в реализации {_spoken(line)}"
        for key, line in right.items()
        if key not in met
    ]
    return found


def goods_changes(before: Sequence[GoodsLine], after: Sequence[GoodsLine]) -> list[str]:
    """Russian phrases about what was added, removed and changed; none if only the order of lines
    or the spelling of a name differs."""
    left, right = _by_goods(before), _by_goods(after)
    pairs = {key: _partner(key, line, right) for key, line in left.items()}
    kept = {key for key in pairs.values() if key is not None}
    found = [
        f"добавлено: {_label(one)}, {_spoken(one)}" for key, one in right.items() if key not in kept
    ]
    for key, line in left.items():
        other = right.get(pairs[key] or "")
        if other is None:
            found.append(f"убрано: {_label(line)}, {_spoken(line)}")
            continue
        if (line.quantity, line.unit) != (other.quantity, other.unit):
            found.append(f"{_label(other)}: {_spoken(line)} → {_spoken(other)}")
        if line.price != other.price:
            old, new = (
                _rubles(p) if p is not None else "без цены" for p in (line.price, other.price)
            )
            found.append(f"{_label(other)}: {old} → {new}")
    return found


def plain(number: Decimal) -> str:
    """A number without needless zeros: 10.500 → "10.5", 10 → "10"."""
    return f"{number.normalize():f}"


def _stored_line(line: Mapping[str, str | None]) -> GoodsLine:
    price = line["price"]
    return GoodsLine(
        article=line["article"] or "",
        name=line["name"] or "",
        quantity=Decimal(line["quantity"] or 0),
        unit=line["unit"] or UNIT,
        price=None if price is None else Decimal(price),
    )


def _line(given: object) -> GoodsLine:
    if not isinstance(given, Mapping) or not set(given) <= MEMBERS:
        raise BadGoods("ожидаются article, name, quantity, unit и price.")
    name = _text(given.get("name"), MAX_NAME, "наименование")
    if not name:
        raise BadGoods("укажите наименование.")
    quantity = _number(given.get("quantity"))
    if quantity is None or not 0 < quantity <= MAX_QUANTITY or _places(quantity) > 3:
        raise BadGoods("укажите количество больше нуля, до тысячных, например 10 или 2,5.")
    price = given.get("price")
    known = None if price in (None, "") else _number(price)
    if price not in (None, "") and (known is None or known > MAX_PRICE or _places(known) > 2):
        raise BadGoods("укажите цену в рублях до копейки, например 1990,50.")
    return GoodsLine(
        article=_text(given.get("article"), MAX_ARTICLE, "артикул"),
        name=name,
        quantity=quantity,
        unit=_text(given.get("unit"), MAX_UNIT, "единица") or UNIT,
        price=known,
    )


def _text(raw: object, longest: int, what: str) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise BadGoods(f"{what}: ожидается текст в кавычках.")
    if len(raw) > 4 * MAX_NAME:
        raise BadGoods(f"{what}: не длиннее {longest} символов, сократите.")
    text = " ".join(without_marks(raw).split())
    if len(text) > longest:
        raise BadGoods(f"{what}: не длиннее {longest} символов, сократите.")
    if sentence := flaw(text):
        raise BadGoods(f"{what}: {sentence[0].lower()}{sentence[1:]}")
    return text


def _number(raw: object) -> Decimal | None:
    """A number that is not negative; None for anything else."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw) if abs(raw) <= MAX_QUANTITY * 100 else ""
    if not isinstance(raw, str) or len(raw) > MAX_NUMBER:
        return None
    text = "".join(without_marks(raw).split())
    return Decimal(text.replace(",", ".")) if _DECIMAL.fullmatch(text) else None


def _places(number: Decimal) -> int:
    """Decimal places without needless zeros."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _by_goods(lines: Iterable[GoodsLine]) -> dict[str, GoodsLine]:
    """One line for each goods, with the quantities of all its lines."""
    found: dict[str, GoodsLine] = {}
    for line in lines:
        key = _key(line)
        known = found.get(key)
        quantity = line.quantity + (known.quantity if known else 0)
        price = line.price if known is None or known.price == line.price else None
        found[key] = GoodsLine(line.article, line.name, quantity, line.unit, price)
    return found


def _key(line: GoodsLine) -> str:
    article = "".join(line.article.casefold().split())
    return f"a:{article}" if article else f"n:{_name_key(line)}"


def _name_key(line: GoodsLine) -> str:
    return " ".join(line.name.casefold().replace("ё", "е").split())


def _partner(key: str, line: GoodsLine, others: Mapping[str, GoodsLine]) -> str | None:
    """Key of the same goods among others: by article, else by name if one of both has none."""
    if key in others:
        return key
    by_name = f"n:{_name_key(line)}"
    if line.article:
        return by_name if by_name in others else None
    named = (other for other in others if _name_key(others[other]) == _name_key(line))
    return next(named, None)


def _differences_of(line: GoodsLine, other: GoodsLine | None) -> Iterator[str]:
    label = _label(line)
    if other is None:
        yield f"{label}: в заказе {_spoken(line)}, в реализации нет"
        return
    if line.quantity != other.quantity:
        yield f"{label}: в заказе {_spoken(line)}, в реализации {_spoken(other)}"
    if line.price is not None and other.price is not None and line.price != other.price:
        yield f"{label}: цена в заказе {_rubles(line.price)}, в реализации {_rubles(other.price)}"


def _spoken(line: GoodsLine) -> str:
    quantity = plain(line.quantity).replace(".", ",")
    return f"{quantity} {line.unit}".strip()


def _rubles(price: Decimal) -> str:
    return f"{price:.2f}".replace(".", ",") + "\u00a0₽"


def _label(line: GoodsLine) -> str:
    return f"{line.article} {line.name}".strip()
