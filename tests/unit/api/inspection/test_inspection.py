"""Inspectors let real documents pass and name what is wrong with hostile ones."""

import io

import pytest

from api.inspection.__main__ import INSPECTORS
from api.inspection.findings import SENTENCES, Finding, Suspect
from tests.support.documents.samples import (
    WORD_MAIN,
    a_docx,
    a_jpeg,
    a_pdf,
    a_png,
    a_signature,
    a_tiff,
    a_xlsx,
    content_types,
    relation_type,
    relations,
)
from tests.support.hostile.documents import all_hostile

_TYPED_BY_EXTENSION = {
    "[Content_Types].xml": content_types().replace("application/xml", f"{WORD_MAIN}; charset=utf-8")
}
HARMLESS = [
    ("page", "pdf", a_pdf()),
    ("page with bytes after its end", "pdf", a_pdf().ljust(50_000)),
    ("opens at a page", "pdf", a_pdf(catalog="/OpenAction[3 0 R/Fit]")),
    ("link", "pdf", a_pdf(catalog="/OpenAction<</S/URI/URI(https://pit.example)>>")),
    (
        "jump into a neighbour",
        "pdf",
        a_pdf(catalog="/OpenAction<</S/GoToR/F(part2.pdf)/D[0/Fit]>>"),
    ),
    ("jump into a drive", "pdf", a_pdf(catalog="/AA<</O<</S/GoToR/F(C:/2.pdf)/D[0/Fit]>>>>")),
    ("picture", "png", a_png(640, 480)),
    ("photo", "jpeg", a_jpeg()),
    ("photo of 200 megapixels", "jpeg", a_jpeg(16_320, 12_240)),
    ("photo with a film after it", "jpeg", a_jpeg() + b"ftypmp42" + bytes(1000)),
    ("scan", "tiff", a_tiff()),
    ("text", "docx", a_docx()),
    ("table", "xlsx", a_xlsx()),
    ("text with the table of a chart", "docx", a_docx(parts={"word/embeddings/a.xlsx": a_xlsx()})),
    ("text whose main type is that of all XML", "docx", a_docx(parts=_TYPED_BY_EXTENSION)),
    ("signature", "p7s", a_signature()),
    *(
        (f"{kind} {target}", "docx", a_docx(parts={"word/_rels/document.xml.rels": links}))
        for kind, target in (
            ("hyperlink", "https://pit.example"),
            ("attachedTemplate", "file:///C:\\Users\\a\\Договор.dotx"),
            ("image", "Рисунок 1.png"),
        )
        for links in [relations(("r1", relation_type(kind), target, True))]
    ),
]


def found(kind: str, content: bytes) -> Finding | None:
    try:
        INSPECTORS[kind](io.BytesIO(content))
    except Suspect as suspect:
        return suspect.finding
    return None


@pytest.mark.parametrize(
    ("kind", "content"), [pytest.param(k, c, id=f"{k}: {case}") for case, k, c in HARMLESS]
)
def test_a_real_document_passes(kind: str, content: bytes) -> None:
    assert found(kind, content) is None


@pytest.mark.parametrize(
    ("kind", "content", "finding"),
    [pytest.param(k, c, f, id=f"{k}: {case}") for case, k, c, f in all_hostile()],
)
def test_a_hostile_document_is_named(kind: str, content: bytes, finding: str) -> None:
    assert found(kind, content) == finding


WHOLE = {
    "pdf": a_pdf(),
    "png": a_png(64, 64),
    "jpeg": a_jpeg(),
    "tiff": a_tiff(),
    "docx": a_docx(),
    "p7s": a_signature(),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_document_cut_anywhere_is_a_finding_never_a_crash(kind: str) -> None:
    whole = WHOLE[kind]

    findings = {found(kind, whole[:cut]) for cut in range(0, len(whole), 5)}

    assert findings <= {*Finding, None}
    assert Finding.DAMAGED in findings


def test_every_finding_has_a_sentence_that_says_what_to_do() -> None:
    for finding in Finding:
        assert "«" in SENTENCES[finding].format(name="x", megapixels=1)
        assert any(word in SENTENCES[finding] for word in ("риложите", "охраните"))
