"""Deals and catalogs for tests: a test names only what matters to it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from db.catalog import load_catalog
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.onec.bindings import Binding, BindingKind, BindingState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MANAGER, HEAD = "manager1", "salesHead"
COMPANY_INN, COMPANY_OGRN = "7712345671", "1237700123451"
ENTREPRENEUR_INN, ENTREPRENEUR_OGRN = "165712345615", "315774600000050"


@cache
def a_catalog() -> Catalog:
    """The real catalog, read once."""
    return load_catalog()


def a_deal(**given: Any) -> Deal:
    """An open deal of a new client at its first stage, unless ``given`` says otherwise.

    Another direction needs its stage too.
    """
    return Deal(
        **{
            "id": "D-2026-00001",
            "direction": "newClients",
            "stage": "newClient",
            "manager": MANAGER,
            "created_at": NOW,
            "stage_since": NOW,
            **given,
        }
    )


def ready_values(**given: Any) -> dict[str, Any]:
    """Everything a company needs for «Условия согласования»; None takes a value away."""
    values: dict[str, Any] = {
        "counterparty": "ООО «Садовый мир»",
        "inn": COMPANY_INN,
        "ogrn": COMPANY_OGRN,
        "signerIsDirector": True,
        "reliabilityVerdict": "reliable",
        "reliabilitySource": "Прозрачный бизнес",
        "limit": "500000.00",
        "markupGroup": "wholesale",
        "paymentTerms": "deferral14",
        "shippingDirection": "moscowTransport",
        "deliveryMethod": "carrierTerminal",
        "transportPayer": "client",
        "shippingRegion": "moscow",
        "businessFormat": "wholesale",
        **given,
    }
    return {code: value for code, value in values.items() if value is not None}


READY_FILES = frozenset(
    {
        "companyCard",
        "charterFirstPage",
        "charterDirectorPowers",
        "charterLastPage",
        "directorAppointment",
        "signatureCard",
    }
)


def a_ready_deal(**given: Any) -> Deal:
    """A deal whose documents are collected; it may ask for approval."""
    return a_deal(
        **{
            "stage": "collectingDocuments",
            "values": ready_values(),
            "files": READY_FILES,
            **given,
        }
    )


@dataclass(frozen=True)
class ListSeeds:
    """List names as a fresh database has them."""

    catalog: Catalog
    retired: frozenset[tuple[str, str]] = frozenset()
    """Pairs of list and item that the administrator has switched off."""
    _names: Mapping[tuple[str, str], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {
            (code, item.code): item.name
            for code, known in self.catalog.lists.items()
            for item in known.items
        }
        object.__setattr__(self, "_names", names)

    def is_active(self, list_code: str, item: str) -> bool:
        return (list_code, item) in self._names and (list_code, item) not in self.retired

    def name_of(self, list_code: str, item: str) -> str:
        return self._names.get((list_code, item), item)


def lists_of(catalog: Catalog, *retired: tuple[str, str]) -> ListSeeds:
    return ListSeeds(catalog, frozenset(retired))


class NoLists:
    """For tests in which no list matters."""

    def is_active(self, list_code: str, item: str) -> bool:
        return False

    def name_of(self, list_code: str, item: str) -> str:
        return item


@dataclass(frozen=True)
class Row:
    """An `OnecRow` that agrees with `a_binding`."""

    number: str = "17-ОП"
    date: dt.date | None = dt.date(2026, 11, 2)
    posted: bool | None = None
    deletion_mark: bool = False
    data_version: str = "v1"

    @property
    def label(self) -> str:
        return self.number


def a_binding(deal_id: str = "D-2026-00001", **given: Any) -> Binding:
    """A confirmed contract number of the deal."""
    known = Binding(
        id="b1",
        deal_id=deal_id,
        kind=BindingKind.CONTRACT,
        run=0,
        infobase="main",
        ref_key="key-1",
        number="17-ОП",
        number_entered="17",
        code="",
        date=dt.date(2026, 11, 2),
        counterparty_ref=None,
        organisation="",
        data_version="v1",
        state=BindingState.VERIFIED,
        verified_at=NOW,
        verified_by="onecMoscow",
    )
    return replace(known, **given)
