"""Process variables of a deal, read by forms, gateways and timers; actors of its history."""

from datetime import datetime, timedelta
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor, Cause
from db.domain.shipping.fulfillment import RunState
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskResult

WORKER_ACTOR = "svcWorker"
"""Actor of history rows that no person caused."""

NEVER_LATE = timedelta(days=3650)
"""Escalation delay of a deal without a due date: a timer needs an instant, null would fail it."""


class DealVariables(TaskResult):
    """Process variables of the deal; every topic that may change the deal writes them again."""

    deal_title: str
    client_name: str
    direction_name: str
    stage: str
    stage_name: str
    stage_activity: str | None
    """Activity in which a deal of this stage waits, read by gateways; None for a closed deal."""
    outcome: str
    """open, won or lost."""
    manager: str
    heads_group: str
    next_move: int
    """Number of the stage move that the manager's waiting task listens for."""
    due_at: datetime | None
    escalate_at: datetime
    """Read by timers of instances that began before tasks were escalated by the deadline watch."""
    parts_shipped: int = 0
    """Completed fulfillment runs."""


def deal_variables(
    services: Services,
    deal: Deal,
    *,
    since: datetime | None = None,
    working: timedelta | None = None,
) -> dict[str, Any]:
    """Return the fields of `DealVariables`.

    The due date is ``working`` time after ``since``; by default the stage's SLA after its start.
    """
    direction = services.store.catalog.direction_of(deal)
    stage = services.store.catalog.stage_of(deal)
    due = None
    if deal.is_open:
        start = since or deal.stage_since
        due = services.deadlines.after(services.store, deal, start, working or stage.sla)
    return {
        "deal_title": deal.title,
        "client_name": client_name(deal),
        "direction_name": direction.name,
        "stage": stage.code,
        "stage_name": stage.name,
        "stage_activity": stage.activity,
        "outcome": stage.outcome or "open",
        "manager": deal.manager,
        "heads_group": direction.heads,
        "next_move": deal.moves + 1,
        "due_at": due,
        "escalate_at": due or deal.stage_since + NEVER_LATE,
        "parts_shipped": sum(
            run.state is RunState.SHIPPED for run in services.store.runs.of(deal.id)
        ),
    }


def client_name(deal: Deal) -> str:
    """Return the counterparty's name, else the contact's, else an empty string."""
    return str(deal.values.get("counterparty") or deal.values.get("contactName") or "")


def person_actor(task: Task[Any, Any], login: str | None) -> Actor:
    """Return the user who completed the preceding user task; the worker without a ``login``."""
    if not login:
        return worker_actor(task)
    return Actor(login, Cause.TASK, task.id)


def worker_actor(task: Task[Any, Any]) -> Actor:
    """Return the worker as the actor of ``task``."""
    return Actor(WORKER_ACTOR, Cause.WORKER, task.id)
