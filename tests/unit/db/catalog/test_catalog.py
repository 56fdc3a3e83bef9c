"""The catalog as delivered, and what a fourteenth direction takes."""

from datetime import timedelta
from typing import Any

import pytest

from db.catalog import load_catalog
from db.domain.catalog import FieldKind, ListItem
from tests.support.builders import a_catalog

CATALOG = a_catalog()
DIRECTIONS = list(CATALOG.directions.values())
COMMON = {
    "subject",
    "contactName",
    "contactPhone",
    "contactEmail",
    "requestSource",
    "lossReason",
    "lossComment",
}
ORDER = {"goods", "deliveryAddress"}
"""Fields of whoever ships an order, beside those that a direction has of its own."""
ROUTES = {"transportCompany", "pickup", "ownDelivery", "branchTransfer", "courier"}


def test_there_are_the_thirteen_directions_of_the_company() -> None:
    names = [direction.name for direction in DIRECTIONS]

    assert names == [
        "Новые клиенты",
        "Согласование нового товара",
        "Действующие оптовые клиенты",
        "Розничные продажи",
        "Интернет-магазин и маркетплейсы",
        "Тендеры и корпоративные закупки",
        "Сервис: гарантийный ремонт",
        "Сервис: платный ремонт",
        "Запасные части",
        "Рекламации и возвраты",
        "Закупка у поставщиков",
        "Дилерские и сетевые контракты",
        "Дебиторская задолженность",
    ]


def test_there_are_the_thirteen_roles_of_the_company() -> None:
    assert list(CATALOG.roles) == [
        "salesManagers",
        "salesHeads",
        "deputyChiefAccountants",
        "lawyers",
        "onecOperators",
        "storekeepers",
        "drivers",
        "dispatchers",
        "categoryManagers",
        "commercialDirectors",
        "serviceEngineers",
        "serviceHeads",
        "portalAdmins",
    ]


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda direction: direction.code)
def test_a_direction_has_its_own_stages_and_fields(direction: Any) -> None:
    own = [code for code in direction.fields if code not in COMMON]

    assert 4 <= len(direction.stages) <= 8 or direction.code == "newClients"
    assert len(own) >= 5
    assert len(set(own) - ORDER) <= 12 or direction.process != "deal"
    assert set(direction.fields) >= COMMON
    assert direction.closing_stage("won") != direction.closing_stage("lost")
    names = [stage.name for stage in direction.stages]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda direction: direction.code)
def test_every_open_stage_has_a_deadline_and_a_place_in_the_process(direction: Any) -> None:
    for stage in direction.stages:
        if stage.outcome is None:
            assert stage.sla > timedelta(0)
            assert stage.activity
            assert stage.next


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda direction: direction.code)
def test_what_a_stage_requires_can_be_filled_before_it(direction: Any) -> None:
    """A required field locked in every stage that leads there could never be filled; one that an
    earlier stage has required is filled already."""
    known: set[str] = set()
    for target in direction.stages:
        codes = {code for rule in target.required for code in rule.any_of}
        before = [stage for stage in direction.stages if target.code in stage.next]
        for code in codes - known:
            field = CATALOG.fields[code]
            by_process = target.system or target.outcome == "won"
            assert not field.system or by_process, "only a process could fill it"
            assert any(field.group not in stage.locks for stage in before), (target.code, code)
        known |= codes


def test_every_field_list_and_group_is_used() -> None:
    fields = {code for direction in DIRECTIONS for code in direction.fields}
    lists = {field.list for field in CATALOG.fields.values()}
    groups = {field.group for field in CATALOG.fields.values()}

    assert fields == set(CATALOG.fields)
    assert lists - {None} == set(CATALOG.lists) - {"serviceEngineers"}  # names people
    assert groups == set(CATALOG.groups)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["companyCard"], FieldKind.FILE),
        (["charterFirstPage", "charterDirectorPowers", "charterLastPage"], FieldKind.FILE),
        (["signatureCard", "passportCopy"], FieldKind.FILE),
        (["powerOfAttorney"], FieldKind.FILE),
        (["inn"], FieldKind.INN),
        (["ogrn"], FieldKind.OGRN),
        (["directorPassport"], FieldKind.FILE),
        (["directorAppointment"], FieldKind.FILE),
        (["courtCases"], FieldKind.LONG_TEXT),
        (["courtCasesFiles"], FieldKind.FILE),
        (["counterparty", "holding"], FieldKind.TEXT),
        (["limit", "temporaryLimit"], FieldKind.MONEY),
        (["markupGroup", "temporaryMarkupGroup"], FieldKind.LIST),
        (["temporaryPeriod"], FieldKind.DATE_RANGE),
        (["paymentTerms", "shippingDirection", "deliveryMethod"], FieldKind.LIST),
        (["transportPayer", "shippingRegion", "businessFormat"], FieldKind.LIST),
        (["shopCount"], FieldKind.INTEGER),
        (["brands"], FieldKind.MULTI_LIST),
        (["comments", "additionalInfo"], FieldKind.LONG_TEXT),
        (["contractNumber"], FieldKind.TEXT),
        (["contractFile"], FieldKind.FILE),
    ],
)
def test_a_new_client_has_the_fields_the_customer_listed(codes: Any, kind: Any) -> None:
    direction = CATALOG.directions["newClients"]

    for code in codes:
        assert code in direction.fields
        assert CATALOG.fields[code].kind is kind


def test_passports_are_restricted_and_numbers_are_written_by_the_system() -> None:
    restricted = {code for code, field in CATALOG.fields.items() if field.restricted}
    system = {code for code, field in CATALOG.fields.items() if field.system}

    assert restricted == {"passportCopy", "directorPassport"}
    assert system == {
        "contractNumber",
        "shipmentNumber",
        "lossReason",
        "lossComment",
        "reliabilityCheckedBy",
        "reliabilityCheckedAt",
        "returnReason",
        "returnComment",
        "firstRepair",
        "warrantyRequest",
        "forRepair",
        "onecItemCode",
    }
    assert CATALOG.fields["contractFile"].filled_by == ("lawyers",)


def test_the_stages_of_a_new_client_bear_the_names_of_the_customer() -> None:
    direction = CATALOG.directions["newClients"]

    assert [stage.name for stage in direction.stages] == [
        "Новый клиент",
        "Сбор документов",
        "Условия согласования",
        "Условия согласованы",
        "Реализация",
        "Сборка/документы",
        "Доставка",
        "Сделка успешна",
        "Сделка проиграна",
    ]
    assert direction.process == "new-client"
    assert direction.stage("termsAgreed").system


def test_terms_are_approved_by_head_accountant_and_lawyer_in_this_order() -> None:
    chain = CATALOG.chains["newClientTerms"]
    steps = chain.steps

    assert chain.directions == ("newClients",)
    assert (chain.stage, chain.approved_stage) == ("termsApproval", "termsAgreed")
    assert [(code, step.role) for code, step in steps.items()] == [
        ("head", "salesHeads"),
        ("accountant", "deputyChiefAccountants"),
        ("lawyer", "lawyers"),
    ]
    assert steps["head"].edits == (
        "limit",
        "markupGroup",
        "temporaryMarkupGroup",
        "temporaryPeriod",
    )
    assert not steps["accountant"].edits
    assert steps["accountant"].refers_to_reliability
    assert steps["lawyer"].refers_to_reliability
    assert all(step.sla > timedelta(0) for step in steps.values())


def test_every_route_of_the_customer_has_a_shipping_direction() -> None:
    routes = {item.attributes["route"] for item in shipping_directions(demo=False)}

    assert routes == ROUTES


def test_only_the_demo_company_has_people_in_its_lists() -> None:
    people = ("operator", "storekeeper", "driver")

    fresh = [item.attributes[who] for item in shipping_directions(demo=False) for who in people]
    demo = [item.attributes["operator"] for item in shipping_directions(demo=True)]

    assert set(fresh) == {None}
    assert {"onecMoscow", "onecKazan"} <= set(demo)


def shipping_directions(*, demo: bool) -> tuple[ListItem, ...]:
    return load_catalog(demo=demo).lists["shippingDirections"].items
