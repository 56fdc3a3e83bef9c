"""Search for contracts and shipments over HTTP in a simulated 1C: results common to both kinds."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from db.domain.onec.bindings import BindingKind
from tests.support.fakes.onec import a_gateway, find, found
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import Profile
from workers.integrations.onec.simulator.demo import (
    CHAINSAWS_INN,
    CLIENTS,
    COMPANY_INN,
    CONTRACTS,
    GARDENER_INN,
    RENAMED_INN,
    SHIPMENTS,
    TOOLS_INN,
    WAREHOUSES,
)
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import (
    Ambiguous,
    Counterparty,
    Found,
    MarkedDeleted,
    MatchMethod,
    Mismatch,
    NotFound,
    RequisiteDifference,
)
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

CONTRACT, SHIPMENT = BindingKind.CONTRACT, BindingKind.SHIPMENT
STRANGER_INN = "5000007069"
SETS = {CONTRACT: CONTRACTS, SHIPMENT: SHIPMENTS}


@pytest.fixture(params=[CONTRACT, SHIPMENT])
def kind(request: pytest.FixtureRequest) -> BindingKind:
    return BindingKind(request.param)


@pytest.fixture
def gateway(kind: BindingKind, onec: Running, profile: Profile) -> Iterator[ODataGateway]:
    with a_gateway(kind, onec, profile) as gateway:
        yield gateway


def enter(onec: Running, kind: BindingKind, **values: Any) -> dict[str, Any]:
    """Create a record of the kind in 1C."""
    return onec.enter_contract(**values) if kind is CONTRACT else onec.enter_shipment(**values)


@pytest.mark.parametrize(
    ("kind", "entered", "canonical", "method"),
    [
        (CONTRACT, " № пт–2026–014 ", "ПТ-2026-014", MatchMethod.NORMALIZED),
        (CONTRACT, "ПT-2026-014", "ПТ-2026-014", MatchMethod.LOOKALIKE),
        (CONTRACT, "123", "ПТ00-000123", MatchMethod.DIGITS),
        (CONTRACT, "СЦ-005", "СЦ-5", MatchMethod.DIGITS),
        (SHIPMENT, "123", "ПТУТ-000123", MatchMethod.DIGITS),
        (SHIPMENT, "000123", "ПТУТ-000123", MatchMethod.DIGITS),
        (SHIPMENT, "УТ-123", "ПТУТ-000123", MatchMethod.DIGITS),
        (SHIPMENT, " № птут–000123 ", "ПТУТ-000123", MatchMethod.NORMALIZED),
        (SHIPMENT, "ПTУT-000123", "ПТУТ-000123", MatchMethod.LOOKALIKE),
    ],
    indirect=["kind"],
)
def test_whatever_was_typed_the_number_comes_back_as_1c_writes_it(
    gateway: ODataGateway, entered: str, canonical: str, method: MatchMethod
) -> None:
    result = find(gateway, GARDENER_INN, entered)

    assert isinstance(result, Found)
    assert (result.record.number, result.method) == (canonical, method)


def test_a_client_who_is_not_in_1c_is_told_apart_from_one_without_the_record(
    gateway: ODataGateway,
) -> None:
    result = find(gateway, STRANGER_INN, "Д-1")

    assert isinstance(result, NotFound)
    assert (result.counterparties, result.near) == ((), ())


def test_a_record_entered_after_the_first_search_is_found_by_the_second(
    gateway: ODataGateway, kind: BindingKind, onec: Running
) -> None:
    kpp = "500001001" if kind is CONTRACT else None
    before = find(gateway, STRANGER_INN, "ПТУТ-000900", kpp=kpp)
    enter(onec, kind, inn=STRANGER_INN, kpp=kpp or "", number="ПТУТ-000900", date="2026-11-23")
    after = find(gateway, STRANGER_INN, "ПТУТ-000900", kpp=kpp)

    assert isinstance(before, NotFound)
    assert isinstance(after, Found)


@pytest.mark.parametrize(
    ("kind", "inn", "number", "candidates", "method"),
    [
        (CONTRACT, TOOLS_INN, "15/2026", ["15/2026", "15/2026"], MatchMethod.EXACT),
        (SHIPMENT, GARDENER_INN, "45", ["ПТУТ-000045", "СЦУТ-000045"], MatchMethod.DIGITS),
    ],
    indirect=["kind"],
)
def test_several_candidates_are_shown_and_the_picked_one_is_taken(
    gateway: ODataGateway, inn: str, number: str, candidates: list[str], method: MatchMethod
) -> None:
    result = find(gateway, inn, number)
    assert isinstance(result, Ambiguous)
    picked = max(result.candidates, key=lambda record: record.date or date.min)

    again = find(gateway, inn, number, picked=picked.ref_key)

    assert sorted(one.number for one in result.candidates) == candidates
    assert result.query.number == number
    assert again == Found(picked, method, verified=True)


@pytest.mark.parametrize(
    ("kind", "inn", "number"),
    [(CONTRACT, TOOLS_INN, "15/2026"), (SHIPMENT, GARDENER_INN, "45")],
    indirect=["kind"],
)
def test_a_pick_that_is_no_candidate_is_not_found(
    gateway: ODataGateway, inn: str, number: str
) -> None:
    assert isinstance(find(gateway, inn, number, picked=str(uuid4())), NotFound)


@pytest.mark.parametrize(
    ("kind", "inn", "entered", "near"),
    [
        (CONTRACT, STRANGER_INN, "ПТ-2026-003", None),
        (SHIPMENT, GARDENER_INN, "ПТУТ-000124", "ПТУТ-000123"),
        (SHIPMENT, GARDENER_INN, "птут-000124", "ПТУТ-000123"),
        (SHIPMENT, GARDENER_INN, "ПTУT-000124", "ПТУТ-000123"),
    ],
    indirect=["kind"],
)
def test_a_number_of_another_client_is_a_mismatch_that_says_whose_it_is(
    gateway: ODataGateway, inn: str, entered: str, near: str | None
) -> None:
    result = find(gateway, inn, entered)

    assert isinstance(result, Mismatch)
    assert result.differences == (RequisiteDifference("inn", inn, CHAINSAWS_INN),)
    assert result.record.counterparty_name == "Бензопила-Опт ООО"
    assert near is None or near in {one.number for one in result.near}


@pytest.mark.parametrize(
    ("kind", "number"), [(CONTRACT, "СЦ-5"), (SHIPMENT, "СЦУТ-000045")], indirect=["kind"]
)
def test_a_record_of_another_company_of_ours_is_a_mismatch(
    kind: BindingKind, gateway: ODataGateway, onec: Running, profile: Profile, number: str
) -> None:
    with a_gateway(kind, onec, profile, COMPANY_INN) as ours:
        strict = find(ours, GARDENER_INN, number)
    any_company = find(gateway, GARDENER_INN, number)

    assert isinstance(strict, Mismatch)
    assert strict.differences == (
        RequisiteDifference("organization", "П.И.Т. Инструмент ООО", "П.И.Т. Сервис ООО"),
    )
    assert found(any_company).organization == "П.И.Т. Сервис ООО"


def test_a_company_of_ours_that_1c_does_not_know_is_a_matter_of_settings(
    kind: BindingKind, onec: Running, profile: Profile
) -> None:
    with (
        a_gateway(kind, onec, profile, "5000008087") as gateway,
        pytest.raises(OnecMisconfigured, match="ONEC_ORGANISATION_INN"),
    ):
        find(gateway, GARDENER_INN, "ПТ-2026-014")


@pytest.mark.parametrize(
    ("kind", "number", "entered"),
    [(CONTRACT, "ПТ-2025-101", "ПТ-2025-101"), (SHIPMENT, "ПТУТ-000126", "126")],
    indirect=["kind"],
)
def test_a_deleted_record_does_not_stand_in_the_way_of_its_living_namesake(
    gateway: ODataGateway, kind: BindingKind, onec: Running, number: str, entered: str
) -> None:
    enter(onec, kind, inn=CHAINSAWS_INN, kpp="780001001", number=number, date="2026-04-03")

    assert found(find(gateway, CHAINSAWS_INN, entered)).date == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("kind", "number"),
    [(CONTRACT, "УГ-8"), (CONTRACT, "уг-008"), (SHIPMENT, "ПТУТ-000099")],
    indirect=["kind"],
)
def test_a_record_of_a_deleted_counterparty_stops_and_the_living_one_is_suggested(
    gateway: ODataGateway, number: str
) -> None:
    result = find(gateway, RENAMED_INN, number)

    assert isinstance(result, MarkedDeleted)
    assert isinstance(result.marked, Counterparty)
    assert isinstance(result.alternative, Counterparty)
    assert result.alternative.name == "Уралгарден ООО"


def test_a_client_who_is_only_there_deleted_stops_whatever_the_number(
    gateway: ODataGateway, kind: BindingKind, onec: Running
) -> None:
    entered = enter(onec, kind, inn=STRANGER_INN, number="ПТУТ-000700")
    onec.change(CLIENTS, entered["counterparty"], DeletionMark=True)

    result = find(gateway, STRANGER_INN, "701")

    assert isinstance(result, MarkedDeleted)
    assert isinstance(result.marked, Counterparty)
    assert (result.alternative, result.near) == (None, ())


@pytest.mark.parametrize("inn", ["", "0000000000", "7707083890", "' or true or '"])
def test_what_is_no_inn_is_never_asked(gateway: ODataGateway, onec: Running, inn: str) -> None:
    with pytest.raises(ValueError, match="ИНН"):
        find(gateway, inn, "1")

    assert onec.journal() == []


@pytest.mark.parametrize("number", ["", "№", "'", "' or true or '", "я" * 5000, "+", "%27"])
def test_a_strange_number_is_just_not_found(gateway: ODataGateway, number: str) -> None:
    assert isinstance(find(gateway, GARDENER_INN, number), NotFound)


def test_rows_of_others_are_never_taken_for_the_clients(
    gateway: ODataGateway, onec: Running
) -> None:
    onec.set_faults(filter_ignored=True)

    with pytest.raises(OnecUnavailable, match="ИНН"):
        find(gateway, GARDENER_INN, "ПТ-2026-014")


def test_the_check_tells_whether_the_required_sets_are_published(
    gateway: ODataGateway, kind: BindingKind, onec: Running
) -> None:
    onec.set_faults(hidden_sets=[WAREHOUSES])
    gateway.check()
    onec.set_faults(hidden_sets=[SETS[kind]])

    with pytest.raises(OnecMisconfigured, match="OData"):
        gateway.check()


def test_a_client_with_many_branches_is_searched_through_completely(
    gateway: ODataGateway, kind: BindingKind, onec: Running
) -> None:
    for branch in range(45):
        values = {"kpp": f"5000010{branch:02}", "number": f"Ф-{branch}", "date": "2026-02-01"}
        enter(onec, kind, inn=STRANGER_INN, **values)

    result = find(gateway, STRANGER_INN, "Ф-44")

    assert found(result).kpp == "500001044"
    assert max(len(asked["path"] + asked["query"]) for asked in onec.journal()) < 8000
