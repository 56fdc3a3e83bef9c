"""Dates are typed as in Russia on every page, not in the language of the browser."""

import re

from api.pages.assets import SOURCES

NATIVE = re.compile(r"type: '(date|time|datetime-local|month|week)'")


def test_only_the_date_box_has_an_input_of_the_browser() -> None:
    assert [name for name, text in SOURCES.items() if NATIVE.search(text)] == ["deal/date.js"]
