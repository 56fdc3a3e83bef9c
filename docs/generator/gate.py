"""Gate reference: each rule with the faults that the tests plant, and what the gate prints."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bpmn.lint.finding import Finding, Rule, apply
from bpmn.lint.finding import found as finding_of
from bpmn.lint.gate import CHECKS
from bpmn.lint.integration.catalog import directions_served
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.rules import RULES, WARNINGS
from bpmn.lint.tables import TABLE_RULES
from bpmn.model.decision_tables import read_tables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagrams
from db.catalog.loading import load_catalog
from docs.generator.page import Page, anchor, summary
from forms.task_forms import FORMS
from tests.contract.test_gate import PLANTED
from tests.support.diagrams.drawn import Drawing, Edit
from tests.unit.bpmn.lint.test_rules import BROKEN, EXAMPLE
from workers import topic_contracts

MAX_DIFF_LINES = 14

INTRODUCTION = """# Gate rules

`make check` and every deployment run the gate (`manage.py gate`): it reads all diagrams and reports
what would stop a deal on the engine or make a diagram hard to read. A finding names file, line,
element and rule. Rules of the first part look at one diagram. Rules of the second part compare the
diagrams with workers, forms, roles and catalog.

Each rule is followed by a change that breaks it, as XML, and by the finding that the gate prints
for it. This page is generated from `bpmn/lint/` and from the faults that the tests plant.
"""


def pages() -> Iterator[Page]:
    """The page `reference/gate.md`."""
    parts = [INTRODUCTION, "## One diagram\n"]
    for rule in (*RULES, *WARNINGS):
        parts += [_heading(rule), *_example_alone(rule)]
    parts.append("## Diagrams, workers, forms, roles and catalog\n")
    context = _context()
    for check in CHECKS:
        parts += [_heading(check), *_examples_together(check, context)]
    parts += [_heading(directions_served), _example_served(context)]
    parts.append("## Decision tables\n")
    parts += [_heading(rule) for rule in TABLE_RULES]
    yield Page("reference/gate.md", "\n".join(parts))


def _context() -> LintContext:
    catalog = load_catalog()
    return LintContext(
        diagrams={diagram.id: diagram for diagram in read_diagrams(DIRECTORY)},
        contracts={contract.name: contract for contract in topic_contracts.topic_contracts()},
        forms={form.name: form for form in FORMS},
        roles=catalog.roles,
        catalog=catalog,
        tables={table.id: table for table in read_tables(DIRECTORY)},
    )


def _heading(rule: Callable[..., Any]) -> str:
    module = rule.__module__.replace(".", "/") + ".py"
    return f"### {rule.__name__} {anchor(rule.__name__)}\n\n{summary(rule)}\n\n`{module}`\n"


def _example_alone(rule: Rule) -> Iterator[str]:
    for name, element, edit in BROKEN:
        if name == rule.__name__:
            drawing, change = _changed(EXAMPLE, edit)
            yield _example(change, apply([rule], drawing.read()), element)
            return


def _examples_together(check: Check, context: LintContext) -> Iterator[str]:
    for name, diagram, element, edit in PLANTED:
        if name == check.__name__:
            drawing, change = _changed(DIRECTORY / f"{diagram}.bpmn", edit)
            diagrams = {**context.diagrams, diagram: drawing.read()}
            broken = replace(context, diagrams=diagrams)
            found = [
                finding_of(model, at, check, message)
                for model in diagrams.values()
                for at, message in check(model, broken)
            ]
            yield _example(change, found, element)
            return


def _example_served(context: LintContext) -> str:
    """A direction of the catalog names an activity that its diagram does not have."""
    drawing, change = _changed(
        DIRECTORY / "new-client.bpmn", lambda one: one.rename("Task_LeadClient", "Task_GuideClient")
    )
    diagrams = {**context.diagrams, "new-client": drawing.read()}
    found = list(directions_served(replace(context, diagrams=diagrams)))
    return _example(change, found, "Task_LeadClient")


def _changed(path: Path, edit: Edit) -> tuple[Drawing, str]:
    """Return the edited drawing and the edit as a unified diff of at most MAX_DIFF_LINES lines."""
    drawing = Drawing(path)
    before = _lines(drawing)
    edit(drawing)
    diff = difflib.unified_diff(before, _lines(drawing), lineterm="", n=0)
    lines = [line for line in diff if not line.startswith(("---", "+++", "@@"))]
    if len(lines) > MAX_DIFF_LINES:
        lines = [*lines[:MAX_DIFF_LINES], f"… {len(lines) - MAX_DIFF_LINES} more lines"]
    return drawing, "\n".join(lines)


def _lines(drawing: Drawing) -> list[str]:
    text = etree.tostring(drawing.root, encoding="unicode")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _example(change: str, found: list[Finding], element: str) -> str:
    one = next((one for one in found if one.element == element), found[0])
    text = str(one).replace(f"{one.path}", one.path.name)
    return f"```diff\n{change}\n```\n\n```text\n{text}\n```\n"
