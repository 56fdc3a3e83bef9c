"""Every answer to "which contract does this number mean", asked of a simulated 1C over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID, uuid4

import httpx2
import pytest

from workers.integrations.onec.contracts import ODataContractBook
from workers.integrations.onec.errors import OnecMisconfigured, OnecUnavailable
from workers.integrations.onec.odata.client import Limits, ODataClient
from workers.integrations.onec.profile import BP30, PROFILES, UT11, Profile
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
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec_contracts import (
    Ambiguous,
    Contract,
    ContractAnswer,
    Counterparty,
    Difference,
    Found,
    MarkedDeleted,
    Match,
    Mismatch,
    NotFound,
)

TODAY = date(2026, 11, 23)
STRANGER_INN = "5000007069"
CONTRACTS = "Catalog_ДоговорыКонтрагентов"


@pytest.fixture(scope="module", params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


@pytest.fixture(scope="module")
def simulator(profile: Profile) -> Iterator[Running]:
    with running(Infobase("ut11" if profile is UT11 else "bp30")) as simulator:
        yield simulator


@pytest.fixture
def onec(simulator: Running) -> Running:
    simulator.reset()
    return simulator


@pytest.fixture
def book(onec: Running, profile: Profile) -> Iterator[ODataContractBook]:
    with a_book(onec, profile) as book:
        yield book


@contextmanager
def a_book(
    onec: Running,
    profile: Profile,
    organisation_inn: str | None = None,
    *,
    allowed_only: bool = False,
) -> Iterator[ODataContractBook]:
    client = ODataClient(
        onec.publication,
        onec.account.login,
        onec.account.password,
        limits=Limits(read=10),
        allowed_only=allowed_only,
    )
    book = ODataContractBook(
        client, profile, organisation_inn=organisation_inn, today=lambda: TODAY
    )
    try:
        yield book
    finally:
        book.close()


def test_a_contract_is_found_with_everything_that_the_deal_keeps(book: ODataContractBook) -> None:
    answer = book.find_contract(GARDENER_INN, "540001001", "ПТ-2026-014")

    assert isinstance(answer, Found)
    assert answer.verified
    assert answer.matched is Match.EXACT
    contract = answer.contract
    assert (contract.number, contract.date) == ("ПТ-2026-014", date(2026, 2, 16))
    assert (contract.counterparty_name, contract.inn, contract.kpp) == (
        "Садовый мастер ООО",
        GARDENER_INN,
        "540001001",
    )
    assert contract.organisation == "П.И.Т. Инструмент ООО"
    assert contract.ref_key
    assert contract.counterparty_ref
    assert contract.code.startswith("00-")
    assert contract.data_version
    assert not contract.deletion_mark


@pytest.mark.parametrize(
    ("typed", "canonical", "how"),
    [
        (" № пт–2026–014 ", "ПТ-2026-014", Match.NORMALISED),
        ("ПT-2026-014", "ПТ-2026-014", Match.LOOKALIKE),
        ("123", "ПТ00-000123", Match.DIGITS),
        ("СЦ-005", "СЦ-5", Match.DIGITS),
    ],
)
def test_whatever_was_typed_the_number_comes_back_as_1c_writes_it(
    book: ODataContractBook, typed: str, canonical: str, how: Match
) -> None:
    answer = book.find_contract(GARDENER_INN, None, typed)

    assert isinstance(answer, Found)
    assert (answer.contract.number, answer.matched) == (canonical, how)


def test_the_code_of_the_contract_will_do_instead_of_its_number(
    book: ODataContractBook, onec: Running
) -> None:
    entered = onec.enter_contract(inn=STRANGER_INN, number="Д-77", date="2026-11-20")

    answer = book.find_contract(STRANGER_INN, None, entered["code"])

    assert isinstance(answer, Found)
    assert (answer.contract.number, answer.matched) == ("Д-77", Match.CODE)


def test_a_contract_without_a_number_is_called_by_its_code(
    book: ODataContractBook, onec: Running
) -> None:
    made = onec.enter_contract(inn=STRANGER_INN, date="2026-11-20")
    code = onec.change(CONTRACTS, made["contract"], Номер="")["Code"]

    answer = book.find_contract(STRANGER_INN, None, code)

    assert isinstance(answer, Found)
    assert (answer.contract.number, answer.contract.label) == ("", code)


def test_empty_references_may_come_as_null(book: ODataContractBook, onec: Running) -> None:
    key = onec.enter_contract(inn=STRANGER_INN, number="Д-78", date="2026-11-20")["contract"]
    onec.change(CONTRACTS, key, Организация_Key=str(UUID(int=0)))
    onec.throw(null_references=True)

    answer = book.find_contract(STRANGER_INN, None, "Д-78")

    assert isinstance(answer, Found)
    assert answer.contract.organisation == ""
    assert list(book.contracts_now([UUID(key)])) == [UUID(key)]


def test_where_rights_are_by_row_the_others_are_left_out_and_none_is_taken_for_gone(
    onec: Running, profile: Profile
) -> None:
    shown = onec.enter_contract(inn=STRANGER_INN, number="Д-79", date="2026-11-20")["contract"]
    hidden = onec.enter_contract(inn=STRANGER_INN, number="Д-80", date="2026-11-20")["contract"]
    gone = uuid4()
    onec.throw(hidden_rows=[f"{CONTRACTS}/{hidden}"])
    with a_book(onec, profile) as book, pytest.raises(OnecMisconfigured, match="прав"):
        book.find_contract(STRANGER_INN, None, "Д-79")

    with a_book(onec, profile, allowed_only=True) as book:
        assert found(book.find_contract(STRANGER_INN, None, "Д-79")).ref_key == UUID(shown)
        assert list(book.contracts_now([UUID(shown), gone])) == [UUID(shown)]
        with pytest.raises(OnecMisconfigured, match="прав"):
            book.contracts_now([UUID(shown), UUID(hidden)])


def test_an_entrepreneur_has_no_kpp_and_is_found_all_the_same(book: ODataContractBook) -> None:
    assert isinstance(book.find_contract(ENTREPRENEUR_INN, None, "7"), Found)
    assert isinstance(book.find_contract(ENTREPRENEUR_INN, "", "7"), Found)


def test_an_unknown_number_brings_back_what_the_client_does_have(book: ODataContractBook) -> None:
    answer = book.find_contract(GARDENER_INN, None, "ПТ-2026-041")

    assert isinstance(answer, NotFound)
    assert [owner.name for owner in answer.searched.counterparties] == ["Садовый мастер ООО"]
    assert answer.near[0].number == "ПТ-2026-014"
    assert len(answer.near) == 3


def test_a_client_who_is_not_in_1c_is_told_apart_from_one_without_the_contract(
    book: ODataContractBook,
) -> None:
    answer = book.find_contract(STRANGER_INN, None, "Д-1")

    assert isinstance(answer, NotFound)
    assert answer.searched.counterparties == ()
    assert answer.near == ()


def test_a_contract_entered_after_the_first_question_is_found_by_the_second(
    book: ODataContractBook, onec: Running
) -> None:
    before = book.find_contract(STRANGER_INN, "500001001", "Д-1")
    onec.enter_contract(inn=STRANGER_INN, kpp="500001001", number="Д-1", date="2026-11-23")
    after = book.find_contract(STRANGER_INN, "500001001", "Д-1")

    assert isinstance(before, NotFound)
    assert isinstance(after, Found)


def test_two_contracts_with_one_number_are_shown_and_the_picked_one_is_taken(
    book: ODataContractBook,
) -> None:
    answer = book.find_contract(TOOLS_INN, None, "15/2026")
    assert isinstance(answer, Ambiguous)
    picked = max(answer.candidates, key=lambda contract: contract.date or date.min)

    again = book.find_contract(TOOLS_INN, None, "15/2026", ref_key=picked.ref_key)

    assert len(answer.candidates) == 2
    assert again == Found(picked, Match.EXACT, verified=True)


def test_the_code_tells_two_contracts_with_one_number_apart(book: ODataContractBook) -> None:
    answer = book.find_contract(TOOLS_INN, None, "15/2026")
    assert isinstance(answer, Ambiguous)

    by_code = [book.find_contract(TOOLS_INN, None, one.code) for one in answer.candidates]

    assert [found(one) for one in by_code] == list(answer.candidates)


def test_a_pick_that_is_no_candidate_is_not_found(book: ODataContractBook) -> None:
    assert isinstance(book.find_contract(TOOLS_INN, None, "15/2026", ref_key=uuid4()), NotFound)


def test_branches_with_one_inn_are_told_apart_by_kpp(book: ODataContractBook) -> None:
    without = book.find_contract(NETWORK_INN, None, "1")
    answers = [book.find_contract(NETWORK_INN, kpp, "1") for kpp in NETWORK_KPPS]

    assert isinstance(without, Ambiguous)
    assert [found(answer).kpp for answer in answers] == list(NETWORK_KPPS)


def test_another_kpp_than_the_deals_is_a_mismatch(book: ODataContractBook) -> None:
    answer = book.find_contract(GARDENER_INN, "540099999", "ПТ-2026-014")

    assert isinstance(answer, Mismatch)
    assert answer.differences == (Difference("kpp", "540099999", "540001001"),)


def test_a_number_of_another_client_is_a_mismatch_that_says_whose_it_is(
    book: ODataContractBook,
) -> None:
    answer = book.find_contract(STRANGER_INN, None, "ПТ-2026-003")

    assert isinstance(answer, Mismatch)
    assert answer.differences == (Difference("inn", STRANGER_INN, CHAINSAWS_INN),)
    assert answer.contract.counterparty_name == "Бензопила-Опт ООО"


def test_a_number_that_several_other_clients_have_says_nothing(book: ODataContractBook) -> None:
    assert isinstance(book.find_contract(GARDENER_INN, None, "1"), NotFound)


def test_a_contract_of_another_company_of_ours_is_a_mismatch(
    onec: Running, profile: Profile
) -> None:
    with a_book(onec, profile, COMPANY_INN) as ours, a_book(onec, profile) as any_company:
        strict = ours.find_contract(GARDENER_INN, None, "СЦ-5")
        loose = any_company.find_contract(GARDENER_INN, None, "СЦ-5")

    assert isinstance(strict, Mismatch)
    assert strict.differences == (
        Difference("organisation", "П.И.Т. Инструмент ООО", "П.И.Т. Сервис ООО"),
    )
    assert isinstance(loose, Found)


def test_namesakes_are_told_apart_by_our_company(onec: Running, profile: Profile) -> None:
    for inn in (COMPANY_INN, SERVICE_COMPANY_INN):
        onec.enter_contract(inn=STRANGER_INN, number="8", date="2026-03-03", organisation_inn=inn)

    with a_book(onec, profile, SERVICE_COMPANY_INN) as book:
        answer = book.find_contract(STRANGER_INN, None, "8")

    assert found(answer).organisation == "П.И.Т. Сервис ООО"


def test_a_company_of_ours_that_1c_does_not_know_is_a_matter_of_settings(
    onec: Running, profile: Profile
) -> None:
    with (
        a_book(onec, profile, "5000008087") as book,
        pytest.raises(OnecMisconfigured, match="ONEC_ORGANISATION_INN"),
    ):
        book.find_contract(GARDENER_INN, None, "ПТ-2026-014")


def test_a_date_after_tomorrow_is_a_mismatch_and_tomorrow_is_not(
    book: ODataContractBook, onec: Running
) -> None:
    onec.enter_contract(inn=STRANGER_INN, number="Д-1", date="2026-11-24")
    onec.enter_contract(inn=STRANGER_INN, number="Д-2", date="2062-11-23")

    late = book.find_contract(STRANGER_INN, None, "Д-2")

    assert isinstance(book.find_contract(STRANGER_INN, None, "Д-1"), Found)
    assert isinstance(late, Mismatch)
    assert late.differences == (Difference("date", "не позже 24.11.2026", "23.11.2062"),)


def test_a_deleted_contract_stops_and_the_one_that_is_left_is_suggested(
    book: ODataContractBook,
) -> None:
    answer = book.find_contract(CHAINSAWS_INN, None, "ПТ-2025-101")

    assert isinstance(answer, MarkedDeleted)
    assert answer.what == "contract"
    assert isinstance(answer.alternative, Contract)
    assert answer.alternative.number == "ПТ-2026-003"


def test_a_deleted_contract_does_not_stand_in_the_way_of_its_living_namesake(
    book: ODataContractBook, onec: Running
) -> None:
    onec.enter_contract(inn=CHAINSAWS_INN, kpp="780001001", number="ПТ-2025-101", date="2026-02-01")

    answer = book.find_contract(CHAINSAWS_INN, None, "ПТ-2025-101")

    assert found(answer).date == date(2026, 2, 1)


@pytest.mark.parametrize("number", ["УГ-8", "уг-008"])
def test_a_contract_of_a_deleted_counterparty_stops_and_the_living_one_is_suggested(
    book: ODataContractBook, number: str
) -> None:
    answer = book.find_contract(RENAMED_INN, None, number)

    assert isinstance(answer, MarkedDeleted)
    assert answer.what == "counterparty"
    assert isinstance(answer.alternative, Counterparty)
    assert answer.alternative.name == "Уралгарден ООО"


def test_a_client_who_is_only_there_deleted_stops_whatever_the_number(
    book: ODataContractBook, onec: Running
) -> None:
    entered = onec.enter_contract(inn=STRANGER_INN, number="Д-1")
    mark_deleted(onec, "Catalog_Контрагенты", entered["counterparty"])

    answer = book.find_contract(STRANGER_INN, None, "Д-2")

    assert isinstance(answer, MarkedDeleted)
    assert (answer.what, answer.alternative) == ("counterparty", None)


@pytest.mark.parametrize("inn", ["", "0000000000", "7707083890", "' or true or '"])
def test_what_is_no_inn_is_never_asked(book: ODataContractBook, onec: Running, inn: str) -> None:
    with pytest.raises(ValueError, match="ИНН"):
        book.find_contract(inn, None, "1")

    assert onec.journal() == []


@pytest.mark.parametrize("number", ["", "№", "'", "' or true or '", "я" * 5000, "+", "%27"])
def test_a_strange_number_is_just_not_found(book: ODataContractBook, number: str) -> None:
    assert isinstance(book.find_contract(GARDENER_INN, None, number), NotFound)


def test_rows_of_others_are_never_taken_for_the_clients(
    book: ODataContractBook, onec: Running
) -> None:
    onec.throw(filter_ignored=True)

    with pytest.raises(OnecUnavailable, match="ИНН"):
        book.find_contract(GARDENER_INN, None, "ПТ-2026-014")


def test_the_book_knows_whether_its_sets_are_published(
    book: ODataContractBook, onec: Running
) -> None:
    book.check()
    onec.throw(hidden_sets=["Catalog_ДоговорыКонтрагентов"])

    with pytest.raises(OnecMisconfigured, match="OData"):
        book.check()


def test_the_profile_of_another_configuration_is_noticed_by_the_check() -> None:
    with (
        running() as trade,
        a_book(trade, BP30) as book,
        pytest.raises(OnecMisconfigured, match="ONEC_PROFILE"),
    ):
        book.check()


def test_a_client_with_many_branches_is_searched_through_completely() -> None:
    with running() as onec, a_book(onec, UT11) as book:
        for branch in range(45):
            onec.enter_contract(
                inn=STRANGER_INN, kpp=f"5000010{branch:02}", number=f"Ф-{branch}", date="2026-01-01"
            )

        answer = book.find_contract(STRANGER_INN, None, "Ф-44")
        longest = max(len(asked["path"] + asked["query"]) for asked in onec.journal())

    assert found(answer).kpp == "500001044"
    assert longest < 8000


def found(answer: ContractAnswer) -> Contract:
    assert isinstance(answer, Found), answer
    return answer.contract


def mark_deleted(onec: Running, entity_set: str, key: str) -> None:
    response = httpx2.patch(
        f"{onec.publication}/odata/standard.odata/{entity_set}(guid'{key}')?$format=json",
        json={"DeletionMark": True},
        auth=httpx2.BasicAuth(onec.account.login, onec.account.password),
        trust_env=False,
        timeout=10,
    )
    assert response.status_code == 200
