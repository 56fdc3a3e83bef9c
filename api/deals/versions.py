"""Which version of a deal a caller has seen, by If-Match or body; a stale one is refused."""

import re
from typing import Annotated

from fastapi import Depends, Header

from api.http.problems import HttpRefusal
from db.domain.deal import Deal
from db.domain.errors import DealChanged
from db.ports.store import Store

_KIND_LABELS = {"stage": "стадия", "manager": "менеджер"}


class VersionMissing(HttpRefusal):
    code = "VERSION_MISSING"
    status = 428

    def __init__(self) -> None:
        super().__init__(
            "Укажите версию сделки, которую вы видели: заголовок If-Match или поле version."
        )


class VersionInvalid(HttpRefusal):
    code = "VERSION_INVALID"
    status = 422

    def __init__(self) -> None:
        super().__init__('Заголовок If-Match содержит версию сделки в кавычках, например "7".')


def _if_match(
    if_match: Annotated[
        str | None, Header(title="Версия, которую вы видели", examples=['"7"'])
    ] = None,
) -> int | None:
    if if_match is None:
        return None
    found = unquoted(if_match, "[0-9]{1,9}")
    if found is None:
        raise VersionInvalid
    return int(found)


def unquoted(header: str, version: str) -> str | None:
    """The version in an entity tag; a front that packs answers makes it weak, or adds -gzip."""
    found = re.fullmatch(rf'(?:W/)?"({version})(?:-[a-z]{{1,8}})?"', header.strip())
    return None if found is None else found[1]


IfMatch = Annotated[int | None, Depends(_if_match)]


def required(header: int | None, body: int | None) -> int:
    """The version that both, or the one given, name. Raises: VersionMissing, VersionInvalid."""
    if header is not None and body is not None and header != body:
        raise VersionInvalid
    if header is None and body is None:
        raise VersionMissing
    return header if header is not None else body or 0


def check(store: Store, deal: Deal, seen: int | None) -> None:
    """Refuse a change made against another version. Raises: DealChanged, with labels."""
    if seen is None or seen == deal.version:
        return
    fields = store.catalog.fields
    changed = store.deals.changed_fields(deal.id, seen)
    labels = [fields[c].label if c in fields else _KIND_LABELS.get(c, c) for c in changed]
    raise DealChanged(seen, deal.version, labels)


def etag(version: int | str) -> dict[str, str]:
    return {"ETag": f'"{version}"'}
