"""The gate: runs all rules and integration checks before a deployment."""

from collections.abc import Collection, Iterable

from bpmn.lint import rules
from bpmn.lint.finding import Finding
from bpmn.lint.integration import catalog as catalog_checks
from bpmn.lint.integration import data_flow, service_tasks, stages, user_tasks
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.worker_contracts import TopicContract
from bpmn.model.elements import Diagram
from db.domain.catalog import Catalog
from forms.task_forms import Form

CHECKS: tuple[Check, ...] = (
    *service_tasks.CHECKS,
    *data_flow.CHECKS,
    *stages.CHECKS,
    *user_tasks.CHECKS,
    *catalog_checks.CHECKS,
)


def findings(
    diagrams: Iterable[Diagram],
    contracts: Iterable[TopicContract],
    forms: Iterable[Form],
    roles: Collection[str],
    catalog: Catalog,
) -> list[Finding]:
    """Return all findings, those of single-diagram rules first; an empty list allows deployment."""
    known = {diagram.id: diagram for diagram in diagrams}
    context = LintContext(
        diagrams=known,
        contracts={contract.name: contract for contract in contracts},
        forms={form.name: form for form in forms},
        roles=roles,
        catalog=catalog,
    )
    alone = [finding for diagram in known.values() for finding in rules.check(diagram)]
    together = [
        Finding(diagram.path, diagram.line_of(element), element, check.__name__, message)
        for diagram in known.values()
        for check in CHECKS
        for element, message in check(diagram, context)
    ]
    return [*alone, *together, *catalog_checks.directions_served(context)]
