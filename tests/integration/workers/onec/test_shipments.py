"""Every answer to "which shipment does this number mean", asked of a simulated 1C over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from workers.integrations.onec.contracts import ODataContractBook
from workers.integrations.onec.errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)
from workers.integrations.onec.odata.client import Limits, ODataClient
from workers.integrations.onec.profile import PROFILES, UT11, Profile
from workers.integrations.onec.shipments import ODataShipmentBook
from workers.integrations.onec.simulator.demo import (
    CHAINSAWS_INN,
    CLIENTS,
    COMPANY_INN,
    CONTRACTS,
    GARDENER_INN,
    NETWORK_INN,
    NETWORK_KPPS,
    RENAMED_INN,
    SERVICE_COMPANY_INN,
    SHIPMENTS,
    WAREHOUSES,
)
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec_contracts import Counterparty, Difference, Found, Match
from workers.ports.onec_shipments import (
    NotPosted,
    Shipment,
    ShipmentAmbiguous,
    ShipmentAnswer,
    ShipmentFound,
    ShipmentMarkedDeleted,
    ShipmentMismatch,
    ShipmentNotFound,
)

TODAY = date(2026, 11, 23)
SINCE = date(2026, 1, 1)
LAST_YEAR = date(2025, 1, 1)
STRANGER_INN = "5000007069"


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
def book(onec: Running, profile: Profile) -> Iterator[ODataShipmentBook]:
    with a_book(onec, profile) as book:
        yield book


@contextmanager
def a_book(
    onec: Running, profile: Profile, organisation_inn: str | None = None, **limits: Any
) -> Iterator[ODataShipmentBook]:
    with a_client(onec, **limits) as client:
        yield ODataShipmentBook(
            client, profile, organisation_inn=organisation_inn, today=lambda: TODAY
        )


def a_client(onec: Running, **limits: Any) -> ODataClient:
    allowed = Limits(**{"read": 10, "pause": timedelta(milliseconds=1)} | limits)
    return ODataClient(onec.publication, onec.account.login, onec.account.password, limits=allowed)


@pytest.fixture
def contracts(onec: Running, profile: Profile) -> Iterator[ODataContractBook]:
    with a_client(onec) as client:
        yield ODataContractBook(client, profile, organisation_inn=None, today=lambda: TODAY)


def test_a_shipment_is_found_with_everything_that_the_deal_keeps(
    book: ODataShipmentBook, contracts: ODataContractBook
) -> None:
    bound = contracts.find_contract(GARDENER_INN, None, "ПТ-2026-014")
    assert isinstance(bound, Found)
    contract = bound.contract

    answer = book.find_shipment(
        GARDENER_INN,
        "ПТУТ-000123",
        since=SINCE,
        counterparty_ref=contract.counterparty_ref,
        contract_ref=contract.ref_key,
    )

    assert isinstance(answer, ShipmentFound)
    assert (answer.matched, answer.verified, answer.warnings) == (Match.EXACT, True, ())
    shipment = answer.shipment
    assert (shipment.number, shipment.date) == ("ПТУТ-000123", date(2026, 3, 10))
    assert (shipment.counterparty_name, shipment.inn) == ("Садовый мастер ООО", GARDENER_INN)
    assert (shipment.counterparty_ref, shipment.contract_ref) == (
        contract.counterparty_ref,
        contract.ref_key,
    )
    assert (shipment.organisation, shipment.warehouse) == (
        "П.И.Т. Инструмент ООО",
        "Центральный склад",
    )
    assert str(shipment.amount) == "125400.50"
    assert shipment.ref_key
    assert shipment.data_version
    assert (shipment.posted, shipment.deletion_mark) == (True, False)


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("123", Match.DIGITS),
        ("000123", Match.DIGITS),
        ("УТ-123", Match.DIGITS),
        (" № птут–000123 ", Match.NORMALISED),
        ("ПTУT-000123", Match.LOOKALIKE),
    ],
)
def test_whatever_was_typed_the_number_comes_back_as_1c_writes_it(
    book: ODataShipmentBook, typed: str, how: Match
) -> None:
    answer = book.find_shipment(GARDENER_INN, typed, since=SINCE)

    assert isinstance(answer, ShipmentFound)
    assert (answer.shipment.number, answer.matched) == ("ПТУТ-000123", how)


def test_the_same_number_of_last_year_is_out_of_question_unless_the_deal_is_as_old(
    book: ODataShipmentBook,
) -> None:
    young = book.find_shipment(GARDENER_INN, "ПТУТ-000123", since=SINCE)
    old = book.find_shipment(GARDENER_INN, "ПТУТ-000123", since=LAST_YEAR)

    assert found(young).date == date(2026, 3, 10)
    assert isinstance(old, ShipmentAmbiguous)
    assert [one.date for one in old.candidates] == [date(2026, 3, 10), date(2025, 3, 11)]


def test_the_first_day_in_question_counts_and_the_day_before_does_not(
    book: ODataShipmentBook,
) -> None:
    on_the_day = book.find_shipment(GARDENER_INN, "ПТУТ-000123", since=date(2026, 3, 10))
    after = book.find_shipment(GARDENER_INN, "ПТУТ-000123", since=date(2026, 3, 11))

    assert isinstance(on_the_day, ShipmentFound)
    assert isinstance(after, ShipmentNotFound)
    assert after.searched.since == date(2026, 3, 11)


def test_an_unknown_number_brings_back_what_the_client_did_get(book: ODataShipmentBook) -> None:
    answer = book.find_shipment(GARDENER_INN, "ПТУТ-000133", since=SINCE)

    assert isinstance(answer, ShipmentNotFound)
    assert (answer.searched.inn, answer.searched.number) == (GARDENER_INN, "ПТУТ-000133")
    assert [owner.name for owner in answer.searched.counterparties] == ["Садовый мастер ООО"]
    assert len(answer.near) == 5
    assert answer.near[0].number in ("ПТУТ-000123", "ПТУТ-000131", "ПТУТ-000132")
    assert {one.inn for one in answer.near} == {GARDENER_INN}


def test_a_client_who_is_not_in_1c_is_told_apart_from_one_without_the_shipment(
    book: ODataShipmentBook,
) -> None:
    answer = book.find_shipment(STRANGER_INN, "1", since=SINCE)

    assert isinstance(answer, ShipmentNotFound)
    assert (answer.searched.counterparties, answer.near) == ((), ())


def test_a_shipment_entered_after_the_first_question_is_found_by_the_second(
    book: ODataShipmentBook, onec: Running
) -> None:
    before = book.find_shipment(STRANGER_INN, "ПТУТ-000900", since=SINCE)
    onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000900", date="2026-11-23")
    after = book.find_shipment(STRANGER_INN, "ПТУТ-000900", since=SINCE)

    assert isinstance(before, ShipmentNotFound)
    assert isinstance(after, ShipmentFound)


def test_equal_digits_under_two_prefixes_are_shown_and_the_picked_one_is_taken(
    book: ODataShipmentBook,
) -> None:
    answer = book.find_shipment(GARDENER_INN, "45", since=SINCE)
    assert isinstance(answer, ShipmentAmbiguous)
    picked = answer.candidates[0]

    again = book.find_shipment(GARDENER_INN, "45", since=SINCE, ref_key=picked.ref_key)

    assert {one.number for one in answer.candidates} == {"ПТУТ-000045", "СЦУТ-000045"}
    assert answer.searched.number == "45"
    assert again == ShipmentFound(picked, Match.DIGITS, verified=True)


def test_the_full_number_leaves_no_doubt_where_its_digits_do(book: ODataShipmentBook) -> None:
    answer = book.find_shipment(GARDENER_INN, "СЦУТ-000045", since=SINCE)

    assert found(answer).organisation == "П.И.Т. Сервис ООО"


def test_the_contract_puts_its_own_shipment_first_but_never_decides_alone(
    book: ODataShipmentBook, contracts: ODataContractBook
) -> None:
    bound = contracts.find_contract(GARDENER_INN, None, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = book.find_shipment(
        GARDENER_INN, "45", since=SINCE, contract_ref=bound.contract.ref_key
    )

    assert isinstance(answer, ShipmentAmbiguous)
    assert [one.number for one in answer.candidates] == ["ПТУТ-000045", "СЦУТ-000045"]


def test_our_company_tells_equal_digits_apart(onec: Running, profile: Profile) -> None:
    with a_book(onec, profile, SERVICE_COMPANY_INN) as book:
        answer = book.find_shipment(GARDENER_INN, "45", since=SINCE)

    assert found(answer).number == "СЦУТ-000045"


def test_branches_with_one_inn_are_told_apart_by_the_counterparty_of_the_deal(
    book: ODataShipmentBook, contracts: ODataContractBook
) -> None:
    bound = contracts.find_contract(NETWORK_INN, NETWORK_KPPS[1], "1")
    assert isinstance(bound, Found)
    branch = bound.contract.counterparty_ref

    without = book.find_shipment(NETWORK_INN, "140", since=SINCE)
    with_it = book.find_shipment(NETWORK_INN, "140", since=SINCE, counterparty_ref=branch)
    other = book.find_shipment(NETWORK_INN, "ПТСО-000140", since=SINCE, counterparty_ref=branch)

    assert isinstance(without, ShipmentAmbiguous)
    assert found(with_it).number == "ПТКР-000140"
    assert isinstance(other, ShipmentMismatch)
    assert other.differences == (
        Difference(
            "counterparty",
            f"Дачная сеть ООО, Краснодар, КПП {NETWORK_KPPS[1]}",
            f"Дачная сеть ООО, Сочи, КПП {NETWORK_KPPS[0]}",
        ),
    )
    assert [one.number for one in other.near] == ["ПТКР-000140"]


@pytest.mark.parametrize("typed", ["ПТУТ-000124", "птут-000124", "ПTУT-000124"])
def test_a_number_of_another_client_is_a_mismatch_that_says_whose_it_is(
    book: ODataShipmentBook, typed: str
) -> None:
    answer = book.find_shipment(GARDENER_INN, typed, since=SINCE)

    assert isinstance(answer, ShipmentMismatch)
    assert answer.differences == (Difference("inn", GARDENER_INN, CHAINSAWS_INN),)
    assert answer.shipment.counterparty_name == "Бензопила-Опт ООО"
    assert "ПТУТ-000123" in {one.number for one in answer.near}


def test_a_shipment_of_another_company_of_ours_is_a_mismatch(
    onec: Running, profile: Profile
) -> None:
    with a_book(onec, profile, COMPANY_INN) as book:
        answer = book.find_shipment(GARDENER_INN, "СЦУТ-000045", since=SINCE)

    assert isinstance(answer, ShipmentMismatch)
    assert answer.differences == (
        Difference("organisation", "П.И.Т. Инструмент ООО", "П.И.Т. Сервис ООО"),
    )


def test_another_contract_than_the_deals_is_allowed_but_said(
    book: ODataShipmentBook, contracts: ODataContractBook
) -> None:
    bound = contracts.find_contract(GARDENER_INN, None, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = book.find_shipment(
        GARDENER_INN, "131", since=SINCE, contract_ref=bound.contract.ref_key
    )

    assert isinstance(answer, ShipmentFound)
    assert answer.warnings == (Difference("contract", "ПТ-2026-014", "ПТ00-000123"),)


def test_a_shipment_without_contract_is_allowed_but_said(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    onec.enter_shipment(inn=GARDENER_INN, kpp="540001001", number="ПТУТ-000700", date="2026-11-02")
    bound = contracts.find_contract(GARDENER_INN, None, "ПТ-2026-014")
    assert isinstance(bound, Found)

    answer = book.find_shipment(
        GARDENER_INN, "700", since=SINCE, contract_ref=bound.contract.ref_key
    )

    assert isinstance(answer, ShipmentFound)
    assert answer.shipment.contract_ref is None
    assert answer.warnings == (Difference("contract", "ПТ-2026-014", ""),)


def test_a_date_to_come_is_allowed_but_said(book: ODataShipmentBook, onec: Running) -> None:
    onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000701", date="2027-11-20")
    onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000702", date="2026-11-23")

    late = book.find_shipment(STRANGER_INN, "701", since=SINCE)
    today = book.find_shipment(STRANGER_INN, "702", since=SINCE)

    assert isinstance(late, ShipmentFound)
    assert late.warnings == (Difference("date", "не позже 23.11.2026", "20.11.2027"),)
    assert isinstance(today, ShipmentFound)
    assert today.warnings == ()


def test_an_unposted_shipment_waits_for_the_operator_and_is_taken_once_it_is_posted(
    book: ODataShipmentBook, onec: Running
) -> None:
    before = book.find_shipment(GARDENER_INN, "132", since=SINCE)
    assert isinstance(before, NotPosted)
    onec.post(SHIPMENTS, before.shipment.ref_key)
    after = book.find_shipment(GARDENER_INN, "132", since=SINCE)

    assert before.kind == "NOT_POSTED"
    assert before.shipment.number == "ПТУТ-000132"
    assert before.shipment not in before.near
    assert found(after).posted


def test_an_unposted_shipment_of_another_company_is_a_mismatch_first(
    book: ODataShipmentBook, onec: Running, profile: Profile
) -> None:
    with a_book(onec, profile, SERVICE_COMPANY_INN) as other:
        answer = other.find_shipment(GARDENER_INN, "132", since=SINCE)

    assert isinstance(answer, ShipmentMismatch)


def test_a_deleted_shipment_stops_and_what_is_left_is_suggested(book: ODataShipmentBook) -> None:
    answer = book.find_shipment(CHAINSAWS_INN, "ПТУТ-000126", since=SINCE)

    assert isinstance(answer, ShipmentMarkedDeleted)
    assert answer.what == "shipment"
    assert isinstance(answer.marked, Shipment)
    assert (answer.marked.number, answer.marked.posted) == ("ПТУТ-000126", False)
    assert [one.number for one in answer.near] == ["ПТУТ-000124"]


def test_a_deleted_shipment_does_not_stand_in_the_way_of_its_living_namesake(
    book: ODataShipmentBook, onec: Running
) -> None:
    onec.enter_shipment(inn=CHAINSAWS_INN, kpp="780001001", number="ПТУТ-000126", date="2026-04-03")

    assert found(book.find_shipment(CHAINSAWS_INN, "126", since=SINCE)).date == date(2026, 4, 3)


def test_a_shipment_to_a_deleted_counterparty_stops(book: ODataShipmentBook) -> None:
    answer = book.find_shipment(RENAMED_INN, "ПТУТ-000099", since=SINCE)

    assert isinstance(answer, ShipmentMarkedDeleted)
    assert answer.what == "counterparty"
    assert isinstance(answer.marked, Counterparty)


def test_a_client_who_is_only_there_deleted_stops_whatever_the_number(
    book: ODataShipmentBook, onec: Running
) -> None:
    entered = onec.enter_shipment(inn=STRANGER_INN, number="ПТУТ-000700")
    onec.change(CLIENTS, entered["counterparty"], DeletionMark=True)

    answer = book.find_shipment(STRANGER_INN, "701", since=SINCE)

    assert isinstance(answer, ShipmentMarkedDeleted)
    assert (answer.what, answer.near) == ("counterparty", ())


def test_a_pick_that_is_no_candidate_is_not_found(book: ODataShipmentBook) -> None:
    answer = book.find_shipment(GARDENER_INN, "45", since=SINCE, ref_key=uuid4())

    assert isinstance(answer, ShipmentNotFound)


def test_no_more_candidates_are_shown_than_a_person_can_read(
    book: ODataShipmentBook, onec: Running
) -> None:
    for prefix in range(22):
        number = f"А{prefix:03}-000007"
        onec.enter_shipment(inn=STRANGER_INN, number=number, date="2026-05-05")

    answer = book.find_shipment(STRANGER_INN, "7", since=SINCE)
    unknown = book.find_shipment(STRANGER_INN, "8", since=SINCE)

    assert isinstance(answer, ShipmentAmbiguous)
    assert len(answer.candidates) == 20
    assert isinstance(unknown, ShipmentNotFound)
    assert len(unknown.near) == 5


@pytest.mark.parametrize("number", ["", "№", "'", "' or true or '", "я" * 5000, "+", "%27"])
def test_a_strange_number_is_just_not_found(book: ODataShipmentBook, number: str) -> None:
    assert isinstance(book.find_shipment(GARDENER_INN, number, since=SINCE), ShipmentNotFound)


def test_what_is_no_inn_is_never_asked(book: ODataShipmentBook, onec: Running) -> None:
    with pytest.raises(ValueError, match="ИНН"):
        book.find_shipment("7707083890", "1", since=SINCE)

    assert onec.journal() == []


@pytest.mark.parametrize("switch", ["bom", "charset_lies", "sums_as_text"])
def test_the_ways_of_other_servers_change_nothing(
    book: ODataShipmentBook, onec: Running, switch: str
) -> None:
    onec.throw(**{switch: True})

    shipment = found(book.find_shipment(GARDENER_INN, "123", since=SINCE))

    assert shipment.amount == Decimal("125400.50")


def test_without_warehouses_in_the_interface_only_their_names_are_missing(
    book: ODataShipmentBook, onec: Running
) -> None:
    onec.throw(hidden_sets=[WAREHOUSES])

    assert found(book.find_shipment(GARDENER_INN, "123", since=SINCE)).warehouse == ""


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
    book: ODataShipmentBook, onec: Running, faults: dict[str, Any], expected: type[Exception]
) -> None:
    onec.throw(**faults)

    with pytest.raises(expected) as trouble:
        book.find_shipment(GARDENER_INN, "123", since=SINCE)
    assert type(trouble.value) is expected


def test_a_slow_1c_is_left_after_the_time_allowed(onec: Running, profile: Profile) -> None:
    onec.throw(delay_seconds=1, times=1)

    with a_book(onec, profile, read=0.2) as hasty, pytest.raises(OnecUnavailable):
        hasty.find_shipment(GARDENER_INN, "123", since=SINCE)
    with a_book(onec, profile) as patient:
        onec.throw(delay_seconds=0.5, times=1)
        assert found(patient.find_shipment(GARDENER_INN, "123", since=SINCE))


def test_the_book_knows_whether_its_sets_are_published(
    book: ODataShipmentBook, onec: Running
) -> None:
    onec.throw(hidden_sets=[WAREHOUSES])
    book.check()
    onec.throw(hidden_sets=[SHIPMENTS])

    with pytest.raises(OnecMisconfigured, match="OData"):
        book.check()


def test_a_client_with_many_branches_is_searched_through_completely(
    book: ODataShipmentBook, onec: Running
) -> None:
    for branch in range(45):
        onec.enter_shipment(
            inn=STRANGER_INN, kpp=f"5000010{branch:02}", number=f"Ф-{branch}", date="2026-02-01"
        )

    answer = book.find_shipment(STRANGER_INN, "Ф-44", since=SINCE)

    assert found(answer)
    assert max(len(asked["path"] + asked["query"]) for asked in onec.journal()) < 8000


def test_a_bound_shipment_is_seen_as_it_is_now(book: ODataShipmentBook, onec: Running) -> None:
    before = found(book.find_shipment(GARDENER_INN, "123", since=SINCE))
    assert before.ref_key
    onec.change(SHIPMENTS, before.ref_key, Number="ПТУТ-000777", СуммаДокумента=0.1)

    renumbered = book.shipments_now([before.ref_key])[before.ref_key]
    onec.unpost(SHIPMENTS, before.ref_key)
    unposted = book.shipments_now([before.ref_key])[before.ref_key]
    onec.change(SHIPMENTS, before.ref_key, DeletionMark=True)
    deleted = book.shipments_now([before.ref_key])[before.ref_key]

    assert (renumbered.number, renumbered.amount) == ("ПТУТ-000777", Decimal("0.10"))
    assert renumbered.posted
    assert renumbered.data_version != before.data_version
    assert (renumbered.counterparty_name, renumbered.warehouse) == (
        before.counterparty_name,
        before.warehouse,
    )
    assert not unposted.posted
    assert deleted.deletion_mark


def test_a_bound_contract_is_seen_as_it_is_now(contracts: ODataContractBook, onec: Running) -> None:
    answer = contracts.find_contract(GARDENER_INN, None, "ПТ-2026-014")
    assert isinstance(answer, Found)
    before = answer.contract
    assert before.ref_key

    same = contracts.contracts_now([before.ref_key])
    onec.change(CONTRACTS, before.ref_key, Номер="ПТ-2026-015", DeletionMark=True)
    after = contracts.contracts_now([before.ref_key])[before.ref_key]

    assert same == {before.ref_key: before}
    assert (after.number, after.deletion_mark) == ("ПТ-2026-015", True)
    assert after.inn == GARDENER_INN


def test_a_row_that_is_gone_is_missing_from_the_answer(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    shipped = onec.enter_shipment(inn=STRANGER_INN, contract_number="Д-1")
    shipment, contract = UUID(shipped["shipment"]), UUID(shipped["contract"])
    there = book.shipments_now([shipment]), contracts.contracts_now([contract])
    onec.delete(SHIPMENTS, shipment)
    onec.delete(CONTRACTS, contract)

    assert [list(rows) for rows in there] == [[shipment], [contract]]
    assert book.shipments_now([shipment]) == {}
    assert contracts.contracts_now([contract, uuid4()]) == {}


def test_a_paper_whose_client_is_gone_is_still_shown(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    shipped = onec.enter_shipment(inn=STRANGER_INN, contract_number="Д-1")
    shipment, contract = UUID(shipped["shipment"]), UUID(shipped["contract"])
    onec.delete(CLIENTS, shipped["counterparty"])

    assert book.shipments_now([shipment])[shipment].inn == ""
    assert contracts.contracts_now([contract])[contract].counterparty_name == ""


def test_many_keys_are_asked_in_portions_that_fit_into_an_address(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    shipped = [
        onec.enter_shipment(inn=STRANGER_INN, kpp=f"5000010{number:02}", contract_number="1")
        for number in range(45)
    ]
    shipments = [UUID(one["shipment"]) for one in shipped]
    signed = [UUID(one["contract"]) for one in shipped]

    assert set(book.shipments_now([*shipments, *shipments])) == set(shipments)
    assert set(contracts.contracts_now(signed)) == set(signed)
    asked = [one["path"] + one["query"] for one in onec.journal()]
    assert len(asked) == (3 + 3 + 1 + 1) + (3 + 3 + 1)
    assert max(map(len, asked)) < 8000


def test_nothing_is_asked_about_no_keys(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    assert book.shipments_now([]) == contracts.contracts_now([]) == {}
    assert onec.journal() == []


def test_rows_that_nobody_asked_for_are_never_taken_for_the_bound_ones(
    book: ODataShipmentBook, contracts: ODataContractBook, onec: Running
) -> None:
    onec.throw(filter_ignored=True)

    with pytest.raises(OnecUnavailable, match="чужие"):
        book.shipments_now([uuid4()])
    with pytest.raises(OnecUnavailable, match="чужие"):
        contracts.contracts_now([uuid4()])


def found(answer: ShipmentAnswer) -> Shipment:
    assert isinstance(answer, ShipmentFound), answer
    return answer.shipment
