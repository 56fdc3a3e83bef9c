"""Parses the answer of a process step: its code, its fields, and the words that explain it."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.errors import AnswerMissing, FieldProblem, FieldsInvalid
from db.domain.fields.values import is_empty
from db.domain.shipping.delivery import has_words

LONGEST = 2000
"""Characters of an explanation that are kept."""


A = TypeVar("A")


def answer_of(answers: Mapping[str, A], said: object) -> A:
    """The answer of a step that a form has sent. Raises: AnswerMissing."""
    answer = answers.get(said) if isinstance(said, str) else None
    if answer is None:
        raise AnswerMissing
    return answer


def words_of(reason: object) -> str | None:
    """The explanation of an answer; None without a letter or digit."""
    return reason.strip()[:LONGEST] if isinstance(reason, str) and has_words(reason) else None


def filled_fields(
    catalog: Catalog, deal: Deal, fields: Collection[str], text: object
) -> Mapping[str, Any]:
    """Parse the values of a form, a JSON object as text. Raises: FieldsInvalid, also for a field
    that is not one of ``fields`` or of the deal's direction."""
    if is_empty(text):
        return {}
    try:
        values = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        values = None
    own = set(fields) & set(catalog.directions[deal.direction].fields)
    if not isinstance(values, dict) or not values.keys() <= own:
        sentence = "Поля не прочитаны. Обновите страницу и внесите их ещё раз."
        raise FieldsInvalid([FieldProblem("values", "Поля", sentence)])
    return values


def check_filled(catalog: Catalog, deal: Deal, needs: Iterable[str]) -> None:
    """Refuse an answer whose fields are empty. Raises: FieldsInvalid."""
    missing = [code for code in needs if deal.values.get(code) is None]
    if missing:
        raise FieldsInvalid(
            [FieldProblem(code, catalog.fields[code].label, "Заполните поле.") for code in missing]
        )
