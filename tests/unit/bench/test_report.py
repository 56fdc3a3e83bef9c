"""Table, JSON and chart of a benchmark."""

import json
import math
from xml.etree import ElementTree

from bench.report import Column, Report

SVG = "{http://www.w3.org/2000/svg}"


def a_report() -> Report:
    columns = [Column("drain", "tasks/s"), Column("cpu", "CPU s/1000", ".2f")]
    report = Report("workers", "Drain <of> a queue", columns, at="2026-11-28", machine="2 cores")
    report.add("ours", drain=[200.0, 300.0, 250.0], cpu=0.5)
    report.add("ceiling", drain=[400.0], cpu=math.nan)
    report.notes.append("Java is skipped: no JDK.")
    return report


def test_the_table_has_medians_with_ranges_and_a_dash_for_what_was_not_measured() -> None:
    lines = a_report().table().splitlines()

    assert lines[0] == "Drain <of> a queue (2026-11-28, 2 cores)"
    assert [cell.strip() for cell in lines[4].split("|")[1:-1]] == ["ours", "250 [200–300]", "0.50"]
    assert [cell.strip() for cell in lines[5].split("|")[1:-1]] == ["ceiling", "400", "–"]
    assert lines[-1] == "Java is skipped: no JDK."


def test_the_json_has_every_round() -> None:
    known = json.loads(a_report().json())

    assert known["rows"]["ours"] == {"drain": [200.0, 300.0, 250.0], "cpu": [0.5]}
    assert known["rows"]["ceiling"]["cpu"] == []
    assert known["columns"][1] == ["cpu", "CPU s/1000", ".2f"]


def test_the_chart_draws_bars_on_one_scale() -> None:
    picture = ElementTree.fromstring(a_report().chart("drain"))

    widths = [float(one.get("width", 0)) for one in picture.iter(f"{SVG}rect")][1:]
    texts = [one.text for one in picture.iter(f"{SVG}text")]
    assert round(widths[0] / widths[1], 3) == 250 / 400
    assert "250 [200–300]" in texts
    assert "Drain <of> a queue" in texts
