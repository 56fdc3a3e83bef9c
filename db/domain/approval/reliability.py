"""Reliability check of a client («проверка на благонадёжность»): author and date."""

from collections.abc import Collection
from datetime import date

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.fields.values import ListNames

VERDICT = "reliabilityVerdict"
SAID = (VERDICT, "reliabilitySource", "reliabilityComment")
CHECKED_BY, CHECKED_AT = "reliabilityCheckedBy", "reliabilityCheckedAt"


def sign(
    catalog: Catalog,
    deal: Deal,
    changed: Collection[str],
    lists: ListNames,
    *,
    by: str,
    on: date,
) -> tuple[str, ...]:
    """Record author and date of a ``changed`` check; without a verdict both are cleared.

    Returns: codes of the fields that really changed.
    """
    if not set(SAID) & set(changed):
        return ()
    checked = deal.values.get(VERDICT) is not None
    signature = {CHECKED_BY: by, CHECKED_AT: on.isoformat()}
    said = signature if checked else dict.fromkeys(signature)
    return write(catalog, deal, said, lists, by_worker=True)
