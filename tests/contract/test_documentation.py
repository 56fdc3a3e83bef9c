"""The generated reference pages are complete, and the navigation lists every page."""

import re
from pathlib import Path
from typing import Any

from api.auth.endpoint_permissions import TABLE
from bpmn.lint.gate import CHECKS
from bpmn.lint.rules import RULES, WARNINGS
from bpmn.lint.tables import TABLE_RULES
from bpmn.model.diagrams import DIRECTORY
from db.catalog.loading import load_catalog
from db.domain.documents.placeholders import placeholders as known_placeholders
from docs.generator import (
    catalog,
    decisions,
    endpoints,
    gate,
    http_api,
    placeholders,
    processes,
    topics,
)
from workers.topics import TOPICS

PATHS = re.compile(r"\((docs/[^)#]+)")


SOURCES = re.compile(r"`((?:bpmn|forms|workers|api|bench|db|ops|tests|docs)/[\w./-]+)`")
"""Files and folders of the repository that a text names."""


def text_of(part: Any) -> str:
    return "\n".join(page.text for page in part.pages())


def headings(text: str, level: int) -> set[str]:
    return set(re.findall(rf"^{'#' * level} (\S+) \{{ #", text, re.MULTILINE))


def test_the_topic_reference_has_every_topic_with_its_inputs_results_and_refusals() -> None:
    text = text_of(topics)

    assert headings(text, 3) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        section = text.split(f"### {topic.name} {{", 1)[1].split("\n### ", 1)[0]
        named = {*topic.input.wire_names().values(), *topic.result.wire_names().values()}
        named |= {refusal.code for refusal in topic.refusals}
        assert {name for name in named if f"`{name}`" not in section} == set(), topic.name


def test_the_gate_reference_has_every_rule_with_a_fault_and_its_finding() -> None:
    text = text_of(gate)

    names = {rule.__name__ for rule in (*RULES, *WARNINGS, *CHECKS)} | {"directions_served"}
    assert headings(text, 3) == names | {rule.__name__ for rule in TABLE_RULES}
    for name in names:
        section = text.split(f"### {name} {{", 1)[1].split("\n### ", 1)[0]
        assert f"#{name})" in section, name
        assert "```diff" in section, name


def test_the_role_reference_has_every_endpoint_and_role() -> None:
    text = text_of(endpoints)

    assert {f"`{method} {path}`" for method, path in TABLE} <= set(re.findall(r"`[^`]+`", text))
    assert {f"`{code}`" for code in load_catalog().roles} <= set(re.findall(r"`[^`]+`", text))


def test_the_catalog_reference_has_every_field_direction_stage_and_list() -> None:
    known, text = load_catalog(), text_of(catalog)

    stages = {stage.code for one in known.directions.values() for stage in one.stages}
    steps = {step for chain in known.chains.values() for step in chain.steps}
    named = {*known.fields, *known.directions, *known.lists, *known.chains, *steps, *stages}
    for code in named:
        assert f"`{code}`" in text, code


def test_the_placeholder_reference_has_every_placeholder_and_form() -> None:
    text = text_of(placeholders)

    for each in known_placeholders(load_catalog()):
        row = text.split(f"| `{{{{{each.name}}}}}` |", 1)[1].split("\n", 1)[0]
        assert [form for form in each.forms if f"`{form}`" not in row] == [], each.name


def test_the_api_reference_has_every_operation_and_schema() -> None:
    document, text = http_api.openapi(), text_of(http_api)

    operations = {
        one["operationId"] for path in document["paths"].values() for one in path.values()
    }
    anchors = set(re.findall(r"\{ #(\S+) \}", text))
    assert operations <= anchors
    assert set(document["components"]["schemas"]) <= anchors


def test_every_process_has_a_page_with_its_picture() -> None:
    pages = {page.path: page.text for page in processes.pages()}

    for path in DIRECTORY.glob("*.bpmn"):
        assert f"({path.stem}.svg)" in pages[f"processes/{path.stem}.md"]
        assert pages[f"processes/{path.stem}.svg"].startswith("<svg")


def test_decision_records_are_numbered_without_gaps_and_have_four_parts() -> None:
    records = decisions.records()

    assert [record.number for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = (decisions.FOLDER / record.file).read_text()
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(decisions.PARTS), record.file


def test_the_readmes_point_at_files_that_exist() -> None:
    for readme in ("README.md", "README.ru.md", "CONTRIBUTING.md"):
        for path in PATHS.findall(Path(readme).read_text()):
            assert Path(path).exists(), f"{readme}: {path}"


def test_the_guides_name_files_that_exist() -> None:
    guides = [path for path in Path("docs").rglob("*.md") if path.parent.name != "adr"]

    for guide in guides:
        for path in SOURCES.findall(guide.read_text()):
            assert Path(path).exists(), f"{guide}: {path}"


def test_the_readmes_are_short() -> None:
    assert len(Path("README.md").read_bytes()) < 6_000
    assert len(Path("README.ru.md").read_text()) < 6_000
