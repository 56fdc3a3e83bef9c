"""Russian labels and texts of history rows."""

import re

from api.deals.history.views import FIELD_KINDS, KIND_LABELS
from db.domain.deals.history import Actor, Cause, Change, Kind
from tests.integration.api.conftest import Office


def test_every_kind_of_change_has_a_russian_label() -> None:
    """Rows about a field use the label of the field instead."""
    spoken = {kind for kind in Kind if re.search("[а-я]", KIND_LABELS.get(kind, ""))}

    assert spoken | set(FIELD_KINDS) == set(Kind)


def test_a_change_found_in_1c_is_told_in_words(office: Office) -> None:
    deal_id = office.a_deal()
    before = {"number": "17-ОП", "date": "2026-11-02", "state": "verified"}
    after = {"number": "17-ОП", "date": None, "state": "notPosted"}
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        deal.record(Change(Kind.ONEC, "shipmentNumber", before, after))
        store.deals.save(deal, Actor("svcWorker", Cause.WORKER))

    rows = office.person("manager1").get(f"/deals/{deal_id}/history").json()["items"]

    (row,) = [row for row in rows if row["kind"] == "onec"]
    assert row["label"].endswith(": запись в 1С")
    assert row["oldText"] == "№ 17-ОП от 02.11.2026"
    assert row["newText"] == "№ 17-ОП, проведение отменено"
