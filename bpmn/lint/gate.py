"""Compares diagrams with workers, forms, roles and catalogue before anything reaches the engine."""

from collections.abc import Collection, Iterable

from bpmn.lint import rules
from bpmn.lint.finding import Finding
from bpmn.lint.integration import catalog as catalogue_checks
from bpmn.lint.integration import data_flow, service_tasks, stages, user_tasks
from bpmn.lint.integration.context import Check, Surroundings
from bpmn.lint.worker_contracts import TopicContract
from bpmn.model.elements import Diagram
from db.domain.catalog import Catalog
from forms.task_forms import Form

CHECKS: tuple[Check, ...] = (
    *service_tasks.CHECKS,
    *data_flow.CHECKS,
    *stages.CHECKS,
    *user_tasks.CHECKS,
    *catalogue_checks.CHECKS,
)


def findings(
    models: Iterable[Diagram],
    contracts: Iterable[TopicContract],
    forms: Iterable[Form],
    roles: Collection[str],
    catalogue: Catalog,
) -> list[Finding]:
    """All findings on all models, those of the readability rules first; empty: deploy."""
    known = {model.id: model for model in models}
    around = Surroundings(
        models=known,
        contracts={contract.name: contract for contract in contracts},
        forms={form.name: form for form in forms},
        roles=roles,
        catalogue=catalogue,
    )
    alone = [finding for model in known.values() for finding in rules.check(model)]
    together = [
        Finding(model.path, model.line_of(element), element, check.__name__, message)
        for model in known.values()
        for check in CHECKS
        for element, message in check(model, around)
    ]
    return [*alone, *together, *catalogue_checks.directions_served(around)]
