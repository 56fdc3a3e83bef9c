"""Task views: build the responses of user tasks."""

from collections.abc import Collection, Mapping
from typing import Any

from api.approvals.views import approval_card, reliability_card
from api.auth import Principal
from api.deals.access import DealContext
from api.deals.requirements import RequirementSchema
from api.deals.views import deal_card
from api.engine.users import PersonNames
from api.http.clock import now
from api.http.schema import Named
from api.repairs.responses import CostOfferSchema, PartsOrderSchema
from api.repairs.views import cost_offer, parts_order
from api.tasks.responses import EarlierRepair, TaskCard, TaskSchema, WaitingTask
from bpmn.camunda.client.rest import UserTask
from db.domain.catalog import FieldKind, Role
from db.domain.steps.offers import COST_STAGE
from db.domain.steps.repairs import AWAITING_PARTS, is_guaranteed, serial_key

EARLIER_REPAIRS = 20
"""Deals of a machine that a form shows."""
SUBMITTED_BY_FORMS = frozenset({"lossReason", "shippingDirection"})
"""List fields that forms submit themselves, whoever may edit them in the deal."""


def task_card(
    context: DealContext, task: UserTask, caller: Principal, *, onec_is_simulated: bool
) -> TaskCard:
    """A task with its deal, approval and lists: everything that its form shows."""
    card = deal_card(context)
    return TaskCard(
        task=_task(task, caller),
        deal=card,
        file_fields=card.file_fields,
        stages=card.stages,
        required=[
            RequirementSchema.model_validate(rule)
            for rule in context.direction.stage(context.deal.stage).required
        ],
        lists=_lists(context),
        approval=approval_card(context),
        reliability=reliability_card(context),
        earlier_repairs=_earlier_repairs(context),
        parts=_parts(context),
        cost_offer=_cost_offer(context),
        onec_is_simulated=onec_is_simulated,
    )


def named(roles: Mapping[str, Role], codes: Collection[str]) -> list[Named]:
    """Roles with their names, in the order of the catalog."""
    return [Named.of(role) for role in roles.values() if role.code in codes]


def waiting_task(
    task: UserTask, caller: Principal, names: PersonNames, groups: list[Named]
) -> WaitingTask:
    """A task as an entry of a deal's list."""
    person = None if task.assignee is None else names.person(task.assignee)
    known = _task(task, caller)
    return WaitingTask.of(known, created_at=task.created, person=person, groups=groups)


def _task(task: UserTask, caller: Principal) -> TaskSchema:
    return TaskSchema(**task_members(task, caller.login))


def task_members(task: UserTask, login: str) -> dict[str, Any]:
    """The members that every schema of a task has, for a person."""
    return {
        "id": task.id,
        "key": task.key,
        "name": task.name,
        "due_at": task.due,
        "assignee": task.assignee,
        "mine": task.assignee == login,
        "description": task.description,
    }


def _earlier_repairs(context: DealContext) -> list[EarlierRepair]:
    """Other repairs of the machine, newest first. Whoever works on one sees what was done before,
    without the client of that time."""
    deal, catalog = context.deal, context.store.catalog
    serial = serial_key(deal)
    if serial is None:
        return []
    found = []
    for other in context.store.deals.of_serial(serial, limit=EARLIER_REPAIRS):
        direction = catalog.direction_of(other)
        if other.id == deal.id or direction.process != context.direction.process:
            continue
        won = direction.closing_stage("won").code
        found.append(
            EarlierRepair(
                deal_id=other.id,
                direction=direction.name,
                stage=direction.stage(other.stage).name,
                created_at=other.created_at,
                closed_at=other.closed_at,
                fault=_text(other.values.get("diagnosticsResult")),
                work=_text(other.values.get("usedParts")),
                guaranteed=is_guaranteed(other, won, deal.created_at),
            )
        )
    return found


def _parts(context: DealContext) -> list[PartsOrderSchema]:
    """Orders of parts for the repair, oldest first."""
    if not any(stage.code == AWAITING_PARTS for stage in context.direction.stages):
        return []
    orders = context.store.deals.parts_of(context.deal.id)
    return [parts_order(context.store.catalog, order) for order in orders]


def _cost_offer(context: DealContext) -> CostOfferSchema | None:
    """The newest offer of a repair whose cost is to be agreed."""
    if context.deal.stage != COST_STAGE:
        return None
    offer = context.store.cost_offers.latest(context.deal.id)
    return None if offer is None else cost_offer(offer, context.deal, now())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _lists(context: DealContext) -> dict[str, list[Named]]:
    """Active items of the lists that the form may need: lists of fields that the caller, an
    approver or the form itself can change, and those of an approver's answers."""
    catalog, lists, direction = context.store.catalog, context.store.lists, context.direction
    chains = catalog.chains_of(context.deal.direction)
    steps = [step for chain in chains for step in chain.steps.values()]
    by_others = {code for step in steps for code in step.edits} | SUBMITTED_BY_FORMS
    used = {
        field.list
        for field in context.fields
        if field.kind in (FieldKind.LIST, FieldKind.MULTI_LIST)
        and (field.code in by_others or context.can_edit(field))
    }
    used |= {answer.list for step in steps for answer in step.answers}
    return {
        code: [
            Named.of(item)
            for item in lists.items(code)
            if lists.is_active(code, item.code) and catalog.is_offered(direction, code, item.code)
        ]
        for code in sorted(code for code in used if code)
    }
