"""`make bench` with tiny numbers, on a real engine and PostgreSQL."""

import json
import math
from pathlib import Path

import pytest

from bench.peers import install
from bench.workers import CEILING, Size, run

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(600)]


def test_our_worker_and_the_ceiling_are_measured(tmp_path: Path) -> None:
    size = Size(tasks=20, per_second=20, seconds=1, warm_up=0.1, engine_warm_ups=1)
    report = run(size, 1, only="ours", say=lambda _: None)

    known = json.loads(report.save(["drain"], tmp_path).read_text())["rows"]
    for name in ("no-op", "one row", "update-deal-stage", "record-decision"):
        row = known[f"ours, {name}"]
        assert row["drain"][0] > 0, name
        assert row["p95"][0] >= row["p50"][0] > 0, name
        assert row["requests"][0] > 1, name
        assert row["round_trips"][0] > 0, name
    if install.wrk() is not None:
        assert known[CEILING]["drain"][0] > 0
    assert not any(math.isnan(value) for value in known["ours, no-op"]["cpu"])
    assert (tmp_path / "bench-workers-drain.svg").read_text().startswith("<svg")
