"""All regular expressions of the product take time linear in the length of the text."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from api.webapp_proxy.allow_list import RULES
from tests.support.hostile.texts import Family, families, growth

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "bpmn", "db", "forms", "ops", "workers")
FUNCTIONS = frozenset(
    {"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"}
)
BY_HAND: Mapping[str, Sequence[str]] = {
    "api/webapp_proxy/allow_list.py": [rule.pattern.pattern for rule in RULES],
    "api/http/etag.py": [rf'(?:W/)?"({v})(?:-[a-z]{{1,8}})?"' for v in ("[0-9]{1,9}", "[0-9a-f]+")],
    "bpmn/lint/rules/naming.py": [r"Task_[A-Z][A-Za-z0-9]+"],
    "bpmn/camunda/server/settings.py": [r"[a-z]", r"[^a-zA-Z0-9]"],
}
"""Patterns that are put together while the program runs: file → what comes out."""


@dataclass(frozen=True)
class Found:
    """A pattern and the method that the code applies."""

    place: str
    pattern: str | bytes
    flags: int
    ways: frozenset[str]


def sources() -> list[Path]:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return [*files, ROOT / "manage.py"]


@cache
def trees() -> Mapping[Path, ast.Module]:
    return {file: ast.parse(file.read_text()) for file in sources()}


def used_as() -> Mapping[str, frozenset[str]]:
    """Name of a compiled pattern → methods called on it."""
    found = defaultdict(set)
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
                of = node.value
                name = getattr(of, "id", None) or getattr(of, "attr", None)
                if name:
                    found[name].add(node.attr)
    return {name: frozenset(ways) for name, ways in found.items()}


def all_found() -> Iterator[Found]:
    ways = used_as()
    for file, tree in trees().items():
        names = {
            id(node.value): target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                returned = (each for each in ast.walk(function) if isinstance(each, ast.Return))
                names |= {id(each.value): function.name for each in returned}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            for pattern, flags, way in _patterns(file, node):
                name = names.get(id(node))
                applied = (ways.get(name or "") if way == "compile" else None) or frozenset({way})
                if applied == {"compile"}:
                    applied = frozenset({"search", "fullmatch"})
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                yield Found(place, pattern, flags, applied - {"compile"})


def _patterns(file: Path, call: ast.Call) -> Iterator[tuple[str | bytes, int, str]]:
    of = call.func
    if isinstance(of, ast.Attribute) and getattr(of.value, "id", "") == "re":
        given = {k.arg: k.value for k in call.keywords}
        flags = call.args[1] if of.attr == "compile" and len(call.args) > 1 else given.get("flags")
        number = 0 if flags is None else int(_value(file, flags))
        for pattern in _resolved(file, call.args[0]) if of.attr in FUNCTIONS else ():
            yield pattern, number, of.attr
    for keyword in call.keywords:
        if keyword.arg == "pattern":
            for pattern in _resolved(file, keyword.value):
                yield pattern, 0, "search"


def _resolved(file: Path, node: ast.expr) -> Sequence[str | bytes]:
    try:
        value = _value(file, node)
    except NameError:
        known = str(file.relative_to(ROOT))
        assert known in BY_HAND, f"{known}:{node.lineno}: say in BY_HAND what this pattern may be"
        return BY_HAND[known]
    return [value.pattern if isinstance(value, re.Pattern) else value]


def _value(file: Path, node: ast.expr) -> Any:
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    names = vars(importlib.import_module(module))
    return eval(compile(ast.Expression(node), str(file), "eval"), dict(names))


FOUND = list(dict.fromkeys(all_found()))


def work(found: Found, way: str) -> Callable[[str], object]:
    pattern: Any = re.compile(found.pattern, found.flags)

    def encode(text: str) -> str | bytes:
        return text.encode() if isinstance(found.pattern, bytes) else text

    if way in ("sub", "subn"):
        return lambda text: pattern.sub(encode(""), encode(text))
    if way == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(encode(text)))
    return lambda text: getattr(pattern, way)(encode(text))


def test_the_patterns_are_found() -> None:
    places = {found.place.partition(":")[0] for found in FOUND}

    assert {
        "api/webapp_proxy/body_validation.py",
        "api/http/schema.py",
        "db/domain/fields/values.py",
    } <= places
    assert len(FOUND) > 60


def test_no_source_hides_a_pattern() -> None:
    """The finding knows `re.…` and `pattern=`, so nothing else may be used."""
    hidden = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module in ("re", "regex"))
        or (isinstance(node, ast.Import) and any(a.asname and a.name == "re" for a in node.names))
    ]

    assert hidden == []


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.place)
def test_a_pattern_takes_time_in_proportion_to_the_text(found: Found) -> None:
    drawn = families(found.pattern, found.flags)

    bad = (growth(work(found, way), family) for way in found.ways for family in drawn)

    assert next((each for each in bad if each), None) is None


@pytest.mark.parametrize(
    ("pattern", "way"),
    [
        (r'"(?:[^"\\]|\\.)*"', "sub"),
        (r"[+-]?[0-9]+\.?[0-9]*", "fullmatch"),
        (r"^(.*?)0*([0-9]+)$", "match"),
        (r"<script\b[^>]*\bnonce=\"", "search"),
        (r"(a+)+$", "search"),
        (r"\s+$", "search"),
    ],
)
def test_a_pattern_that_runs_wild_is_caught(pattern: str, way: str) -> None:
    found = Found("", pattern, 0, frozenset({way}))

    bad = (growth(work(found, way), family) for family in families(pattern))

    assert any(bad)


def test_a_family_is_as_long_as_asked() -> None:
    assert len(Family("[", "ab", "!").of(100)) == 102
