"""Topics of numbers with every result that 1C may have, against a simulated 1C."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db.domain.deals.history import Actor, Cause, Kind
from db.domain.onec.bindings import BindingKind, BindingState
from db.domain.shipping.fulfillment import Run, RunState
from tests.support.builders import COMPANY_INN, a_deal, ready_values
from tests.support.fakes.ports import Office, a_task, an_office
from workers.background.number_confirmation import NumberConfirmation
from workers.background.onec_reconciliation import Reconciler
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import Found, MatchMethod, OnecRecord
from workers.ports.onec_errors import OnecLoginRefused, OnecMisconfigured, OnecRejected
from workers.runtime.contract import Completed, Failed, Refused
from workers.services.onec.discrepancies import side_key
from workers.settings import WorkerSettings
from workers.topics.onec import (
    assign_discrepancy,
    check_shipment,
    override_onec_number,
    probe_onec,
    recheck_onec,
    sync_onec_number,
)
from workers.topics.shipping import close_shipment

SYNC, OVERRIDE = sync_onec_number.TOPIC, override_onec_number.TOPIC
PROBE = probe_onec.TOPIC
CHECK, RECHECK, CLOSE = check_shipment.TOPIC, recheck_onec.TOPIC, close_shipment.TOPIC
ASSIGN = assign_discrepancy.TOPIC
TODAY = datetime.now(UTC)
OTHER_INN = "5000007069"
OPERATOR, ADMIN = "onecMoscow", "portal1"
SET = "Document_РеализацияТоваровУслуг"


def a_shipped_deal(office: Office, stage: str = "realization", **values: Any) -> str:
    """A deal with a contract number and an open run of fulfillment."""
    deal = a_deal(
        stage=stage,
        created_at=TODAY,
        stage_since=TODAY,
        values=ready_values(contractNumber="П-1", **values),
    )
    deal_id = office.keep(deal)
    with office.database.writing() as store:
        store.runs.open(Run(deal_id, 0, f"i-{deal_id}", TODAY, "termsAgreed", "moscowTransport"))
    return deal_id


def entered(
    office: Office, deal_id: str, number: object, kind: str = "shipment", **more: Any
) -> Any:
    said = {"answer": "entered", "number": number, "decidedBy": OPERATOR, "kind": kind, **more}
    return office.do(SYNC, a_task(deal_id, id=f"{deal_id}-{number}-{more.get('picked')}", **said))


def shipped(onec: Running, **more: Any) -> str:
    """The operator makes a реализация in 1C. Returns: its number."""
    return str(onec.control("POST", "shipments", {"inn": COMPANY_INN, **more})["number"])


def bound(office: Office, deal_id: str, kind: BindingKind = BindingKind.SHIPMENT) -> Any:
    with office.database.reading() as store:
        return store.bindings.active(deal_id, kind, 1 if kind is BindingKind.SHIPMENT else 0)


def kind_of(outcome: object) -> str:
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == "ONEC_NUMBER_REFUSED"
    details = outcome.variables["formDetails"]
    return str(details["kind"])


def test_a_confirmed_number_is_in_the_deal_and_bound_by_its_key(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)

    first, again = entered(office, deal_id, number), entered(office, deal_id, number)

    assert isinstance(first, Completed)
    assert first == again
    assert first.variables["onecNumber"] == number
    assert first.variables["orderReturned"] is False
    assert office.deal(deal_id).values["shipmentNumber"] == number
    found = bound(office, deal_id)
    assert (found.number, found.state, found.verified_by) == (
        number,
        BindingState.VERIFIED,
        OPERATOR,
    )
    assert found.ref_key is not None
    with office.database.reading() as store:
        run = store.runs.current(deal_id)
        assert run is not None
        assert run.shipment_number == number
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.NUMBER]
    assert [(row.subject, row.new["verified"]) for row in rows] == [("shipmentNumber", True)]


@pytest.mark.parametrize("printed", ["{digits}", "№ {digits}", " {number} ", "{lower}"])
def test_leading_zeros_and_printed_numbers_are_understood(
    office: Office, onec: Running, printed: str
) -> None:
    number = shipped(onec)
    digits = number.rpartition("-")[2].lstrip("0")
    typed = printed.format(number=number, digits=digits, lower=number.lower())
    deal_id = a_shipped_deal(office)

    assert isinstance(entered(office, deal_id, typed), Completed)

    assert office.deal(deal_id).values["shipmentNumber"] == number
    assert bound(office, deal_id).number_entered == typed.strip()


def test_an_unknown_number_goes_back_with_what_was_searched_and_what_is_near(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "ПТУТ-777777")

    assert kind_of(outcome) == "NOT_FOUND"
    details = outcome.variables["formDetails"]
    assert details["searched"]["number"] == "ПТУТ-777777"
    assert [c["number"] for c in details["candidates"]] == [number]
    assert outcome.variables["returnTo"] == OPERATOR
    assert outcome.variables["returnedInput"]["number"] == "ПТУТ-777777"
    picked = entered(office, deal_id, number, picked=details["candidates"][0]["ref"])
    assert isinstance(picked, Completed)


def test_several_with_the_same_number_are_picked_from(office: Office, onec: Running) -> None:
    numbers = [shipped(onec, number=f"{prefix}-000777") for prefix in ("ПТУТ", "СЦУТ")]
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "777")

    assert kind_of(outcome) == "AMBIGUOUS"
    candidates = outcome.variables["formDetails"]["candidates"]
    assert sorted(c["number"] for c in candidates) == sorted(numbers)
    assert all(c["ref"] and c["date"] and c["amount"] for c in candidates)
    second = next(c for c in candidates if c["number"] == numbers[1])
    assert isinstance(entered(office, deal_id, "777", picked=second["ref"]), Completed)
    assert bound(office, deal_id).ref_key == second["ref"]


def test_another_clients_shipment_does_not_fit(office: Office, onec: Running) -> None:
    number = shipped(onec, inn=OTHER_INN, name="Чужой клиент", number="ПТУТ-000555")
    shipped(onec)
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, number)

    assert kind_of(outcome) == "MISMATCH"
    assert "не подходит к сделке" in outcome.message


def test_a_shipment_serves_one_deal_only(office: Office, onec: Running) -> None:
    number = shipped(onec)
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, number), Completed)

    outcome = entered(office, second, number)

    assert kind_of(outcome) == "DUPLICATE"
    assert first in outcome.message


def test_a_clients_second_deal_may_have_the_same_contract_when_the_operator_says_so(
    office: Office, onec: Running
) -> None:
    contract = onec.enter_contract(inn=COMPANY_INN, number="П-900")
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, "П-900", "contract"), Completed)

    outcome = entered(office, second, "П-900", "contract")

    assert kind_of(outcome) == "DUPLICATE"
    (candidate,) = outcome.variables["formDetails"]["candidates"]
    assert candidate["ref"] == contract["contract"]
    assert first in candidate["note"]
    confirmed = entered(office, second, "П-900", "contract", picked=candidate["ref"])
    assert isinstance(confirmed, Completed)
    assert bound(office, second, BindingKind.CONTRACT).ref_key == contract["contract"]


def test_every_list_to_pick_a_contract_from_tells_whose_it_is_already(
    office: Office, onec: Running
) -> None:
    used = onec.enter_contract(inn=COMPANY_INN, number="П-910")["contract"]
    free = onec.enter_contract(inn=COMPANY_INN, number="П-911")["contract"]
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, "П-910", "contract"), Completed)

    outcome = entered(office, second, "Х-777777", "contract")

    assert kind_of(outcome) == "NOT_FOUND"
    notes = {row["ref"]: row["note"] for row in outcome.variables["formDetails"]["candidates"]}
    assert notes == {used: f"уже за сделкой {first}", free: ""}
    picked = entered(office, second, "П-910", "contract", picked=used)
    assert isinstance(picked, Completed)
    assert bound(office, second, BindingKind.CONTRACT).ref_key == used


def test_among_contracts_of_one_number_the_used_one_is_marked(
    office: Office, onec: Running
) -> None:
    used = onec.enter_contract(inn=COMPANY_INN, number="П-920")["contract"]
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, "П-920", "contract"), Completed)
    onec.enter_contract(inn=COMPANY_INN, number="П-920")

    outcome = entered(office, second, "П-920", "contract")

    assert kind_of(outcome) == "AMBIGUOUS"
    notes = {row["ref"]: row["note"] for row in outcome.variables["formDetails"]["candidates"]}
    assert notes.pop(used) == f"уже за сделкой {first}"
    assert list(notes.values()) == [""]


CONTRACTS = "Catalog_ДоговорыКонтрагентов"


def a_nameless_contract(onec: Running) -> str:
    """Its «Номер» is blank. Returns: its code."""
    made = onec.enter_contract(inn=COMPANY_INN)
    return str(onec.change(CONTRACTS, made["contract"], Номер="")["Code"])


def test_a_contract_without_a_number_is_in_the_deal_by_its_code(
    office: Office, onec: Running
) -> None:
    code = a_nameless_contract(onec)
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, code, "contract")

    assert isinstance(outcome, Completed)
    assert outcome.variables["onecNumber"] == code
    assert office.deal(deal_id).values["contractNumber"] == code
    assert bound(office, deal_id, BindingKind.CONTRACT).number == code
    assert reconciler(office).reconcile().changed == 0


@pytest.mark.parametrize("unreadable", [{"Номер": " - "}, {"Номер": "№"}])
def test_a_number_in_which_nothing_can_be_read_is_none(
    office: Office, onec: Running, unreadable: Any
) -> None:
    made = onec.enter_contract(inn=COMPANY_INN, number="П-930")
    onec.change(CONTRACTS, made["contract"], **unreadable)
    deal_id = a_shipped_deal(office)

    assert isinstance(entered(office, deal_id, made["code"], "contract"), Completed)

    assert office.deal(deal_id).values["contractNumber"] == made["code"]


@pytest.mark.parametrize("kind", ["contract", "shipment"])
def test_a_row_with_neither_number_nor_code_goes_no_further(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whatever an adapter answers: here one of another 1C, by a declared port."""
    nameless = a_nameless_answer(kind)
    gateway = office.onec.of(BindingKind(kind))
    monkeypatch.setattr(gateway, "find", lambda query: nameless)
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "44", kind)

    assert kind_of(outcome) == "NO_NUMBER"
    assert "Заполните номер в 1С" in outcome.message
    assert bound(office, deal_id, BindingKind(kind)) is None


def a_nameless_answer(kind: str) -> Found:
    record = OnecRecord(
        ref_key=str(UUID(int=7)),
        number="",
        date=None,
        counterparty_ref=None,
        counterparty_name="",
        inn=COMPANY_INN,
        organization="",
        data_version="v",
        deletion_mark=False,
        posted=True if kind == "shipment" else None,
    )
    return Found(record, MatchMethod.CODE, verified=True)


@pytest.mark.parametrize("typed", ["-", "№", "\u200b", " . "])
def test_a_number_that_nobody_can_read_is_asked_for_again(office: Office, typed: str) -> None:
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, typed)

    assert isinstance(outcome, Refused)
    assert outcome.code == "NUMBER_MISSING"


def test_a_contract_that_an_earlier_release_took_without_a_number_is_shown_by_night(
    office: Office, onec: Running, tmp_path: Path
) -> None:
    code = a_nameless_contract(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, code, "contract")
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        known = store.bindings.active(deal_id, BindingKind.CONTRACT)
        assert known is not None
        deal.values["contractNumber"] = None
        store.deals.save(deal, Actor("svcWorker", Cause.WORKER))
    with closing(sqlite3.connect(tmp_path / "deals.sqlite3")) as database, database:
        database.execute("UPDATE onec_bindings SET number = '' WHERE id = ?", [known.id])

    assert reconciler(office).reconcile().failed == 0

    assert office.deal(deal_id).values["contractNumber"] == code


def test_namesakes_are_told_apart_and_the_person_chooses(office: Office, onec: Running) -> None:
    """Two contracts of one client with the same number, date and company."""
    refs = [onec.enter_contract(inn=COMPANY_INN, number="П-940")["contract"] for _ in range(2)]
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "П-940", "contract")

    assert kind_of(outcome) == "AMBIGUOUS"
    assert "Выберите нужный из списка" in outcome.message
    assert "точно как в 1С" not in outcome.message
    candidates = outcome.variables["formDetails"]["candidates"]
    assert sorted(row["ref"] for row in candidates) == sorted(refs)
    assert len({row["code"] for row in candidates}) == 2
    assert all(COMPANY_INN in row["client"] for row in candidates)
    picked = entered(office, deal_id, "П-940", "contract", picked=refs[1])
    assert isinstance(picked, Completed)
    assert bound(office, deal_id, BindingKind.CONTRACT).ref_key == refs[1]


def test_namesakes_that_look_the_same_in_everything_show_their_keys(
    office: Office, onec: Running
) -> None:
    refs = [onec.enter_shipment(inn=COMPANY_INN, number="ПТУТ-000940") for _ in range(2)]
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "ПТУТ-000940")

    notes = {row["note"] for row in outcome.variables["formDetails"]["candidates"]}
    assert notes == {f"запись {row['shipment'][:8]}" for row in refs}


def test_a_shipment_without_a_warehouse_is_confirmed(office: Office, onec: Running) -> None:
    """Some configurations send an empty reference as null."""
    made = onec.enter_shipment(inn=COMPANY_INN)
    onec.change(SET, made["shipment"], Склад_Key=str(UUID(int=0)), Организация_Key=str(UUID(int=0)))
    onec.set_faults(null_references=True)
    deal_id = a_shipped_deal(office)

    assert isinstance(entered(office, deal_id, made["number"]), Completed)
    assert reconciler(office).reconcile().changed == 0


def test_a_contract_dated_in_the_future_is_told_as_people_write_dates(
    office: Office, onec: Running
) -> None:
    onec.enter_contract(inn=COMPANY_INN, number="П-950", date="2062-11-23")
    deal_id = a_shipped_deal(office)

    outcome = entered(office, deal_id, "П-950", "contract")

    assert kind_of(outcome) == "MISMATCH"
    assert re.search(
        r"дата: должна быть не позже \d\d\.\d\d\.\d{4}, в 1С 23\.11\.2062", outcome.message
    )


def test_a_shipment_near_by_tells_whose_it_is_and_what_it_lacks(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, number), Completed)
    onec.unpost(SET, bound(office, first).ref_key)

    outcome = entered(office, second, "ПТУТ-777777")

    (row,) = outcome.variables["formDetails"]["candidates"]
    assert row["note"] == f"не проведена; уже за сделкой {first}"


def test_what_is_marked_for_deletion_or_not_posted_is_refused_until_it_is_mended(
    office: Office, onec: Running
) -> None:
    number = shipped(onec, posted=False)
    deal_id = a_shipped_deal(office)
    key = next(
        row["Ref_Key"] for row in onec.control("GET", f"rows/{SET}") if row["Number"] == number
    )

    assert kind_of(entered(office, deal_id, number)) == "NOT_POSTED"
    onec.change(SET, key, DeletionMark=True)
    assert kind_of(entered(office, deal_id, number)) == "MARKED_DELETED"
    onec.change(SET, key, DeletionMark=False)
    onec.post(SET, key)
    assert isinstance(entered(office, deal_id, number), Completed)


@pytest.mark.parametrize(
    "fault",
    [{"instead": "unavailable"}, {"instead": "noLicence"}, {"bent": "cutJson"}, {"bent": "html"}],
)
def test_1c_down_or_without_a_licence_is_tried_again(
    office: Office, onec: Running, fault: Any
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    onec.set_faults(**fault)

    outcome = entered(office, deal_id, number)

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None
    assert "Повторим позже" in outcome.message


@pytest.mark.parametrize(
    "fault", [{"instead": "wrongLogin"}, {"refusal": "noRights"}, {"hidden_sets": [SET]}]
)
def test_a_wrong_password_or_publication_is_an_incident_at_once(
    office: Office, onec: Running, fault: Any
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    onec.set_faults(**fault)

    outcome = entered(office, deal_id, number)

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None
    assert outcome.message.startswith("Обмен с 1С настроен неверно")  # no class before it


def test_a_number_in_no_form_at_all_is_asked_for_again(office: Office) -> None:
    deal_id = a_shipped_deal(office)

    for number, code in ((None, "NUMBER_MISSING"), ("  ", "NUMBER_MISSING")):
        outcome = entered(office, deal_id, number)
        assert isinstance(outcome, Refused)
        assert outcome.code == code
        assert "реализации" in outcome.message
    assert kind_of(entered(office, deal_id, "9" * 101)) == "TOO_LONG"


def test_the_deals_contract_is_asked_for_and_another_one_is_only_a_warning(
    office: Office, onec: Running
) -> None:
    contract = onec.enter_contract(inn=COMPANY_INN, number="П-901")
    deal_id = a_shipped_deal(office)
    assert isinstance(entered(office, deal_id, contract["number"], "contract"), Completed)
    onec.enter_contract(inn=COMPANY_INN, number="П-902")
    number = shipped(onec, contract_number="П-902")

    assert isinstance(entered(office, deal_id, number), Completed)

    with office.database.reading() as store:
        row = [r for r in store.history.of(deal_id) if r.subject == "shipmentNumber"][-1]
        notes = [note.text for note in store.notes.of(deal_id)]
    assert "П-902" in " ".join(row.new["warnings"])
    assert len(notes) == 1
    assert "принят, но проверьте: договор" in notes[0]


@pytest.mark.parametrize(
    ("ordered", "in_parts", "told"),
    [("90000.00", False, 1), ("12500.01", False, 0), ("90000.00", True, 0), (None, False, 0)],
)
def test_a_sum_other_than_the_orders_is_told_to_everybody(
    office: Office, onec: Running, ordered: Any, in_parts: bool, told: int
) -> None:
    deal_id = a_shipped_deal(office, orderAmount=ordered, shipsInParts=in_parts)

    assert isinstance(entered(office, deal_id, shipped(onec, amount="12500.00")), Completed)

    with office.database.reading() as store:
        notes = [note.text for note in store.notes.of(deal_id)]
    assert len(notes) == told
    assert all("сумма: ожидали «90 000 ₽»" in text.replace("\u00a0", " ") for text in notes)


SAW = {"article": "ПЦ-16", "name": "Пила", "quantity": "2", "unit": "шт.", "price": "6250.00"}
OIL = {"article": "", "name": "Масло", "quantity": "1.5", "unit": "л", "price": None}


def in_onec(line: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A line of the order as the operator enters it in 1C."""
    numbers = {"quantity": float(line["quantity"]), "price": float(line["price"] or 0)}
    return {"name": line["name"], "article": line["article"], **numbers, **other}


@pytest.mark.parametrize(
    ("goods", "in_parts", "told"),
    [
        ([in_onec(SAW), in_onec(OIL, price=90)], False, []),
        ([in_onec(SAW, quantity=1)], True, []),
        (
            [in_onec(SAW, quantity=1.5, price=6000), in_onec(SAW, article="Ш-1", name="Шина")],
            False,
            [
                "ПЦ-16 Пила: в заказе 2 шт., в реализации 1,5",
                "ПЦ-16 Пила: цена в заказе 6250,00 ₽, в реализации 6000,00 ₽",
                "Масло: в заказе 1,5 л, в реализации нет",
                "Ш-1 Шина: в заказе нет, в реализации 2",
            ],
        ),
    ],
    ids=["equal", "in parts", "other"],
)
def test_goods_other_than_the_orders_are_named_to_everybody(
    office: Office, onec: Running, goods: list[dict[str, Any]], in_parts: bool, told: list[str]
) -> None:
    deal_id = a_shipped_deal(office, goods=[SAW, OIL], shipsInParts=in_parts)

    assert isinstance(entered(office, deal_id, shipped(onec, goods=goods)), Completed)

    with office.database.reading() as store:
        row = [r for r in store.history.of(deal_id) if r.subject == "shipmentNumber"][-1]
        notes = [note.text for note in store.notes.of(deal_id)]
    named = [one.replace("\u00a0", " ") for one in row.new.get("warnings", [])]
    assert named == told
    assert len(notes) == (1 if told else 0)
    assert all(one.replace("\u00a0", " ") in notes[0].replace("\u00a0", " ") for one in told)


def overridden(office: Office, deal_id: str, number: str, **more: Any) -> Any:
    said = {
        "kind": "shipment",
        "number": number,
        "enteredBy": OPERATOR,
        "answer": "override",
        "comment": "1С на обновлении до вечера",
        "decidedBy": ADMIN,
        **more,
    }
    return office.do(OVERRIDE, a_task(deal_id, id=f"override-{deal_id}-{sorted(more)}", **said))


def test_an_authorised_person_takes_a_number_unverified_with_a_reason(office: Office) -> None:
    deal_id = a_shipped_deal(office)

    silent = overridden(office, deal_id, "ПТУТ-5", comment=" . ")
    nothing = overridden(office, deal_id, "ПТУТ-5", answer=None)
    wait = overridden(office, deal_id, "ПТУТ-5", answer="retry")
    taken, again = overridden(office, deal_id, "ПТУТ-5"), overridden(office, deal_id, "ПТУТ-5")

    assert isinstance(silent, Refused)
    assert (silent.code, nothing.code) == ("COMMENT_MISSING", "ANSWER_MISSING")
    assert wait.variables["overridden"] is False
    assert taken == again
    assert (taken.variables["overridden"], taken.variables["onecNumber"]) == (True, "ПТУТ-5")
    found = bound(office, deal_id)
    assert (found.state, found.verified_by) == (BindingState.OVERRIDDEN, ADMIN)
    assert found.reason == "1С на обновлении до вечера"


def test_an_override_does_not_undo_what_1c_confirmed_meanwhile(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    assert isinstance(entered(office, deal_id, number), Completed)

    assert overridden(office, deal_id, number).variables["overridden"] is True

    assert bound(office, deal_id).state is BindingState.VERIFIED


def probed(office: Office, deal_id: str, kind: str, once: str) -> Completed:
    outcome = office.do(PROBE, a_task(deal_id, id=f"probe-{kind}-{once}", kind=kind))
    assert isinstance(outcome, Completed), outcome
    return outcome


@pytest.mark.parametrize("kind", ["contract", "shipment"])
@pytest.mark.parametrize("fault", [{"instead": "unavailable"}, {"instead": "noLicence"}])
def test_a_1c_that_answers_again_is_noticed(
    office: Office, onec: Running, kind: str, fault: Any
) -> None:
    deal_id = a_shipped_deal(office)
    onec.control("PUT", "faults", fault)

    silent, again = probed(office, deal_id, kind, "1"), probed(office, deal_id, kind, "1")
    onec.control("PUT", "faults", {})
    back = probed(office, deal_id, kind, "2")

    assert silent == again
    not_taken = {"overridden": False, "onecNumber": None, "orderReturned": False}
    assert silent.variables == {"onecAnswers": False, **not_taken}  # no refusal is emptied
    assert back.variables == {"onecAnswers": True, **not_taken}


@pytest.mark.parametrize(
    "trouble", [OnecLoginRefused(), OnecMisconfigured("нет набора"), OnecRejected(9, detail="")]
)
def test_a_1c_that_refuses_us_is_left_to_the_administrator(
    office: Office, trouble: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise trouble

    monkeypatch.setattr(office.onec.contracts, "check", refuse)

    told = probed(office, a_shipped_deal(office), "contract", "1")

    assert told.variables["onecAnswers"] is False


def test_without_a_1c_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    with an_office(tmp_path) as office:
        told = probed(office, a_shipped_deal(office), "shipment", "1")

    assert told.variables["onecAnswers"] is True


def test_a_number_taken_while_1c_came_back_is_confirmed_in_its_place(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)

    taken = overridden(office, deal_id, number)  # stored, but 1C's answer ended its process first
    probed(office, deal_id, "shipment", "1")
    checked = entered(office, deal_id, number)

    assert (taken.variables["onecNumber"], checked.variables["onecNumber"]) == (number, number)
    assert bound(office, deal_id).state is BindingState.VERIFIED
    assert office.deal(deal_id).values["shipmentNumber"] == number
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
        numbers = [row.new["verified"] for row in rows if row.kind is Kind.NUMBER]
        fields = [row.new for row in rows if row.subject == "shipmentNumber"]
    assert sorted(numbers) == [False, True]
    assert fields.count(number) == 1


def reconciler(office: Office) -> Reconciler:
    settings = WorkerSettings()
    confirm = NumberConfirmation(office.database.writing, office.context.external).confirm
    return Reconciler(
        office.database.writing,
        office.onec,
        office.people,
        at=settings.reconcile_at,
        zone=settings.zone,
        confirm=confirm,
    )


def test_the_night_confirms_what_was_taken_unverified(office: Office, onec: Running) -> None:
    deal_id = a_shipped_deal(office)
    number = shipped(onec)
    overridden(office, deal_id, number.rpartition("-")[2].lstrip("0"))

    reconciler(office).reconcile()

    found = bound(office, deal_id)
    assert (found.state, found.number) == (BindingState.VERIFIED, number)
    assert found.reason
    assert office.deal(deal_id).values["shipmentNumber"] == number
    with office.database.reading() as store:
        assert store.side_processes.running() == []


def test_the_night_confirms_a_number_also_when_the_deal_was_won_meanwhile(
    office: Office, onec: Running
) -> None:
    deal_id = a_shipped_deal(office, stage="delivery")
    number = shipped(onec)
    printed = number.rpartition("-")[2].lstrip("0")
    overridden(office, deal_id, printed)
    office.done(CLOSE, a_task(deal_id, runOutcome="shipped"))
    assert office.deal(deal_id).stage == "won"

    reconciler(office).reconcile()

    found = bound(office, deal_id)
    assert (found.state, found.number) == (BindingState.VERIFIED, number)
    assert office.deal(deal_id).values["shipmentNumber"] == printed
    with office.database.reading() as store:
        assert [run.shipment_number for run in store.runs.of(deal_id)] == [number]


def test_the_first_parts_number_confirmed_late_leaves_the_second_parts_alone(
    office: Office, onec: Running
) -> None:
    deal_id = a_shipped_deal(office)
    first, second = shipped(onec), shipped(onec)
    overridden(office, deal_id, first.rpartition("-")[2].lstrip("0"))
    with office.database.writing() as store:
        run = store.runs.current(deal_id)
        assert run is not None
        store.runs.close(run, RunState.SHIPPED, TODAY)
        store.runs.open(Run(deal_id, 0, "the-second-part", TODAY, "termsAgreed", None))
    assert isinstance(entered(office, deal_id, second), Completed)

    reconciler(office).reconcile()

    assert office.deal(deal_id).values["shipmentNumber"] == second
    with office.database.reading() as store:
        assert [run.shipment_number for run in store.runs.of(deal_id)] == [first, second]
        known = store.bindings.active(deal_id, BindingKind.SHIPMENT, 1)
    assert known is not None
    assert (known.state, known.number) == (BindingState.VERIFIED, first)


def settled(office: Office, binding: Any, **said: Any) -> Any:
    """The person's answer to an open difference: by default to look once more."""
    given = {"sideKey": side_key(binding.id), "decidedBy": OPERATOR, "answer": "recheck", **said}
    id_ = f"settle-{binding.id}-{sorted(map(str, said.items()))}"
    return office.do(RECHECK, a_task(binding.deal_id, id=id_, **given))


def not_confirmed(office: Office, deal_id: str, number: str, kind: str = "shipment") -> Any:
    """A number that was taken while 1C was down and that the night did not find."""
    overridden(office, deal_id, number, kind=kind)
    reconciler(office).reconcile()
    binding = bound(office, deal_id, BindingKind(kind))
    assert binding.state is BindingState.NOT_CONFIRMED
    return binding


def test_what_the_night_cannot_confirm_is_a_persons_task_until_1c_knows_it(
    office: Office, onec: Running
) -> None:
    deal_id = a_shipped_deal(office)
    shipped(onec)
    overridden(office, deal_id, "ПТУТ-004242")

    for _ in range(2):
        reconciler(office).reconcile()

    binding = bound(office, deal_id)
    assert binding.state is BindingState.NOT_CONFIRMED
    with office.database.reading() as store:
        (side,) = store.side_processes.running()
    assert side.key == side_key(binding.id)
    details = side.variables["differenceDetails"]
    assert (details["kind"], len(details["candidates"])) == ("NOT_FOUND", 1)
    assigned = office.done(ASSIGN, a_task(deal_id, id="assign", sideKey=side.key))
    assert assigned["numberUnconfirmed"] is True

    still = settled(office, binding)
    assert kind_of(still) == "NOT_FOUND"
    assert "нет реализации" in still.message
    shipped(onec, number="ПТУТ-004242")
    assert settled(office, binding, again=1).variables["differenceGone"] is True
    found = bound(office, deal_id)
    assert (found.state, found.verified_by) == (BindingState.VERIFIED, ADMIN)
    with office.database.reading() as store:
        assert store.side_processes.running() == []


def test_a_number_that_stays_unknown_may_be_accepted_with_a_reason(
    office: Office, onec: Running
) -> None:
    deal_id = a_shipped_deal(office)
    shipped(onec)
    overridden(office, deal_id, "ПТУТ-004243")
    reconciler(office).reconcile()
    binding = bound(office, deal_id)
    said = {
        "sideKey": side_key(binding.id),
        "decidedBy": OPERATOR,
        "answer": "accepted",
        "comment": "Оформили в другой базе",
    }

    assert office.done(RECHECK, a_task(deal_id, id="a1", **said))["differenceGone"] is True

    assert bound(office, deal_id).state is BindingState.UNVERIFIED
    reconciler(office).reconcile()
    with office.database.reading() as store:
        assert store.side_processes.running() == []


def test_the_upd_step_takes_a_new_number_over_and_stops_at_what_cannot_ship(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, number)
    key = bound(office, deal_id).ref_key
    onec.change(SET, key, Number="ПТУТ-009999")

    for _ in range(2):
        office.done(CHECK, a_task(deal_id, id="check-1", decidedBy=OPERATOR))
    assert office.deal(deal_id).values["shipmentNumber"] == "ПТУТ-009999"
    onec.unpost(SET, key)
    unposted = office.do(CHECK, a_task(deal_id, id="check-2", decidedBy=OPERATOR))
    onec.delete(SET, key)
    lost = office.do(CHECK, a_task(deal_id, id="check-3", decidedBy=OPERATOR))

    assert (kind_of(unposted), kind_of(lost)) == ("NOT_POSTED", "LOST")
    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.ONEC]
    assert [row.new["number"] for row in rows] == ["ПТУТ-009999"]


def checked(office: Office, deal_id: str, **said: Any) -> Any:
    """The operator presses «УПД готов»."""
    id_ = f"check-{deal_id}-{sorted(map(str, said.items()))}"
    return office.do(CHECK, a_task(deal_id, id=id_, decidedBy=OPERATOR, **said))


def numbers_told(office: Office, deal_id: str) -> list[tuple[str, bool]]:
    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.NUMBER]
    return [(row.new["number"], row.new["verified"]) for row in rows]


def test_a_realization_that_was_replaced_in_1c_is_replaced_at_the_upd_step(
    office: Office, onec: Running
) -> None:
    old, new = shipped(onec), shipped(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, old)
    before = bound(office, deal_id)
    onec.change(SET, before.ref_key, DeletionMark=True)

    refused = checked(office, deal_id)
    first, again = (checked(office, deal_id, number=f" {new} ") for _ in range(2))

    assert kind_of(refused) == "MARKED_DELETED"
    assert "нажмите «УПД готов»" in refused.message
    assert "введите её номер" in refused.message
    assert isinstance(first, Completed)
    assert first == again
    found = bound(office, deal_id)
    assert (found.number, found.state) == (new, BindingState.VERIFIED)
    assert (found.verified_by, found.ref_key == before.ref_key) == (OPERATOR, False)
    assert office.deal(deal_id).values["shipmentNumber"] == new
    with office.database.reading() as store:
        run = store.runs.current(deal_id)
        assert run is not None
        assert run.shipment_number == new
        known = [(one.number, one.active) for one in store.bindings.of(deal_id)]
    assert sorted(known) == sorted([(old, False), (new, True)])
    assert numbers_told(office, deal_id) == [(old, True), (new, True)]
    assert isinstance(checked(office, deal_id, picked="anything"), Completed)


def test_a_difference_of_the_replaced_realization_has_nothing_left_to_settle(
    office: Office, onec: Running
) -> None:
    old, new = shipped(onec), shipped(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, old)
    before = bound(office, deal_id)
    onec.change(SET, before.ref_key, DeletionMark=True)
    reconciler(office).reconcile()
    with office.database.reading() as store:
        assert [side.key for side in store.side_processes.running()] == [side_key(before.id)]

    assert isinstance(checked(office, deal_id, number=new), Completed)

    assert settled(office, before).variables["differenceGone"] is True
    with office.database.reading() as store:
        assert store.side_processes.running() == []


def test_a_new_number_at_the_upd_step_is_refused_as_on_entry(office: Office, onec: Running) -> None:
    old, taken = shipped(onec), shipped(onec)
    deal_id, other = a_shipped_deal(office), a_shipped_deal(office)
    entered(office, deal_id, old)
    entered(office, other, taken)
    before = bound(office, deal_id)
    twins = [shipped(onec, number=f"{prefix}-000778") for prefix in ("ПТУТ", "СЦУТ")]
    draft = shipped(onec, posted=False)

    foreign, long = (checked(office, deal_id, number=one) for one in (taken, "9" * 101))
    unposted = checked(office, deal_id, number=draft)
    several = checked(office, deal_id, number="778")

    kinds = [kind_of(one) for one in (foreign, long, unposted, several)]
    assert kinds == ["DUPLICATE", "TOO_LONG", "NOT_POSTED", "AMBIGUOUS"]
    assert several.variables["returnTo"] == OPERATOR
    assert several.variables["returnedInput"] == {"number": "778", "picked": None}
    assert bound(office, deal_id) == before
    candidates = several.variables["formDetails"]["candidates"]
    second = next(c for c in candidates if c["number"] == twins[1])
    picked = checked(office, deal_id, number=second["number"], picked=second["ref"])
    assert isinstance(picked, Completed)
    assert bound(office, deal_id).ref_key == second["ref"]


def test_a_silent_1c_keeps_a_new_number_at_the_upd_step_waiting(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    onec.set_faults(instead="unavailable")

    outcome = checked(office, deal_id, number=number)

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None


def test_a_difference_that_was_accepted_lets_no_upd_pass(office: Office, onec: Running) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, number)
    binding = bound(office, deal_id)
    onec.unpost(SET, binding.ref_key)
    assert kind_of(checked(office, deal_id)) == "NOT_POSTED"
    reconciler(office).reconcile()

    settled(office, binding, answer="accepted", comment="Проведут после инвентаризации")

    assert kind_of(checked(office, deal_id, picked=None)) == "NOT_POSTED"
    assert reconciler(office).reconcile().tasks == 0
    onec.change(SET, binding.ref_key, DeletionMark=True)
    assert kind_of(checked(office, deal_id, picked="")) == "MARKED_DELETED"
    onec.change(SET, binding.ref_key, DeletionMark=False)
    onec.post(SET, binding.ref_key)
    assert isinstance(checked(office, deal_id, number=None), Completed)


def test_a_mistyped_number_taken_without_1c_is_corrected_by_the_person(
    office: Office, onec: Running
) -> None:
    right = shipped(onec)
    deal_id = a_shipped_deal(office)
    binding = not_confirmed(office, deal_id, "ПТУТ-004244")

    wrong_again = settled(office, binding, number="ПТУТ-004245")
    first, again = (settled(office, binding, number=right) for _ in range(2))

    assert kind_of(wrong_again) == "NOT_FOUND"
    assert "ПТУТ-004245" in wrong_again.message
    assert wrong_again.variables["returnedInput"]["number"] == "ПТУТ-004245"
    assert first == again
    told = first.variables
    assert (told["differenceGone"], told["onecNumber"]) == (True, right)
    found = bound(office, deal_id)
    assert (found.id, found.state) == (binding.id, BindingState.VERIFIED)
    assert (found.number, found.number_entered) == (right, right)
    assert (found.verified_by, found.reason) == (OPERATOR, binding.reason)
    assert office.deal(deal_id).values["shipmentNumber"] == right
    assert numbers_told(office, deal_id) == [("ПТУТ-004244", False), (right, True)]
    with office.database.reading() as store:
        run = store.runs.current(deal_id)
        assert run is not None
        assert run.shipment_number == right
        assert store.side_processes.running() == []


def test_a_short_number_that_fits_two_rows_is_settled_by_a_choice(
    office: Office, onec: Running
) -> None:
    numbers = [shipped(onec, number=f"{prefix}-000779") for prefix in ("ПТУТ", "СЦУТ")]
    deal_id = a_shipped_deal(office)
    binding = not_confirmed(office, deal_id, "779")

    several = settled(office, binding)

    assert kind_of(several) == "AMBIGUOUS"
    candidates = several.variables["formDetails"]["candidates"]
    assert sorted(c["number"] for c in candidates) == sorted(numbers)
    ref = candidates[1]["ref"]
    assert settled(office, binding, picked=ref).variables["differenceGone"] is True
    found = bound(office, deal_id)
    assert (found.id, found.ref_key, found.verified_by) == (binding.id, ref, OPERATOR)


def test_a_contract_of_the_clients_other_deal_is_settled_by_a_choice(
    office: Office, onec: Running
) -> None:
    contract = onec.enter_contract(inn=COMPANY_INN, number="П-903")
    first, second = a_shipped_deal(office), a_shipped_deal(office)
    assert isinstance(entered(office, first, "П-903", "contract"), Completed)
    binding = not_confirmed(office, second, "П-903", "contract")
    with office.database.reading() as store:
        (side,) = store.side_processes.running()
    assert side.variables["differenceDetails"]["candidates"][0]["ref"] == contract["contract"]

    duplicate = settled(office, binding)

    assert kind_of(duplicate) == "DUPLICATE"
    (candidate,) = duplicate.variables["formDetails"]["candidates"]
    picked = settled(office, binding, number=candidate["number"], picked=candidate["ref"])
    assert picked.variables["differenceGone"] is True
    found = bound(office, second, BindingKind.CONTRACT)
    assert (found.id, found.state) == (binding.id, BindingState.VERIFIED)


def test_a_number_that_1c_knows_is_not_corrected_here(office: Office, onec: Running) -> None:
    number, another = shipped(onec), shipped(onec)
    deal_id = a_shipped_deal(office)
    entered(office, deal_id, number)
    binding = bound(office, deal_id)
    onec.unpost(SET, binding.ref_key)
    reconciler(office).reconcile()
    with office.database.reading() as store:
        (side,) = store.side_processes.running()
    assert side.variables["differenceDetails"] is None
    assigned = office.done(ASSIGN, a_task(deal_id, id="assign", sideKey=side.key))
    assert assigned["numberUnconfirmed"] is False

    refused = settled(office, binding, number=another)

    assert kind_of(refused) == "ROW_KNOWN"
    assert "Очистите поле номера" in refused.message
    assert bound(office, deal_id).ref_key == binding.ref_key
    assert settled(office, binding, number=number).variables["differenceGone"] is False


def test_a_realization_in_order_moves_the_deal_and_a_refused_one_does_not(
    office: Office, onec: Running
) -> None:
    number = shipped(onec)
    deal_id = a_shipped_deal(office, "assembly")
    entered(office, deal_id, number)
    row = bound(office, deal_id).ref_key

    onec.unpost(SET, row)
    refused = checked(office, deal_id, toStage="delivery")
    onec.post(SET, row)
    by_an_earlier_diagram = checked(office, deal_id, picked=None)
    moved = checked(office, deal_id, toStage="delivery", number=None)

    assert isinstance(refused, Refused)
    assert by_an_earlier_diagram.variables["stage"] == "assembly"
    assert (moved.variables["stage"], office.deal(deal_id).stage) == ("delivery", "delivery")
    with office.database.reading() as store:
        (move,) = [row for row in store.history.of(deal_id) if row.kind is Kind.STAGE]
    assert (move.old, move.new, move.actor) == ("assembly", "delivery", "svcWorker")
