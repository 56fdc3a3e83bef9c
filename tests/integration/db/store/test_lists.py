"""Items of universal lists on a real database: valid for a time, removed only while unused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.domain.catalog import ListItem
from db.domain.clock import today
from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor, Cause
from db.domain.errors import (
    FieldsInvalid,
    ListItemChanged,
    ListItemExists,
    ListItemInUse,
    ListItemNotFound,
)
from db.domain.list_versions import NO_ITEM
from db.domain.shipping.fulfillment import Run
from tests.support.builders import NOW
from tests.support.fakes.ports import Office, a_kept_deal, an_office

ADMIN = Actor("portal1", Cause.API)
NEW = ListItem("bosch", "Bosch")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        with office.database.writing() as store:
            store.lists.put("brands", NEW, ADMIN)
        yield office


def removed(office: Office, list_code: str, item: str) -> None:
    with office.database.writing() as store:
        store.lists.remove(list_code, item, ADMIN)


def change(office: Office, deal_id: str, **fields: object) -> None:
    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        write(store.catalog, deal, fields, store.lists)
        store.deals.save(deal, ADMIN)


def put(office: Office, item: ListItem, seen: str) -> bool:
    with office.database.writing() as store:
        return store.lists.put("brands", item, ADMIN, seen)[1]


def test_an_item_is_changed_only_by_who_saw_it_as_it_is(office: Office) -> None:
    changed, late = replace(NEW, name="Bosch GmbH"), replace(NEW, order=7)

    assert put(office, changed, NEW.version) is False
    assert put(office, changed, NEW.version) is False  # again: it is so already
    with pytest.raises(ListItemChanged) as refused:
        put(office, late, NEW.version)
    with pytest.raises(ListItemExists):
        put(office, late, NO_ITEM)
    with pytest.raises(ListItemChanged), office.database.writing() as store:
        store.lists.remove("brands", "bosch", ADMIN, NEW.version)

    assert refused.value.current == changed.version
    with office.database.reading() as store:
        assert store.lists.item("brands", "bosch") == changed


def test_an_item_that_was_deleted_meanwhile_does_not_come_back(office: Office) -> None:
    removed(office, "brands", "bosch")

    with pytest.raises(ListItemChanged, match="удалили"):
        put(office, replace(NEW, order=7), NEW.version)
    assert put(office, NEW, NO_ITEM) is True


def test_an_unnamed_person_is_the_same_said_or_unsaid() -> None:
    assert replace(NEW, attributes={"operator": None}).version == NEW.version
    assert replace(NEW, attributes={"operator": "olga"}).version != NEW.version


def test_an_item_that_no_deal_had_is_removed_with_history_and_stays_so(office: Office) -> None:
    removed(office, "brands", "bosch")
    removed(office, "brands", "makita")
    office.database.migrate()

    with office.database.reading() as store:
        codes = {item.code for item in store.lists.items("brands")}
        rows = [r for r in store.lists.history("brands") if r.code == "bosch"]
    assert not {"bosch", "makita"} & codes
    assert [row.new for row in rows][-1] is None
    assert rows[-1].old["name"] == "Bosch"
    with pytest.raises(ListItemNotFound):
        removed(office, "brands", "bosch")


def test_an_item_that_a_deal_has_or_had_cannot_vanish(office: Office) -> None:
    has, had = a_kept_deal(office), a_kept_deal(office)
    change(office, has, brands=["bosch", "makita"])
    change(office, had, brands=["bosch"])
    change(office, had, brands=["makita"])

    with pytest.raises(ListItemInUse, match="стоит или стояло: 2"):
        removed(office, "brands", "bosch")


def test_the_direction_of_a_run_cannot_vanish_either(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with office.database.writing() as store:
        store.runs.open(Run(deal_id, 0, "i1", NOW, "termsAgreed", "moscowCourier"))

    with pytest.raises(ListItemInUse):
        removed(office, "shippingDirections", "moscowCourier")
    removed(office, "shippingDirections", "kazanPickup")


def test_an_item_outside_its_days_is_not_chosen_but_stays_where_it_stands(office: Office) -> None:
    deal_id = a_kept_deal(office, values={"shippingDirection": "moscowPickup"})
    ended = (today() - timedelta(days=1)).isoformat()
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowPickup")
        attributes = {**item.attributes, "validTo": ended}
        store.lists.put("shippingDirections", replace(item, attributes=attributes), ADMIN)

    change(office, deal_id, shippingDirection="moscowPickup", holding="Сад")
    with pytest.raises(FieldsInvalid):
        change(office, a_kept_deal(office), shippingDirection="moscowPickup")

    with office.database.reading() as store:
        assert store.lists.name_of("shippingDirections", "moscowPickup") == "Москва, самовывоз"
