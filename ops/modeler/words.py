"""Russian words of the element templates, loaded from `words.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("words.yaml")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TopicWords(_Strict):
    """Name of a step, and what it does."""

    name: str
    about: str


class Words(_Strict):
    """Contents of `words.yaml`."""

    topics: Mapping[str, TopicWords]
    variables: Mapping[str, str]
    """Input or form variable → label."""
    values: Mapping[str, Mapping[str, str]]
    """Input → its value → how people call it."""
    refusals: Mapping[str, str]
    """Code of a BPMN error → words."""
    forms: Mapping[str, str]
    """File name of a form → name."""


@cache
def load_words() -> Words:
    """Load and validate the file. Raises: pydantic.ValidationError."""
    return Words.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
