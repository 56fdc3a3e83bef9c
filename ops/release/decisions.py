"""The modeler's decisions about running instances, from a YAML file."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from db.config.operator_error import OperatorError

STAY = "stay"
"""Value in place of a step: instances at the removed step stay on their version."""


class Begun(StrEnum):
    """Rule for approvals that began before the diagram got a new step."""

    FINISH = "finish"
    """They end on the version that they began with, without the new step."""
    TAKE = "take"
    """They move to the new version if the new step is still ahead, else they finish as begun."""


class ProcessDecisions(BaseModel):
    """Decisions about one process."""

    model_config = ConfigDict(extra="forbid")

    steps: dict[str, str] = Field(default_factory=dict)
    """Id of a removed step → id of the step in its place, or `stay`."""
    begun: Begun | None = None
    """For approvals with a new step."""


class _File(RootModel[dict[str, ProcessDecisions]]):
    pass


class DecisionsInvalid(OperatorError):
    """The file cannot be read; the message says where."""


UNDECIDED = ProcessDecisions()


def read_decisions(path: Path | None) -> Mapping[str, ProcessDecisions]:
    """Read decisions by process; none without a file. Raises: DecisionsInvalid."""
    if path is None:
        return {}
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _File.model_validate(content or {}).root
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DecisionsInvalid(f"{path}: файл не читается: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = " → ".join(str(part) for part in first["loc"])
        raise DecisionsInvalid(
            f"{path}: {place}: {first['msg']}. Образец — в docs/ru/changed-diagram.md"
        ) from error
