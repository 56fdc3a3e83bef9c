"""Which invisible characters a text may hold, and how a person finds the one that it may not."""

import pytest

from db.domain.fields.texts import flaw, without_marks


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\ud800"])
def test_the_first_unwanted_character_is_named_with_its_place(sign: str) -> None:
    sentence = flaw(f"ООО «Ромашка»{sign}, Москва{sign}")

    assert sentence is not None
    assert f"U+{ord(sign):04X} после «ОО «Ромашка»» (знак 14)" in sentence
    assert sentence.isprintable()


def test_at_the_beginning_there_is_nothing_to_quote() -> None:
    assert "U+202E в начале (знак 1)" in str(flaw("\u202eexe"))


@pytest.mark.parametrize(
    "text", ["", "а\tб\r\nв", "Сад\u00adовод", "\u200b\u200d\ufeff\u200e", "👩‍🔧"]
)
def test_what_people_type_and_paste_passes(text: str) -> None:
    assert flaw(text) is None


def test_marks_are_dropped_and_letters_stay() -> None:
    assert without_marks("\u202a+7 (495)\u00ad 1\u200b\u202c") == "+7 (495) 1"
