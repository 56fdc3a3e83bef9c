"""Prometheus metrics of the worker process.

Labels have bounded values: topics, fates, kinds, entity sets, stages. None identifies a person or a
deal.
"""

from collections.abc import Callable, Iterable
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily

from workers.ports.census import Census
from workers.ports.observer import Fate, RequestResult

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of durations."""
SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Upper bounds of batch sizes."""


class TaskMetrics:
    """`workers.ports.observer.TaskObserver` as Prometheus metrics."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._polled_at = Gauge(
            "pit_worker_last_poll_timestamp_seconds",
            "Time of the last fetch that the engine answered",
            registry=registry,
        )
        self._fetched = Counter("pit_worker_fetched_tasks", "Fetched tasks", registry=registry)
        self._sizes = Histogram(
            "pit_worker_batch_size",
            "Tasks executed in one transaction",
            buckets=SIZES,
            registry=registry,
        )
        tasks = Counter(
            "pit_worker_tasks", "Handled tasks by fate", ["topic", "fate"], registry=registry
        )
        queued = Histogram(
            "pit_worker_queue_seconds",
            "Time between the fetch of a task and its start",
            ["topic"],
            buckets=SECONDS,
            registry=registry,
        )
        handled = Histogram(
            "pit_worker_handler_seconds",
            "Time between the start of a task and the end of its handler",
            ["topic"],
            buckets=SECONDS,
            registry=registry,
        )

        # The children are looked up once: `labels` costs more than the observation itself.
        @cache
        def count_of(topic: str, fate: Fate) -> Counter:
            return tasks.labels(topic, fate.value)

        self._count_of = count_of
        self._queued_of = cache(queued.labels)
        self._handled_of = cache(handled.labels)

    def polled(self, tasks: int) -> None:
        self._polled_at.set_to_current_time()
        self._fetched.inc(tasks)

    def batch(self, size: int) -> None:
        self._sizes.observe(size)

    def ended(self, topic: str, fate: Fate, queued: float, handled: float) -> None:
        self._count_of(topic, fate).inc()
        self._queued_of(topic).observe(queued)
        self._handled_of(topic).observe(handled)


class OutboxMetrics:
    """`workers.ports.observer.OutboxObserver` as Prometheus metrics."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._waited = Histogram(
            "pit_outbox_delivery_seconds",
            "Time between the writing of an outbox row and its delivery to the engine",
            ["kind"],
            buckets=SECONDS,
            registry=registry,
        )
        self._postponed = Counter(
            "pit_outbox_postponed", "Deliveries that are tried again", ["kind"], registry=registry
        )

    def delivered(self, kind: str, waited: float) -> None:
        self._waited.labels(kind).observe(waited)

    def postponed(self, kind: str) -> None:
        self._postponed.labels(kind).inc()


class OnecMetrics:
    """`workers.ports.observer.OnecObserver` as Prometheus metrics."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._seconds = Histogram(
            "pit_onec_request_seconds",
            "Duration of requests to 1C by entity set and result",
            ["entity_set", "result"],
            buckets=SECONDS,
            registry=registry,
        )

    def requested(self, entity_set: str, result: RequestResult, seconds: float) -> None:
        self._seconds.labels(entity_set, result.value).observe(seconds)


class CompanyMetrics:
    """Collector of the last `Census`; shows nothing while another process counts."""

    def __init__(
        self, last: Callable[[], Census | None], registry: CollectorRegistry = REGISTRY
    ) -> None:
        """``last``: returns the newest count of this process, None while another one counts."""
        self._last = last
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering does not collect."""
        return ()

    def collect(self) -> Iterable[Metric]:
        census = self._last()
        if census is None:
            return
        counted = "pit_company_counted_timestamp_seconds"
        yield _gauge(counted, "Time of these figures", census.at.timestamp())
        yield _gauge("pit_engine_up", "Whether the engine answers", census.engine_answers)
        deals = GaugeMetricFamily(
            "pit_open_deals",
            "Open deals by direction and stage",
            labels=["direction", "stage", "direction_name", "stage_name"],
        )
        for (direction, stage), count in sorted(census.deals.items()):
            names = census.stage_names.get((direction, stage), (direction, stage))
            deals.add_metric([direction, stage, *names], count)
        yield deals
        yield _gauge("pit_outbox_rows", "Messages that wait for the engine", census.outbox_rows)
        age = census.outbox_age.total_seconds()
        yield _gauge("pit_outbox_oldest_seconds", "Age of the oldest of them", age)
        figures = (
            ("pit_incidents", "Failed steps without retries", census.incidents),
            ("pit_open_tasks", "Open tasks of people", census.open_tasks),
            ("pit_open_task_oldest_seconds", "Age of the oldest open task", census.task_age),
            ("pit_deals_without_next_step", "Open deals without one", census.stuck_deals),
        )
        for name, help_text, value in figures:
            if value is not None:
                yield _gauge(name, help_text, value)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)
