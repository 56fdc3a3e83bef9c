"""Signs of life for supervisors: alive, and ready to work."""

from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, Response
from pydantic import Field

from api.dependencies import Resources, ResourcesDep
from api.files.antivirus import OFF, OK
from api.http.clock import now
from api.http.schema import ResponseSchema
from db.domain.errors import Unavailable

router = APIRouter(tags=["Состояние"])

WORKER_SILENT = timedelta(seconds=60)
MAIL_WAITS = timedelta(minutes=15)


class Alive(ResponseSchema):
    status: str = Field("alive", title="Состояние", examples=["alive"])


class Ready(ResponseSchema):
    """Each part is "ok" or says in a word what is wrong; an antivirus may be "off"."""

    status: str = Field(title="ready или notReady", examples=["ready"])
    database: str = Field(title="База данных", examples=["ok"])
    engine: str = Field(title="Движок процессов", examples=["ok"])
    worker: str = Field(title="Исполнители", examples=["ok"])
    antivirus: str = Field(title="Антивирус; off: файлы не проверяются", examples=["ok"])
    mail: str = Field(title="Письма; готовность от них не зависит", examples=["ok"])


@router.get("/healthz", summary="Жив")
async def healthz() -> Alive:
    return Alive()


@router.get("/readyz", summary="Готов к работе", responses={503: {"model": Ready}})
async def readyz(resources: ResourcesDep, response: Response) -> Ready:
    """503 names the part that is missing; the API itself may still answer from the database."""
    told: Ready = await resources.readiness.run(lambda: _look(resources))
    response.status_code = 200 if told.status == "ready" else 503
    response.headers["Cache-Control"] = "no-store"
    return told


def _look(resources: Resources) -> Ready:
    checks: dict[str, Callable[[Resources], str]] = {
        "database": _database,
        "engine": _engine,
        "worker": _worker,
        "antivirus": _antivirus,
    }
    told = {name: check(resources) for name, check in checks.items()}
    ready = all(word in (OK, OFF) for word in told.values())
    told["mail"] = _mail(resources)  # deals go on without letters
    return Ready(status="ready" if ready else "notReady", **told)


def _antivirus(resources: Resources) -> str:
    return resources.scanner.antivirus.state()


def _database(resources: Resources) -> str:
    try:
        return "ok" if resources.database.is_current() else "schema is old: migrate it"
    except Unavailable:
        return "no answer"


def _engine(resources: Resources) -> str:
    return "ok" if resources.gateway.is_ready() else "no answer"


def _worker(resources: Resources) -> str:
    try:
        with resources.database.reading() as store:
            seen = store.workers.last_seen()
    except Unavailable:
        return "unknown"
    return "ok" if seen and now() - seen.seen_at <= WORKER_SILENT else "not seen for a minute"


def _mail(resources: Resources) -> str:
    try:
        with resources.database.reading() as store:
            since = store.mails.waiting_since()
    except Unavailable:
        return "unknown"
    return "letters wait" if since and now() - since > MAIL_WAITS else "ok"
