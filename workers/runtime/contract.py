"""What a system step is: a topic, its typed input, its handler, one of three outcomes.

Nothing here knows Camunda: `workers.runtime.execution` does a step,
`workers.runtime.runner` tells the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from db.domain.errors import Refusal
from workers.ports.services import ExternalServices, Services

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

    def variables(self) -> Variables:
        """Return the values by the names of their process variables."""
        return {name: getattr(self, key) for key, name in self.wire_names().items()}


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
    look: Callable[[Task[Input, None], ExternalServices], Seen] | None = None
    refusals: tuple[type[Refusal], ...] = ()
    """Refusals that every diagram with this topic catches at a boundary event."""
    beside: bool = False
    """Runs beside an open task of a person: what was said to them stays, instead of being emptied
    by the success of this step."""


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
