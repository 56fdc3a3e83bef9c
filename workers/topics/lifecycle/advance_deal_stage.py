"""Moves a deal forward to a stage that only its process may set, and assigns the task there."""

from db.domain.deals.stages import advance
from db.domain.people.assignment import At
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.assignees import RoleMembers, assignee_in, members_of
from workers.services.process_variables import DealVariables, deal_variables, worker_actor


class AdvanceDealStage(TaskInput):
    """Input of ``advance-deal-stage``."""

    to_stage: str
    """Set by the diagram, not by a user."""
    role: str | None = None
    """Role whose task follows; None, as in earlier diagrams: no task is assigned."""
    at: At | None = None
    """Branch whose employees are meant, with ``role``."""


class DealAdvanced(DealVariables):
    """Result of ``advance-deal-stage``."""

    assignee: str | None = None
    """As in ``find-assignee``; None without a role."""
    assignee_group: str | None = None


def fetch_members(
    task: Task[AdvanceDealStage, None], external: ExternalServices
) -> RoleMembers | None:
    """Read the members of the role from the identity service. Raises: Unavailable."""
    return members_of(task.input.role, external) if task.input.role else None


def advance_deal_stage(
    task: Task[AdvanceDealStage, RoleMembers | None], services: Services
) -> DealAdvanced:
    """Move the deal forward, then find the assignee of the next task.

    Safe to repeat because a deal at the stage, past it or closed is left unchanged.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if deal.is_open and advance(store.catalog, deal, task.input.to_stage, at=task.at):
        store.deals.save(deal, worker_actor(task))
    result = DealAdvanced(**deal_variables(services, deal))
    if task.fetched is None:
        return result
    found = assignee_in(services, deal, task.fetched, task.input.at or At.SOURCE, task.at)
    return result.model_copy(update={"assignee": found.person, "assignee_group": found.group})


TOPIC = Topic(
    "advance-deal-stage", AdvanceDealStage, DealAdvanced, advance_deal_stage, fetch=fetch_members
)
