"""Endpoints of heads: the load per person, and handing over the work of a person."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.dependencies import CurrentActor, CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import Login
from api.routing import StrictRoute
from api.team.handover import PersonHandover
from api.team.requests import Handover
from api.team.responses import HandoverPreview, HandoverResult, Workload
from api.team.workload import workload

router = APIRouter(tags=["Отдел"], route_class=StrictRoute)

PersonLogin = Annotated[Login, Path(title="Логин сотрудника", examples=["manager1"])]


@router.get("/workload", summary="Нагрузка и просроченные задачи")
def read_workload(caller: CurrentCaller, resources: ResourcesDep) -> Workload:
    """Deals and tasks per person in the directions that the caller heads, and overdue tasks."""
    return workload(resources, caller, now())


@router.get("/people/{login}/handover", summary="Что будет передано")
def read_handover(
    login: PersonLogin,
    caller: CurrentCaller,
    resources: ResourcesDep,
    to: Annotated[Login | None, Query(title="Кому")] = None,
) -> HandoverPreview:
    """Open deals and tasks of a person that the caller may hand over; nothing is changed.

    Also of a person who has no role any more.
    """
    return PersonHandover(resources, caller, login).preview(to)


@router.post("/people/{login}/handover", response_model=HandoverResult, summary="Передать все дела")
def hand_over(
    login: PersonLogin,
    body: Handover,
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Give all open deals and tasks of a person to another, with the reason in the history.

    At most 500 deals in one call: ``left`` tells how many are to be handed over by another. Safe to
    repeat: what was handed over is no longer the person's.
    """
    handover = PersonHandover(resources, caller, login)

    def work() -> IdempotentResponse:
        return IdempotentResponse.of(handover.give(body.to, body.reason, actor))

    return once.run_in_parts(work)
