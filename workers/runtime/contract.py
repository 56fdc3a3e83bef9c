"""Contract of a topic: typed input, handler, typed result, declared refusals, outcomes.

Nothing here depends on Camunda. `workers.runtime.execution` runs a topic in one transaction;
`workers.runtime.runner` fetches tasks and reports outcomes to the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from bpmn.lint.worker_contracts import ERROR_VARIABLES
from db.domain.errors import Refusal
from workers.ports.services import ExternalServices, Services

Variables = Mapping[str, Any]
"""Variable name → plain Python value."""


class _VariableModel(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    @classmethod
    def wire_names(cls) -> Mapping[str, str]:
        """Return field name → variable name in the process."""
        return {name: known.alias or name for name, known in cls.model_fields.items()}


class TaskInput(_VariableModel):
    """Local variables of a service task, set by the input parameters of its diagram.

    The worker fetches no other variables. ``user_inputs`` names the fields that a user typed into
    a form: a refusal returns them to the form.
    """

    user_inputs: ClassVar[tuple[str, ...]] = ()


class TaskResult(_VariableModel):
    """Process variables that a completed task writes.

    A field added in a later release needs a default, because a result stored by an earlier release
    may be sent again.
    """

    def variables(self) -> Variables:
        """Return the values by the names of their process variables."""
        return {name: getattr(self, key) for key, name in self.wire_names().items()}


class NoInput(TaskInput):
    """Input of a topic that needs only the deal."""


class NoResult(TaskResult):
    """Result of a topic that writes no variables."""


Input = TypeVar("Input", bound=TaskInput)
Fetched = TypeVar("Fetched")


@dataclass(frozen=True)
class Task(Generic[Input, Fetched]):
    """One external task with validated input."""

    id: str
    deal_id: str
    """Business key of the process instance; form variables cannot overwrite it."""
    instance_id: str
    input: Input
    fetched: Fetched
    """Return value of the topic's ``fetch``; None for a topic without one."""
    activity_id: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Time of the execution, UTC."""


@dataclass(frozen=True)
class Topic(Generic[Input, Fetched]):
    """An external-task topic: its input, result and refusals, and the functions that execute it.

    ``fetch`` reads external systems before the transaction and may be slow or fail. ``handler``
    decides and writes in one short transaction. The engine may deliver a task more than once, so
    ``handler`` must be safe to repeat; its docstring says why it is.
    """

    name: str
    input: type[Input]
    result: type[TaskResult]
    handler: Callable[[Task[Input, Fetched], Services], TaskResult]
    fetch: Callable[[Task[Input, None], ExternalServices], Fetched] | None = None
    refusals: tuple[type[Refusal], ...] = ()
    """Refusals that become BPMN errors; every diagram catches them at a boundary event."""
    parallel: bool = False
    """True for a topic that runs in parallel to an open user task: its success must not clear the
    error variables of that task's form."""

    @property
    def variable_names(self) -> frozenset[str]:
        """Variables to fetch with a task: its input, and what its completion may write."""
        own = {*self.input.wire_names().values(), *self.result.wire_names().values()}
        return frozenset(own if self.parallel else own | ERROR_VARIABLES)


AnyTopic = Topic[Any, Any]


@dataclass(frozen=True)
class DeliveredTask:
    """An external task as fetched from the engine, before its input is validated."""

    id: str
    topic: str
    deal_id: str | None
    instance_id: str
    activity_id: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Completed:
    """Success; ``variables`` are written to the process."""

    variables: Variables


@dataclass(frozen=True)
class Refused:
    """A refusal by a business rule, reported as a BPMN error.

    ``message`` is Russian; ``variables`` let the form show it together with the user's input.
    """

    code: str
    message: str
    variables: Variables


@dataclass(frozen=True)
class Failed:
    """A technical failure; without ``retry_after`` it becomes an incident at once."""

    message: str
    retry_after: timedelta | None
    details: str = ""


Outcome = Completed | Refused | Failed
