"""Sums, whole numbers and dates in Russian words, as contracts have them."""

from datetime import date
from decimal import Decimal

MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
_UNITS = ("", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_FEMININE = {1: "одна", 2: "две"}
_TEENS = (
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
)
_TENS = (
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
)
_HUNDREDS = (
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
)
_SCALES = (
    ("миллиард", "миллиарда", "миллиардов"),
    ("миллион", "миллиона", "миллионов"),
    ("тысяча", "тысячи", "тысяч"),
)
LARGEST = 10**12 - 1


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number: 1 рубль, 2 рубля, 5 рублей."""
    tens, last = number % 100, number % 10
    if last == 1 and tens != 11:
        return one
    return few if 2 <= last <= 4 and not 12 <= tens <= 14 else many


def number_in_words(number: int) -> str:
    """A whole number from 0 to `LARGEST`, masculine: 21 → «двадцать один»."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"not between 0 and {LARGEST}")
    words: list[str] = []
    for power, forms in zip((9, 6, 3), _SCALES, strict=True):
        part = number // 10**power % 1000
        if part:
            words += [*_below_thousand(part, feminine=power == 3), plural(part, *forms)]
    words += _below_thousand(number % 1000)
    return " ".join(words) or "ноль"


def sum_in_words(amount: Decimal) -> str:
    """A sum of roubles: «Один миллион пятьсот тысяч рублей 00 копеек»."""
    kopecks = int((amount * 100).to_integral_value())
    roubles, rest = divmod(kopecks, 100)
    words = number_in_words(roubles)
    named = plural(roubles, "рубль", "рубля", "рублей")
    small = plural(rest, "копейка", "копейки", "копеек")
    return f"{words[0].upper()}{words[1:]} {named} {rest:02d} {small}"


def day_in_words(day: date) -> str:
    """A date: «28 ноября 2026 г.», with no-break spaces."""
    return f"{day.day}\u00a0{MONTHS[day.month - 1]} {day.year}\u00a0г."


def _below_thousand(number: int, *, feminine: bool = False) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_HUNDREDS[hundreds]]
    if 10 <= rest < 20:
        words.append(_TEENS[rest - 10])
    else:
        tens, last = divmod(rest, 10)
        words += [_TENS[tens], _FEMININE.get(last, _UNITS[last]) if feminine else _UNITS[last]]
    return [word for word in words if word]
