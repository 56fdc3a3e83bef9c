"""Command `manage.py export-log`: writes an event log for process-mining tools."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ops.heat.command import STANDARD_OUTPUT
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say
from ops.mining import ocel, xes
from ops.mining.events import Trace, traces

FORMATS: Mapping[str, Callable[[Iterable[Trace]], Iterator[str]]] = {
    "ocel": ocel.write,
    "xes": xes.write,
}
"""Name of a format → its writer."""


def export_log(settings: SuiteSettings, form: str, to: Path) -> None:
    """Write the deals' history as an event log for process mining, without personal data."""
    database = known_database(settings)
    count = 0

    def counted() -> Iterator[Trace]:
        nonlocal count
        for trace in traces(database.reading, database.catalog):
            count += 1
            yield trace

    if to == STANDARD_OUTPUT:
        sys.stdout.writelines(FORMATS[form](counted()))
        return
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(FORMATS[form](counted()))
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)
    say(f"Записано: {to}, сделок: {count}. Имён, сумм и текстов в файле нет.")
