"""Checksums of Russian company numbers (ИНН, ОГРН, КПП) by the rules of ФНС."""

import re

_INN10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN12_FIRST = (7, *_INN10)
_INN12_SECOND = (3, *_INN12_FIRST)


def _control(digits: str, weights: tuple[int, ...]) -> str:
    total = sum(int(d) * w for d, w in zip(digits, weights, strict=False))
    return str(total % 11 % 10)


def is_inn(text: str) -> bool:
    """10 digits (company) or 12 (person) with valid check digits and a region other than 00."""
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", text) or text.startswith("00"):
        return False
    if len(text) == 10:
        return text[9] == _control(text, _INN10)
    return text[10] == _control(text, _INN12_FIRST) and text[11] == _control(text, _INN12_SECOND)


def is_ogrn(text: str) -> bool:
    """13 digits (company) or 15 (entrepreneur) with a valid check digit."""
    if re.fullmatch(r"[1256][0-9]{12}", text):
        return int(text[:12]) % 11 % 10 == int(text[12])
    if re.fullmatch(r"[34][0-9]{14}", text):
        return int(text[:14]) % 13 % 10 == int(text[14])
    return False


def is_kpp(text: str) -> bool:
    """Nine characters: tax office, reason, serial number; no check digit exists."""
    return bool(re.fullmatch(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", text)) and not text.startswith("00")
