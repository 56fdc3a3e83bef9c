"""Endpoints of the search of deals and of the duplicates of a new one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.deals.access import restrict_to_readable
from api.dependencies import CurrentCaller, NamesDep, ResourcesDep
from api.http.idempotency import idempotency_key
from api.http.schema import Text
from api.routing import StrictRoute
from api.search.lookup import Lookup, find, found_deal, lookups
from api.search.requests import NewClient
from api.search.responses import Duplicates, FoundDeals, ValueProblem
from db.domain.fields.contacts import CONTACT_FIELDS, email_key, phone_key
from db.domain.fields.values import BadValue, parse
from db.ports.deals import DealFilter

router = APIRouter(tags=["Поиск"], route_class=StrictRoute)

SHOWN = 20
DUPLICATES_SHOWN = 5
TOO_SHORT = "Введите хотя бы три буквы или цифры подряд."


@router.get("/search", summary="Найти сделку")
def search(
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
    text: Annotated[
        Text, Query(max_length=200, title="Номер, клиент, ИНН, телефон, договор…")
    ] = "",
) -> FoundDeals:
    """Deals by number, client, ИНН, phone, e-mail, contract or serial number, open and closed,
    which the caller may read: exact matches first, then the newest."""
    wanted = lookups(text)
    if not wanted:
        return FoundDeals(items=[], more=False, hint=TOO_SHORT if text.strip() else None)
    access = restrict_to_readable(DealFilter(), caller, resources)
    with resources.database.reading() as store:
        found = find(store, wanted, access, limit=SHOWN + 1)
        items = [found_deal(store, deal, labels, names) for deal, labels in found[:SHOWN]]
    return FoundDeals(items=items, more=len(found) > SHOWN, hint=None)


@router.post("/deals/duplicates", summary="Есть ли уже сделки с этим клиентом")
def find_duplicates(
    body: NewClient,
    caller: CurrentCaller,
    resources: ResourcesDep,
    names: NamesDep,
    key: Annotated[str | None, Depends(idempotency_key)],
) -> Duplicates:
    """Deals with the same ИНН, phone or e-mail that the caller may read, and what is wrong with
    the values. A few per value; 429 if asked too often.

    In the body, as it is personal data; a repeat with the same Idempotency-Key looks again.
    """
    resources.duplicate_checks.count(f"{caller.kind}:{caller.login}")
    fields = resources.database.catalog.fields
    phone_field, email_field = CONTACT_FIELDS
    typed = {"inn": body.inn, phone_field: body.phone, email_field: body.email}
    problems, wanted = [], []
    with resources.database.reading() as store:
        for code, value in typed.items():
            try:
                parsed = parse(fields[code], value, store.lists)
            except BadValue as bad:
                problems.append(ValueProblem(field=code, message=str(bad)))
                continue
            if parsed is not None:
                wanted.append(Lookup(_same(code, parsed), fields[code].label))
    if not wanted:
        return Duplicates(items=[], problems=problems)
    access = restrict_to_readable(DealFilter(), caller, resources)
    with resources.database.reading() as store:
        found = find(store, wanted, access, limit=DUPLICATES_SHOWN)
        items = [found_deal(store, deal, labels, names) for deal, labels in found]
    return Duplicates(items=items, problems=problems)


def _same(code: str, value: str) -> DealFilter:
    if code == "inn":
        return DealFilter(inn=value)
    return DealFilter(contact=phone_key(value) or email_key(value) or value)
