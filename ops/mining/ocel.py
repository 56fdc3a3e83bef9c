"""OCEL 2.0 in its JSON form: events of deals, approval rounds and shipments."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from ops.mining.events import DEAL, OBJECT_TYPES, Event, Trace

EPOCH = "1970-01-01T00:00:00Z"
"""Time of an attribute that never changes, as the standard says."""


def write(traces: Iterable[Trace]) -> Iterator[str]:
    """Yield the document piece by piece; objects wait in a temporary file until events are done."""
    names: set[str] = set()
    with TemporaryFile("w+", encoding="utf-8") as objects:
        yield '{"events":['
        between = ""
        for trace in traces:
            for event in trace.events:
                names.add(event.name)
                yield between + _dump(_event(event))
                between = ",\n"
            for one in _objects(trace):
                objects.write(_dump(one) + "\n")
        yield '],\n"objects":['
        objects.seek(0)
        between = ""
        for line in objects:
            yield between + line.rstrip("\n")
            between = ",\n"
    yield f'],\n"objectTypes":{_dump(_object_types())}'
    yield f',\n"eventTypes":{_dump(_event_types(names))}}}\n'


def _event(event: Event) -> dict[str, Any]:
    related = [{"objectId": event.deal_id, "qualifier": DEAL}]
    if event.part:
        related.append({"objectId": event.part[0], "qualifier": event.part[1]})
    return {
        "id": event.id,
        "type": event.name,
        "time": stamp(event.at),
        "attributes": [
            {"name": "cause", "value": event.cause},
            *([{"name": "outcome", "value": event.outcome}] if event.outcome else []),
        ],
        "relationships": related,
    }


def _objects(trace: Trace) -> Iterator[dict[str, Any]]:
    parts = dict.fromkeys(event.part for event in trace.events if event.part)
    yield {
        "id": trace.deal_id,
        "type": DEAL,
        "attributes": [{"name": "direction", "value": trace.direction, "time": EPOCH}],
        "relationships": [{"objectId": key, "qualifier": kind} for key, kind in parts],
    }
    for key, kind in parts:
        yield {"id": key, "type": kind}


def _object_types() -> list[dict[str, Any]]:
    return [
        {"name": kind, "attributes": [{"name": name, "type": "string"}] if name else []}
        for kind, name in OBJECT_TYPES.items()
    ]


def _event_types(names: Iterable[str]) -> list[dict[str, Any]]:
    attributes = [{"name": name, "type": "string"} for name in ("cause", "outcome")]
    return [{"name": name, "attributes": attributes} for name in sorted(names)]


def stamp(at: datetime) -> str:
    """ISO 8601 with offset."""
    return at.isoformat(timespec="milliseconds")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
