"""Figures of the company: counted by one process, shown by scrapes without a query."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from bpmn.camunda.client.rest import EngineUnavailable
from db.domain.deals.entities import OutboxKind
from tests.support.fakes.ports import Office, a_kept_deal, an_office
from workers.background import census_taker
from workers.background.census_taker import CensusTaker
from workers.integrations.metrics import CompanyMetrics


class CountingEngine:
    """Engine whose calls are counted."""

    def __init__(self) -> None:
        self.calls = 0
        self.silent = False

    def _called(self) -> None:
        self.calls += 1
        if self.silent:
            raise EngineUnavailable("no answer")

    def engine_ready(self) -> bool:
        self.calls += 1
        return not self.silent

    def oldest_open_task(self) -> datetime | None:
        self._called()
        return datetime.now(UTC) - timedelta(hours=2)

    def incidents(self) -> list[str]:
        self._called()
        return ["incident"]

    def open_tasks(self) -> int:
        self._called()
        return 3


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


@pytest.fixture
def audits(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    made: list[object] = []

    def audit(*given: object) -> list[str]:
        made.append(given)
        return ["D-2026-0001"]

    monkeypatch.setattr(census_taker, "deals_without_next_step", audit)
    return made


def taker(office: Office, engine: Any, **given: Any) -> tuple[CensusTaker, CollectorRegistry]:
    registry = CollectorRegistry()
    census = CensusTaker(office.database.writing, engine, 30, **given)
    CompanyMetrics(census.last, registry)
    return census, registry


@pytest.mark.usefixtures("audits")
def test_a_scrape_shows_the_newest_count_and_asks_nobody(office: Office) -> None:
    engine = CountingEngine()
    census, registry = taker(office, engine)
    deal_id = a_kept_deal(office)
    with office.database.writing() as store:
        store.outbox.add(deal_id, OutboxKind.START, {})
    census.count()
    asked = engine.calls

    value = registry.get_sample_value
    [line] = [
        sample
        for family in registry.collect()
        for sample in family.samples
        if family.name == "pit_open_deals"
    ]

    assert line.value == 1
    assert (line.labels["direction"], line.labels["stage"]) == ("newClients", "newClient")
    assert line.labels["stage_name"] not in ("", "newClient")
    assert (value("pit_outbox_rows") or 0) >= 1
    assert value("pit_incidents") == 1
    assert value("pit_open_tasks") == 3
    assert 7190 < (value("pit_open_task_oldest_seconds") or 0) < 7300
    assert value("pit_deals_without_next_step") == 1
    assert value("pit_engine_up") == 1
    assert engine.calls == asked


def test_the_audit_is_made_less_often(office: Office, audits: list[object]) -> None:
    census, _ = taker(office, CountingEngine())

    for _ in range(5):
        census.count()

    assert len(audits) == 1


@pytest.mark.usefixtures("audits")
def test_while_the_engine_is_silent_the_figures_of_the_database_are_shown(office: Office) -> None:
    engine = CountingEngine()
    census, registry = taker(office, engine)
    engine.silent = True

    census.count()

    assert registry.get_sample_value("pit_engine_up") == 0
    assert registry.get_sample_value("pit_outbox_rows") is not None
    assert registry.get_sample_value("pit_incidents") is None


@pytest.mark.usefixtures("audits")
def test_a_process_that_does_not_count_any_more_shows_nothing(office: Office) -> None:
    owned = True
    census, registry = taker(office, CountingEngine(), owns=lambda: owned)
    census.count()
    assert registry.get_sample_value("pit_engine_up") == 1

    owned = False

    assert list(registry.collect()) == []
