"""Input of a topic that records a person's answer to a step: what the form of the step sends."""

from typing import Any, ClassVar

from workers.runtime.contract import TaskInput


class StepInput(TaskInput):
    """Answer, fields and explanation of one person; each topic adds which step it was."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "values", "reason")

    answer: Any = None
    values: Any = None
    """JSON object as text: field code → value, only fields of the step."""
    reason: Any = None
    decided_by: str | None = None
