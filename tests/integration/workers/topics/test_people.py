"""Topics that use 1C or the identity service: numbers, assignees, documents, notifications."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.domain.deals.entities import NoteKind
from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor, Cause, Kind
from tests.support.builders import COMPANY_INN, HEAD, MANAGER, READY_FILES, a_deal, ready_values
from tests.support.fakes.onec import fake_contracts
from tests.support.fakes.ports import FakePeople, Office, a_file_id, a_task, an_office
from workers.ports.employees import Employee
from workers.ports.onec import (
    Ambiguous,
    Counterparty,
    Found,
    MarkedDeleted,
    MatchMethod,
    Mismatch,
    NotFound,
    NumberQuery,
    OnecRecord,
    RequisiteDifference,
)
from workers.ports.onec_errors import OnecMisconfigured, OnecUnavailable
from workers.runtime.contract import Failed, Refused
from workers.services.notification_texts import TEMPLATES
from workers.topics.approval import close_approval_round, open_approval_round, record_decision
from workers.topics.lifecycle import attach_document, find_assignee, notify
from workers.topics.onec import close_correction, sync_onec_number

SYNC, CORRECTED = sync_onec_number.TOPIC, close_correction.TOPIC
FIND, NOTIFY, ATTACH = find_assignee.TOPIC, notify.TOPIC, attach_document.TOPIC

OPERATOR = Employee("onecMoscow", "Ольга Ким", "olga@pit.example")
IVAN = Employee(MANAGER, "Иван Соколов", "ivan@pit.example")
BOSS = Employee(HEAD, "Пётр Романов")
ADMIN = Employee("portalAdmin", "Анна Лебедева", "anna@pit.example")

KEY = "00000000-0000-0000-0000-000000000007"
CONTRACT = OnecRecord(
    ref_key=KEY,
    number="17-ОП",
    code="000000017",
    date=date(2026, 11, 2),
    counterparty_ref="00000000-0000-0000-0000-000000000008",
    counterparty_name="ООО «Садовый мир»",
    inn=COMPANY_INN,
    kpp="",
    organization="",
    deletion_mark=False,
    data_version="1",
)
CLIENT = Counterparty(
    "00000000-0000-0000-0000-000000000008", "000000008", "ООО «Садовый мир»", COMPANY_INN, "", False
)
QUERY = NumberQuery(inn=COMPANY_INN, number="5")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    people = FakePeople(
        {
            "onecOperators": [OPERATOR],
            "salesManagers": [IVAN],
            "salesHeads": [BOSS],
            "portalAdmins": [ADMIN],
        }
    )
    with an_office(tmp_path, people=people) as office:
        yield office


@pytest.fixture
def deal_id(office: Office) -> str:
    deal = a_deal(stage="termsApproval", values=ready_values())
    return office.keep(deal, "contractFile", *sorted(READY_FILES))


def operator(deal_id: str, id: str = "sync", **said: Any) -> Any:
    return a_task(deal_id, id=id, kind="contract", decidedBy=OPERATOR.login, **said)


def notes(office: Office, login: str) -> list[str]:
    with office.database.reading() as store:
        return [one.key for one in store.notifications.of(login)]


def mails(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as store:
        return [(mail.address, mail.message_id) for mail in store.mails.unsent()]


def test_a_number_confirmed_by_1c_is_in_the_deal_as_1c_writes_it(
    office: Office, deal_id: str
) -> None:
    office.onec = fake_contracts(Found(CONTRACT, MatchMethod.EXACT, verified=True))
    task = operator(deal_id, answer="entered", number=" 17-оп ")

    first, again = office.done(SYNC, task), office.done(SYNC, task)

    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.NUMBER]
    assert first == again
    assert (first["onecNumber"], first["requisitesWrong"]) == ("17-ОП", False)
    assert office.deal(deal_id).values["contractNumber"] == "17-ОП"
    assert [(row.actor, row.new["verified"]) for row in rows] == [(OPERATOR.login, True)]
    assert rows[0].new["reference"] == KEY


def test_without_1c_the_number_is_taken_as_entered_and_marked_unverified(
    office: Office, deal_id: str
) -> None:
    office.done(SYNC, operator(deal_id, answer="entered", number="99"))

    with office.database.reading() as store:
        row = next(row for row in store.history.of(deal_id) if row.kind is Kind.NUMBER)
    assert row.new == {"number": "99", "reference": None, "verified": False}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NotFound(QUERY, (), ()), "нет контрагента с ИНН"),
        (
            NotFound(QUERY, (CLIENT,), (CONTRACT,)),
            "клиента показаны ниже",
        ),
        (Ambiguous(QUERY, (CLIENT,), (CONTRACT, CONTRACT)), "несколько договоров"),
        (
            Mismatch(QUERY, (CLIENT,), CONTRACT, (RequisiteDifference("inn", "1", "2"),), ()),
            "ИНН: ожидали «1», в 1С «2»",
        ),
        (MarkedDeleted(QUERY, (CLIENT,), CONTRACT, None, ()), "помечен в 1С на удаление"),
    ],
)
def test_a_number_1c_does_not_confirm_goes_back_with_the_reason(
    office: Office, deal_id: str, answer: Any, words: str
) -> None:
    office.onec = fake_contracts(answer)

    outcome = office.do(SYNC, operator(deal_id, answer="entered", number="5"))

    assert isinstance(outcome, Refused)
    assert outcome.code == "ONEC_NUMBER_REFUSED"
    assert words in outcome.message
    assert outcome.variables["returnedInput"]["number"] == "5"
    refs = [row["ref"] for row in outcome.variables["formDetails"]["candidates"]]
    assert refs in ([], [KEY])  # a row is listed once
    assert "contractNumber" not in office.deal(deal_id).values


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "DECISION_MISSING"),
        ({"answer": "perhaps"}, "DECISION_MISSING"),
        ({"answer": {"a": 1}}, "DECISION_MISSING"),
        ({"answer": "entered"}, "NUMBER_MISSING"),
        ({"answer": "entered", "number": "  "}, "NUMBER_MISSING"),
        ({"answer": "entered", "number": "1" * 101}, "ONEC_NUMBER_REFUSED"),
        ({"answer": "returned"}, "COMMENT_MISSING"),
    ],
)
def test_an_operator_who_says_too_little_is_asked_again(
    office: Office, deal_id: str, said: Any, code: str
) -> None:
    outcome = office.do(SYNC, operator(deal_id, **said))

    assert isinstance(outcome, Refused)
    assert outcome.code == code


def test_1c_being_down_is_tried_later_and_wrong_settings_are_an_incident(
    office: Office, deal_id: str
) -> None:
    office.onec = fake_contracts(OnecUnavailable("нет ответа"))
    passing = office.do(SYNC, operator(deal_id, answer="entered", number="5"))
    office.onec = fake_contracts(OnecMisconfigured("нет такого набора"))
    lasting = office.do(SYNC, operator(deal_id, answer="entered", number="5"))

    assert isinstance(passing, Failed)
    assert passing.retry_after == timedelta(minutes=1)
    assert isinstance(lasting, Failed)
    assert lasting.retry_after is None
    assert "настроен неверно" in lasting.message


def test_returned_requisites_open_for_the_manager_and_lock_again_when_corrected(
    office: Office, deal_id: str
) -> None:
    back = office.done(SYNC, operator(deal_id, answer="returned", comment="Нет КПП"))
    open_meanwhile = office.deal(deal_id).correcting
    task = a_task(deal_id, id="close", decidedBy=MANAGER)
    office.done(CORRECTED, task)
    office.done(CORRECTED, task)
    office.done(CORRECTED, a_task(deal_id, id="close again", decidedBy=MANAGER))

    with office.database.reading() as store:
        rows = [row.new for row in store.history.of(deal_id) if row.kind is Kind.CORRECTION]
        note = store.notes.of(deal_id)[0]
    assert (back["requisitesWrong"], back["correctionComment"]) == (True, "Нет КПП")
    assert open_meanwhile is True
    assert office.deal(deal_id).correcting is False
    assert rows == [True, False]
    assert (note.kind, note.author) == (NoteKind.NOTE, OPERATOR.login)


def test_a_correction_that_empties_the_card_goes_back_to_the_manager(
    office: Office, deal_id: str
) -> None:
    office.done(SYNC, operator(deal_id, answer="returned", comment="Проверьте ИНН"))
    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        write(store.catalog, deal, {"inn": None, "ogrn": None}, store.lists)
        store.deals.save(deal, Actor(MANAGER, Cause.API))

    outcome = office.do(CORRECTED, a_task(deal_id, id="close", decidedBy=MANAGER))

    assert isinstance(outcome, Refused)
    assert outcome.code == "FIELDS_MISSING"
    assert office.deal(deal_id).correcting is True


def test_the_operator_named_by_the_shipping_direction_gets_the_task(
    office: Office, deal_id: str
) -> None:
    name_operator(office, OPERATOR.login)

    result = office.done(FIND, a_task(deal_id, role="onecOperators"))

    assert result["assignee"] == OPERATOR.login
    assert notes(office, ADMIN.login) == []


@pytest.mark.parametrize("named", [None, "dismissed"])
def test_without_an_active_operator_the_group_gets_it_and_an_administrator_knows(
    office: Office, deal_id: str, named: Any
) -> None:
    name_operator(office, named)
    task = a_task(deal_id, role="onecOperators")

    first, again = office.done(FIND, task), office.done(FIND, task)
    office.done(FIND, a_task(deal_id, id="after a modification", role="onecOperators"))

    assert first == again
    assert first["assignee"] is None
    assert notes(office, ADMIN.login) == ["move-0:nobody:onecOperators"]


def test_people_that_cannot_be_asked_for_are_asked_for_later(office: Office, deal_id: str) -> None:
    office.people.down = True

    outcome = office.do(FIND, a_task(deal_id, role="onecOperators"))

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None


def test_only_a_file_of_this_deal_and_field_is_the_contract(office: Office, deal_id: str) -> None:
    other = office.keep(a_deal(), "contractFile")
    right = a_task(deal_id, field="contractFile", fileId=a_file_id(deal_id))

    attached = office.done(ATTACH, right)
    refused = [
        office.do(ATTACH, a_task(deal_id, id=f"t{n}", field="contractFile", fileId=file_id))
        for n, file_id in enumerate([None, "", 5, "unknown", a_file_id(other)])
    ]

    assert attached["documentId"] == a_file_id(deal_id)
    assert {getattr(outcome, "code", outcome) for outcome in refused} == {"DOCUMENT_MISSING"}


def test_the_manager_hears_once_in_the_application_and_by_mail(
    office: Office, deal_id: str
) -> None:
    task = a_task(deal_id, template="termsAgreed", recipient="manager")

    office.done(NOTIFY, task)
    office.done(NOTIFY, task)
    office.done(NOTIFY, a_task(deal_id, id="again", template="termsAgreed", recipient="manager"))

    assert notes(office, MANAGER) == ["round-0:termsAgreed"]
    assert mails(office) == [
        ("ivan@pit.example", f"<{deal_id}.round-0.termsAgreed.{MANAGER}@deals.invalid>")
    ]


def test_each_try_of_a_delivery_is_reminded_of_once(office: Office, deal_id: str) -> None:
    said = {"template": "pickupWaits", "recipient": "manager"}
    for id_, instance in (("a", "pickup-1"), ("b", "pickup-1"), ("c", "pickup-2")):
        office.done(NOTIFY, a_task(deal_id, id=id_, instance=instance, **said))

    assert sorted(notes(office, MANAGER)) == [
        "try-pickup-1:pickupWaits",
        "try-pickup-2:pickupWaits",
    ]


def test_the_heads_of_the_direction_hear_of_an_overdue_deal(office: Office, deal_id: str) -> None:
    office.done(NOTIFY, a_task(deal_id, template="overdue", recipient="heads"))

    with office.database.reading() as store:
        text = store.notifications.of(HEAD)[0].text
    assert "Условия согласования" in text
    assert "Иван Соколов" in text


def test_a_refusal_tells_the_manager_who_refused_and_why(office: Office, deal_id: str) -> None:
    office.done(open_approval_round.TOPIC, a_task(deal_id, id="open"))
    no = {"step": "head", "decidedBy": HEAD, "decision": "rejected", "comment": "Лимит {велик}"}
    office.done(record_decision.TOPIC, a_task(deal_id, id="say", **no))
    closing = a_task(deal_id, id="close", roundOutcome="rejected", template="termsRejected")
    office.done(close_approval_round.TOPIC, closing)
    office.done(close_approval_round.TOPIC, closing)
    office.done(close_approval_round.TOPIC, replace(closing, id="the same step by hand"))

    with office.database.reading() as store:
        (note,) = store.notifications.of(MANAGER)
    assert "Пётр Романов (Руководитель отдела продаж): «Лимит {велик}»" in note.text
    assert len(mails(office)) == 1


def test_an_instance_of_an_earlier_diagram_notifies_in_a_step_of_its_own(
    office: Office, deal_id: str
) -> None:
    office.done(open_approval_round.TOPIC, a_task(deal_id, id="open"))
    no = {"step": "head", "decidedBy": HEAD, "decision": "rejected", "comment": "Нет"}
    office.done(record_decision.TOPIC, a_task(deal_id, id="say", **no))

    office.done(close_approval_round.TOPIC, a_task(deal_id, id="close", roundOutcome="rejected"))
    before = notes(office, MANAGER)
    office.done(NOTIFY, a_task(deal_id, template="termsRejected", recipient="manager"))

    assert (before, notes(office, MANAGER)) == ([], ["round-1:termsRejected"])


def test_with_nobody_to_tell_the_administrators_are_told(office: Office, deal_id: str) -> None:
    office.done(NOTIFY, a_task(deal_id, template="overdue", recipient="drivers"))

    assert notes(office, ADMIN.login) == ["move-0:overdue:nobody"]


def test_every_template_has_words_for_everything_it_mentions() -> None:
    words = dict.fromkeys(("deal", "client", "direction", "stage", "manager", "round"), "x")

    texts = [t.subject + t.text for t in TEMPLATES.values()]

    assert all("{" not in text.format(**words, refusal="x") for text in texts)


def name_operator(office: Office, login: str | None) -> None:
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowTransport")
        changed = replace(item, attributes={**item.attributes, "operator": login})
        store.lists.put("shippingDirections", changed, Actor("portalAdmin", Cause.API))
