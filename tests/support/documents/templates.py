"""DOCX templates for tests: paragraphs and tables written in a few words."""

from collections.abc import Mapping, Sequence
from html import escape

from tests.support.documents.samples import WORD_MAIN, an_office_file, content_types

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml."


def paragraph(*runs: str, properties: str = "") -> str:
    """A paragraph; each text is a run of its own."""
    texts = "".join(
        f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(run)}</w:t></w:r>'
        for run in runs
    )
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{texts}</w:p>"


def row(*cells: str) -> str:
    """A table row; each text is a cell."""
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def a_template(
    *body: str, header: Sequence[str] = (), parts: Mapping[str, str] | None = None
) -> bytes:
    """A DOCX with this XML in its body; ``header``: XML of its header; ``parts``: others."""
    overrides = [("/word/document.xml", WORD_MAIN)]
    added = dict(parts or {})
    if header:
        overrides.append(("/word/header1.xml", f"{_KIND}header+xml"))
        added["word/header1.xml"] = f'<w:hdr xmlns:w="{SPACE}">{"".join(header)}</w:hdr>'
    added["[Content_Types].xml"] = content_types(*overrides)
    text = "".join(body)
    document = f'<w:document xmlns:w="{SPACE}"><w:body>{text}</w:body></w:document>'
    return an_office_file("word/document.xml", WORD_MAIN, document, added)


CONTRACT = a_template(
    paragraph("Договор № {{Номер сделки}}", properties='<w:jc w:val="center"/>'),
    paragraph("г. Москва, {{Сегодня | прописью}}"),
    paragraph("{{Контра", "гент}}, ИНН {{инн}}, в лице {{Контактное лицо | родительный}}"),
    paragraph("Лимит {{Лимит}} ({{limit | прописью}}). Телефон {{Телефон}}."),
    table(row("Товар", "Цена"), row("{{Товар.Наименование}}", "{{Товар.Цена | прописью}}")),
    header=[paragraph("{{Кто составил}}")],
)
