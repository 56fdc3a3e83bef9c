"""Search for items over HTTP in a simulated 1C: by code, article and name."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.fakes.onec import a_client
from workers.integrations.onec.items import ODataItemGateway
from workers.integrations.onec.profile import UT11, Profile
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import (
    Ambiguous,
    Found,
    MarkedDeleted,
    MatchMethod,
    MatchResult,
    Mismatch,
    NotFound,
    NumberQuery,
)

ITEMS = "Catalog_Номенклатура"


@pytest.fixture
def items(onec: Running, profile: Profile) -> Iterator[ODataItemGateway]:
    with a_client(onec) as client:
        yield ODataItemGateway(client, profile)


def made(onec: Running, article: str, name: str = "Мотобур", maker: str = "P.I.T.") -> str:
    body = {"name": name, "article": article, "manufacturer": maker}
    return str(onec.control("POST", "items", body)["code"])


def delete(onec: Running, code: str) -> None:
    rows = onec.control("GET", f"rows/{ITEMS}")
    key = next(row["Ref_Key"] for row in rows if row["Code"] == code)
    onec.change(ITEMS, key, DeletionMark=True)


def find(items: ODataItemGateway, code: str, article: str, **more: Any) -> MatchResult:
    given = {"manufacturer": "P.I.T.", **more}
    return items.find(NumberQuery(inn="", number=code, article=article, **given))


def test_an_item_is_found_by_its_code_and_read_by_its_key(
    onec: Running, items: ODataItemGateway, profile: Profile
) -> None:
    code = made(onec, "MB-52")

    answer = find(items, code, "mb 52")

    assert isinstance(answer, Found)
    record = answer.record
    assert (answer.method, answer.verified) == (MatchMethod.EXACT, True)
    assert (record.number, record.name, record.article) == (code, "Мотобур", "MB-52")
    assert record.manufacturer == ("P.I.T." if profile is UT11 else "")
    assert record.ref_key is not None
    assert items.fetch([record.ref_key])[record.ref_key] == record
    short = find(items, code.removeprefix("00-").lstrip("0"), "MB-52")
    assert isinstance(short, Found)
    items.check()


def test_an_unknown_code_names_items_with_the_article(
    onec: Running, items: ODataItemGateway
) -> None:
    code = made(onec, "MB-53")

    answer = find(items, "00-88888888", "MB-53")

    assert isinstance(answer, NotFound)
    assert [one.code for one in answer.near] == [code]


def test_a_deleted_item_names_the_one_instead(onec: Running, items: ODataItemGateway) -> None:
    old, new = made(onec, "MB-54"), made(onec, "MB-54")
    delete(onec, old)

    answer = find(items, old, "MB-54")

    assert isinstance(answer, MarkedDeleted)
    assert answer.alternative is not None
    assert answer.alternative.code == new
    assert isinstance(find(items, new, "MB-54"), Found)


def test_two_items_of_an_article_are_a_question(onec: Running, items: ODataItemGateway) -> None:
    one, other = made(onec, "MB-55"), made(onec, "MB 55")

    answer = find(items, one, "MB-55")

    assert isinstance(answer, Ambiguous)
    assert {record.code for record in answer.candidates} == {one, other}
    picked = next(record.ref_key for record in answer.candidates if record.code == one)
    assert isinstance(find(items, one, "MB-55", picked=picked), Found)


def test_another_article_or_manufacturer_contradicts(
    onec: Running, items: ODataItemGateway, profile: Profile
) -> None:
    code = made(onec, "MB-56", maker="Другой завод")

    answer = find(items, code, "MB-57")

    assert isinstance(answer, Mismatch)
    fields = ["article", "manufacturer"] if profile is UT11 else ["article"]
    assert [one.field for one in answer.differences] == fields


def test_similar_items_have_the_article_or_both_long_words(
    onec: Running, items: ODataItemGateway
) -> None:
    by_article = made(onec, "trm 77a", "Коса")
    by_name = made(onec, "Z-1", "Мотобур Садовый большой")
    made(onec, "Z-2", "Мотобур ледовый")

    assert [one.code for one in items.like("ТRM 77a", ())] == [by_article]  # Cyrillic Т
    assert [one.code for one in items.like("", ("мотобур", "садовый"))] == [by_name]
    assert items.like("", ("мотобур",)) == ()


def test_an_item_is_found_by_the_barcode_that_1c_assigned(
    onec: Running, items: ODataItemGateway
) -> None:
    body = {"name": "Мотобур", "article": "MB-58", "barcode": "4600000000589"}
    code = onec.control("POST", "items", body)["code"]
    made(onec, "MB-59")

    (found,) = items.with_barcode(" 4600000000589 ")

    assert (found.code, found.article, found.barcode) == (code, "MB-58", " 4600000000589 ")
    assert list(items.with_barcode("4600000000000")) == []
    assert list(items.with_barcode("-")) == []


def test_quotes_in_what_is_searched_stay_data(items: ODataItemGateway) -> None:
    assert items.like("x' or '1' eq '1", ("о'нил", "д'артаньян")) == []
    assert items.with_barcode("' or '1' eq '1") == []
    answer = find(items, "' or Code ne '", "a'b")
    assert isinstance(answer, NotFound)
    assert answer.near == ()
