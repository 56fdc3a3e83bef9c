"""The deal as its process sees it: what forms, gateways and due dates read."""

from datetime import datetime, timedelta
from typing import Any

from db.domain.deal import Deal
from db.domain.fulfilment import RunState
from db.domain.history import Actor, Cause
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskResult

WORKER = "svcWorker"
"""Who did what no person did."""

NEVER_LATE = timedelta(days=3650)
"""A timer needs an instant even where nothing is due: an empty one stops the process."""


class DealView(TaskResult):
    """Written anew by every step that may have changed the deal."""

    deal_title: str
    client_name: str
    direction_name: str
    stage: str
    stage_name: str
    stage_activity: str | None
    """Activity in which a deal of this stage waits, None when it is closed: where gateways lead."""
    outcome: str
    """open, won or lost."""
    manager: str
    heads_group: str
    next_move: int
    """The move that the manager's waiting task listens for."""
    deal_version: int
    due_at: datetime | None
    escalate_at: datetime
    parts_shipped: int = 0
    """Runs of fulfilment that reached the client."""


def view(
    services: Services,
    deal: Deal,
    *,
    since: datetime | None = None,
    working: timedelta | None = None,
) -> dict[str, Any]:
    """Values for a `DealView`; due by the stage's SLA unless ``since`` and ``working`` are told."""
    direction = services.store.catalog.directions[deal.direction]
    stage = direction.stage(deal.stage)
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
        "deal_version": deal.version,
        "due_at": due,
        "escalate_at": due or deal.stage_since + NEVER_LATE,
        "parts_shipped": sum(
            run.state is RunState.SHIPPED for run in services.store.runs.of(deal.id)
        ),
    }


def client_name(deal: Deal) -> str:
    return str(deal.values.get("counterparty") or deal.values.get("contactName") or "")


def by_person(task: Task[Any, Any], login: str | None) -> Actor:
    """The person whose user task came before this step; the worker itself if there was none."""
    if not login:
        return by_worker(task)
    return Actor(login, Cause.TASK, task.id)


def by_worker(task: Task[Any, Any]) -> Actor:
    return Actor(WORKER, Cause.WORKER, task.id)
