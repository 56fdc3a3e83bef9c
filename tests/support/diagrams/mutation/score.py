"""Scores the gate: plants every kind of mistake in several diagrams and counts what is found."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

from bpmn.lint import gate
from bpmn.lint.finding import Finding
from bpmn.lint.integration.context import LintContext
from bpmn.lint.rules import layout
from bpmn.model.decision_tables import read_tables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import InvalidDiagram
from bpmn.model.reader import read_diagrams
from db.catalog.loading import load_catalog
from forms.task_forms import FORMS
from tests.support.diagrams.drawn import Drawing, Edit
from tests.support.diagrams.mutation.kinds import KINDS
from tests.support.diagrams.mutation.places import Kind
from workers.topic_contracts import topic_contracts

MUTANTS_PER_KIND = 2
DRAWING_RULES = frozenset(rule.__name__ for rule in layout.RULES)
"""Edits of the process leave the drawing as it was; a modeler would have mended it."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in one diagram."""

    kind: Kind
    diagram: str
    element: str
    edit: Edit


@cache
def sound() -> LintContext:
    """Everything the gate compares, without mistakes."""
    catalog = load_catalog()
    return LintContext(
        diagrams={diagram.id: diagram for diagram in read_diagrams(DIRECTORY)},
        contracts={contract.name: contract for contract in topic_contracts()},
        forms={form.name: form for form in FORMS},
        roles=catalog.roles,
        catalog=catalog,
        tables={table.id: table for table in read_tables(DIRECTORY)},
    )


@cache
def drawing_of(diagram: str) -> Drawing:
    return Drawing(DIRECTORY / f"{diagram}.bpmn")


def copy_of(diagram: str) -> Drawing:
    """A drawing to edit: parsed once, copied for every mutant."""
    copied = object.__new__(Drawing)
    copied.path = drawing_of(diagram).path
    copied.root = deepcopy(drawing_of(diagram).root)
    return copied


def mutants(kinds: Sequence[Kind] = KINDS, per_kind: int = MUTANTS_PER_KIND) -> Iterator[Mutant]:
    """Some mutants of each kind, spread over all places in all diagrams."""
    for kind in kinds:
        places = [
            Mutant(kind, diagram.id, element, edit)
            for diagram in sound().diagrams.values()
            for element, edit in kind.places(diagram)
        ]
        count = min(per_kind, len(places))
        for number in range(count):
            yield places[(2 * number + 1) * len(places) // (2 * count)]


def findings_of(mutant: Mutant) -> list[Finding]:
    """What the gate says about the mutant; a file that cannot be read is one finding."""
    drawing = copy_of(mutant.diagram)
    mutant.edit(drawing)
    try:
        diagram = drawing.read()
    except InvalidDiagram as error:
        return [Finding(error.path, error.line, mutant.element, "readable", error.reason)]
    found = gate.findings_after(mutant.diagram, diagram, sound())
    return [one for one in found if mutant.kind.drawing or one.rule not in DRAWING_RULES]


def survivors_of(share: int, shares: int) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Plant one of ``shares`` parts of all mutants: their kinds, and those that nothing found."""
    planted, missed = [], []
    for mutant in list(mutants())[share::shares]:
        planted.append(mutant.kind.name)
        if not findings_of(mutant):
            missed.append((mutant.kind.name, mutant.diagram, mutant.element))
    return planted, missed


@dataclass(frozen=True)
class Score:
    """Found and planted mistakes by kind."""

    found: Mapping[str, int]
    planted: Mapping[str, int]

    def share(self, *, decidable_only: bool = False) -> float:
        names = [k.name for k in KINDS if k.decidable or not decidable_only]
        planted = sum(self.planted.get(name, 0) for name in names)
        return sum(self.found.get(name, 0) for name in names) / planted

    def __str__(self) -> str:
        lines = [
            f"{self.found.get(kind.name, 0):3}/{self.planted[kind.name]:<3} "
            f"{'' if kind.decidable else '(graph) '}{kind.name}"
            for kind in KINDS
            if kind.name in self.planted
        ]
        total = f"{sum(self.found.values())}/{sum(self.planted.values())}"
        lines.append(
            f"all {total} = {self.share():.0%}, decidable {self.share(decidable_only=True):.0%}"
        )
        return "\n".join(lines)
