"""What a system step is: a topic, its typed input, its handler, one of three outcomes.

Nothing here knows Camunda; `workers.runner` translates outcomes for the engine.

    refusal declared by the topic      Refused   BPMN error, caught by the diagram
    Unavailable                        Failed    retried later, an incident when it goes on
    anything else                      Failed    incident at once
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from bpmn.contracts import ALWAYS_WRITTEN
from db.domain.errors import FourEyes, Refusal, Unavailable
from db.domain.ports import Conflict, OpenStore, Store
from workers.services import Outside, Services

Variables = Mapping[str, Any]
"""Variable name → plain Python value."""


class _Variables(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    @classmethod
    def wire_names(cls) -> Mapping[str, str]:
        """Field → variable name in the process."""
        return {name: known.alias or name for name, known in cls.model_fields.items()}


class TaskInput(_Variables):
    """Local variables of the step, written by the diagram's input parameters.

    Nothing else is fetched from the engine. ``said`` names the inputs that a person typed: they
    go back into the form when the step refuses them.
    """

    said: ClassVar[tuple[str, ...]] = ()


class TaskResult(_Variables):
    """Process variables that a step leaves behind.

    A field added later needs a default: an older answer may have to be sent again.
    """


class Nothing(TaskInput):
    """A step that needs the deal alone."""


class Done(TaskResult):
    """A step that leaves nothing behind."""


Input = TypeVar("Input", bound=TaskInput)
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Task(Generic[Input, Seen]):
    """One step to do. ``deal_id`` is the business key: no form can overwrite it."""

    id: str
    deal_id: str
    instance_id: str
    input: Input
    seen: Seen
    """What the topic's ``look`` brought from outside; None without a ``look``."""
    activity_id: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Topic(Generic[Input, Seen]):
    """A named external task and the function that does it.

    ``look`` reads the outside world and may wait or fail; ``handler`` then decides and writes in
    one short transaction and must be safe to repeat.
    """

    name: str
    input: type[Input]
    result: type[TaskResult]
    handler: Callable[[Task[Input, Seen], Services], TaskResult]
    look: Callable[[Task[Input, None], Outside], Seen] | None = None
    refusals: tuple[type[Refusal], ...] = ()
    """Refusals that every diagram with this topic catches at a boundary event."""


AnyTopic = Topic[Any, Any]


@dataclass(frozen=True)
class Work:
    """A task as the engine delivered it, not yet understood."""

    id: str
    topic: str
    deal_id: str | None
    instance_id: str
    activity_id: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Completed:
    variables: Variables


@dataclass(frozen=True)
class Refused:
    """A business no, in Russian; ``variables`` bring the person back to what they typed."""

    code: str
    message: str
    variables: Variables


@dataclass(frozen=True)
class Failed:
    """A technical failure; without ``retry_after`` it is an incident at once."""

    message: str
    retry_after: timedelta | None
    details: str = ""


Outcome = Completed | Refused | Failed


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
    outside: Outside
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
        return Failed(_sentence(bug), None, frames(bug))


def _attempt(topic: AnyTopic, work: Work, world: World, held: Callable[[], bool]) -> Outcome:
    if (known := _answered(topic, work.id, world)) is not None:
        return known
    task = _understood(topic, work)
    try:
        seen = None if topic.look is None else topic.look(task, world.outside)
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
    return _completed(result)


def _answered(topic: AnyTopic, task_id: str, world: World) -> Completed | None:
    """The answer of an earlier delivery, to be sent again without doing anything."""
    with world.outside.reading() as store:
        answer = store.processed.answer(task_id)
    return None if answer is None else _completed(topic.result.model_validate(answer))


def _completed(result: TaskResult) -> Completed:
    """The result, and the refusals of earlier tries emptied."""
    left = {name: getattr(result, key) for key, name in result.wire_names().items()}
    return Completed({**dict.fromkeys(ALWAYS_WRITTEN), **left})


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
        return f"{type(bug).__name__}: {bug}"
    return f"The step broke with {type(bug).__name__}. The trace is in the details."


def frames(error: BaseException) -> str:
    """The traceback without messages: those may quote personal data or SQL parameters."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None:
        trace = "".join(traceback.format_tb(current.__traceback__))
        chain.append(f"{trace}{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\n\nwhich led to\n\n".join(reversed(chain))
