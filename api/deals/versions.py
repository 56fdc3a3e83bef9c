"""Optimistic locking of deals: the expected version from ``If-Match`` or from the body."""

from typing import Annotated

from fastapi import Depends, Header

from api.http.etag import VersionInvalid, VersionMissing, parse_etag
from db.domain.deals.deal import Deal
from db.domain.errors import DealChanged
from db.ports.store import Store

_LABELS = {"stage": "стадия", "manager": "менеджер"}
MISSING = "Укажите версию сделки, которую вы видели: заголовок If-Match или поле version."
INVALID = 'Заголовок If-Match содержит версию сделки в кавычках, например "7".'


def _if_match(
    if_match: Annotated[
        str | None, Header(title="Версия, которую вы видели", examples=['"7"'])
    ] = None,
) -> int | None:
    if if_match is None:
        return None
    found = parse_etag(if_match, "[0-9]{1,9}")
    if found is None:
        raise VersionInvalid(INVALID)
    return int(found)


IfMatch = Annotated[int | None, Depends(_if_match)]


def required_version(header: int | None, body: int | None) -> int:
    """The expected version, from whichever source has it.

    Raises: VersionMissing; VersionInvalid if both have one and they differ.
    """
    if header is not None and body is not None and header != body:
        raise VersionInvalid(INVALID)
    if header is None and body is None:
        raise VersionMissing(MISSING)
    return header if header is not None else body or 0


def check_version(store: Store, deal: Deal, expected: int | None) -> None:
    """Refuse a change that is based on another version of the deal. None: do not check.

    Raises: DealChanged, with the labels of the fields changed since ``expected``.
    """
    if expected is None or expected == deal.version:
        return
    fields = store.catalog.fields
    changed = store.deals.changed_fields(deal.id, expected)
    labels = [fields[c].label if c in fields else _LABELS.get(c, c) for c in changed]
    raise DealChanged(expected, deal.version, labels)
