"""Does one system step in one transaction, and decides what became of it.

refusal declared by the topic   Refused   BPMN error, caught by the diagram
Unavailable                     Failed    tried again later, an incident when it goes on
anything else                   Failed    incident at once
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from bpmn.lint.worker_contracts import ALWAYS_WRITTEN
from db.domain.errors import FourEyes, Refusal, Unavailable
from db.ports.store import Conflict, OpenStore, Store
from workers.logs import safe_traceback
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import (
    AnyTopic,
    Completed,
    Failed,
    Outcome,
    Refused,
    Task,
    TaskInput,
    TaskResult,
    Work,
)

OUR_ROOMS = ("db", "workers")
"""Exceptions defined here speak in sentences of ours, free of values."""


class LockLost(Exception):
    """The task is no longer ours: nothing of it may be kept."""


class InputInvalid(Exception):
    """The diagram did not deliver what the topic needs. Names variables, never their values."""


@dataclass(frozen=True)
class World:
    """What `attempt` works with: transactions, and the world outside of them."""

    open: OpenStore
    external: ExternalServices
    services: Callable[[Store], Services]


def attempt(
    topic: AnyTopic, work: Work, world: World, held: Callable[[], bool] = lambda: True
) -> Outcome:
    """Do one task in one transaction, or repeat the answer it got when it was done before.

    ``held`` says whether the lock is still ours; it is asked last before the commit.
    Raises: LockLost. Everything else becomes an outcome, so the engine always hears back.
    """
    try:
        return _attempt(topic, work, world, held)
    except Unavailable as trouble:
        return Failed(str(trouble), trouble.retry_after)
    except LockLost:
        raise
    except Exception as bug:  # noqa: BLE001 - a bug must become an incident, not silence
        return Failed(_sentence(bug), None, safe_traceback(bug))


def _attempt(topic: AnyTopic, work: Work, world: World, held: Callable[[], bool]) -> Outcome:
    if (known := _answered(topic, work.id, world)) is not None:
        return known
    task = _understood(topic, work)
    try:
        seen = None if topic.look is None else topic.look(task, world.external)
        return _done(topic, replace(task, seen=seen), world, held)
    except topic.refusals as refusal:
        return _refused(refusal, task.input)
    except Conflict as conflict:
        if (known := _answered(topic, work.id, world)) is not None:
            return known
        raise Unavailable("Another task wrote the same key first.") from conflict


def _done(
    topic: AnyTopic, task: Task[Any, Any], world: World, held: Callable[[], bool]
) -> Completed:
    with world.open() as store:
        result = topic.handler(task, world.services(store))
        if not isinstance(result, topic.result):
            raise TypeError(f"{topic.name} must answer with {topic.result.__name__}")
        answer = result.model_dump(mode="json", by_alias=True)
        store.processed.keep(task.id, topic.name, answer)
        store.processed.forgive(task.id)
        if not held():
            raise LockLost(task.id)
    return _completed(topic, result)


def _answered(topic: AnyTopic, task_id: str, world: World) -> Completed | None:
    """The answer of an earlier delivery, to be sent again without doing anything."""
    with world.external.reading() as store:
        answer = store.processed.answer(task_id)
    return None if answer is None else _completed(topic, topic.result.model_validate(answer))


def _completed(topic: AnyTopic, result: TaskResult) -> Completed:
    """The result, and the refusals of earlier tries emptied unless the step runs beside them."""
    emptied = {} if topic.beside else dict.fromkeys(ALWAYS_WRITTEN)
    return Completed({**emptied, **result.variables()})


def _understood(topic: AnyTopic, work: Work) -> Task[Any, None]:
    if not work.deal_id:
        raise InputInvalid("the process instance has no business key")
    try:
        given = topic.input.model_validate(dict(work.variables))
    except ValidationError as error:
        names = sorted({".".join(map(str, e["loc"])) for e in error.errors(include_input=False)})
        raise InputInvalid(f"missing or mistyped inputs: {', '.join(names)}") from None
    return Task(work.id, work.deal_id, work.instance_id, given, None, work.activity_id)


def _refused(refusal: Refusal, given: TaskInput) -> Refused:
    """Back to the person who did the user task before; four eyes need somebody else."""
    person = None if isinstance(refusal, FourEyes) else getattr(given, "decided_by", None)
    spoken = given.model_dump(mode="json", by_alias=True, include=set(given.said))
    sentence = str(refusal)[:2000]
    variables = {
        "formError": sentence,
        "formErrorCode": refusal.code,
        "formDetails": dict(refusal.details) or None,
        "returnTo": person,
        "returnedInput": spoken,
    }
    return Refused(refusal.code, sentence, variables)


def _sentence(bug: Exception) -> str:
    """What an operator may read: our own words, never those of a value or a statement."""
    if isinstance(bug, InputInvalid):
        return f"The diagram did not deliver what the step needs: {bug}"
    if isinstance(bug, Refusal):
        return f"The step refused ({bug.code}), but its diagram has no way for this refusal."
    if type(bug).__module__.partition(".")[0] in OUR_ROOMS:
        return str(bug) or type(bug).__name__
    return f"The step broke with {type(bug).__name__}. The trace is in the details."
