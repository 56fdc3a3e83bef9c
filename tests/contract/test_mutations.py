"""The gate finds seeded mistakes of more than 200 kinds, and lets harmless edits pass."""

import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from bpmn.lint import gate
from tests.support.diagrams.drawn import Edit
from tests.support.diagrams.mutation.harmless import HARMLESS
from tests.support.diagrams.mutation.kinds import KINDS
from tests.support.diagrams.mutation.score import Score, copy_of, sound, survivors_of

PROCESSES = 2
SURVIVORS = {
    "condition literal in capitals",  # as with a typo
    "condition literal with a space",  # as with a typo
    "answers labeled the other way round",  # a question may be asked negatively
    "default and condition exchanged",  # only its author knows what a new boolean means
    "literal with a typo",  # of results whose values no type tells
    "stage not read again",  # a called process that leaves the stage as it is
    "text of another event",  # one of two steps that send the same text
    "targets of two answers exchanged",  # both ends of a called process are the same to the engine
    "user task and its step deleted",  # nothing is inconsistent afterwards
}
"""Kinds of which some mutants may pass, and why."""


def test_seeded_mistakes_are_found() -> None:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("forkserver")) as pool:
        parts = list(pool.map(survivors_of, range(PROCESSES), [PROCESSES] * PROCESSES))

    planted = Counter(kind for part, _ in parts for kind in part)
    missed = [one for _, part in parts for one in part]
    score = Score(planted - Counter(kind for kind, *_ in missed), planted)
    print(score)
    assert len(planted) >= 100
    assert planted.total() >= 300
    assert planted.keys() == {kind.name for kind in KINDS}
    assert [one for one in missed if one[0] not in SURVIVORS] == []
    assert score.share() >= 0.95
    assert score.share(decidable_only=True) >= 0.97


@pytest.mark.parametrize(
    ("name", "diagram", "edit"), HARMLESS, ids=[f"{name}-{d}" for name, d, _ in HARMLESS]
)
def test_a_harmless_edit_passes(name: str, diagram: str, edit: Edit) -> None:
    drawing = copy_of(diagram)

    edit(drawing)

    found = gate.findings_after(diagram, drawing.read(), sound())
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"\xff\xfe\x00broken",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="utf-8"?><a>\xcf\xf0\xee</a>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        b"<a>" * 5000,
        b"<a>" + b" " * 6_000_000 + b"</a>",
    ],
    ids=["empty", "text", "binary", "encoding", "cp1251", "entity", "deep", "huge"],
)
@pytest.mark.parametrize("kind", ["bpmn", "dmn"])
def test_a_broken_file_is_a_finding(tmp_path: Path, kind: str, content: bytes) -> None:
    (tmp_path / f"broken.{kind}").write_bytes(content)

    diagrams, tables, found = gate.read(tmp_path)

    assert (diagrams, tables) == ([], [])
    assert [(one.element, one.rule) for one in found] == [("broken", "file_readable")]
    assert re.search("[а-я]", found[0].message)


def test_a_copy_of_a_diagram_is_a_finding() -> None:
    known = sound()
    copy = replace(known.diagrams["deal"], path=Path("deal-2.bpmn"))

    found = gate.findings(
        [*known.diagrams.values(), copy],
        known.contracts.values(),
        known.forms.values(),
        known.roles,
        known.catalog,
        list(known.tables.values()),
    )

    assert {(one.rule, one.element) for one in found} == {("same_twice", "deal")}
