"""Hand-written parsers of external text take time linear in its length."""

from collections.abc import Callable
from contextlib import suppress
from itertools import product

import pytest

from api.files.names import clean
from api.http.json_body import loads
from api.webapp_proxy.body_validation import parse_checked
from api.webapp_proxy.paths import canonical_path, checked_query
from bpmn.lint.rules.expressions import forbidden, variables
from db.domain.catalog import Field, FieldKind
from db.domain.errors import Refusal
from db.domain.fields.texts import flaw
from db.domain.fields.values import BadValue, is_empty, parse
from tests.support.builders import NoLists
from tests.support.hostile.texts import Family, growth
from workers.integrations.onec.numbers import likeness, match_method
from workers.integrations.onec.odata.responses import error_of, parse_body
from workers.integrations.onec.simulator.filters import condition
from workers.integrations.onec.simulator.rendering import ODataError
from workers.integrations.onec.simulator.schema import EdmType
from workers.ports.onec_errors import OnecUnavailable

UNITS = (
    *"\"\\[{'( 90.,/@;№-<$a\x00",
    '\\"',
    '{"a":',
    '"a",',
    "[],",
    "''",
    "not ",
    "(1 eq 1) or ",
    "9.9",
    "0x",
    "a@a.",
    "%41",
    "a=&",
    "${",
    "${\\'",
    "<error",
    "<code>1",
    "не найден ",
    "\u0301\u0316",
    "\u202a",
    "№ ",
)
STARTS, ENDS = ("", '{"a":"', "'", "${'"), ("", "x")
FAMILIES = [Family(*parts) for parts in product(STARTS, UNITS, ENDS)]


def a_field(kind: FieldKind) -> Field:
    return Field(code="any", label="Любое", kind=kind, group="terms", list="brands")


def reads(kind: FieldKind) -> Callable[[str], object]:
    return lambda text: parse(a_field(kind), text, NoLists())


def reads_goods(text: str) -> object:
    line = {"article": text, "name": text, "quantity": text, "unit": text, "price": text}
    return parse(a_field(FieldKind.GOODS), [line], NoLists())


def once(text: str) -> object:
    return condition(text, lambda _: (EdmType.STRING, lambda row: ""))({})


READERS: dict[str, Callable[[str], object]] = {
    "a body of the API": lambda text: loads(text.encode()),
    "a body at the webapp proxy": lambda text: parse_checked(text.encode()),
    "a path": lambda text: canonical_path(text.encode()),
    "a query": lambda text: checked_query(text.encode()),
    "a file name": clean,
    "a text": flaw,
    "an empty text": is_empty,
    "an expression": lambda text: (forbidden(text), variables(text)),
    "a number of 1C": lambda text: match_method(text, text + "1", text),
    "numbers that look alike": lambda text: likeness(text, text[::-1]),
    "data of 1C": lambda text: parse_body(text.encode()),
    "a refusal of 1C": lambda text: error_of(500, text.encode()),
    "a filter of OData": once,
    **{f"a field, {kind}": reads(kind) for kind in FieldKind if kind is not FieldKind.FILE},
    "goods of an order": reads_goods,
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_time_in_proportion_to_the_text(name: str) -> None:
    read = READERS[name]

    def work(text: str) -> None:
        with suppress(Refusal, BadValue, OnecUnavailable, ODataError, UnicodeError):
            read(text)

    bad = (growth(work, family) for family in FAMILIES)

    assert next((each for each in bad if each), None) is None
