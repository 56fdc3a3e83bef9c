"""Findings in the forms that people, tools and code hosts read."""

import json
from pathlib import Path

from bpmn.lint.finding import Finding, Severity
from bpmn.lint.reasons import REASONS
from bpmn.lint.report import FORMATS

ROOT = Path("/suite")
FINDINGS = [
    Finding(ROOT / "bpmn/deal.bpmn", 7, "Task_A", "loops_wait", "ждёт", "Вести сделку", "Иначе."),
    Finding(Path("x.bpmn"), 0, "x", "small_enough", "велика", severity=Severity.WARNING),
]


def test_people_read_element_name_fault_reason_and_page() -> None:
    first = FORMATS["text"](FINDINGS, ROOT).splitlines()[0]

    assert first == (
        "/suite/bpmn/deal.bpmn:7: Task_A «Вести сделку»: Ждёт. Иначе. "
        "(reference/gate.html#loops_wait)"
    )


def test_tools_read_json() -> None:
    rows = json.loads(FORMATS["json"](FINDINGS, ROOT))

    assert [(row["file"], row["line"], row["severity"]) for row in rows] == [
        ("bpmn/deal.bpmn", 7, "error"),
        ("x.bpmn", 0, "warning"),
    ]
    assert rows[0]["name"] == "Вести сделку"


def test_code_hosts_read_sarif() -> None:
    sarif = json.loads(FORMATS["sarif"](FINDINGS, ROOT))

    run = sarif["runs"][0]
    assert sarif["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["loops_wait", "small_enough"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "x.bpmn"}, "region": {"startLine": 1}}


def test_every_reason_is_a_sentence_in_russian() -> None:
    assert all(text.endswith(".") and text[0].isupper() for text in REASONS.values())
