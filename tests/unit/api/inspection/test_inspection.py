"""Inspectors let real documents pass and name what is wrong with hostile ones."""

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.inspection.__main__ import INSPECTORS
from api.inspection.bounded import Forks
from api.inspection.findings import SENTENCES, Finding, Suspect
from tests.support.documents import (
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
from tests.support.hostile_documents import all_hostile

ROOT = Path(__file__).parents[4]
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
def test_a_real_document_passes(kind: str, content: bytes):
    assert found(kind, content) is None


@pytest.mark.parametrize(
    ("kind", "content", "finding"),
    [pytest.param(k, c, f, id=f"{k}: {case}") for case, k, c, f in all_hostile()],
)
def test_a_hostile_document_is_named(kind: str, content: bytes, finding: str):
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
def test_a_document_cut_anywhere_is_a_finding_never_a_crash(kind: str):
    whole = WHOLE[kind]

    findings = {found(kind, whole[:cut]) for cut in range(0, len(whole), 5)}

    assert findings <= {*Finding, None}
    assert Finding.DAMAGED in findings


def test_every_finding_has_a_sentence_that_says_what_to_do():
    for finding in Finding:
        assert "«" in SENTENCES[finding].format(name="x", megapixels=1)
        assert any(word in SENTENCES[finding] for word in ("риложите", "охраните"))


@pytest.fixture
def forks() -> Iterator[Forks]:
    forks = Forks()
    yield forks
    forks.close()


def asked(forks: Forks, place: Path, content: bytes, kind: str = "pdf") -> Finding | None:
    place.write_bytes(content)
    with place.open("rb") as file:
        return forks.finding_of(kind, file)


def test_each_file_gets_its_own_finding_also_after_the_process_died(forks: Forks, tmp_path: Path):
    files = [tmp_path / f"{number}" for number in range(8)]
    contents = [a_pdf(), b"%PDF-"] * 4
    with ThreadPoolExecutor(8) as people:
        before = list(people.map(asked, [forks] * 8, files, contents))
    assert forks._process is not None
    forks._process.kill()
    forks._process.wait()

    after = asked(forks, files[0], b"%PDF-")

    assert before == [None, Finding.DAMAGED] * 4
    assert after is Finding.DAMAGED


def test_a_bug_of_an_inspector_is_a_bug_and_no_finding(forks: Forks, tmp_path: Path):
    with pytest.raises(RuntimeError, match="inspection of doc failed"):
        asked(forks, tmp_path / "file", b"", "doc")


HUNGRY = """
import os, time
from api.inspection import __main__ as inspection
inspection.CPU = int(time.process_time()) + 2  # what the imports took does not count
inspection.MEMORY = 256 * 1024 * 1024
def hungry(file):
    {appetite}
inspection.INSPECTORS["hungry"] = hungry
inspection.answer("hungry", os.open(os.devnull, os.O_RDONLY), 1)
"""


@pytest.mark.parametrize(
    ("appetite", "told"),
    [
        ("bytearray(10**9)", (0, "tooComplex")),
        ("(lambda f: f(f))(lambda f: f(f))", (0, "tooComplex")),
        ("\n    while True: pass", (-signal.SIGKILL, "")),
    ],
    ids=["memory", "recursion", "processor"],
)
def test_what_takes_too_much_is_stopped(appetite: str, told: tuple[int, str]):
    ended = subprocess.run(
        [sys.executable, "-c", HUNGRY.format(appetite=appetite)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout.strip()) == told
