"""One trace from a press to the next task, by the real processes and a collector of ours."""

import signal
from collections.abc import Iterator

import pytest

from ops.demo.scenario import COMPANIES, Story
from tests.support.servers.otlp import Collector, Received, a_collector
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine

SUBMIT = "POST /camunda/api/engine/engine/default/task/{id}/submit-form"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with a_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(
    collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSuite]:
    settings = {"TRACES_ENDPOINT": collector.url}
    with running_suite(tmp_path_factory.mktemp("traced"), settings) as running:
        yield running


def _story(traced: RunningSuite) -> Story:
    return Story(traced.url, PASSWORD, traced.onec, tell=lambda _: None)


def _trace_of(collector: Collector, name: str, deal: str, last: str) -> list[Received]:
    """The trace of the newest request ``name`` of a deal, when it has a step ``last``."""

    def whole() -> list[Received]:
        requests = [one for one in collector.named(name) if one.attributes.get("pit.deal") == deal]
        if not requests:
            return []
        trace = [one for one in collector.spans if one.trace == requests[-1].trace]
        return trace if any(one.name == last for one in trace) else []

    return eventually(whole)


def _one(trace: list[Received], name: str) -> Received:
    [span] = [one for one in trace if one.name == name]
    return span


def test_a_new_deal_is_one_trace_to_its_first_task(
    traced: RunningSuite, collector: Collector
) -> None:
    story = _story(traced)
    story.request_arrives()

    trace = _trace_of(collector, "POST /deals", story.deal_id, "step register-process")
    request, delivery = _one(trace, "POST /deals"), _one(trace, "deliver start")
    step = _one(trace, "step register-process")
    assert (request.service, request.parent) == ("pit-api", "")
    assert request.attributes["http.response.status_code"] == 201
    assert (delivery.service, delivery.parent) == ("pit-worker", request.id)
    assert (step.service, step.parent) == ("pit-worker", request.id)
    assert request.began <= delivery.began <= step.ended
    assert step.attributes["pit.fate"] == "completed"
    [report] = [one for one in trace if one.name == "report" and one.parent == step.id]
    task = story("manager").task(story.deal_id, "Task_CollectDocuments")
    assert task["id"]
    assert report.ended <= step.ended


def test_a_completed_task_is_one_trace_to_the_next_task(
    traced: RunningSuite, collector: Collector
) -> None:
    story = _story(traced)
    story.until_approval()
    story.decides("head", "Task_ReviewTerms", "approved")
    story("accountant").task(story.deal_id, "Task_DecideContract")

    trace = _trace_of(collector, SUBMIT, story.deal_id, "step record-decision")
    request, step = _one(trace, SUBMIT), _one(trace, "step record-decision")
    assert request.service == "pit-api"
    assert request.attributes["pit.activity"] == "Task_ReviewTerms"
    assert request.attributes["http.response.status_code"] == 204
    assert step.parent == request.id
    assert step.attributes["pit.deal"] == story.deal_id
    engine_calls = [one for one in trace if one.name == "engine" and one.parent == request.id]
    assert engine_calls
    assert request.began <= step.began


def test_traces_name_no_person(traced: RunningSuite, collector: Collector) -> None:
    story = _story(traced)
    story.until_approval()
    found = _trace_of(collector, SUBMIT, story.deal_id, "step update-deal-stage")
    assert found
    inn, ogrn = COMPANIES[0]

    for word in ("manager1", "head1", "Садовый", "Петрова", "123-45-67", inn, ogrn):
        assert not any(word.encode() in body for body in collector.bodies), word


def test_queries_are_not_traced(collector: Collector) -> None:
    assert collector.spans
    requests = {one.attributes.get("http.request.method") for one in collector.spans}
    assert requests == {None, "POST", "PATCH"}


def test_a_collector_that_hangs_stops_no_deal_and_no_process(
    traced: RunningSuite, collector: Collector
) -> None:
    collector.talks.clear()
    try:
        story = _story(traced)
        story.until_approval()
        story.decides("head", "Task_ReviewTerms", "approved")
        story("accountant").task(story.deal_id, "Task_DecideContract")
        traced.process.send_signal(signal.SIGINT)
        assert traced.process.wait(60) == 0
    finally:
        collector.talks.set()
    assert "did not finish in time" not in traced.output()
