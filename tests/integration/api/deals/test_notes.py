"""Notes, calls and invoices on a deal."""

import pytest

from tests.integration.api.conftest import Office


def test_a_call_and_an_invoice_are_recorded_in_order(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    invoice = {"kind": "invoice", "invoiceNumber": "СЧ-104", "amount": "125 000,50"}

    call = manager.post(f"/deals/{deal_id}/notes", {"kind": "call", "text": "Просит скидку."})
    billed = manager.post(f"/deals/{deal_id}/notes", invoice)

    items = office.person("salesHead").get(f"/deals/{deal_id}/notes").json()["items"]
    assert [call.status_code, billed.status_code] == [201, 201]
    assert [item["kind"] for item in items] == ["call", "invoice"]
    assert items[1]["amount"] == "125000.50"
    assert items[1]["amountText"] == "125\u00a0000,50\u00a0₽"
    assert items[0]["author"]["name"] == "Имя manager1"
    assert [row[0] for row in office.history(deal_id)] == ["created", "note", "note"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"text": "   "}, {"text"}),
        ({"kind": "invoice", "text": "Счёт"}, {"invoiceNumber", "amount"}),
        ({"kind": "invoice", "invoiceNumber": "1", "amount": "-1"}, {"amount"}),
        ({"kind": "note", "text": "Ок", "amount": "5"}, {"amount"}),
        ({"kind": "letter", "text": "Ок"}, {"body.kind"}),
        ({"text": "Ок", "author": "boss"}, {"body.author"}),
        ({"text": "нуль\x00байт"}, {"body.text"}),
        ({"text": "я" * 10_001}, {"body.text"}),
        ({"text": 5}, {"body.text"}),
    ],
)
def test_a_note_that_says_nothing_or_nonsense_is_refused(
    office: Office, body: dict[str, object], wrong: set[str]
) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").post(f"/deals/{deal_id}/notes", body)

    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.json()["errors"]} == wrong


def test_only_the_manager_writes_notes(office: Office) -> None:
    deal_id = office.a_deal()

    head = office.person("salesHead").post(f"/deals/{deal_id}/notes", {"text": "Звонил"})
    stranger = office.person("manager2").post(f"/deals/{deal_id}/notes", {"text": "Звонил"})

    assert [head.status_code, stranger.status_code] == [403, 404]


def test_text_is_kept_as_text_in_any_language(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    texts = ["<script>alert(1)</script>", "${7*7} #{x} {{y}}", "日本 🛠️ ёЁ", "=HYPERLINK(1)"]

    for text in texts:
        manager.post(f"/deals/{deal_id}/notes", {"text": text})

    items = manager.get(f"/deals/{deal_id}/notes").json()["items"]
    assert [item["text"] for item in items] == texts
