"""Worker metrics: names, labels and values as Prometheus reads them."""

from prometheus_client import CollectorRegistry

from workers.integrations.metrics import OutboxMetrics, TaskMetrics
from workers.ports.observer import Fate


def test_ended_tasks_are_counted_by_topic_and_fate_with_their_times() -> None:
    registry = CollectorRegistry()
    metrics = TaskMetrics(registry)

    metrics.ended("notify", Fate.COMPLETED, 0.02, 0.004)
    metrics.ended("notify", Fate.COMPLETED, 0.02, 0.004)
    metrics.ended("notify", Fate.LOCK_LOST, 3, 60)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"topic": "notify", **labels})

    assert value("pit_worker_tasks_total", fate="completed") == 2
    assert value("pit_worker_tasks_total", fate="lock_lost") == 1
    assert value("pit_worker_queue_seconds_count") == 3
    assert value("pit_worker_handler_seconds_bucket", le="0.005") == 2
    assert value("pit_worker_handler_seconds_sum") == 60.008


def test_polls_and_batches_are_counted() -> None:
    registry = CollectorRegistry()
    metrics = TaskMetrics(registry)

    metrics.polled(5)
    metrics.polled(0)
    metrics.batch(5)

    assert registry.get_sample_value("pit_worker_fetched_tasks_total") == 5
    assert registry.get_sample_value("pit_worker_batch_size_count") == 1
    assert registry.get_sample_value("pit_worker_batch_size_bucket", {"le": "4.0"}) == 0
    assert (registry.get_sample_value("pit_worker_last_poll_timestamp_seconds") or 0) > 1.7e9


def test_outbox_rows_are_counted_by_kind() -> None:
    registry = CollectorRegistry()
    metrics = OutboxMetrics(registry)

    metrics.delivered("start", 0.03)
    metrics.postponed("message")

    waited = "pit_outbox_delivery_seconds_sum"
    assert registry.get_sample_value(waited, {"kind": "start"}) == 0.03
    assert registry.get_sample_value("pit_outbox_postponed_total", {"kind": "message"}) == 1
