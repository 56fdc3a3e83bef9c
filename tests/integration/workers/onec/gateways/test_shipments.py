"""Search for shipments over HTTP in a simulated 1C, and fetching of both kinds by key."""

from datetime import date
from decimal import Decimal
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
    CONTRACTS,
    GARDENER_INN,
    NETWORK_INN,
    NETWORK_KPPS,
    SERVICE_COMPANY_INN,
    SHIPMENTS,
    WAREHOUSES,
)
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import (
    Ambiguous,
    Found,
    MarkedDeleted,
    MatchMethod,
    Mismatch,
    NotFound,
    NotPosted,
    OnecRecord,
    RequisiteDifference,
)
from workers.ports.onec_errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)

SHIPMENT = BindingKind.SHIPMENT
LAST_YEAR = date(2025, 1, 1)
STRANGER_INN = "5000007069"


def test_a_shipment_is_found_with_everything_that_the_deal_keeps(
    shipments: ODataGateway, contracts: ODataGateway
) -> None:
    bound = find(contracts, GARDENER_INN, "ПТ-2026-014")
    assert isinstance(bound, Found)
    contract = bound.record

    answer = find(
        shipments,
        GARDENER_INN,
        "ПТУТ-000123",
        counterparty_ref=contract.counterparty_ref,
        contract_ref=contract.ref_key,
    )

    assert isinstance(answer, Found)
    assert (answer.method, answer.verified, answer.warnings) == (MatchMethod.EXACT, True, ())
    shipment = answer.record
    assert (shipment.number, shipment.date) == ("ПТУТ-000123", date(2026, 3, 10))
    assert (shipment.counterparty_name, shipment.inn) == ("Садовый мастер ООО", GARDENER_INN)
    assert (shipment.counterparty_ref, shipment.contract_ref) == (
        contract.counterparty_ref,
        contract.ref_key,
    )
    assert (shipment.organization, shipment.warehouse) == (
        "П.И.Т. Инструмент ООО",
        "Центральный склад",
    )
    assert str(shipment.amount) == "125400.50"
    assert shipment.ref_key
    assert shipment.data_version
    assert (shipment.posted, shipment.deletion_mark) == (True, False)


def test_the_same_number_of_last_year_is_out_of_question_unless_the_deal_is_as_old(
    shipments: ODataGateway,
) -> None:
    young = find(shipments, GARDENER_INN, "ПТУТ-000123")
    old = find(shipments, GARDENER_INN, "ПТУТ-000123", since=LAST_YEAR)

    assert found(young).date == date(2026, 3, 10)
    assert isinstance(old, Ambiguous)
    assert [one.date for one in old.candidates] == [date(2026, 3, 10), date(2025, 3, 11)]


def test_the_first_day_in_question_counts_and_the_day_before_does_not(
    shipments: ODataGateway,
) -> None:
    on_the_day = find(shipments, GARDENER_INN, "ПТУТ-000123", since=date(2026, 3, 10))
    after = find(shipments, GARDENER_INN, "ПТУТ-000123", since=date(2026, 3, 11))

    assert isinstance(on_the_day, Found)
    assert isinstance(after, NotFound)
    assert after.query.since == date(2026, 3, 11)


def test_an_unknown_number_brings_back_what_the_client_did_get(shipments: ODataGateway) -> None:
    answer = find(shipments, GARDENER_INN, "ПТУТ-000133")

    assert isinstance(answer, NotFound)
    assert (answer.query.inn, answer.query.number) == (GARDENER_INN, "ПТУТ-000133")
    assert [owner.name for owner in answer.counterparties] == ["Садовый мастер ООО"]
    assert len(answer.near) == 5
    assert answer.near[0].number in ("ПТУТ-000123", "ПТУТ-000131", "ПТУТ-000132")
    assert {one.inn for one in answer.near} == {GARDENER_INN}


def test_the_contract_puts_its_own_shipment_first_but_never_decides_alone(
    shipments: ODataGateway, contracts: ODataGateway
) -> None:
    bound = find(contracts, GARDENER_INN, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = find(shipments, GARDENER_INN, "45", contract_ref=bound.record.ref_key)

    assert isinstance(answer, Ambiguous)
    assert [one.number for one in answer.candidates] == ["ПТУТ-000045", "СЦУТ-000045"]


def test_our_company_tells_equal_digits_apart(onec: Running, profile: Profile) -> None:
    with a_gateway(SHIPMENT, onec, profile, SERVICE_COMPANY_INN) as shipments:
        answer = find(shipments, GARDENER_INN, "45")

    assert found(answer).number == "СЦУТ-000045"


def test_branches_with_one_inn_are_told_apart_by_the_counterparty_of_the_deal(
    shipments: ODataGateway, contracts: ODataGateway
) -> None:
    bound = find(contracts, NETWORK_INN, "1", kpp=NETWORK_KPPS[1])
    assert isinstance(bound, Found)
    branch = bound.record.counterparty_ref

    without = find(shipments, NETWORK_INN, "140")
    with_it = find(shipments, NETWORK_INN, "140", counterparty_ref=branch)
    other = find(shipments, NETWORK_INN, "ПТСО-000140", counterparty_ref=branch)

    assert isinstance(without, Ambiguous)
    assert found(with_it).number == "ПТКР-000140"
    assert isinstance(other, Mismatch)
    assert other.differences == (
        RequisiteDifference(
            "counterparty",
            f"Дачная сеть ООО, Краснодар, КПП {NETWORK_KPPS[1]}",
            f"Дачная сеть ООО, Сочи, КПП {NETWORK_KPPS[0]}",
        ),
    )
    assert [one.number for one in other.near] == ["ПТКР-000140"]


def test_another_contract_than_the_deals_is_allowed_but_said(
    shipments: ODataGateway, contracts: ODataGateway
) -> None:
    bound = find(contracts, GARDENER_INN, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = find(shipments, GARDENER_INN, "131", contract_ref=bound.record.ref_key)

    assert isinstance(answer, Found)
    assert answer.warnings == (RequisiteDifference("contract", "ПТ-2026-014", "ПТ00-000123"),)


def test_a_shipment_without_contract_is_allowed_but_said(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    onec.enter_shipment(inn=GARDENER_INN, kpp="540001001", number="ПТУТ-000700", date="2026-11-02")
    bound = find(contracts, GARDENER_INN, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = find(shipments, GARDENER_INN, "700", contract_ref=bound.record.ref_key)

    assert isinstance(answer, Found)
    assert answer.record.contract_ref is None
    assert answer.warnings == (RequisiteDifference("contract", "ПТ-2026-014", ""),)


def test_a_date_to_come_is_allowed_but_said(shipments: ODataGateway, onec: Running) -> None:
    onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000701", date="2027-11-20")
    onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000702", date="2026-11-23")

    late = find(shipments, STRANGER_INN, "701")
    today = find(shipments, STRANGER_INN, "702")

    assert isinstance(late, Found)
    assert late.warnings == (RequisiteDifference("date", "не позже 23.11.2026", "20.11.2027"),)
    assert isinstance(today, Found)
    assert today.warnings == ()


def test_an_unposted_shipment_waits_for_the_operator_and_is_taken_once_it_is_posted(
    shipments: ODataGateway, onec: Running
) -> None:
    before = find(shipments, GARDENER_INN, "132")
    assert isinstance(before, NotPosted)
    onec.post(SHIPMENTS, before.record.ref_key)
    after = find(shipments, GARDENER_INN, "132")

    assert before.kind == "NOT_POSTED"
    assert before.record.number == "ПТУТ-000132"
    assert before.record not in before.near
    assert found(after).posted


def test_an_unposted_shipment_of_another_company_is_a_mismatch_first(
    shipments: ODataGateway, onec: Running, profile: Profile
) -> None:
    with a_gateway(SHIPMENT, onec, profile, SERVICE_COMPANY_INN) as other:
        answer = find(other, GARDENER_INN, "132")

    assert isinstance(answer, Mismatch)


def test_a_deleted_shipment_stops_and_what_is_left_is_suggested(shipments: ODataGateway) -> None:
    answer = find(shipments, CHAINSAWS_INN, "ПТУТ-000126")

    assert isinstance(answer, MarkedDeleted)
    assert isinstance(answer.marked, OnecRecord)
    assert isinstance(answer.marked, OnecRecord)
    assert (answer.marked.number, answer.marked.posted) == ("ПТУТ-000126", False)
    assert [one.number for one in answer.near] == ["ПТУТ-000124"]


def test_no_more_candidates_are_shown_than_a_person_can_read(
    shipments: ODataGateway, onec: Running
) -> None:
    for prefix in range(22):
        number = f"А{prefix:03}-000007"
        onec.enter_shipment(inn=STRANGER_INN, number=number, date="2026-05-05")

    answer = find(shipments, STRANGER_INN, "7")
    unknown = find(shipments, STRANGER_INN, "8")

    assert isinstance(answer, Ambiguous)
    assert len(answer.candidates) == 20
    assert isinstance(unknown, NotFound)
    assert len(unknown.near) == 5


@pytest.mark.parametrize("switch", ["bom", "charset_lies", "sums_as_text"])
def test_the_ways_of_other_servers_change_nothing(
    shipments: ODataGateway, onec: Running, switch: str
) -> None:
    onec.set_faults(**{switch: True})

    shipment = found(find(shipments, GARDENER_INN, "123"))

    assert shipment.amount == Decimal("125400.50")


def test_without_warehouses_in_the_interface_only_their_names_are_missing(
    shipments: ODataGateway, onec: Running
) -> None:
    onec.set_faults(hidden_sets=[WAREHOUSES])

    assert found(find(shipments, GARDENER_INN, "123")).warehouse == ""


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"bent": "cutJson"}, OnecUnavailable),
        ({"instead": "unavailable"}, OnecUnavailable),
        ({"instead": "noLicence"}, OnecUnavailable),
        ({"filter_ignored": True}, OnecUnavailable),
        ({"refusal": "rejected"}, OnecRejected),
        ({"refusal": "noRights"}, OnecMisconfigured),
        ({"hidden_sets": [SHIPMENTS]}, OnecMisconfigured),
        ({"hidden_fields": [f"{SHIPMENTS}/Организация_Key"]}, OnecMisconfigured),
        ({"instead": "wrongLogin", "times": 1}, OnecLoginRefused),
    ],
)
def test_trouble_of_1c_is_never_taken_for_an_answer(
    shipments: ODataGateway, onec: Running, faults: dict[str, Any], expected: type[Exception]
) -> None:
    onec.set_faults(**faults)

    with pytest.raises(expected) as trouble:
        find(shipments, GARDENER_INN, "123")
    assert type(trouble.value) is expected


def test_a_slow_1c_is_left_after_the_time_allowed(onec: Running, profile: Profile) -> None:
    onec.set_faults(delay_seconds=1, times=1)

    with a_gateway(SHIPMENT, onec, profile, read=0.2) as hasty, pytest.raises(OnecUnavailable):
        find(hasty, GARDENER_INN, "123")
    with a_gateway(SHIPMENT, onec, profile) as patient:
        onec.set_faults(delay_seconds=0.5, times=1)
        assert found(find(patient, GARDENER_INN, "123"))


def test_a_bound_shipment_is_seen_as_it_is_now(shipments: ODataGateway, onec: Running) -> None:
    before = found(find(shipments, GARDENER_INN, "123"))
    assert before.ref_key
    onec.change(SHIPMENTS, before.ref_key, Number="ПТУТ-000777", СуммаДокумента=0.1)

    renumbered = shipments.fetch([before.ref_key])[before.ref_key]
    onec.unpost(SHIPMENTS, before.ref_key)
    unposted = shipments.fetch([before.ref_key])[before.ref_key]
    onec.change(SHIPMENTS, before.ref_key, DeletionMark=True)
    deleted = shipments.fetch([before.ref_key])[before.ref_key]

    assert (renumbered.number, renumbered.amount) == ("ПТУТ-000777", Decimal("0.10"))
    assert renumbered.posted
    assert renumbered.data_version != before.data_version
    assert (renumbered.counterparty_name, renumbered.warehouse) == (
        before.counterparty_name,
        before.warehouse,
    )
    assert not unposted.posted
    assert deleted.deletion_mark


def test_a_bound_contract_is_seen_as_it_is_now(contracts: ODataGateway, onec: Running) -> None:
    answer = find(contracts, GARDENER_INN, "ПТ-2026-014")
    assert isinstance(answer, Found)
    before = answer.record
    assert before.ref_key

    same = contracts.fetch([before.ref_key])
    onec.change(CONTRACTS, before.ref_key, Номер="ПТ-2026-015", DeletionMark=True)
    after = contracts.fetch([before.ref_key])[before.ref_key]

    assert same == {before.ref_key: before}
    assert (after.number, after.deletion_mark) == ("ПТ-2026-015", True)
    assert after.inn == GARDENER_INN


def test_a_row_that_is_gone_is_missing_from_the_answer(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    shipped = onec.enter_shipment(inn=STRANGER_INN, contract_number="Д-1")
    shipment, contract = shipped["shipment"], shipped["contract"]
    there = shipments.fetch([shipment]), contracts.fetch([contract])
    onec.delete(SHIPMENTS, shipment)
    onec.delete(CONTRACTS, contract)

    assert [list(rows) for rows in there] == [[shipment], [contract]]
    assert shipments.fetch([shipment]) == {}
    assert contracts.fetch([contract, str(uuid4())]) == {}


def test_a_paper_whose_client_is_gone_is_still_shown(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    shipped = onec.enter_shipment(inn=STRANGER_INN, contract_number="Д-1")
    shipment, contract = shipped["shipment"], shipped["contract"]
    onec.delete(CLIENTS, shipped["counterparty"])

    assert shipments.fetch([shipment])[shipment].inn == ""
    assert contracts.fetch([contract])[contract].counterparty_name == ""


def test_many_keys_are_asked_in_portions_that_fit_into_an_address(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    shipped = [
        onec.enter_shipment(inn=STRANGER_INN, kpp=f"5000010{number:02}", contract_number="1")
        for number in range(45)
    ]
    keys = [one["shipment"] for one in shipped]
    signed = [one["contract"] for one in shipped]

    assert set(shipments.fetch([*keys, *keys])) == set(keys)
    assert set(contracts.fetch(signed)) == set(signed)
    asked = [one["path"] + one["query"] for one in onec.journal()]
    assert len(asked) == (3 + 3 + 1 + 1) + (3 + 3 + 1)
    assert max(map(len, asked)) < 8000


def test_nothing_is_asked_about_no_keys(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    assert shipments.fetch([]) == contracts.fetch([]) == {}
    assert onec.journal() == []


def test_rows_that_nobody_asked_for_are_never_taken_for_the_bound_ones(
    shipments: ODataGateway, contracts: ODataGateway, onec: Running
) -> None:
    onec.set_faults(filter_ignored=True)

    with pytest.raises(OnecUnavailable, match="чужие"):
        shipments.fetch([str(uuid4())])
    with pytest.raises(OnecUnavailable, match="чужие"):
        contracts.fetch([str(uuid4())])


def test_goods_are_read_only_when_they_are_needed(shipments: ODataGateway, onec: Running) -> None:
    lines = [
        {"name": "Пила", "article": "ПЦ-16", "quantity": 2.125, "price": 6250.5},
        {"name": "Масло", "quantity": 1},
    ]
    number = str(onec.enter_shipment(inn=GARDENER_INN, date="2026-11-20", goods=lines)["number"])

    without = found(find(shipments, GARDENER_INN, number))
    goods = found(find(shipments, GARDENER_INN, number, with_goods=True)).goods

    assert without.goods is None
    assert goods is not None
    assert [(one.article, one.name, str(one.quantity), str(one.price)) for one in goods] == [
        ("ПЦ-16", "Пила", "2.125", "6250.50"),
        ("", "Масло", "1.000", "0.00"),
    ]
    assert found(find(shipments, GARDENER_INN, "ПТУТ-000123", with_goods=True)).goods == ()


def test_all_lines_of_a_shipment_are_read_in_their_order(
    shipments: ODataGateway, onec: Running
) -> None:
    lines = [{"name": f"Круг {line}", "quantity": line} for line in range(1, 261)]
    number = str(onec.enter_shipment(inn=GARDENER_INN, date="2026-11-20", goods=lines)["number"])

    goods = found(find(shipments, GARDENER_INN, number, with_goods=True)).goods

    assert goods is not None
    assert [int(one.quantity) for one in goods] == list(range(1, 261))
