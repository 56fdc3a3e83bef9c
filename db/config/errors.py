"""Russian error sentences for invalid settings: the variable and what it needs.

Values are never repeated: a wrong value may be a password in the wrong line.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from db.config.operator_error import OperatorError
from db.config.settings import Settings, variable_of

WRONG = (ValidationError, SettingsError, UnicodeDecodeError)
"""Exceptions of reading settings."""
WORDS = {
    "missing": "не задана",
    "int_parsing": "нужно целое число",
    "int_parsing_size": "нужно целое число, не такое большое",
    "int_from_float": "нужно целое число",
    "float_parsing": "нужно число",
    "finite_number": "нужно конечное число",
    "bool_parsing": "нужно true или false",
    "greater_than": "нужно больше {gt}",
    "greater_than_equal": "нужно не меньше {ge}",
    "less_than": "нужно меньше {lt}",
    "less_than_equal": "нужно не больше {le}",
    "literal_error": "нужно одно из: {expected}",
    "time_parsing": "нужно время, например 03:00",
    "time_type": "нужно время, например 03:00",
    "zoneinfo_str": "нужен часовой пояс из базы IANA, например Europe/Moscow",
    "dict_type": "нужен объект JSON",
    "string_unicode": "нужен текст в кодировке UTF-8",
    "path_type": "нужен путь",
    "value_error": "{error}",
}
NOT_FITTING = "значение не подходит"


def sentence_of(wrong: Exception) -> str:
    """One line for each wrong setting. ``wrong``: one of `WRONG`."""
    return "\n".join(_lines(wrong))


@contextmanager
def exit_with_message() -> Iterator[None]:
    """Turn wrong settings and `OperatorError` into SystemExit with a message.

    A traceback would show the values.
    """
    try:
        yield
    except OperatorError as error:
        raise SystemExit(str(error)) from None
    except WRONG as wrong:
        raise SystemExit(sentence_of(wrong)) from None


def _lines(wrong: Exception) -> Iterator[str]:
    if isinstance(wrong, ValidationError):
        cls = _class_of(wrong.title)
        for error in wrong.errors(include_url=False, include_input=False):
            variable = _variable(cls, error["loc"])
            told = _told(error["type"], error.get("ctx", {}))
            yield f"Настройка {variable}: {told}." if variable else f"Настройки: {told}."
    elif isinstance(wrong, SettingsError):
        field = re.search(r'field "(\w+)"', str(wrong))
        variable = next(
            (
                variable_of(cls, field[1])
                for cls in _classes()
                if field and field[1] in cls.model_fields
            ),
            "",
        )
        yield f"Настройка {variable}: нужен объект JSON." if variable else f"Настройки: {wrong}."
    else:
        yield "Файл .env или файл секрета записан не в кодировке UTF-8: пересохраните его в UTF-8."


def _told(kind: str, context: dict[str, Any]) -> str:
    told = WORDS.get(kind, NOT_FITTING)
    values = {name: str(value).replace(" or ", " или ") for name, value in context.items()}
    try:
        return told.format(**values)
    except KeyError:
        return NOT_FITTING


def _variable(cls: type[Settings] | None, location: tuple[int | str, ...]) -> str:
    """The environment variable of a field, whether pydantic names the field or its alias."""
    if not location:
        return ""
    named = str(location[0])
    if cls is not None and named in cls.model_fields:
        return variable_of(cls, named)
    return named.upper()


def _class_of(title: str) -> type[Settings] | None:
    return next((cls for cls in _classes() if cls.__name__ == title), None)


def _classes(of: type[Settings] = Settings) -> Iterator[type[Settings]]:
    for cls in of.__subclasses__():
        yield cls
        yield from _classes(cls)
