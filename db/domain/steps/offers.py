"""Offers of a repair's cost that a client answers by a one-time link, without an account."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.errors import CostNotAsked, FieldProblem, FieldsInvalid
from db.domain.fields.values import Json, ListNames

COST_STAGE = "costApproval"
REPAIR_COST, PARTS_COST, READY_BY = "repairCost", "partsCost", "readyBy"
TERMS = (REPAIR_COST, PARTS_COST, READY_BY)
"""Fields that the client agrees to; an offer with other values than the deal's is void."""
CONTACT_EMAIL = "contactEmail"
VALID_FOR = timedelta(days=7)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""A token: 32 random bytes in the alphabet of URLs."""


@dataclass(frozen=True)
class CostOffer:
    """An offer that was sent to the client; its token is known by its hash only."""

    id: str
    deal_id: str
    move: int
    """Stage moves of the deal when it was sent: a deal that moved since is not agreed to."""
    terms: Mapping[str, Json]
    created_by: str
    created_at: datetime
    expires_at: datetime
    replaced: bool = False
    """A later offer of the same deal was sent."""
    answer: str | None = None
    """Answer of the step `cost` in `db.domain.steps.repairs`."""
    answered_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """Sum of work and parts."""
        return sum(
            (Decimal(str(self.terms.get(c) or 0)) for c in (REPAIR_COST, PARTS_COST)), Decimal(0)
        )

    def is_open(self, deal: Deal, at: datetime) -> bool:
        """Whether the client may answer it: neither used, replaced nor expired, and still true."""
        return (
            self.answer is None
            and not self.replaced
            and at < self.expires_at
            and deal.is_open
            and deal.stage == COST_STAGE
            and deal.moves == self.move
            and dict(self.terms) == terms_of(deal)
        )


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the stored form of a token. A plain hash is enough, because a token is random."""
    return hashlib.sha256(token.encode()).hexdigest()


def terms_of(deal: Deal) -> dict[str, Json]:
    """Return what a client would agree to now."""
    return {code: deal.values.get(code) for code in TERMS}


def prepare_offer(
    catalog: Catalog, deal: Deal, given: Mapping[str, object], lists: ListNames
) -> str:
    """Write the client's address and the date of the offer. Returns: the address.

    Raises: CostNotAsked, FieldsInvalid naming every bad or empty field.
    """
    if not deal.is_open or deal.stage != COST_STAGE:
        raise CostNotAsked
    write(catalog, deal, given, lists)
    empty = [code for code in (*TERMS, CONTACT_EMAIL) if not deal.values.get(code)]
    if empty:
        sentence = "Заполните поле: без него письмо не отправить."
        raise FieldsInvalid(
            [FieldProblem(code, catalog.fields[code].label, sentence) for code in empty]
        )
    return str(deal.values[CONTACT_EMAIL])
