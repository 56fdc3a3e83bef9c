"""Command `manage.py heat`: the numbers as text, JSON or a page with pictures."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import read_diagrams
from ops.heat.numbers import Heat, HeatReport, measure
from ops.heat.picture import duration, html
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say
from ops.maintenance.deals import worker_engine

STANDARD_OUTPUT = Path("-")
"""Instead of a file: of use in a container, whose files nobody sees."""


def heat(settings: SuiteSettings, days: int, as_json: bool, to: Path | None) -> None:
    """Show where instances stand, how long steps take and how often they are refused."""
    since = datetime.now(UTC) - timedelta(days=days)
    diagrams = {diagram.id: diagram for diagram in read_diagrams(DIRECTORY)}
    database = known_database(settings)
    with database.reading() as store:
        decisions = store.rounds.counted(since)
    with worker_engine(settings) as engine:
        report = measure(engine, diagrams.values(), database.catalog, decisions, since)
    if to == STANDARD_OUTPUT:
        print(html(report, diagrams))
    elif to is not None:
        to.write_text(html(report, diagrams), encoding="utf-8")
        say(f"Записано: {to}. Откройте в браузере.")
    elif as_json:
        print(as_data(report))
    else:
        print("\n".join(as_text(report)))


def as_data(report: HeatReport) -> str:
    """JSON with times in seconds."""
    data = {
        "since": report.since.isoformat(),
        "cut": list(report.cut),
        "diagrams": [
            {
                "process": one.process,
                "name": one.name,
                "activities": [_data(each) for each in one.activities],
            }
            for one in report.diagrams
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _data(one: Heat) -> dict[str, object]:
    return {
        "element": one.element,
        "name": one.name,
        "standing": one.standing,
        "passed": one.passed,
        "medianSeconds": None if one.median is None else one.median.total_seconds(),
        "p90Seconds": None if one.p90 is None else one.p90.total_seconds(),
        "refused": one.refused,
        "decided": one.decided,
        "rejected": one.rejected,
    }


def as_text(report: HeatReport) -> list[str]:
    """Lines of a table per diagram, busiest activities first."""
    lines = [f"С {report.since:%d.%m.%Y}", *report.cut]
    for one in report.diagrams:
        if not one.activities:
            continue
        lines += ["", f"{one.name} ({one.process})"]
        head = ("стоят", "прошли", "медиана", "90 %", "отказов", "отклонено")
        lines.append(f"  {'':42}" + "".join(f"{word:>11}" for word in head))
        for each in sorted(one.activities, key=lambda heat: (-heat.standing, heat.name)):
            rejected = f"{each.rejected}/{each.decided}" if each.decided else ""
            cells = (
                each.standing or "",
                each.passed or "",
                duration(each.median),
                duration(each.p90),
                each.refused or "",
                rejected,
            )
            name = (each.name or each.element)[:42]
            lines.append(f"  {name:42}" + "".join(f"{cell!s:>11}" for cell in cells))
    if len(lines) == 1:
        lines.append("За этот срок ничего не было, сейчас ничего не стоит.")
    return lines
