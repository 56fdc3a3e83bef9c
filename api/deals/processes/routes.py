"""Endpoints of the processes of a deal: which there are, and one of them on its diagram."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deals.access import DealAccessDep
from api.deals.processes.responses import ProcessList, ProcessPicture
from api.deals.processes.views import process_line, process_picture
from api.dependencies import ResourcesDep
from api.http.problems import HttpRefusal
from api.routing import StrictRoute

InstanceId = Annotated[
    str, Path(title="Номер экземпляра процесса", pattern=r"^[A-Za-z0-9-]{1,64}$")
]
MAX_PROCESSES = 50
MAX_VISITS = 500
"""Visits of one process that are read, the last ones; a deal sent back for months has fewer."""

router = APIRouter(prefix="/deals/{deal_id}", tags=["Процессы"], route_class=StrictRoute)


class ProcessNotFound(HttpRefusal):
    """The deal has no such process, or the engine's history no longer knows it."""

    code = "PROCESS_NOT_FOUND"
    status = 404
    sentence = "Такого процесса у сделки нет. Обновите страницу."


@router.get("/processes", summary="Процессы сделки")
def list_processes(access: DealAccessDep, resources: ResourcesDep) -> ProcessList:
    """The processes of the deal, called ones included, the latest first, at most 50.

    Closed deals: as far as the engine's history goes.
    """
    with access.reading():  # 404 without access
        pass
    found = resources.gateway.past_instances(access.deal_id, MAX_PROCESSES)
    return ProcessList(items=[process_line(one, resources.process_names) for one in found])


@router.get("/processes/{instance_id}", summary="Схема процесса с положением сделки")
def read_process(
    instance_id: InstanceId, access: DealAccessDep, resources: ResourcesDep
) -> ProcessPicture:
    """The diagram as it is deployed for this process, marked with what happened, and its steps."""
    with access.reading():  # 404 without access
        pass
    course = resources.gateway.course_of(access.deal_id, instance_id, MAX_VISITS)
    if course is None:
        raise ProcessNotFound
    instance, diagram, passages = course
    return process_picture(
        instance, diagram, passages, access.names, complete=len(passages) < MAX_VISITS
    )
