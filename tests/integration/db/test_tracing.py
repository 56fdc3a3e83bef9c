"""Traces of a process: what a collector receives, and that one which is down costs nothing."""

import logging
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from db.catalog import load_catalog
from db.store.database import Database
from db.tracing import (
    FLUSH,
    NO_SPAN,
    entry,
    note,
    span,
    traced,
    traceparent,
    tracer,
)
from ops.local.stack import free_port
from tests.support.servers.otlp import a_collector
from tests.support.waiting import PATIENCE

FOREIGN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LIBRARY = "opentelemetry"


def test_parts_of_a_span_are_its_children() -> None:
    with a_collector() as collector:
        with traced(collector.url, "pit-test"), entry("request") as request:
            request.note("pit.deal", "D-1")
            with span("engine") as part:
                part.rename("GET /task")
                note("http.response.status_code", 200)
            handed_on = traceparent()

        request_span, part_span = collector.only("request"), collector.only("GET /task")
    assert request_span.parent == ""
    assert (part_span.trace, part_span.parent) == (request_span.trace, request_span.id)
    assert handed_on is not None
    assert handed_on.split("-")[1:3] == [request_span.trace, request_span.id]
    assert request_span.attributes == {"pit.deal": "D-1"}
    assert part_span.attributes == {"http.response.status_code": 200}
    assert {one.service for one in collector.spans} == {"pit-test"}
    assert request_span.began <= part_span.began <= part_span.ended <= request_span.ended


def test_another_process_goes_on_with_a_trace() -> None:
    with a_collector() as collector:
        with traced(collector.url, "pit-test"):
            with entry("deliver", FOREIGN):
                pass
            with entry("deliver other", "no context at all"):
                pass

        went_on, began = collector.only("deliver"), collector.only("deliver other")
    assert f"00-{went_on.trace}-{went_on.parent}-01" == FOREIGN
    assert began.parent == ""
    assert began.trace != went_on.trace


def test_nothing_is_recorded_outside_of_a_request() -> None:
    with a_collector() as collector:
        with traced(collector.url, "pit-test"):
            with span("background") as one:
                note("pit.deal", "D-1")
            assert one is NO_SPAN
            assert traceparent() is None

        assert collector.spans == []


def test_an_exception_marks_its_span_without_its_message() -> None:
    def fail() -> None:
        with entry("request"), span("engine"):
            raise ValueError("паспорт 4510 123456")

    with (
        a_collector() as collector,
        traced(collector.url, "pit-test"),
        pytest.raises(ValueError, match="паспорт"),
    ):
        fail()

    assert {one.failed for one in collector.spans} == {"ValueError"}
    assert not any("паспорт".encode() in body for body in collector.bodies)


def test_statements_are_parts_without_their_parameters(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with a_collector() as collector:
        with traced(collector.url, "pit-test"), closing(Database(url, load_catalog())) as database:
            database.migrate()
            with entry("request") as request, database.writing() as store:
                request.note("pit.deal", "D-1")
                store.notifications.add("ivanov", "key-1", "Позвоните Петрову", None)

        request_span, insert = collector.only("request"), collector.only("INSERT")
        assert insert.parent == collector.only("commit").parent == request_span.id
    assert "INTO notifications" in str(insert.attributes["db.query.text"])
    assert not any("Петров".encode() in body or b"ivanov" in body for body in collector.bodies)


def test_a_collector_that_is_down_loses_spans_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Far more spans than the queue has places end at once; the log says it in one line."""
    caplog.set_level(logging.INFO)
    with traced(f"http://127.0.0.1:{free_port()}", "pit-test"), entry("request"):
        for _ in range(10_000):
            with span("engine"):
                pass
        _wait_for(caplog, "takes nothing")
    [line] = [each for each in caplog.records if each.levelno >= logging.WARNING]

    assert line.getMessage() == "The collector of traces takes nothing; spans are dropped"
    assert tracer() is None


def test_a_collector_that_does_not_answer_holds_up_the_end_for_a_bounded_time() -> None:
    with a_collector() as collector:
        collector.talks.clear()
        began = time.monotonic()
        ending = Thread(target=_one_request, args=(collector.url,))
        ending.start()
        ending.join(FLUSH.total_seconds() + PATIENCE)
        assert not ending.is_alive()
        assert time.monotonic() - began >= FLUSH.total_seconds()  # it did try


def _one_request(url: str) -> None:
    with traced(url, "pit-test"), entry("request"):
        pass


def test_a_collector_that_comes_back_is_sent_what_follows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    with traced(f"http://127.0.0.1:{port}", "pit-test"):
        with entry("lost"):
            pass
        _wait_for(caplog, "takes nothing")
        with a_collector(port) as collector:
            with entry("received"):
                pass
            _wait_for(caplog, "takes traces again; lost spans: 1")

    assert [one.name for one in collector.spans] == ["received"]


def _wait_for(caplog: pytest.LogCaptureFixture, part: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(part in record.getMessage() for record in caplog.records):
        assert time.monotonic() < deadline, part
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import workers.bootstrap", []),
        # FastAPI itself imports the library's API package, which records nothing.
        ("import api.__main__", ["sdk", "exporter", "proto"]),
    ],
)
def test_the_library_is_not_imported_while_traces_are_off(program: str, loaded: list[str]) -> None:
    parts = [f"{LIBRARY}.{part}" for part in loaded] or [LIBRARY]
    check = f"""
{program}
import sys
from db.tracing import entry, span, traced
with traced(None, "pit-test"), entry("request"), span("engine"):
    pass
print([name for name in sys.modules if name.startswith({tuple(parts)!r})])
"""
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, timeout=120, check=True
    )

    assert done.stdout == "[]\n"


def test_a_process_with_an_endpoint_imports_it() -> None:
    """Else the test above could not fail."""
    check = """
import sys
from db.tracing import traced
with traced("http://127.0.0.1:9", "pit-test"):
    print("opentelemetry.sdk.trace" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, timeout=120, check=True
    )

    assert done.stdout == "True\n"
