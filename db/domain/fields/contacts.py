"""Keys by which phones and e-mail addresses are compared, however they were typed."""

import re
from collections.abc import Mapping

from db.domain.fields.values import Json

CONTACT_FIELDS = ("contactPhone", "contactEmail")
PHONE_DIGITS = 10  # without the country: +7 and 8 are the same
_NOT_DIGITS = re.compile(r"[^0-9]")
_LIKE_A_PHONE = re.compile(r"\+?[0-9() -]{5,25}")


def phone_key(phone: str) -> str | None:
    """Last ten digits of what looks like a phone; None for anything else."""
    if not _LIKE_A_PHONE.fullmatch(phone.strip()):
        return None
    digits = _NOT_DIGITS.sub("", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= 5 else None


def email_key(email: str) -> str | None:
    """E-mail address in lower case; None for anything else."""
    text = email.strip().lower()
    return text if "@" in text and " " not in text else None


def contact_keys(values: Mapping[str, Json]) -> frozenset[str]:
    """Keys of the phone and the address among a deal's values."""
    phone, email = (str(values.get(code) or "") for code in CONTACT_FIELDS)
    return frozenset(key for key in (phone_key(phone), email_key(email)) if key)
