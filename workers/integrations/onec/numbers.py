"""Comparison of an entered number with the number of a record. Stored numbers are not changed."""

import re
import unicodedata
from difflib import SequenceMatcher

from workers.ports.onec import MatchMethod

LONGEST = 100
"""Maximum length, in characters, of a number that is compared; 1C itself allows 50."""

_DASHES = re.compile("[\u2010\u2011\u2012\u2013\u2014\u2015\u2212]")
_SPACES = re.compile(r"\s+")
_AROUND = re.compile(r" ?([-/]) ?")
_NUMBER_SIGN = re.compile(r"^(?:[№#]\s*|N[O°º]?\.?(?:\s+|(?=[0-9])))+")
_DIGITS = "0123456789"
_CYRILLIC = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")


def normalize(number: str) -> str:
    """Return the canonical spelling of an entered number.

    Blank for a number without content, and for one longer than `LONGEST`.
    """
    if len(number) > LONGEST:
        return ""
    text = unicodedata.normalize("NFC", number)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = _SPACES.sub(" ", _DASHES.sub("-", text)).strip().upper()
    return _NUMBER_SIGN.sub("", _AROUND.sub(r"\1", text)).strip()


def to_cyrillic(normalized: str) -> str:
    """Replace Latin letters by the Cyrillic letters that look the same."""
    return normalized.translate(_CYRILLIC)


def match_method(entered: str, number: str, code: str = "") -> MatchMethod | None:
    """Return how ``entered`` matches the number or code of a record; None if it does not.

    A blank number matches nothing, because contracts without a number are common.
    """
    wanted = normalize(entered)
    if not wanted:
        return None
    if entered == number:
        return MatchMethod.EXACT
    if wanted == normalize(number):
        return MatchMethod.NORMALIZED
    wanted, given = to_cyrillic(wanted), to_cyrillic(normalize(number))
    if wanted == given:
        return MatchMethod.LOOKALIKE
    if wanted == to_cyrillic(normalize(code)):
        return MatchMethod.CODE
    return MatchMethod.DIGITS if _has_same_digits(wanted, given) else None


def likeness(entered: str, number: str) -> float:
    """Return the similarity of two numbers, from 0 to 1, to rank suggestions."""
    wanted, given = to_cyrillic(normalize(entered)), to_cyrillic(normalize(number))
    return SequenceMatcher(None, wanted, given).ratio()


def _has_same_digits(wanted: str, given: str) -> bool:
    """Compare digits and the end of the prefix.

    1C prints `ПТИБ-000123` as `ИБ-123` or `123`, so both must match.
    """
    (prefix, digits), (full_prefix, full_digits) = _parts(wanted), _parts(given)
    return bool(digits) and digits == full_digits and full_prefix.endswith(prefix)


def _parts(number: str) -> tuple[str, str]:
    """Split into the prefix and the last digits, without leading zeros; blank if there are none."""
    prefix = number.rstrip(_DIGITS)
    digits = number[len(prefix) :]
    return prefix, digits.lstrip("0") or digits[-1:]
