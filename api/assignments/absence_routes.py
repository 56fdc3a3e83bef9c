"""Who is away and who stands in: read by everybody, kept by the portal administrator."""

import uuid
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    EmployeesDep,
    IdempotentRequestDep,
    ResourcesDep,
)
from api.engine.users import PersonNames
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import Day, Line, Login, PersonSchema, RequestSchema, ResponseSchema
from api.routing import StrictRoute
from db.domain.absences import Absence, check
from db.domain.clock import today
from db.domain.errors import AbsenceNotFound
from db.ports.store import Store

router = APIRouter(prefix="/absences", tags=["Отсутствия и замещения"], route_class=StrictRoute)

AbsenceId = Annotated[str, Path(title="Номер отсутствия", pattern=r"^[A-Za-z0-9-]{1,36}$")]


class AbsenceSchema(ResponseSchema, title="AbsenceShape"):
    id: str = Field(title="Номер")
    person: PersonSchema = Field(title="Кто отсутствует")
    substitute: PersonSchema | None = Field(title="Кто замещает; никто: задачи у группы")
    first_day: date = Field(title="Первый день")
    last_day: date = Field(title="Последний день")
    reason: str = Field(title="Причина")
    created_by: PersonSchema = Field(title="Кто записал")
    created_at: datetime = Field(title="Когда записано")
    cancelled_by: PersonSchema | None = Field(title="Кто отменил")
    cancelled_at: datetime | None = Field(title="Когда отменено")
    in_force: bool = Field(title="Действует сегодня")


class AbsenceList(ResponseSchema):
    items: list[AbsenceSchema] = Field(title="Отсутствия, последние первыми")


class NewAbsence(RequestSchema):
    person: Login = Field(title="Кто отсутствует", examples=["onecMoscow"])
    substitute: Login | None = Field(None, title="Кто замещает", examples=["onecKazan"])
    first_day: Day = Field(title="Первый день", examples=["2026-11-23"])
    last_day: Day = Field(title="Последний день, включительно", examples=["2026-11-30"])
    reason: Line = Field("", title="Причина", max_length=255, examples=["Отпуск"])


@router.get("", summary="Отсутствия и замещения")
def read_absences(
    caller: CurrentCaller, resources: ResourcesDep, employees: EmployeesDep
) -> AbsenceList:
    """Also past and cancelled ones."""
    names = employees.names()
    with resources.database.reading() as store:
        found = store.absences.all()
    return AbsenceList(items=[_shape(absence, names) for absence in found])


@router.post("", status_code=201, response_model=AbsenceSchema, summary="Записать отсутствие")
def add_absence(
    body: NewAbsence, actor: CurrentActor, employees: EmployeesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """From its first day new tasks go to the substitute; open tasks stay until reassigned.

    422: a period that is over or upside down, somebody unknown, or the person is away already.
    """
    names, logins = employees.names(), employees.logins()
    wanted = Absence(
        id=str(uuid.uuid4()),
        person=body.person,
        substitute=body.substitute,
        first_day=body.first_day,
        last_day=body.last_day,
        reason=body.reason,
        created_by=actor.id,
        created_at=now(),
    )

    def effect(store: Store) -> IdempotentResponse:
        check(wanted, store.absences.all(), logins, today())
        store.absences.add(wanted)
        return IdempotentResponse.of(_shape(wanted, names), 201)

    return once.run(effect)


@router.post("/{absence_id}/cancel", response_model=AbsenceSchema, summary="Отменить отсутствие")
def cancel_absence(
    absence_id: AbsenceId, actor: CurrentActor, employees: EmployeesDep, once: IdempotentRequestDep
) -> JSONResponse:
    """The record stays; again changes nothing."""
    names = employees.names()

    def effect(store: Store) -> IdempotentResponse:
        store.absences.cancel(absence_id, actor.id, now())
        if (found := store.absences.get(absence_id)) is None:
            raise AbsenceNotFound
        return IdempotentResponse.of(_shape(found, names))

    return once.run(effect)


def _shape(absence: Absence, names: PersonNames) -> AbsenceSchema:
    def person(login: str | None) -> PersonSchema | None:
        return None if login is None else names.person(login)

    return AbsenceSchema(
        id=absence.id,
        person=names.person(absence.person),
        substitute=person(absence.substitute),
        first_day=absence.first_day,
        last_day=absence.last_day,
        reason=absence.reason,
        created_by=names.person(absence.created_by),
        created_at=absence.created_at,
        cancelled_by=person(absence.cancelled_by),
        cancelled_at=absence.cancelled_at,
        in_force=absence.covers(today()),
    )
