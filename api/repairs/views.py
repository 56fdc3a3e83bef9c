"""Repair views: build the responses of orders of parts and of offers."""

from datetime import datetime

from api.repairs.responses import CostOfferSchema, PartsOrderSchema
from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.steps.offers import CostOffer


def parts_order(catalog: Catalog, deal: Deal) -> PartsOrderSchema:
    """An order of parts as the people of the repair see it."""
    part = deal.values.get("subject")
    return PartsOrderSchema(
        deal_id=deal.id,
        part=part if isinstance(part, str) else None,
        stage=catalog.stage_of(deal).name,
        is_open=deal.is_open,
    )


def cost_offer(offer: CostOffer, deal: Deal, at: datetime) -> CostOfferSchema:
    """An offer as the people of the repair see it."""
    return CostOfferSchema.of(offer, is_open=offer.is_open(deal, at))
