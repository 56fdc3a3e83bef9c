"""Page of the benchmarks: tables and charts of the runs that are committed as pictures."""

from collections.abc import Iterator
from pathlib import Path

from bench.report import Report
from docs.generator.page import Page

PICTURES = Path(__file__).parents[1] / "pictures"

INTRODUCTION = """# Benchmarks

Runs of `make bench`, `make bench-press`, `make bench-desk`, `make bench-size` and
`make bench-cluster`, of which the latest ones are kept with the documentation. A cell is the
median of the rounds with the smallest and the largest value. Absolute figures belong to the
machine of the run; ratios within one table are what counts.
How each figure is measured: [measure](../how-to/measure.md).
"""


def pages() -> Iterator[Page]:
    """The page; without a committed run it has the introduction alone."""
    parts = [INTRODUCTION]
    for path in sorted(PICTURES.glob("bench-*.json")):
        report = Report.load(path)
        heading, _, rest = report.table().partition("\n")
        parts.append(f"## {report.title}\n\n{heading.removeprefix(report.title).strip()}\n")
        parts += [
            f"![{report.title}](../pictures/{chart.name})\n"
            for chart in sorted(PICTURES.glob(f"{path.stem}-*.svg"))
        ]
        parts.append(rest.strip("\n") + "\n")
    yield Page("reference/benchmarks.md", "\n".join(parts))
