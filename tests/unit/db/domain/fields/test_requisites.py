"""Checksums of ИНН, ОГРН and КПП on numbers worked out by hand."""

import pytest

from db.domain.fields.requisites import is_inn, is_kpp, is_ogrn


@pytest.mark.parametrize(
    ("number", "right", "why"),
    [
        ("7707083893", True, "a company"),
        ("7712345671", True, "a company, made up"),
        ("7712345030", True, "remainder 10 gives control digit 0"),
        ("165712345615", True, "an entrepreneur"),
        ("7707083894", False, "wrong control digit"),
        ("165712345616", False, "wrong second control digit"),
        ("165712345605", False, "wrong first control digit"),
        ("0000000000", False, "there is no region 00"),
        ("000000000000", False, "there is no region 00"),
        ("770708389", False, "nine digits"),
        ("77070838930", False, "eleven digits"),
        ("", False, "nothing"),
        ("77070838Э3", False, "a letter"),
        ("٧٧٠٧٠٨٣٨٩٣", False, "digits of another script"),
        ("7707083893\n", False, "a line break at the end"),
    ],
)
def test_inn_is_accepted_only_with_right_control_digits(number: str, right: bool, why: str) -> None:
    assert is_inn(number) is right, why


@pytest.mark.parametrize(
    ("number", "right", "why"),
    [
        ("1027700132195", True, "a company"),
        ("1237700123451", True, "a company, made up"),
        ("1227700123420", True, "remainder 10 of 11 gives control digit 0"),
        ("304500116000157", True, "an entrepreneur"),
        ("315774600000050", True, "remainder 10 of 13 gives control digit 0"),
        ("315774600000061", True, "remainder 11 of 13 gives control digit 1"),
        ("315774600000072", True, "remainder 12 of 13 gives control digit 2"),
        ("1027700132196", False, "wrong control digit"),
        ("315774600000051", False, "wrong control digit of an entrepreneur"),
        ("9027700132195", False, "no company number begins with 9"),
        ("115774600000050", False, "15 digits, but not an entrepreneur's first digit"),
        ("102770013219", False, "twelve digits"),
        ("10277001321950", False, "fourteen digits"),
        ("", False, "nothing"),
        ("1027700132195\n", False, "a line break at the end"),
    ],
)
def test_ogrn_is_accepted_only_with_a_right_control_digit(
    number: str, right: bool, why: str
) -> None:
    assert is_ogrn(number) is right, why


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("770701001", True),
        ("7707AB001", True),
        ("007701001", False),
        ("77070100", False),
        ("7707010011", False),
        ("770701OO1", False),
        ("7707аб001", False),
        ("", False),
    ],
)
def test_kpp_is_nine_characters_of_a_tax_office(number: str, right: bool) -> None:
    assert is_kpp(number) is right
