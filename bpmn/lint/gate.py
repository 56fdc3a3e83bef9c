"""The gate: runs all diagram rules and integration checks; any finding forbids deployment."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bpmn.lint import rules
from bpmn.lint.finding import Finding
from bpmn.lint.finding import found as finding_of
from bpmn.lint.integration import (
    answers,
    approvals,
    calls,
    choices,
    consequences,
    constants,
    data_flow,
    decisions,
    holders,
    life,
    service_tasks,
    stages,
    user_tasks,
)
from bpmn.lint.integration import catalog as catalog_checks
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.tables import check_tables
from bpmn.lint.worker_contracts import TopicContract
from bpmn.model.decision_tables import DecisionTable, parse_table
from bpmn.model.elements import Diagram, InvalidDiagram
from bpmn.model.reader import read_diagram
from db.domain.catalog import Catalog
from forms.task_forms import Form

Model = TypeVar("Model", Diagram, DecisionTable)
CHECKS: tuple[Check, ...] = (
    *service_tasks.CHECKS,
    *data_flow.CHECKS,
    *stages.CHECKS,
    *user_tasks.CHECKS,
    *answers.CHECKS,
    *approvals.CHECKS,
    *calls.CHECKS,
    *choices.CHECKS,
    *consequences.CHECKS,
    *constants.CHECKS,
    *decisions.CHECKS,
    *holders.CHECKS,
    *life.CHECKS,
    *catalog_checks.CHECKS,
)


def findings(
    diagrams: Iterable[Diagram],
    contracts: Iterable[TopicContract],
    forms: Iterable[Form],
    roles: Collection[str],
    catalog: Catalog,
    tables: Collection[DecisionTable],
) -> list[Finding]:
    """Return all findings; an empty list allows deployment. Rules of single diagrams come first."""
    all_of_them = list(diagrams)
    by_id: dict[str, Diagram] = {}
    for diagram in all_of_them:
        by_id.setdefault(diagram.id, diagram)
    context = LintContext(
        diagrams=by_id,
        contracts={contract.name: contract for contract in contracts},
        forms={form.name: form for form in forms},
        roles=roles,
        catalog=catalog,
        tables={table.id: table for table in tables},
    )
    of_rules = [finding for diagram in by_id.values() for finding in rules.check(diagram)]
    of_checks = [finding for diagram in by_id.values() for finding in checked(diagram, context)]
    served = catalog_checks.directions_served(context)
    tabled = [*check_tables(tables, catalog), *tables_used(tables, all_of_them)]
    return [*of_rules, *same_twice(all_of_them), *tabled, *of_checks, *served]


def same_twice(diagrams: Collection[Diagram]) -> Iterator[Finding]:
    """Each process id and process name is in one file only: the engine keeps one of each id."""
    for what, key in (("идентификатором", "id"), ("названием", "name")):
        first: dict[str, Diagram] = {}
        for diagram in diagrams:
            other = first.setdefault(getattr(diagram, key), diagram)
            if other is not diagram:
                yield Finding(
                    diagram.path,
                    diagram.line,
                    diagram.id,
                    same_twice.__name__,
                    f"процесс с таким же {what} уже есть в {other.path.name}; переименуйте один",
                )


def tables_used(
    tables: Iterable[DecisionTable], diagrams: Collection[Diagram]
) -> Iterator[Finding]:
    """Each decision table is asked by a diagram: a change of one that is not would do nothing."""
    asked = {
        node.attributes.get("decisionRef")
        for diagram in diagrams
        for node in diagram.of_kind("businessRuleTask")
    }
    for table in tables:
        if table.id not in asked:
            yield Finding(
                table.path,
                table.line,
                table.id,
                tables_used.__name__,
                "эту таблицу не спрашивает ни одна схема; вызовите её шагом или удалите файл",
                name=table.name,
            )


def read(folder: Path) -> tuple[list[Diagram], list[DecisionTable], list[Finding]]:
    """Read all diagrams and tables of a folder; a file that cannot be read is a finding."""
    unreadable: list[Finding] = []
    diagrams = list(_readable(folder, "*.bpmn", read_diagram, unreadable))
    return diagrams, list(_readable(folder, "*.dmn", _read_table, unreadable)), unreadable


def _readable(
    folder: Path, pattern: str, reader: Callable[[Path], Model], unreadable: list[Finding]
) -> Iterator[Model]:
    for path in sorted(folder.glob(pattern)):
        try:
            yield reader(path)
        except InvalidDiagram as error:
            why = "Остальное проверено без этого файла, развернуть его нельзя."
            unreadable.append(
                Finding(path, error.line, path.stem, "file_readable", error.reason, reason=why)
            )


def _read_table(path: Path) -> DecisionTable:
    return parse_table(path.read_bytes(), path)


def checked(diagram: Diagram, context: LintContext) -> list[Finding]:
    """Run the integration checks on one diagram."""
    return [
        finding_of(diagram, element, check, message)
        for check in CHECKS
        for element, message in check(diagram, context)
    ]


def findings_after(replaced: str, diagram: Diagram, context: LintContext) -> list[Finding]:
    """Findings after one diagram of a sound set was replaced.

    Only what the change can affect is checked: the diagram itself, its callers and what it calls.
    """
    diagrams = {key: one for key, one in context.diagrams.items() if key != replaced}
    changed = replace(context, diagrams={**diagrams, diagram.id: diagram})
    return [
        *rules.check(diagram),
        *(
            found
            for one in affected(diagram, context.diagrams[replaced], changed)
            for found in checked(one, changed)
        ),
        *catalog_checks.directions_served(changed),
    ]


def affected(diagram: Diagram, before: Diagram, context: LintContext) -> list[Diagram]:
    """The diagram, those that call it and those that it calls or called before."""
    called = {
        call.attributes.get("calledElement", "")
        for one in (diagram, before)
        for call in one.of_kind("callActivity")
    }
    return [
        one
        for one in context.diagrams.values()
        if one is diagram
        or one.id in called
        or any(
            call.attributes.get("calledElement") in (diagram.id, before.id)
            for call in one.of_kind("callActivity")
        )
    ]
