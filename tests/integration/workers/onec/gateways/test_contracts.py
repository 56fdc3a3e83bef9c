"""Search for contracts over HTTP in a simulated 1C: results that only contracts have."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from db.domain.onec.bindings import BindingKind
from tests.support.fakes.onec import a_gateway, find, found
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import BP30, Profile
from workers.integrations.onec.simulator.demo import (
    CHAINSAWS_INN,
    COMPANY_INN,
    ENTREPRENEUR_INN,
    GARDENER_INN,
    NETWORK_INN,
    NETWORK_KPPS,
    SERVICE_COMPANY_INN,
    TOOLS_INN,
)
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec import (
    Ambiguous,
    Found,
    MarkedDeleted,
    MatchMethod,
    Mismatch,
    NotFound,
    OnecRecord,
    RequisiteDifference,
)
from workers.ports.onec_errors import OnecMisconfigured

CONTRACT = BindingKind.CONTRACT
STRANGER_INN = "5000007069"
CONTRACTS = "Catalog_ДоговорыКонтрагентов"


def test_a_contract_is_found_with_everything_that_the_deal_keeps(contracts: ODataGateway) -> None:
    answer = find(contracts, GARDENER_INN, "ПТ-2026-014", kpp="540001001")

    assert isinstance(answer, Found)
    assert answer.verified
    assert answer.method is MatchMethod.EXACT
    contract = answer.record
    assert (contract.number, contract.date) == ("ПТ-2026-014", date(2026, 2, 16))
    assert (contract.counterparty_name, contract.inn, contract.kpp) == (
        "Садовый мастер ООО",
        GARDENER_INN,
        "540001001",
    )
    assert contract.organization == "П.И.Т. Инструмент ООО"
    assert contract.ref_key
    assert contract.counterparty_ref
    assert contract.code.startswith("00-")
    assert contract.data_version
    assert not contract.deletion_mark


def test_the_code_of_the_contract_will_do_instead_of_its_number(
    contracts: ODataGateway, onec: Running
) -> None:
    entered = onec.enter_contract(inn=STRANGER_INN, number="Д-77", date="2026-11-20")

    answer = find(contracts, STRANGER_INN, entered["code"])

    assert isinstance(answer, Found)
    assert (answer.record.number, answer.method) == ("Д-77", MatchMethod.CODE)


def test_a_contract_without_a_number_is_called_by_its_code(
    contracts: ODataGateway, onec: Running
) -> None:
    made = onec.enter_contract(inn=STRANGER_INN, date="2026-11-20")
    code = onec.change(CONTRACTS, made["contract"], Номер="")["Code"]

    answer = find(contracts, STRANGER_INN, code)

    assert isinstance(answer, Found)
    assert (answer.record.number, answer.record.label) == ("", code)


def test_empty_references_may_come_as_null(contracts: ODataGateway, onec: Running) -> None:
    key = onec.enter_contract(inn=STRANGER_INN, number="Д-78", date="2026-11-20")["contract"]
    onec.change(CONTRACTS, key, Организация_Key=str(UUID(int=0)))
    onec.set_faults(null_references=True)

    answer = find(contracts, STRANGER_INN, "Д-78")

    assert isinstance(answer, Found)
    assert answer.record.organization == ""
    assert list(contracts.fetch([key])) == [key]


def test_where_rights_are_by_row_the_others_are_left_out_and_none_is_taken_for_gone(
    onec: Running, profile: Profile
) -> None:
    shown = onec.enter_contract(inn=STRANGER_INN, number="Д-79", date="2026-11-20")["contract"]
    hidden = onec.enter_contract(inn=STRANGER_INN, number="Д-80", date="2026-11-20")["contract"]
    gone = str(uuid4())
    onec.set_faults(hidden_rows=[f"{CONTRACTS}/{hidden}"])
    with (
        a_gateway(CONTRACT, onec, profile) as contracts,
        pytest.raises(OnecMisconfigured, match="прав"),
    ):
        find(contracts, STRANGER_INN, "Д-79")

    with a_gateway(CONTRACT, onec, profile, allowed_only=True) as contracts:
        assert found(find(contracts, STRANGER_INN, "Д-79")).ref_key == shown
        assert list(contracts.fetch([shown, gone])) == [shown]
        with pytest.raises(OnecMisconfigured, match="прав"):
            contracts.fetch([shown, hidden])


def test_an_entrepreneur_has_no_kpp_and_is_found_all_the_same(contracts: ODataGateway) -> None:
    assert isinstance(find(contracts, ENTREPRENEUR_INN, "7"), Found)
    assert isinstance(find(contracts, ENTREPRENEUR_INN, "7", kpp=""), Found)


def test_an_unknown_number_brings_back_what_the_client_does_have(contracts: ODataGateway) -> None:
    answer = find(contracts, GARDENER_INN, "ПТ-2026-041")

    assert isinstance(answer, NotFound)
    assert [owner.name for owner in answer.counterparties] == ["Садовый мастер ООО"]
    assert answer.near[0].number == "ПТ-2026-014"
    assert len(answer.near) == 3


def test_the_code_tells_two_contracts_with_one_number_apart(contracts: ODataGateway) -> None:
    answer = find(contracts, TOOLS_INN, "15/2026")
    assert isinstance(answer, Ambiguous)

    by_code = [find(contracts, TOOLS_INN, one.code) for one in answer.candidates]

    assert [found(one) for one in by_code] == list(answer.candidates)


def test_branches_with_one_inn_are_told_apart_by_kpp(contracts: ODataGateway) -> None:
    without = find(contracts, NETWORK_INN, "1")
    answers = [find(contracts, NETWORK_INN, "1", kpp=kpp) for kpp in NETWORK_KPPS]

    assert isinstance(without, Ambiguous)
    assert [found(answer).kpp for answer in answers] == list(NETWORK_KPPS)


def test_another_kpp_than_the_deals_is_a_mismatch(contracts: ODataGateway) -> None:
    answer = find(contracts, GARDENER_INN, "ПТ-2026-014", kpp="540099999")

    assert isinstance(answer, Mismatch)
    assert answer.differences == (RequisiteDifference("kpp", "540099999", "540001001"),)


def test_a_number_that_several_other_clients_have_says_nothing(contracts: ODataGateway) -> None:
    assert isinstance(find(contracts, GARDENER_INN, "1"), NotFound)


def test_namesakes_are_told_apart_by_our_company(onec: Running, profile: Profile) -> None:
    for inn in (COMPANY_INN, SERVICE_COMPANY_INN):
        onec.enter_contract(inn=STRANGER_INN, number="8", date="2026-03-03", organisation_inn=inn)

    with a_gateway(CONTRACT, onec, profile, SERVICE_COMPANY_INN) as contracts:
        answer = find(contracts, STRANGER_INN, "8")

    assert found(answer).organization == "П.И.Т. Сервис ООО"


def test_a_date_after_tomorrow_is_a_mismatch_and_tomorrow_is_not(
    contracts: ODataGateway, onec: Running
) -> None:
    onec.enter_contract(inn=STRANGER_INN, number="Д-1", date="2026-11-24")
    onec.enter_contract(inn=STRANGER_INN, number="Д-2", date="2062-11-23")

    late = find(contracts, STRANGER_INN, "Д-2")

    assert isinstance(find(contracts, STRANGER_INN, "Д-1"), Found)
    assert isinstance(late, Mismatch)
    assert late.differences == (RequisiteDifference("date", "не позже 24.11.2026", "23.11.2062"),)


def test_a_deleted_contract_stops_and_the_one_that_is_left_is_suggested(
    contracts: ODataGateway,
) -> None:
    answer = find(contracts, CHAINSAWS_INN, "ПТ-2025-101")

    assert isinstance(answer, MarkedDeleted)
    assert isinstance(answer.marked, OnecRecord)
    assert isinstance(answer.alternative, OnecRecord)
    assert answer.alternative.number == "ПТ-2026-003"


def test_the_profile_of_another_configuration_is_noticed_by_the_check() -> None:
    with (
        running() as trade,
        a_gateway(CONTRACT, trade, BP30) as contracts,
        pytest.raises(OnecMisconfigured, match="ONEC_PROFILE"),
    ):
        contracts.check()
