"""When two written numbers mean one paper. For comparison only: we keep what 1C has."""

import re
import unicodedata
from difflib import SequenceMatcher

from workers.ports.onec_contracts import Match

LONGEST = 100
"""Characters of a number that is still asked for; 1C itself has 50."""

_DASHES = re.compile("[\u2010\u2011\u2012\u2013\u2014\u2015\u2212]")
_SPACES = re.compile(r"\s+")
_AROUND = re.compile(r" ?([-/]) ?")
_NUMBER_SIGN = re.compile(r"^(?:[№#]\s*|N[O°º]?\.?(?:\s+|(?=[0-9])))+")
_DIGITS = "0123456789"
_CYRILLIC = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")


def normalise(number: str) -> str:
    """One spelling for all the ways to type a number; blank if nothing is left of it, or if it is
    too long to be one."""
    if len(number) > LONGEST:
        return ""
    text = unicodedata.normalize("NFC", number)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = _SPACES.sub(" ", _DASHES.sub("-", text)).strip().upper()
    return _NUMBER_SIGN.sub("", _AROUND.sub(r"\1", text)).strip()


def cyrillic(normalised: str) -> str:
    """Latin letters replaced by the Cyrillic ones that look the same."""
    return normalised.translate(_CYRILLIC)


def agreement(entered: str, number: str, code: str = "") -> Match | None:
    """How ``entered`` agrees with a paper's number or code; None if it does not.

    A blank number agrees with nothing: contracts without a number are common.
    """
    wanted = normalise(entered)
    if not wanted:
        return None
    if entered == number:
        return Match.EXACT
    if wanted == normalise(number):
        return Match.NORMALISED
    wanted, given = cyrillic(wanted), cyrillic(normalise(number))
    if wanted == given:
        return Match.LOOKALIKE
    if wanted == cyrillic(normalise(code)):
        return Match.CODE
    return Match.DIGITS if _same_digits(wanted, given) else None


def likeness(entered: str, number: str) -> float:
    """0 to 1: how much a number looks like the one entered, to put the likeliest first."""
    wanted, given = cyrillic(normalise(entered)), cyrillic(normalise(number))
    return SequenceMatcher(None, wanted, given).ratio()


def _same_digits(wanted: str, given: str) -> bool:
    """`123` and `ИБ-123` both stand for `ПТИБ-000123`: 1C prints numbers without the rest."""
    (prefix, digits), (full_prefix, full_digits) = _parts(wanted), _parts(given)
    return bool(digits) and digits == full_digits and full_prefix.endswith(prefix)


def _parts(number: str) -> tuple[str, str]:
    """What precedes the digits at the end, and these without leading zeros; no digits: blank."""
    prefix = number.rstrip(_DIGITS)
    digits = number[len(prefix) :]
    return prefix, digits.lstrip("0") or digits[-1:]
