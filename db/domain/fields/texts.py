"""Characters that are not allowed in texts: controls and direction overrides."""

import re
import unicodedata

_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"  # C0 and DEL; tabs and line ends are wanted
    "\x80-\x9f"  # C1: left by a text that was read in a wrong encoding
    "\u202a-\u202e\u2066-\u2069"  # bidi embeddings, overrides, isolates: they reorder what is read
    "\ud800-\udfff"  # halves of a character
    "]"
)
_BEFORE = 12  # characters shown so that a person finds the place


def flaw(text: str) -> str | None:
    """Russian sentence about the first forbidden character and its position; None if there is none.

    Soft hyphens, zero-width joiners and direction marks pass: they come with pasted text and
    change nothing that people read.
    """
    found = _UNWANTED.search(text)
    if found is None:
        return None
    place = found.start()
    before = text[max(0, place - _BEFORE) : place].strip()
    after = f" после «{before}»" if before else " в начале"
    return (
        f"В тексте есть невидимый служебный символ U+{ord(found[0]):04X}{after} "
        f"(знак {place + 1}). Удалите его или наберите это место заново."
    )


def without_marks(text: str) -> str:
    """``text`` without invisible format characters that messengers and address books add to
    numbers.
    """
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
