"""Validates a YAML document with its pydantic model and reports errors as sentences."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from db.catalog.errors import suggestion
from db.catalog.schema import ACTIVITY_ID, CODE, PROCESS_ID, Shape
from db.catalog.yaml_documents import Document

S = TypeVar("S", bound=Shape)

_PATTERNS = {
    CODE: "is not an id: use camelCase, Latin letters and digits, first a small letter",
    PROCESS_ID: "is not a process id: use small Latin letters, digits and hyphens",
    ACTIVITY_ID: "is not an activity id: write it as in the diagram, like Task_WorkDeal",
}
_EXPECTED = {
    "string_type": "expected text; put it in quotes if it is meant as text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "list_type": "expected a list, like [first, second]",
    "dict_type": "expected 'key: value' lines below this key",
    "model_type": "expected 'key: value' lines below this key",
}


def shaped(document: Document, shape: type[S]) -> S | None:
    """The validated model; errors are appended to ``document.problems``.

    A document whose only mistakes are unknown keys is returned without them, so that the checks
    that follow find the rest in the same run.
    """
    data = document.data
    if data is None:
        return None
    try:
        return shape.model_validate(data)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    for error in errors:
        document.blame(error["loc"], _sentence(error))
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    if len(unknown) < len(errors):
        return None
    return shape.model_validate(_without(data, unknown))


def _without(data: dict[str, Any], places: Iterable[tuple[int | str, ...]]) -> dict[str, Any]:
    pruned = deepcopy(data)
    for *above, key in places:
        part: Any = pruned
        for step in above:
            part = part[step]
        del part[key]
    return pruned


def _sentence(error: ErrorDetails) -> str:
    kind, key = error["type"], error["loc"][-1]
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key '{key}'{suggestion(str(key), _known_keys())}"
    if kind == "missing":
        return f"key '{key}' is missing"
    if kind == "string_pattern_mismatch":
        wrong = _PATTERNS.get(str(context.get("pattern")))
        return f"'{error['input']}' {wrong}" if wrong else f"write some text for '{key}'"
    if kind == "literal_error":
        return f"'{key}' must be {context['expected']}"
    return _EXPECTED.get(kind, error["msg"])


def _known_keys() -> list[str]:
    shapes = Shape.__subclasses__()
    return sorted({f.alias or name for s in shapes for name, f in s.model_fields.items()})
