"""Executes external tasks in one transaction and maps every exception to an outcome.

`execute` runs one task. `execute_together` runs several in one transaction, all or none; after an
exception the caller executes each of them with `execute`.

exception                       outcome   reported to the engine as
refusal declared by the topic   Refused   BPMN error, caught by the diagram
Unavailable                     Failed    failure with retries, then an incident
any other exception             Failed    incident at once
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic import ValidationError

from bpmn.lint.worker_contracts import ERROR_VARIABLES
from db.domain.errors import FourEyes, Refusal, Unavailable
from db.ports.messaging import Attempt
from db.ports.store import Conflict, OpenStore, Store
from db.tracing import span
from workers.logs import bound, safe_traceback
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import (
    AnyTopic,
    Completed,
    DeliveredTask,
    Failed,
    Outcome,
    Refused,
    Task,
    TaskInput,
    TaskResult,
)

OWN_PACKAGES = ("db", "workers")
"""Messages of exceptions defined here contain no values and may be shown to operators."""


class LockLost(Exception):
    """The lock of the task expired before the commit; its transaction is rolled back."""


class InputInvalid(Exception):
    """The diagram's input parameters do not match the topic. Names variables, never values."""


@dataclass(frozen=True)
class ExecutionContext:
    """Dependencies of `execute`: write transactions, external services, handler services."""

    open: OpenStore
    external: ExternalServices
    services: Callable[[Store], Services]
    counting: OpenStore
    """Opens transactions for the counters of attempts."""


class Work(NamedTuple):
    """A delivered task, its topic, and its attempt, which is committed."""

    topic: AnyTopic
    delivered: DeliveredTask
    attempt: Attempt


def execute(
    topic: AnyTopic,
    delivered: DeliveredTask,
    context: ExecutionContext,
    lock_is_held: Callable[[], bool] = lambda: True,
    attempt: Attempt | None = None,
) -> Outcome:
    """Execute a task in one transaction, or return the stored result of an earlier delivery.

    ``lock_is_held`` is checked immediately before the commit. ``attempt``: as counted just now;
    without it the stored result is looked up.
    Raises: LockLost. Every other exception becomes an outcome, so the engine always gets a report.
    """
    try:
        return _execute(topic, delivered, context, lock_is_held, attempt)
    except Unavailable as trouble:
        return Failed(str(trouble), trouble.retry_after)
    except LockLost:
        raise
    except Exception as bug:  # noqa: BLE001 - a bug must become an incident, not silence
        return Failed(_message_of(bug), None, safe_traceback(bug))


def execute_together(
    works: Sequence[Work],
    context: ExecutionContext,
    locks_are_held: Callable[[], bool] = lambda: True,
) -> Mapping[str, Completed]:
    """Execute tasks of topics without ``fetch`` in one transaction: all of them or none.

    Tasks that were completed before get their stored results. A task whose deal is missing or
    locked by another transaction is left out, so that it keeps nobody waiting.
    ``locks_are_held`` is checked immediately before the commit.
    Returns: outcomes by task id.
    Raises: LockLost, or the first refusal or error of any task. Nothing is stored then.
    """
    outcomes = {
        delivered.id: _replayed(topic, attempt.answer)
        for topic, delivered, attempt in works
        if attempt.answer is not None
    }
    new = [work for work in works if work.delivered.id not in outcomes]
    if not new:
        return outcomes
    answers = dict[str, tuple[str, Mapping[str, Any]]]()
    with context.open() as store:
        free = store.preload({work.delivered.deal_id or "" for work in new})
        services = context.services(store)
        for topic, delivered, _ in new:
            if delivered.deal_id in free:
                with bound_to(delivered):
                    result = _result_of(topic, _validated(topic, delivered), services)
                outcomes[delivered.id] = _completed(topic, result)
                answers[delivered.id] = (topic.name, _answer(result))
        if answers:
            store.processed.keep(answers)
        if not locks_are_held():
            raise LockLost("a task of the batch")
    return outcomes


def bound_to(delivered: DeliveredTask) -> AbstractContextManager[None]:
    """Add the task, its deal and its topic to all log messages of the block."""
    return bound(deal_id=delivered.deal_id, task_id=delivered.id, topic=delivered.topic)


def _execute(
    topic: AnyTopic,
    delivered: DeliveredTask,
    context: ExecutionContext,
    lock_is_held: Callable[[], bool],
    attempt: Attempt | None,
) -> Outcome:
    if attempt is None:
        if (stored := _stored_result(topic, delivered.id, context)) is not None:
            return stored
    elif attempt.answer is not None:
        return _replayed(topic, attempt.answer)
    task = _validated(topic, delivered)
    try:
        fetched = None if topic.fetch is None else _fetched(topic.fetch, task, context.external)
        return _handled(topic, replace(task, fetched=fetched), context, lock_is_held)
    except topic.refusals as refusal:
        return _refused(refusal, task.input)
    except Conflict as conflict:
        if (stored := _stored_result(topic, delivered.id, context)) is not None:
            return stored
        raise Unavailable("Another task wrote the same key first.") from conflict


def _fetched(
    fetch: Callable[[Task[Any, None], ExternalServices], Any],
    task: Task[Any, None],
    external: ExternalServices,
) -> Any:
    with span("fetch"):
        return fetch(task, external)


def _handled(
    topic: AnyTopic,
    task: Task[Any, Any],
    context: ExecutionContext,
    lock_is_held: Callable[[], bool],
) -> Completed:
    with context.open() as store:
        result = _result_of(topic, task, context.services(store))
        store.processed.keep({task.id: (topic.name, _answer(result))})
        if not lock_is_held():
            raise LockLost(task.id)
    return _completed(topic, result)


def _result_of(topic: AnyTopic, task: Task[Any, Any], services: Services) -> TaskResult:
    """Call the handler. Raises: whatever it raises, TypeError for another type of result."""
    with span("handle") as handling:
        handling.note("pit.topic", topic.name)
        handling.note("pit.deal", task.deal_id)
        result = topic.handler(task, services)
    if not isinstance(result, topic.result):
        raise TypeError(f"{topic.name} must return {topic.result.__name__}")
    return result


def _answer(result: TaskResult) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True)


def _stored_result(topic: AnyTopic, task_id: str, context: ExecutionContext) -> Completed | None:
    """Return the result of an earlier delivery of the same task, if it was committed."""
    with context.external.reading() as store:
        answer = store.processed.answers([task_id]).get(task_id)
    return None if answer is None else _replayed(topic, answer)


def _replayed(topic: AnyTopic, answer: Mapping[str, Any]) -> Completed:
    return _completed(topic, topic.result.model_validate(answer))


def _completed(topic: AnyTopic, result: TaskResult) -> Completed:
    """Return the result; clears the error variables of earlier refusals unless it is parallel."""
    cleared = {} if topic.parallel else dict.fromkeys(ERROR_VARIABLES)
    return Completed({**cleared, **result.variables()})


def _validated(topic: AnyTopic, delivered: DeliveredTask) -> Task[Any, None]:
    """Raises: InputInvalid."""
    if not delivered.deal_id:
        raise InputInvalid("the process instance has no business key")
    try:
        given = topic.input.model_validate(dict(delivered.variables))
    except ValidationError as error:
        names = sorted({".".join(map(str, e["loc"])) for e in error.errors(include_input=False)})
        raise InputInvalid(f"missing or mistyped inputs: {', '.join(names)}") from None
    return Task(
        delivered.id, delivered.deal_id, delivered.instance_id, given, None, delivered.activity_id
    )


def _refused(refusal: Refusal, given: TaskInput) -> Refused:
    """Return the task to the user who completed the form; a four-eyes refusal to another user."""
    person = None if isinstance(refusal, FourEyes) else getattr(given, "decided_by", None)
    user_inputs = given.model_dump(mode="json", by_alias=True, include=set(given.user_inputs))
    message = str(refusal)[:2000]
    variables = {
        "formError": message,
        "formErrorCode": refusal.code,
        "formDetails": dict(refusal.details) or None,
        "returnTo": person,
        "returnedInput": user_inputs,
    }
    return Refused(refusal.code, message, variables)


def _message_of(bug: Exception) -> str:
    """Return an incident message for operators without values or SQL of foreign exceptions."""
    if isinstance(bug, InputInvalid):
        return f"The diagram does not provide the inputs of this topic: {bug}"
    if isinstance(bug, Refusal):
        return f"The topic refused with {bug.code}, which its diagram does not catch."
    if type(bug).__module__.partition(".")[0] in OWN_PACKAGES:
        return str(bug) or type(bug).__name__
    return f"The topic failed with {type(bug).__name__}; see the traceback in the error details."
