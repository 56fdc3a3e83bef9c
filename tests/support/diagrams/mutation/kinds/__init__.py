"""Kinds of mistakes that a modeler makes, each found in every diagram that has a place for it."""

from tests.support.diagrams.mutation.kinds import (
    answers,
    approvals,
    calls,
    choices,
    events,
    flows,
    inputs,
    labels,
    life,
    persons,
    refusals,
    reminders,
    settings,
    steps,
    structure,
    tasks,
)
from tests.support.diagrams.mutation.kinds.registry import KINDS

__all__ = [
    "KINDS",
    "answers",
    "approvals",
    "calls",
    "choices",
    "events",
    "flows",
    "inputs",
    "labels",
    "life",
    "persons",
    "refusals",
    "reminders",
    "settings",
    "steps",
    "structure",
    "tasks",
]
