"""XES (IEEE 1849): one trace per deal."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from ops.mining.events import Event, Trace
from ops.mining.ocel import stamp

NAMESPACE = "http://www.xes-standard.org/"
EXTENSIONS = (("Concept", "concept"), ("Time", "time"), ("Lifecycle", "lifecycle"))
HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="{NAMESPACE}">
"""
GLOBALS = """\
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/>\
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>\
<string key="lifecycle:transition" value="complete"/></global>
<classifier name="Activity" keys="concept:name"/>
"""


def write(traces: Iterable[Trace]) -> Iterator[str]:
    """Yield the document piece by piece."""
    yield HEAD
    for name, prefix in EXTENSIONS:
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        yield f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    yield GLOBALS
    for trace in traces:
        yield f"<trace>{_text('concept:name', trace.deal_id)}"
        yield f"{_text('direction', trace.direction)}\n"
        yield from map(_event, trace.events)
        yield "</trace>\n"
    yield "</log>\n"


def _event(event: Event) -> str:
    part = _text(event.part[1], event.part[0]) if event.part else ""
    outcome = _text("outcome", event.outcome) if event.outcome else ""
    return (
        f"<event>{_text('concept:name', event.name)}"
        f'<date key="time:timestamp" value="{stamp(event.at)}"/>'
        f"{_text('lifecycle:transition', 'complete')}{_text('cause', event.cause)}"
        f"{outcome}{part}</event>\n"
    )


def _text(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>'
