"""The gate: runs all diagram rules and integration checks; any finding forbids deployment."""

from collections.abc import Collection, Iterable

from bpmn.lint import rules
from bpmn.lint.finding import Finding
from bpmn.lint.integration import approvals, data_flow, service_tasks, stages, user_tasks
from bpmn.lint.integration import catalog as catalog_checks
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
    *approvals.CHECKS,
    *catalog_checks.CHECKS,
)


def findings(
    diagrams: Iterable[Diagram],
    contracts: Iterable[TopicContract],
    forms: Iterable[Form],
    roles: Collection[str],
    catalog: Catalog,
) -> list[Finding]:
    """Return all findings; an empty list allows deployment. Rules of single diagrams come first."""
    by_id = {diagram.id: diagram for diagram in diagrams}
    context = LintContext(
        diagrams=by_id,
        contracts={contract.name: contract for contract in contracts},
        forms={form.name: form for form in forms},
        roles=roles,
        catalog=catalog,
    )
    of_rules = [finding for diagram in by_id.values() for finding in rules.check(diagram)]
    of_checks = [
        Finding(diagram.path, diagram.line_of(element), element, check.__name__, message)
        for diagram in by_id.values()
        for check in CHECKS
        for element, message in check(diagram, context)
    ]
    return [*of_rules, *of_checks, *catalog_checks.directions_served(context)]
