"""Document templates: upload with its checks, versions, retirement, and documents of a deal."""

import io
import uuid
import zipfile
from typing import Any

import httpx2
import pytest

from db.domain.approval.rounds import DecisionOutcome, RoundState
from db.domain.documents.placeholders import TemplateKind
from db.domain.documents.templates import Template, TemplateVersion
from tests.integration.api.conftest import PDF, Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.integration.api.tasks.test_tasks import a_decision, a_round
from tests.support.builders import NOW, a_deal
from tests.support.documents.samples import a_docx
from tests.support.documents.templates import CONTRACT, a_template, paragraph, row, table

VALUES = {
    "counterparty": "ООО «А & Б» {{Лимит}}",
    "inn": "7712345671",
    "contactName": "Иванова Анна Петровна",
    "limit": "1500000.50",
    "goods": [
        {"article": "1", "name": "Пила", "quantity": "2", "unit": "шт.", "price": "990.50"},
        {"article": "", "name": "Бур", "quantity": "1", "unit": "шт.", "price": None},
    ],
}


def added(
    office: Office, content: bytes = CONTRACT, *, name: str = "", headers: Any = None, **query: str
) -> httpx2.Response:
    asked = {"kind": "contract", "file": "Договор.docx", **query}
    return office.person("admin1").http.post(
        "/api/v1/templates",
        params={"name": name or f"Договор {uuid.uuid4().hex[:6]}", **asked},
        content=content,
        headers=headers,
    )


def template_id(office: Office, content: bytes = CONTRACT, **query: str) -> str:
    answer = added(office, content, **query)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def text_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.read("word/document.xml").decode()


def said(preview: Any) -> list[Any]:
    blocks = [block for section in preview["sections"] for block in section["blocks"]]
    return [block["rows"] or block["text"] for block in blocks]


def test_the_lawyer_previews_and_downloads_what_the_document_says(office: Office) -> None:
    deal_id, used = office.keep(a_deal(values=VALUES)), template_id(office)
    office.engine.tasks = [StandInTask("task-1", "Task_EnterContract", deal_id, "lawyer1")]
    lawyer = office.person("lawyer1")

    offered = lawyer.get(f"/deals/{deal_id}/templates").json()["items"]
    preview = lawyer.get(f"/deals/{deal_id}/templates/{used}").json()
    document = lawyer.get(
        f"/deals/{deal_id}/templates/{used}/document",
        params={"fingerprint": preview["fingerprint"]},
    )

    assert used in [each["id"] for each in offered]
    texts = said(preview)
    assert texts[0] == "Имя lawyer1"
    assert texts[1] == f"Договор № {deal_id}"
    assert texts[3] == "ООО «А & Б» {{Лимит}}, ИНН 7712345671, в лице Ивановой Анны Петровны"
    assert texts[4] == (
        "Лимит 1\u00a0500\u00a0000,50\u00a0₽ (Один миллион пятьсот тысяч рублей 50 копеек). "
        "Телефон ____________."
    )
    assert texts[5] == [
        ["Товар", "Цена"],
        ["Пила", "Девятьсот девяносто рублей 50 копеек"],
        ["Бур", ""],
    ]
    assert preview["missing"] == ["Телефон"]
    assert preview["undeclined"] == []
    assert document.status_code == 200
    assert "filename*=UTF-8''" in document.headers["Content-Disposition"]
    assert document.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in document.headers["Content-Security-Policy"]
    assert document.headers["Cache-Control"] == "private, no-store"
    assert "ООО «А &amp; Б» {{Лимит}}" in text_of(document.content)


def test_an_approval_sheet_has_a_row_for_each_decision(office: Office) -> None:
    deal_id = office.keep(a_deal(values=VALUES))
    a_round(office, deal_id, 1, RoundState.REJECTED)
    a_decision(office, deal_id, 1, "head")
    a_round(office, deal_id, 2, RoundState.OPEN)
    approved = {"person": "director1", "outcome": DecisionOutcome.APPROVED, "comment": ""}
    a_decision(office, deal_id, 2, "head", **approved)
    sheet = a_template(
        paragraph("{{Направление}}"),
        table(
            row("Круг", "Кто", "Итог", "Комментарий", "Дата"),
            row(
                "{{Решение.Круг}}",
                "{{Решение.Кто}}, {{Решение.Роль}}",
                "{{Решение.Итог}}",
                "{{Решение.Комментарий}}",
                "{{Решение.Дата | прописью}}",
            ),
        ),
    )
    used = template_id(office, sheet, kind="approvalSheet")

    preview = office.person("manager1").get(f"/deals/{deal_id}/templates/{used}").json()

    day, role = "23\u00a0ноября 2026\u00a0г.", "Руководитель отдела продаж"
    assert said(preview) == [
        "Новые клиенты",
        [
            ["Круг", "Кто", "Итог", "Комментарий", "Дата"],
            ["1", f"Имя salesHead, {role}", "отклонено", "Лимит велик.", day],
            ["2", f"Имя director1, {role}", "согласовано", "", day],
        ],
    ]
    assert preview["kind"] == "approvalSheet"


def test_the_document_is_accepted_as_a_file_of_the_deal(office: Office) -> None:
    deal_id, used = office.keep(a_deal(values=VALUES)), template_id(office)
    manager = office.person("manager1")

    made = manager.get(f"/deals/{deal_id}/templates/{used}/document").content
    stored = manager.upload(deal_id, "companyCard", "Договор.docx", made)

    assert stored.status_code == 201, stored.text


def test_a_preview_that_is_outdated_cannot_be_downloaded(office: Office) -> None:
    deal_id, used = office.keep(a_deal(values=VALUES)), template_id(office)
    manager, admin = office.person("manager1"), office.person("admin1")
    place = f"/deals/{deal_id}/templates/{used}"

    def downloaded(seen: str) -> int:
        return manager.get(f"{place}/document", params={"fingerprint": seen}).status_code

    first = manager.get(place).json()["fingerprint"]
    assert downloaded(first) == 200
    changed = manager.patch(
        f"/deals/{deal_id}",
        {"fields": {"contactPhone": "+7 495 123-45-67"}},
        headers=manager.seen(f"/deals/{deal_id}"),
    )
    assert changed.status_code == 200, changed.text
    assert downloaded(first) == 412
    second = manager.get(place).json()["fingerprint"]
    admin.http.post(
        f"/api/v1/templates/{used}/versions",
        params={"file": "новый.docx"},
        content=a_template(paragraph("{{Телефон}}")),
    )

    assert downloaded(second) == 412
    assert said(manager.get(place).json()) == ["+7 495 123-45-67"]


def test_every_unknown_placeholder_is_named_with_its_place(office: Office) -> None:
    content = a_template(
        paragraph("Стороны: {{Контагент}} и мы"),
        paragraph("{{ 7*7 }} {{Лимит | родительный}} {{Товар.Цена}}"),
        table(row("{{Товар.Имя}}")),
        paragraph("конец {{"),
    )

    answer = added(office, content)

    assert answer.status_code == 422
    assert answer.json()["code"] == "TEMPLATE_INVALID"
    assert answer.json()["problems"] == [
        "{{Контагент}}: возможно, «Контрагент» "
        "(основной текст, абзац 1: «Стороны: {{Контагент}} и мы»)",
        "{{7*7}}: такого поля нет (основной текст, абзац 2: «{{ 7*7 }} {{Лимит | родительный}}»)",
        "{{Лимит | родительный}}: у «Лимит» есть только: прописью "
        "(основной текст, абзац 2: «{{ 7*7 }} {{Лимит | родительный}} {{Товар.Цена}}»)",
        "{{Товар.Цена}}: ставится только в строке таблицы "
        "(основной текст, абзац 2: «{{Лимит | родительный}} {{Товар.Цена}}»)",
        "{{Товар.Имя}}: у «Товар» есть только: Номер, Артикул, Наименование, Количество, Единица, "
        "Цена, Сумма (основной текст, абзац 3: «{{Товар.Имя}}»)",
        "Скобки {{ и }} без пары (основной текст, абзац 4: «конец {{»)",
    ]


BOMB = '<!DOCTYPE a [<!ENTITY x "' + "x" * 1000 + '">]><w:styles>&x;</w:styles>'


@pytest.mark.parametrize(
    ("content", "file", "status"),
    [
        (b"", "а.docx", 422),
        (PDF, "а.docx", 422),
        (PDF, "а.pdf", 422),
        (a_docx("Без подстановок"), "а.docx", 422),
        (a_docx("{{ИНН}}", parts={"word/vbaProject.bin": b"macros"}), "а.docx", 422),
        (a_docx("{{ИНН}}", parts={"word/styles.xml": BOMB}), "а.docx", 422),
        (a_docx("{{ИНН}}", parts={"word/media/a.bin": b"\0" * 60_000_000}), "а.docx", 422),
        (CONTRACT + b"\0" * 3_000_000, "а.docx", 413),
    ],
    ids=["empty", "PDF", "type", "no placeholder", "macros", "entities", "zip bomb", "too large"],
)
def test_what_is_no_template_is_refused_and_nothing_is_stored(
    office: Office, content: bytes, file: str, status: int
) -> None:
    before = len(office.person("admin1").get("/templates").json()["items"])

    answer = added(office, content, file=file)

    assert answer.status_code == status, answer.text
    assert len(office.person("admin1").get("/templates").json()["items"]) == before
    assert list(office.files.glob("*.part")) == []


def test_a_repeated_upload_adds_one_template(office: Office) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    name = f"Дважды {uuid.uuid4().hex[:6]}"

    first, second = (added(office, name=name, headers=key) for _ in range(2))

    names = [each["name"] for each in office.person("admin1").get("/templates").json()["items"]]
    assert first.json() == second.json()
    assert names.count(name) == 1


def test_versions_stay_and_can_be_downloaded(office: Office) -> None:
    used, admin = template_id(office), office.person("admin1")
    place = f"/templates/{used}/versions"

    changed = admin.http.post(
        f"/api/v1{place}", params={"file": "вторая.docx"}, content=a_docx("{{ИНН}}")
    ).json()

    assert [each["number"] for each in changed["versions"]] == [2, 1]
    assert changed["versions"][0]["fileName"] == "вторая.docx"
    assert admin.get(f"{place}/1").content == CONTRACT
    assert admin.get(f"{place}/2").content == a_docx("{{ИНН}}")
    assert admin.get(f"{place}/3").status_code == 404


def test_a_retired_template_makes_no_documents_until_it_is_back(office: Office) -> None:
    deal_id, used = office.keep(a_deal(values=VALUES)), template_id(office)
    manager, admin = office.person("manager1"), office.person("admin1")
    place = f"/deals/{deal_id}/templates/{used}"

    retired = [admin.post(f"/templates/{used}/use", {"inUse": False}).json() for _ in range(2)]

    assert retired[0] == retired[1]
    assert retired[0]["retiredBy"]["login"] == "admin1"
    assert manager.get(place).status_code == 404
    admin.post(f"/templates/{used}/use", {"inUse": True})
    assert manager.get(place).status_code == 200


def test_a_template_of_another_direction_is_not_offered(office: Office) -> None:
    deal_id = office.keep(a_deal(values=VALUES))
    used = template_id(office, directions="dealerContracts,tenders")
    manager = office.person("manager1")

    offered = manager.get(f"/deals/{deal_id}/templates").json()["items"]

    assert used not in [each["id"] for each in offered]
    assert manager.get(f"/deals/{deal_id}/templates/{used}").status_code == 404
    assert added(office, directions="nowhere").status_code == 422


def test_a_placeholder_that_is_gone_is_left_blank_and_named(office: Office) -> None:
    content = a_docx("{{Бывшее поле}}")
    version = TemplateVersion(1, "д.docx", len(content), "1" * 64, ("Бывшее поле",), "admin1", NOW)
    old = Template(str(uuid.uuid4()), TemplateKind.CONTRACT, "Старый", (), (version,))
    with office.database.writing() as store:
        store.templates.add(old, content)
    deal_id = office.keep(a_deal(values=VALUES))

    preview = office.person("manager1").get(f"/deals/{deal_id}/templates/{old.id}").json()
    listed = office.person("admin1").get("/templates").json()["items"]

    assert said(preview) == ["____________"]
    assert preview["missing"] == ["Бывшее поле"]
    assert [each["unknown"] for each in listed if each["id"] == old.id] == [["Бывшее поле"]]


def test_the_list_names_the_kinds_of_templates(office: Office) -> None:
    kinds = office.person("admin1").get("/templates").json()["kinds"]

    assert kinds == [
        {"code": "contract", "name": "Договор"},
        {"code": "approvalSheet", "name": "Лист согласования"},
    ]


def test_who_cannot_read_the_deal_gets_no_document(office: Office) -> None:
    deal_id, used = office.keep(a_deal(values=VALUES)), template_id(office)

    for path in ("", f"/{used}", f"/{used}/document"):
        answer = office.person("lawyer1").get(f"/deals/{deal_id}/templates{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "DEAL_NOT_FOUND"


def test_placeholders_are_listed_for_the_administrator(office: Office) -> None:
    items = office.person("admin1").get("/placeholders").json()["items"]

    known = {each["name"]: each for each in items}
    assert known["Лимит"]["forms"] == ["прописью"]
    assert "родительный" in known["Менеджер"]["forms"]
    assert known["Товар.Цена"]["records"] == "Товар"
