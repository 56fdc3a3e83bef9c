"""Hostile texts for a regular expression, built from its parts, and a measurement of growth."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, product
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

SMALL, LARGE = 16 * 1024, 64 * 1024  # characters
MOST = 5.0
"""Four times the text may take so many times as long."""
FLOOR = 0.02  # seconds
"""Faster than this is harmless, however it grows."""
WARMING_UP = (18, 22, 256, 512, 1024, 4096)
ENDLESS = 0.1  # seconds
"""For a text of the warming up: found out before it hangs the test."""
_PROBES = "a0Aя_-. \t\n/'\"<>(){}[]\\,;:=+@#№$%|&!?*~^`\x00"
_STRANGERS = ("", "\x00", "!")
"""Endings; most patterns match none of the last two."""


@dataclass(frozen=True)
class Family:
    """Texts of any length: ``start``, repeated ``unit``, ``end``."""

    start: str
    unit: str
    end: str

    def of(self, size: int) -> str:
        return self.start + self.unit * (size // len(self.unit)) + self.end


def growth(work: Callable[[str], object], family: Family) -> str | None:
    """Message if the CPU time of ``work`` grows faster than the text; else None."""
    for size in WARMING_UP:
        spent = _best(work, family.of(size), 1)
        if spent > 10 * ENDLESS or (spent > ENDLESS and _best(work, family.of(size), 2) > ENDLESS):
            return f"{spent:.2f} s for {size} characters of {family}"
    if spent * (LARGE / size) ** 2 < FLOOR:
        return None
    small = _best(work, family.of(SMALL), 1)
    if small > ENDLESS and small > 2 * MOST * _best(work, family.of(SMALL // 4), 3):
        return f"{small:.2f} s for {SMALL} characters of {family}"
    if small * (LARGE / SMALL) ** 2 < FLOOR or _best(work, family.of(LARGE), 1) <= FLOOR:
        return None
    for _ in range(3):  # a noisy neighbour makes no pattern quadratic
        small, large = _best(work, family.of(SMALL), 3), _best(work, family.of(LARGE), 2)
        if large <= FLOOR or large <= MOST * small:
            return None
    return f"{small:.3f} s → {large:.3f} s, four times as long: {family}"


def _best(work: Callable[[str], object], text: str, tries: int) -> float:
    best = float("inf")
    for _ in range(tries):
        begun = time.process_time()
        work(text)
        best = min(best, time.process_time() - begun)
    return best


def families(pattern: str | bytes, flags: int = 0) -> list[Family]:
    """Families of nearly matching texts with repeated parts of the pattern."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    tree = _parser.parse(text, flags & ~re.DEBUG)
    almost = list(dict.fromkeys(tuple(_pieces(tree, way)) for way in range(6)))
    signs = list(dict.fromkeys(chain.from_iterable(_signs(tree))))[:10]
    starts = dict.fromkeys("".join(one[:end]) for one in almost for end in range(len(one)))
    wholes = dict.fromkeys("".join(one) for one in almost)
    units = dict.fromkeys(
        [*signs, *wholes, *(whole[:-1] for whole in wholes), *starts]
        + [a + b for a, b in product(signs[:5], signs[:5]) if a != b]
    )
    drawn = [
        Family(start, unit, end)
        for start, unit, end in product(
            _spread(list(starts), 5), _spread([u for u in units if u], 12), _STRANGERS
        )
    ]
    return list(dict.fromkeys(drawn))


def _spread(found: list[str], most: int) -> list[str]:
    """An evenly spread sample of limited size."""
    step = max(1, -(-len(found) // most))
    return found[::step]


def _pieces(tree: Any, way: int) -> Iterator[str]:
    """Pieces of a short matching text; ``way`` selects alternatives."""
    word = ""
    for kind, about in tree:
        if kind is op.LITERAL:
            word += chr(about)
            continue
        if word:
            yield word
            word = ""
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            least, _, inner = about
            for _ in range(max(1, min(least, 12))):
                yield from _pieces(inner, way)
        elif kind is op.SUBPATTERN:
            yield from _pieces(about[-1], way)
        elif kind is op.ATOMIC_GROUP:
            yield from _pieces(about, way)
        elif kind is op.BRANCH:
            branches = about[1]
            yield from _pieces(branches[way % len(branches)], way)
        elif (sign := _sign(kind, about)) is not None:
            yield sign
    if word:
        yield word


def _signs(tree: Any) -> Iterator[list[str]]:
    """One character for each class and literal, at any depth."""
    for kind, about in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield from _signs(about[2])
        elif kind is op.SUBPATTERN:
            yield from _signs(about[-1])
        elif kind is op.ATOMIC_GROUP:
            yield from _signs(about)
        elif kind is op.BRANCH:
            for branch in about[1]:
                yield from _signs(branch)
        elif (sign := _sign(kind, about)) is not None:
            yield [sign]


def _sign(kind: Any, about: Any) -> str | None:
    if kind is op.LITERAL:
        return chr(about)
    if kind is op.ANY:
        return "a"
    if kind is op.NOT_LITERAL:
        return "a" if about != ord("a") else "b"
    if kind is op.IN:
        fitting = (probe for probe in _PROBES if _is_in(probe, about))
        return next(fitting, None) or next((chr(r[1][0]) for r in about if r[0] is op.RANGE), None)
    return None


def _is_in(sign: str, items: Any) -> bool:
    negated, found = False, False
    for kind, about in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            found |= ord(sign) == about
        elif kind is op.RANGE:
            found |= about[0] <= ord(sign) <= about[1]
        elif kind is op.CATEGORY:
            found |= bool(re.match(_CATEGORIES[about], sign))
    return found is not negated


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
