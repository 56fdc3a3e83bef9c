"""Labels are broken as bpmn-js breaks them."""

import pytest

from bpmn.lint.rules.layout import standard_sizes
from bpmn.model.lettering import LONGEST, SOFT_HYPHEN, cut_words, width_of, wrap
from tests.support.diagrams.drawn import Drawing
from tests.unit.bpmn.model.test_picture import EXAMPLE


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 90, []),
        ("Да", 90, ["Да"]),
        ("Собрать документы", 90, ["Собрать", "документы"]),
        ("Собрать документы", 130, ["Собрать документы"]),
        ("Пересогласовать условия", 90, ["Пересогласова", "ть условия"]),
        ("Пересогласовать условия", 110, ["Пересогласовать", "условия"]),
        ("Первая\nВторая", 90, ["Первая", "Вторая"]),
        ("Трек-номер отправления", 60, ["Трек-", "номер", "отправле", "ния"]),
    ],
)
def test_a_label_is_broken_between_words_and_else_inside(
    text: str, width: float, lines: list[str]
) -> None:
    assert wrap(text, width) == lines


def test_no_letter_is_lost_however_narrow_and_long() -> None:
    text = "Щ" * (3 * LONGEST)

    assert "".join(wrap(text, 1)) == text


def test_the_width_is_that_of_the_letters() -> None:
    assert width_of("Щи", 2048) == 1920 + 1144
    assert width_of("你", 2048) == 1139, "a letter without a known width"


def test_a_cut_word_is_named_with_its_element() -> None:
    name = "Перепланировать доставку"
    drawing = Drawing(EXAMPLE).set("Task_CheckClient", name=name)

    assert list(cut_words(drawing.read())) == [("Task_CheckClient", "Перепланировать")]

    drawing.set("Task_CheckClient", name=name.replace("план", f"план{SOFT_HYPHEN}"))
    assert list(cut_words(drawing.read())) == []


def test_a_task_may_be_as_wide_as_its_longest_word_and_no_wider() -> None:
    drawing = Drawing(EXAMPLE).set("Task_CheckClient", name="Перепланировать доставку")

    assert list(standard_sizes(drawing.resize("Task_CheckClient", 120, 80).read())) == []
    assert len(list(standard_sizes(drawing.resize("Task_CheckClient", 140, 80).read()))) == 1
    drawing.set("Task_CheckClient", name="Доставить")
    assert len(list(standard_sizes(drawing.resize("Task_CheckClient", 120, 80).read()))) == 1
