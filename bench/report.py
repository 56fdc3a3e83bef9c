"""Result of a benchmark: rows of values per round, printed as a table, kept as JSON and a chart."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.chart import Bar, bars
from bench.figures import Spread
from bench.processor import machine

OUT = Path(__file__).parents[1] / "out" / "bench"
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """One measure of the table: key in the rows, heading, and how a number is written."""

    key: str
    heading: str
    spec: str = ".0f"


@dataclass
class Report:
    """Named rows; a row has for each measure its values, one per round."""

    name: str
    """File name without an extension, for instance ``workers``."""
    title: str
    columns: Sequence[Column]
    rows: dict[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Remarks printed under the table, e.g. rows that were skipped and why."""
    at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    machine: str = field(default_factory=machine)

    @classmethod
    def load(cls, path: Path) -> "Report":
        """Read a report that `save` wrote."""
        known = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            path.stem.removeprefix("bench-"),
            known["title"],
            [Column(*column) for column in known["columns"]],
            known["rows"],
            known["notes"],
            known["date"],
            known["machine"],
        )

    def add(self, row: str, **values: float | Sequence[float]) -> None:
        """Add a row; a single number is a measure of one round."""
        self.rows[row] = {
            key: [value] if isinstance(value, int | float) else list(value)
            for key, value in values.items()
        }

    def spread(self, row: str, key: str) -> Spread | None:
        """Summary of a measure over the rounds; None if it was not measured."""
        values = [value for value in self.rows[row].get(key, ()) if not math.isnan(value)]
        return Spread.of(values) if values else None

    def table(self) -> str:
        """Heading, Markdown table with medians and ranges, notes."""
        cells = [["", *(column.heading for column in self.columns)]]
        for row in self.rows:
            spreads = [(self.spread(row, column.key), column.spec) for column in self.columns]
            cells.append([row, *(format(s, spec) if s else MISSING for s, spec in spreads)])
        widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
        lines = [
            "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
            for line in cells
        ]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        head = f"{self.title} ({self.at}, {self.machine})"
        return "\n".join([head, "", lines[0], rule, *lines[1:], "", *self.notes])

    def chart(self, key: str) -> str:
        """SVG bar chart of one measure."""
        column = next(column for column in self.columns if column.key == key)
        shown = [(row, self.spread(row, key)) for row in self.rows]
        subtitle = f"{column.heading}; {self.at}, {self.machine}"
        return bars(
            self.title,
            subtitle,
            [
                Bar(row, spread.median, spread.low, spread.high, format(spread, column.spec))
                for row, spread in shown
                if spread is not None
            ],
        )

    def save(self, charts: Sequence[str] = (), folder: Path = OUT) -> Path:
        """Write JSON and a chart per key of ``charts``. Returns: the JSON file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"bench-{self.name}.json"
        path.write_text(self.json(), encoding="utf-8")
        for key in charts:
            (folder / f"bench-{self.name}-{key}.svg").write_text(self.chart(key), encoding="utf-8")
        return path

    def json(self) -> str:
        """Everything of the report, without names of machines or paths."""
        known = {
            "title": self.title,
            "date": self.at,
            "machine": self.machine,
            "columns": [[one.key, one.heading, one.spec] for one in self.columns],
            "rows": {
                row: {
                    key: [round(value, 4) for value in values if not math.isnan(value)]
                    for key, values in measures.items()
                }
                for row, measures in self.rows.items()
            },
            "notes": self.notes,
        }
        return json.dumps(known, ensure_ascii=False, indent=1) + "\n"
