"""Health endpoints for supervisors: liveness and readiness."""

from fastapi import APIRouter, Response

from api.dependencies import ResourcesDep
from api.health.checks import readiness
from api.health.responses import Alive, Ready

router = APIRouter(tags=["Состояние"])


@router.get("/healthz", summary="Жив")
async def healthz() -> Alive:
    """Liveness: the process answers requests."""
    return Alive()


@router.get("/readyz", summary="Готов к работе", responses={503: {"model": Ready}})
async def readyz(resources: ResourcesDep, response: Response) -> Ready:
    """Readiness; 503 names the components in trouble. Reads may still work then."""
    ready: Ready = await resources.readiness.run(lambda: readiness(resources))
    response.status_code = 200 if ready.status == "ready" else 503
    response.headers["Cache-Control"] = "no-store"
    return ready
