"""JSON logs without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from workers.logs import JsonFormatter, bound


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("w1"))
    logger = logging.getLogger("test")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield stream
    logger.removeHandler(handler)


def test_a_line_names_the_deal_the_task_and_the_worker(stream: io.StringIO) -> None:
    with bound(deal_id="D-2026-00001", task_id="t1", topic="notify"):
        logging.getLogger("test").info("done in %d ms", 5)

    line = json.loads(stream.getvalue())
    assert line["message"] == "done in 5 ms"
    assert (line["level"], line["logger"]) == ("INFO", "test")
    assert (line["dealId"], line["taskId"], line["topic"]) == ("D-2026-00001", "t1", "notify")
    assert line["worker"] == "w1"
    assert line["time"].endswith("+00:00")


def test_a_message_cannot_begin_a_new_line(stream: io.StringIO) -> None:
    logging.getLogger("test").info("one\r\n{\u2028\x85two")

    assert len(stream.getvalue().splitlines()) == 1
    assert json.loads(stream.getvalue())["message"] == "one\r\n{\u2028\x85two"


def test_a_trace_shows_where_and_never_what(stream: io.StringIO) -> None:
    secret = "passport 4509" + str(123456)

    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("test").exception("broke")

    line = json.loads(stream.getvalue())
    assert "test_logs.py" in line["trace"]
    assert "ValueError" in line["trace"]
    assert secret not in stream.getvalue()
