"""Readiness checks of the database, the engine, the workers, the antivirus and the e-mail queue."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from api.dependencies import Resources
from api.health.responses import Ready
from api.http.clock import now
from api.inspection.antivirus import OFF, OK
from db.domain.errors import Unavailable

WORKER_TIMEOUT = timedelta(seconds=60)
MAIL_DELAY = timedelta(minutes=15)


def readiness(resources: Resources) -> Ready:
    """Run all checks. Delayed e-mails do not make the API unready."""
    states = {name: check(resources) for name, check in CHECKS.items()}
    is_ready = all(state in (OK, OFF) for state in states.values())
    status = "ready" if is_ready else "notReady"
    return Ready(status=status, mail=_mail(resources), **states)


def _antivirus(resources: Resources) -> str:
    return resources.scanner.antivirus.state()


def _database(resources: Resources) -> str:
    try:
        return OK if resources.database.is_current() else "schema is old: migrate it"
    except Unavailable:
        return "no answer"


def _engine(resources: Resources) -> str:
    return OK if resources.gateway.is_ready() else "no answer"


def _worker(resources: Resources) -> str:
    try:
        with resources.database.reading() as store:
            last = store.workers.last_seen()
    except Unavailable:
        return "unknown"
    return OK if last and now() - last.seen_at <= WORKER_TIMEOUT else "not seen for a minute"


def _mail(resources: Resources) -> str:
    try:
        with resources.database.reading() as store:
            since = store.mails.waiting_since()
    except Unavailable:
        return "unknown"
    return "letters wait" if since and now() - since > MAIL_DELAY else OK


CHECKS: Mapping[str, Callable[[Resources], str]] = {
    "database": _database,
    "engine": _engine,
    "worker": _worker,
    "antivirus": _antivirus,
}
