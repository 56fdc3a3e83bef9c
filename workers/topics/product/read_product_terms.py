"""Reads what the decision table of the director's threshold asks about a product."""

from decimal import Decimal

from db.domain.steps.products import CATEGORY, FIRST_PURCHASE
from workers.ports.services import Services
from workers.runtime.contract import NoInput, Task, TaskResult, Topic


class ProductTerms(TaskResult):
    """Result of ``read-product-terms``: the inputs of `director-threshold.dmn`."""

    product_category: str | None
    """Code of an item of the list of equipment types."""
    first_purchase_amount: Decimal | None
    """RUB; a text in the engine, which the table reads as a number."""


def read_product_terms(task: Task[NoInput, None], services: Services) -> ProductTerms:
    """Return the terms as they stand. Safe to repeat because it only reads."""
    values = services.store.deals.get(task.deal_id).values
    amount = values.get(FIRST_PURCHASE)
    return ProductTerms(
        product_category=values.get(CATEGORY),
        first_purchase_amount=None if amount is None else Decimal(str(amount)),
    )


TOPIC = Topic("read-product-terms", NoInput, ProductTerms, read_product_terms)
