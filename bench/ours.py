"""Worker process of the suite for a benchmark: all topics of the product and two of its own.

Built as `workers.bootstrap` does, without the background loops. ``--profile FILE`` writes the
processor time per function of all its threads at the end, for `pstats`.
"""

import argparse
import cProfile
import pstats
import signal
import threading
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

from bpmn.camunda.client.rest import Engine
from db.catalog import load_catalog
from db.domain.deals.history import Change, Kind
from db.store.database import Database
from workers.business_calendar import Deadlines
from workers.dependencies import external_services
from workers.integrations.onec.gateways import open_reloading_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.logs import configure
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.runtime.execution import ExecutionContext
from workers.runtime.runner.options import WorkerOptions
from workers.runtime.runner.worker import Worker
from workers.services.process_variables import worker_actor
from workers.settings import WorkerSettings
from workers.topics import TOPICS


class TwoInputs(TaskInput):
    """Two variables, as every measured client reads."""

    amount: int
    subject: str


class TwoValues(TaskResult):
    """Two variables, as every measured client writes."""

    sum: int = 1
    word: str = "ok"


def no_op(task: Task[TwoInputs, None], services: Services) -> TwoValues:
    """Do nothing. Safe to repeat because nothing is done."""
    return TwoValues()


def one_row(task: Task[TwoInputs, None], services: Services) -> TwoValues:
    """Write one row. Safe to repeat because a repeated task returns its stored result."""
    change = Change(Kind.FIELD, "comments", None, "x")
    services.store.history.append(task.deal_id, [change], worker_actor(task), 1)
    return TwoValues()


BENCH_TOPICS = (
    # Parallel: they write the same two variables as the other clients, no cleared form errors.
    Topic("ours-no-op", TwoInputs, TwoValues, no_op, parallel=True),
    Topic("ours-row", TwoInputs, TwoValues, one_row, parallel=True),
)


def main() -> None:
    """Work until SIGTERM; settings are those of the worker of the suite."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", type=Path)
    profile = parser.parse_args().profile
    profiles: list[cProfile.Profile] = []
    if profile is not None:
        _profile_threads(profiles)
    _work()
    if profile is not None:
        merged = pstats.Stats(profiles[0])
        for one in profiles[1:]:
            merged.add(one)
        merged.dump_stats(profile)


def _work() -> None:
    settings, onec = WorkerSettings(), OnecSettings()
    password = settings.engine_worker_password.get_secret_value()
    engine = Engine(settings.engine_url, settings.engine_worker_user, password)
    with (
        closing(Database(settings.database_url, load_catalog())) as database,
        closing(engine),
        closing(open_reloading_gateways(onec)) as gateways,
    ):
        external = external_services(database, engine, gateways, onec.infobase)
        deadlines = Deadlines(settings.zone, settings.branch_zones)
        context = ExecutionContext(
            database.writing, external, lambda store: Services(store, deadlines), database.counting
        )
        options = WorkerOptions(
            engine_url=settings.engine_url,
            user=settings.engine_worker_user,
            password=password,
            threads=settings.threads,
            lock_seconds=settings.lock_seconds,
            poll_seconds=settings.poll_seconds,
        )
        worker = Worker((*TOPICS, *BENCH_TOPICS), context, options)
        configure(worker.id, settings.log_level)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()


def _profile_threads(profiles: list[cProfile.Profile]) -> None:
    """Collect a profile of every thread that starts from now on, by its processor time."""

    def begin(frame: FrameType, event: str, argument: Any) -> None:
        own = cProfile.Profile(time.thread_time)
        profiles.append(own)
        own.enable()

    threading.setprofile(begin)


if __name__ == "__main__":
    main()
