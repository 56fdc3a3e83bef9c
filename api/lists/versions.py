"""Optimistic locking of list items: the expected version from ``If-Match`` or ``If-None-Match``."""

from typing import Annotated

from fastapi import Depends, Header

from api.http.etag import VersionInvalid, parse_etag
from db.domain.list_versions import NO_ITEM

MISSING = (
    "Такое значение уже есть. Чтобы его изменить или удалить, укажите версию, которую вы "
    "видели: заголовок If-Match, например из ETag ответа GET. Для нового значения "
    "выберите другой код."
)
INVALID = (
    "Заголовок If-Match содержит версию значения в кавычках из ETag, а If-None-Match для "
    "нового значения только звёздочку. Нужен один из них."
)


def _expected(
    if_match: Annotated[
        str | None, Header(title="Версия, которую вы видели", examples=['"9f86d081884c7d65"'])
    ] = None,
    if_none_match: Annotated[
        str | None, Header(title="Звёздочка: значение новое", examples=["*"])
    ] = None,
) -> str | None:
    if if_none_match is not None:
        if if_none_match.strip() != "*" or if_match is not None:
            raise VersionInvalid(INVALID)
        return NO_ITEM
    if if_match is None:
        return None
    if (version := parse_etag(if_match, "[0-9a-f]{16}")) is None:
        raise VersionInvalid(INVALID)
    return version


ExpectedItem = Annotated[str | None, Depends(_expected)]
"""The version that the caller has read, `NO_ITEM` for a new item, or None without a header."""
