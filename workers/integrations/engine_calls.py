"""Conversion of engine errors for topics, which know only `Unavailable`."""

from collections.abc import Callable
from typing import TypeVar

from bpmn.camunda.client.rest import EngineError
from db.domain.errors import Unavailable

Answer = TypeVar("Answer")


def available(call: Callable[[], Answer], *, reraise: tuple[type[EngineError], ...] = ()) -> Answer:
    """Return the answer of a call to the engine. Raises: Unavailable; ``reraise`` unchanged."""
    try:
        return call()
    except reraise:
        raise
    except EngineError as trouble:
        raise Unavailable(f"The engine is unavailable: {type(trouble).__name__}") from trouble
