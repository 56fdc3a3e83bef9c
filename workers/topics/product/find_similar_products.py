"""Finds products that a new one may repeat: in other deals and in the item catalog of 1C."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.errors import Unavailable
from db.domain.steps.products import Product, likeness, product_of, words_of_name
from db.ports.deals import DealFilter
from db.ports.store import Store
from workers.ports.onec import OnecRecord
from workers.ports.onec_errors import OnecMisconfigured, OnecRejected
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoInput, Task, TaskResult, Topic

SHOWN = 10
"""Candidates of each source that the person sees."""
LOOKED_AT = 50
"""Newest deals that are compared for each word."""


class SimilarProducts(TaskResult):
    """Result of ``find-similar-products``."""

    similar_products: dict[str, Any]
    """``deals`` and ``items``, the likest first, each with the signs ``same``; ``onecAsked`` says
    whether 1C answered, ``barcodesAsked`` whether its barcodes could be read."""


@dataclass(frozen=True)
class OnecItems:
    """Items of 1C that may be the same product."""

    records: Sequence[OnecRecord] = ()
    asked: bool = False
    """False: 1C did not answer."""
    barcodes_asked: bool = False
    """False: 1C does not show its barcodes, or did not answer."""


def fetch_items(task: Task[NoInput, None], external: ExternalServices) -> OnecItems:
    """Ask 1C for items with the barcode or the article, or with a name like the product's.

    If it does not answer, the person looks in 1C, which is better than to wait for it.
    """
    with external.reading() as store:
        product = product_of(store.deals.get(task.deal_id))
    items = external.onec.items
    try:
        alike = list(items.like(product.article, words_of_name(product.name)))
    except (Unavailable, OnecMisconfigured, OnecRejected):
        return OnecItems()
    try:
        same = list(items.with_barcode(product.barcode)) if product.barcode else []
    except (Unavailable, OnecMisconfigured, OnecRejected):
        return OnecItems(alike, asked=True)
    known = {record.ref_key for record in same}
    others = [record for record in alike if record.ref_key not in known]
    return OnecItems([*same, *others], asked=True, barcodes_asked=True)


def find_similar_products(task: Task[NoInput, OnecItems], services: Services) -> SimilarProducts:
    """Compare the product with the newest deals that share a word, article or barcode with it.

    Safe to repeat because it only reads.
    """
    store = services.store
    deal = store.deals.get(task.deal_id)
    product, items = product_of(deal), task.fetched
    found = {
        "deals": _ranked(product, [(product_of(o), _deal(store, o)) for o in _others(store, deal)]),
        "items": _ranked(product, [(_product(item), _item(item)) for item in items.records]),
        "onecAsked": items.asked,
        "barcodesAsked": items.barcodes_asked,
    }
    return SimilarProducts(similar_products=found)


def _others(store: Store, deal: Deal) -> list[Deal]:
    """Deals of the direction whose search text has a word, the article or the barcode."""
    product = product_of(deal)
    texts = [product.article, product.barcode, *words_of_name(product.name)]
    found: dict[str, Deal] = {}
    for text in filter(None, texts):
        wanted = DealFilter(direction=deal.direction, text=text)
        found |= {one.id: one for one in store.deals.page(wanted, after=None, limit=LOOKED_AT)}
    found.pop(deal.id, None)
    return list(found.values())


def _ranked(product: Product, others: list[tuple[Product, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Those that are like the product, the surest sign and the likest name first."""
    alike = []
    for other, shown in others:
        if same := list(product.why_like(other)):
            rank = (len(same), likeness(product.name, other.name))
            alike.append((rank, {**shown, "same": same}))
    alike.sort(key=lambda one: one[0], reverse=True)
    return [shown for _, shown in alike[:SHOWN]]


def _deal(store: Store, deal: Deal) -> dict[str, Any]:
    product = product_of(deal)
    return {
        "deal": deal.id,
        "name": product.name,
        "manufacturer": product.manufacturer,
        "article": product.article,
        "stage": store.catalog.stage_of(deal).name,
    }


def _product(item: OnecRecord) -> Product:
    return Product(item.name, item.manufacturer, item.article, item.barcode)


def _item(item: OnecRecord) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "manufacturer": item.manufacturer,
        "article": item.article,
        "deleted": item.deletion_mark,
    }


TOPIC = Topic(
    "find-similar-products", NoInput, SimilarProducts, find_similar_products, fetch=fetch_items
)
