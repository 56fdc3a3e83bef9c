"""Search for orders and their goods over HTTP in a simulated 1C of both configurations."""

from collections.abc import Iterator
from datetime import date

import pytest

from db.domain.fields.goods import MAX_LINES, GoodsLine, plain
from tests.support.fakes.onec import a_gateway, find, found
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import UT11, Profile
from workers.integrations.onec.simulator.demo import CHAINSAWS_INN, GARDENER_INN, ITEMS
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import ORDER, Ambiguous, MarkedDeleted, Mismatch, NotFound
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

NUMBER = "ЗКУТ-000014"


@pytest.fixture
def orders(onec: Running, profile: Profile) -> Iterator[ODataGateway]:
    with a_gateway(ORDER, onec, profile) as gateway:
        yield gateway


def goods(gateway: ODataGateway, number: str = NUMBER) -> tuple[GoodsLine, ...] | None:
    return found(find(gateway, GARDENER_INN, number, with_goods=True)).goods


def test_an_order_is_found_with_its_goods_and_their_units(orders: ODataGateway) -> None:
    order = found(find(orders, GARDENER_INN, "14", with_goods=True))

    assert (order.number, order.date) == (NUMBER, date(2026, 11, 10))
    assert (str(order.amount), order.posted) == ("172800.00", None)
    assert order.goods is not None
    read = [f"{one.article}: {plain(one.quantity)} {one.unit} × {one.price}" for one in order.goods]
    assert read == ["GCS46: 4 шт × 18900.00", "PSR20-C2: 12 шт × 7450.00", "OIL-1: 20 л × 390.00"]


def test_packages_and_cancelled_lines_are_those_of_the_configuration(
    orders: ODataGateway, onec: Running, profile: Profile
) -> None:
    entered = onec.enter_order(
        inn=GARDENER_INN,
        kpp="540001001",
        date="2026-11-12",
        goods=[
            {"name": "Диск", "article": "D-1", "quantity": 10},
            {"name": "Диск", "article": "D-1", "quantity": 2.5, "price": 900.5, "unit": "упак"},
            {"name": "Пила", "article": "P-1", "quantity": 1, "cancelled": True},
        ],
    )

    lines = goods(orders, entered["number"])

    assert lines is not None
    units = [f"{line.name}, {plain(line.quantity)} {line.unit}" for line in lines]
    if profile is UT11:
        assert units == ["Диск, 10 шт", "Диск, 2.5 упак"]
    else:
        assert units == ["Диск, 10 шт", "Диск, 2.5 шт", "Пила, 1 шт"]


def test_a_line_without_unit_or_item_is_blank_there(
    orders: ODataGateway, onec: Running, profile: Profile
) -> None:
    entered = onec.enter_order(
        inn=GARDENER_INN,
        kpp="540001001",
        date="2026-11-12",
        goods=[{"name": "Без единицы", "unit": ""}, {"name": "Удалят"}],
    )
    rows = onec.control("GET", f"rows/{ITEMS}")
    onec.delete(ITEMS, next(r["Ref_Key"] for r in rows if r["Description"] == "Удалят"))

    lines = goods(orders, entered["number"])

    assert lines is not None
    assert [(line.name, line.unit) for line in lines] == [("Без единицы", ""), ("", "")]


def test_an_order_that_does_not_fit_the_client_is_refused(
    orders: ODataGateway, onec: Running, profile: Profile
) -> None:
    unknown = find(orders, GARDENER_INN, "ЗКУТ-000099")
    assert isinstance(unknown, NotFound)
    assert [near.number for near in unknown.near] == [NUMBER]

    stranger = find(orders, CHAINSAWS_INN, NUMBER)
    assert isinstance(stranger, Mismatch)
    assert [one.field for one in stranger.differences] == ["inn"]

    twin = {"inn": GARDENER_INN, "kpp": "540001001", "number": NUMBER, "date": "2026-11-14"}
    twice = onec.enter_order(**twin)["order"]
    assert isinstance(find(orders, GARDENER_INN, NUMBER), Ambiguous)
    picked = found(find(orders, GARDENER_INN, NUMBER, picked=twice))
    assert picked.date == date(2026, 11, 14)

    for row in onec.control("GET", f"rows/{profile.orders.entity_set}"):
        onec.change(profile.orders.entity_set, row["Ref_Key"], DeletionMark=True)
    assert isinstance(find(orders, GARDENER_INN, NUMBER), MarkedDeleted)


def test_too_many_lines_are_none_and_hidden_ones_an_error(
    orders: ODataGateway, onec: Running, profile: Profile
) -> None:
    many = onec.enter_order(
        inn=GARDENER_INN,
        kpp="540001001",
        date="2026-11-12",
        goods=[{"name": "Много"}] * (MAX_LINES + 1),
    )
    assert goods(orders, many["number"]) is None

    for hidden in (profile.orders.goods_set, profile.units):
        onec.set_faults(hidden_sets=[hidden])
        with pytest.raises(OnecMisconfigured):
            goods(orders)
    onec.set_faults(filter_ignored=True)
    with pytest.raises(OnecUnavailable):
        goods(orders)
