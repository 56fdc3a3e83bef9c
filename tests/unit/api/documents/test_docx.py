"""Reading and filling DOCX templates, and what the filled document says."""

import io
import zipfile
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from api.documents.__main__ import run
from api.documents.docx import TEXT_BYTES, BadTemplate, fill, scan
from api.documents.outline import outline
from tests.support.documents.samples import a_zip, content_types
from tests.support.documents.templates import CONTRACT, SPACE, a_template, paragraph, row, table


def said(document: bytes) -> list[Any]:
    """Texts of the main part, a list of rows for a table."""
    body = next(each for each in outline(document) if each["name"] == "основной текст")
    return [block.get("rows") or block["text"] for block in body["blocks"]]


def test_placeholders_are_found_across_runs_with_their_place() -> None:
    found = scan(CONTRACT).found

    assert [each.expression for each in found] == [
        "Кто составил",
        "Номер сделки",
        "Сегодня | прописью",
        "Контрагент",
        "инн",
        "Контактное лицо | родительный",
        "Лимит",
        "limit | прописью",
        "Телефон",
        "Товар.Наименование",
        "Товар.Цена | прописью",
    ]
    assert found[0].place == "верхний колонтитул, абзац 1: «{{Кто составил}}»"
    assert found[3].place.startswith("основной текст, абзац 3: «{{Контрагент}}, ИНН")
    assert [each.row for each in found[-3:]] == [-1, 1, 1]


def test_values_replace_placeholders_and_everything_else_stays() -> None:
    content = a_template(paragraph("До ", "{{Кон", "тра", "гент}} и", " {{Нет}} после"))

    filled = fill(content, {"Контрагент": "ООО «А & Б»"}, {})

    assert said(filled) == ["До ООО «А & Б» и ____________ после"]
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        document = archive.read("word/document.xml").decode()
        assert archive.testzip() is None
    assert document.count("<w:b/>") == 5


def test_a_value_is_text_only_and_is_not_searched_again() -> None:
    content = a_template(paragraph("{{А}} {{Б}}"))
    tricky = "</w:t><w:t>{{Б}}{{Лимит}}\x00\ud800"

    filled = fill(content, {"А": tricky, "Б": "два"}, {})

    assert said(filled) == ["</w:t><w:t>{{Б}}{{Лимит}} два"]


def test_lines_of_a_value_become_lines_of_the_document() -> None:
    filled = fill(a_template(paragraph("а {{А}} б")), {"А": "один\nдва\nтри"}, {})

    assert said(filled) == ["а один\nдва\nтри б"]
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    assert len(root.findall(f".//{{{SPACE}}}br")) == 2


def test_a_row_is_repeated_for_each_record() -> None:
    body = table(row("Итого {{Сумма}}", ""), row("{{Товар.Имя}}", "{{Сумма}}"), row("конец", ""))
    rows = {"товар": [{"Товар.Имя": "Пила"}, {"Товар.Имя": "Бур"}]}

    assert said(fill(a_template(body), {"Сумма": "5 ₽"}, rows)) == [
        [["Итого 5 ₽", ""], ["Пила", "5 ₽"], ["Бур", "5 ₽"], ["конец", ""]]
    ]


def test_without_records_the_row_stays_blank() -> None:
    content = a_template(table(row("{{Товар.Имя}}")))

    assert said(fill(content, {}, {"товар": []})) == [[["____________"]]]


@pytest.mark.parametrize("text", ["а {{Б", "а }} б", "{{ {А}", "{{А}} и {{ ещё"])
def test_braces_without_a_partner_are_reported(text: str) -> None:
    assert len(scan(a_template(paragraph(text))).stray) >= 1


def test_the_preview_has_headings_alignment_and_numbers_of_clauses() -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(
            [("decimal", "%1."), ("decimal", "%1.%2."), ("russianLower", "%3)")]
        )
    )
    numbering = (
        f'<w:numbering xmlns:w="{SPACE}">'
        f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    styles = (
        f'<w:styles xmlns:w="{SPACE}"><w:style w:styleId="H"><w:name w:val="heading 1"/>'
        '<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="5"/></w:numPr></w:pPr>'
        "</w:style></w:styles>"
    )

    def clause(level: int, text: str) -> str:
        numbered = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="5"/></w:numPr>'
        return paragraph(text, properties=numbered)

    heading = '<w:pStyle w:val="H"/>'
    content = a_template(
        paragraph("Договор", properties='<w:jc w:val="center"/>'),
        paragraph("Предмет", properties=heading),
        clause(1, "Поставка."),
        clause(2, "Товара."),
        clause(2, "Услуг."),
        paragraph("Цена", properties=heading),
        clause(1, "Оплата."),
        parts={"word/numbering.xml": numbering, "word/styles.xml": styles},
    )

    (section,) = outline(content)

    assert [block["text"] for block in section["blocks"]] == [
        "Договор",
        "1. Предмет",
        "1.1. Поставка.",
        "а) Товара.",
        "б) Услуг.",
        "2. Цена",
        "2.1. Оплата.",
    ]
    assert [block["heading"] for block in section["blocks"]][:3] == [False, True, False]
    assert section["blocks"][0]["align"] == "center"


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 broken",
        a_zip({"a.txt": "a"}),
        a_zip({"[Content_Types].xml": "<broken"}),
        a_zip({"[Content_Types].xml": content_types(("/word/document.xml", "x.document.main+xml"))})
        + b"tail",
        a_template(paragraph("{{А}}"), parts={"word/styles.xml": BOMB + "<a>&b;</a>"}),
    ],
    ids=["empty", "broken", "no document", "no XML", "no part", "entities"],
)
def test_what_is_no_template_is_refused(content: bytes) -> None:
    head, document = run({"do": "fill", "texts": {}, "rows": {}}, content)

    assert (list(head), document) == (["refused"], b"")


def test_a_part_that_unpacks_to_too_much_is_not_read() -> None:
    huge = a_template(paragraph("{{А}}" + "я" * (TEXT_BYTES // 2)))

    with pytest.raises(BadTemplate, match="велик"):
        scan(huge)
