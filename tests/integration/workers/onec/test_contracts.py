"""Every answer to "which contract does this number mean", asked of a simulated 1C over HTTP."""

from datetime import date
from uuid import UUID, uuid4

import httpx2
import pytest

from db.domain.onec_bindings import BindingKind
from tests.support.onec import a_gateway, find, found
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import BP30, UT11, Profile
from workers.integrations.onec.simulator.demo import (
    CHAINSAWS_INN,
    COMPANY_INN,
    ENTREPRENEUR_INN,
    GARDENER_INN,
    NETWORK_INN,
    NETWORK_KPPS,
    RENAMED_INN,
    SERVICE_COMPANY_INN,
    TOOLS_INN,
)
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec import (
    Ambiguous,
    Counterparty,
    Found,
    MarkedDeleted,
    MatchMethod,
    Mismatch,
    NotFound,
    OnecRecord,
    RequisiteDifference,
)
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable

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


@pytest.mark.parametrize(
    ("typed", "canonical", "how"),
    [
        (" № пт–2026–014 ", "ПТ-2026-014", MatchMethod.NORMALIZED),
        ("ПT-2026-014", "ПТ-2026-014", MatchMethod.LOOKALIKE),
        ("123", "ПТ00-000123", MatchMethod.DIGITS),
        ("СЦ-005", "СЦ-5", MatchMethod.DIGITS),
    ],
)
def test_whatever_was_typed_the_number_comes_back_as_1c_writes_it(
    contracts: ODataGateway, typed: str, canonical: str, how: MatchMethod
) -> None:
    answer = find(contracts, GARDENER_INN, typed)

    assert isinstance(answer, Found)
    assert (answer.record.number, answer.method) == (canonical, how)


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


def test_a_client_who_is_not_in_1c_is_told_apart_from_one_without_the_contract(
    contracts: ODataGateway,
) -> None:
    answer = find(contracts, STRANGER_INN, "Д-1")

    assert isinstance(answer, NotFound)
    assert answer.counterparties == ()
    assert answer.near == ()


def test_a_contract_entered_after_the_first_question_is_found_by_the_second(
    contracts: ODataGateway, onec: Running
) -> None:
    before = find(contracts, STRANGER_INN, "Д-1", kpp="500001001")
    onec.enter_contract(inn=STRANGER_INN, kpp="500001001", number="Д-1", date="2026-11-23")
    after = find(contracts, STRANGER_INN, "Д-1", kpp="500001001")

    assert isinstance(before, NotFound)
    assert isinstance(after, Found)


def test_two_contracts_with_one_number_are_shown_and_the_picked_one_is_taken(
    contracts: ODataGateway,
) -> None:
    answer = find(contracts, TOOLS_INN, "15/2026")
    assert isinstance(answer, Ambiguous)
    picked = max(answer.candidates, key=lambda contract: contract.date or date.min)

    again = find(contracts, TOOLS_INN, "15/2026", picked=picked.ref_key)

    assert len(answer.candidates) == 2
    assert again == Found(picked, MatchMethod.EXACT, verified=True)


def test_the_code_tells_two_contracts_with_one_number_apart(contracts: ODataGateway) -> None:
    answer = find(contracts, TOOLS_INN, "15/2026")
    assert isinstance(answer, Ambiguous)

    by_code = [find(contracts, TOOLS_INN, one.code) for one in answer.candidates]

    assert [found(one) for one in by_code] == list(answer.candidates)


def test_a_pick_that_is_no_candidate_is_not_found(contracts: ODataGateway) -> None:
    assert isinstance(find(contracts, TOOLS_INN, "15/2026", picked=str(uuid4())), NotFound)


def test_branches_with_one_inn_are_told_apart_by_kpp(contracts: ODataGateway) -> None:
    without = find(contracts, NETWORK_INN, "1")
    answers = [find(contracts, NETWORK_INN, "1", kpp=kpp) for kpp in NETWORK_KPPS]

    assert isinstance(without, Ambiguous)
    assert [found(answer).kpp for answer in answers] == list(NETWORK_KPPS)


def test_another_kpp_than_the_deals_is_a_mismatch(contracts: ODataGateway) -> None:
    answer = find(contracts, GARDENER_INN, "ПТ-2026-014", kpp="540099999")

    assert isinstance(answer, Mismatch)
    assert answer.differences == (RequisiteDifference("kpp", "540099999", "540001001"),)


def test_a_number_of_another_client_is_a_mismatch_that_says_whose_it_is(
    contracts: ODataGateway,
) -> None:
    answer = find(contracts, STRANGER_INN, "ПТ-2026-003")

    assert isinstance(answer, Mismatch)
    assert answer.differences == (RequisiteDifference("inn", STRANGER_INN, CHAINSAWS_INN),)
    assert answer.record.counterparty_name == "Бензопила-Опт ООО"


def test_a_number_that_several_other_clients_have_says_nothing(contracts: ODataGateway) -> None:
    assert isinstance(find(contracts, GARDENER_INN, "1"), NotFound)


def test_a_contract_of_another_company_of_ours_is_a_mismatch(
    onec: Running, profile: Profile
) -> None:
    with (
        a_gateway(CONTRACT, onec, profile, COMPANY_INN) as ours,
        a_gateway(CONTRACT, onec, profile) as any_company,
    ):
        strict = find(ours, GARDENER_INN, "СЦ-5")
        loose = find(any_company, GARDENER_INN, "СЦ-5")

    assert isinstance(strict, Mismatch)
    assert strict.differences == (
        RequisiteDifference("organization", "П.И.Т. Инструмент ООО", "П.И.Т. Сервис ООО"),
    )
    assert isinstance(loose, Found)


def test_namesakes_are_told_apart_by_our_company(onec: Running, profile: Profile) -> None:
    for inn in (COMPANY_INN, SERVICE_COMPANY_INN):
        onec.enter_contract(inn=STRANGER_INN, number="8", date="2026-03-03", organisation_inn=inn)

    with a_gateway(CONTRACT, onec, profile, SERVICE_COMPANY_INN) as contracts:
        answer = find(contracts, STRANGER_INN, "8")

    assert found(answer).organization == "П.И.Т. Сервис ООО"


def test_a_company_of_ours_that_1c_does_not_know_is_a_matter_of_settings(
    onec: Running, profile: Profile
) -> None:
    with (
        a_gateway(CONTRACT, onec, profile, "5000008087") as contracts,
        pytest.raises(OnecMisconfigured, match="ONEC_ORGANISATION_INN"),
    ):
        find(contracts, GARDENER_INN, "ПТ-2026-014")


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


def test_a_deleted_contract_does_not_stand_in_the_way_of_its_living_namesake(
    contracts: ODataGateway, onec: Running
) -> None:
    onec.enter_contract(inn=CHAINSAWS_INN, kpp="780001001", number="ПТ-2025-101", date="2026-02-01")

    answer = find(contracts, CHAINSAWS_INN, "ПТ-2025-101")

    assert found(answer).date == date(2026, 2, 1)


@pytest.mark.parametrize("number", ["УГ-8", "уг-008"])
def test_a_contract_of_a_deleted_counterparty_stops_and_the_living_one_is_suggested(
    contracts: ODataGateway, number: str
) -> None:
    answer = find(contracts, RENAMED_INN, number)

    assert isinstance(answer, MarkedDeleted)
    assert isinstance(answer.marked, Counterparty)
    assert isinstance(answer.alternative, Counterparty)
    assert answer.alternative.name == "Уралгарден ООО"


def test_a_client_who_is_only_there_deleted_stops_whatever_the_number(
    contracts: ODataGateway, onec: Running
) -> None:
    entered = onec.enter_contract(inn=STRANGER_INN, number="Д-1")
    mark_deleted(onec, "Catalog_Контрагенты", entered["counterparty"])

    answer = find(contracts, STRANGER_INN, "Д-2")

    assert isinstance(answer, MarkedDeleted)
    assert isinstance(answer.marked, Counterparty)
    assert answer.alternative is None


@pytest.mark.parametrize("inn", ["", "0000000000", "7707083890", "' or true or '"])
def test_what_is_no_inn_is_never_asked(contracts: ODataGateway, onec: Running, inn: str) -> None:
    with pytest.raises(ValueError, match="ИНН"):
        find(contracts, inn, "1")

    assert onec.journal() == []


@pytest.mark.parametrize("number", ["", "№", "'", "' or true or '", "я" * 5000, "+", "%27"])
def test_a_strange_number_is_just_not_found(contracts: ODataGateway, number: str) -> None:
    assert isinstance(find(contracts, GARDENER_INN, number), NotFound)


def test_rows_of_others_are_never_taken_for_the_clients(
    contracts: ODataGateway, onec: Running
) -> None:
    onec.set_faults(filter_ignored=True)

    with pytest.raises(OnecUnavailable, match="ИНН"):
        find(contracts, GARDENER_INN, "ПТ-2026-014")


def test_the_book_knows_whether_its_sets_are_published(
    contracts: ODataGateway, onec: Running
) -> None:
    contracts.check()
    onec.set_faults(hidden_sets=["Catalog_ДоговорыКонтрагентов"])

    with pytest.raises(OnecMisconfigured, match="OData"):
        contracts.check()


def test_the_profile_of_another_configuration_is_noticed_by_the_check() -> None:
    with (
        running() as trade,
        a_gateway(CONTRACT, trade, BP30) as contracts,
        pytest.raises(OnecMisconfigured, match="ONEC_PROFILE"),
    ):
        contracts.check()


def test_a_client_with_many_branches_is_searched_through_completely() -> None:
    with running() as onec, a_gateway(CONTRACT, onec, UT11) as contracts:
        for branch in range(45):
            onec.enter_contract(
                inn=STRANGER_INN, kpp=f"5000010{branch:02}", number=f"Ф-{branch}", date="2026-01-01"
            )

        answer = find(contracts, STRANGER_INN, "Ф-44")
        longest = max(len(asked["path"] + asked["query"]) for asked in onec.journal())

    assert found(answer).kpp == "500001044"
    assert longest < 8000


def mark_deleted(onec: Running, entity_set: str, key: str) -> None:
    response = httpx2.patch(
        f"{onec.publication}/odata/standard.odata/{entity_set}(guid'{key}')?$format=json",
        json={"DeletionMark": True},
        auth=httpx2.BasicAuth(onec.account.login, onec.account.password),
        trust_env=False,
        timeout=10,
    )
    assert response.status_code == 200
