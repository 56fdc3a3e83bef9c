"""Endpoint of «Создать в 1С», only in an API that is told where the demo's simulator is."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.dependencies import CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.http.idempotency import IdempotentResponse
from api.http.problems import HttpRefusal
from api.routing import StrictRoute
from api.simulated_onec.client import create_document
from api.simulated_onec.documents import document_for
from api.simulated_onec.responses import CreatedDocument
from api.tasks.handover import TaskNotFound
from api.tasks.routes import TaskId

router = APIRouter(tags=["Задачи"], route_class=StrictRoute)


class TaskNotTaken(HttpRefusal):
    """The caller may see the task, but has not taken it."""

    code = "TASK_NOT_TAKEN"
    status = 409
    sentence = "Сначала возьмите задачу в работу, затем создавайте документ."


@router.post(
    "/tasks/{task_id}/onec-document",
    status_code=201,
    response_model=CreatedDocument,
    summary="Создать документ в имитаторе 1С",
)
def create(
    task_id: TaskId, caller: CurrentCaller, resources: ResourcesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """Create the document that the 1C operator's task asks for; only in the demo.

    Nothing is written into the deal: the number gets there when the task is completed. Repeating
    the call with the same Idempotency-Key creates nothing twice. 409 for a task that is not taken.
    """
    address = resources.settings.onec_simulator_url
    task = resources.gateway.task_for(task_id, caller.login, caller.roles)
    if address is None or task is None or task.deal_id is None:
        raise TaskNotFound
    if task.assignee != caller.login:
        raise TaskNotTaken
    deal_id = task.deal_id

    def work() -> IdempotentResponse:
        with resources.database.reading() as store:
            document = document_for(task, store.deals.get(deal_id), store)
        number = create_document(address, document, once.key_elsewhere)
        return IdempotentResponse.of(CreatedDocument(title=document.title, number=number), 201)

    return once.run_in_parts(work)
