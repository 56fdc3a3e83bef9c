"""What templates may name, and what is said about everything else."""

import pytest

from db.domain.documents.placeholders import (
    IN_WORDS,
    UnknownPlaceholder,
    Vocabulary,
    placeholders,
)
from db.domain.documents.templates import FoundPlaceholder, Scan, problems_of
from tests.support.builders import a_catalog

WORDS = Vocabulary(a_catalog())


@pytest.mark.parametrize("name", ["Контрагент", "контрагент", "  КОНТРАГЕНТ ", "counterparty"])
def test_a_field_is_named_by_its_label_or_its_code(name: str) -> None:
    assert WORDS.use(name).placeholder.field == "counterparty"


def test_every_documented_placeholder_and_form_is_understood() -> None:
    for each in placeholders(a_catalog()):
        assert WORDS.use(each.name).placeholder.kind is each.kind
        for form in each.forms:
            assert WORDS.use(f"{each.name} | {form}").form == form


def test_labels_of_fields_are_not_shared() -> None:
    names = [each.name.casefold() for each in placeholders(a_catalog())]

    assert len(names) == len(set(names))


def test_files_and_personal_data_have_no_placeholder() -> None:
    for name in ("passportCopy", "companyCard", "Карточка предприятия"):
        with pytest.raises(UnknownPlaceholder):
            WORDS.use(name)


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("Контагент", "возможно, «Контрагент»"),
        ("Погода", "такого поля нет"),
        ("Лимит | родительный", "у «Лимит» есть только: прописью"),
        ("Лимит |", "у «Лимит» есть только: прописью"),
        ("Комментарии | прописью", "у «Комментарии» нет форм"),
        ("deal.__class__", "такого поля нет"),
        ("Решение.Имя", "у «Решение» есть только: Круг, Шаг, Кто, Роль, Итог, Комментарий, Дата"),
        ("7*7", "такого поля нет"),
        ("x" * 201, "длиннее 200 знаков"),
    ],
)
def test_what_is_unknown_is_answered_with_advice(expression: str, advice: str) -> None:
    with pytest.raises(UnknownPlaceholder, match=f"^{advice.replace('|', '.')}$"):
        WORDS.use(expression)


def test_the_form_is_known_in_any_spelling() -> None:
    assert WORDS.use("Лимит|ПРОПИСЬЮ").form == IN_WORDS


def test_a_refusal_names_every_problem_with_its_place() -> None:
    found = [
        FoundPlaceholder("Контрагент", "абзац 1", -1),
        FoundPlaceholder("Контагент", "абзац 2", -1),
        FoundPlaceholder("Товар.Цена", "абзац 3", -1),
        FoundPlaceholder("Товар.Цена", "абзац 4", 1),
        FoundPlaceholder("Решение.Кто", "абзац 5", 1),
        FoundPlaceholder("Решение.Кто", "абзац 6", 2),
    ]

    assert list(problems_of(Scan(found, ["абзац 7"]), WORDS)) == [
        "{{Контагент}}: возможно, «Контрагент» (абзац 2)",
        "{{Товар.Цена}}: ставится только в строке таблицы (абзац 3)",
        "{{Решение.Кто}}: в этой строке таблицы уже есть «Товар» (абзац 5)",
        "Скобки {{ и }} без пары (абзац 7)",
    ]
