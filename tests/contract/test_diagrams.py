"""The delivered diagrams keep every rule and fit workers, forms, roles and catalog."""

from pathlib import Path

import pytest

from bpmn.lint.gate import findings
from bpmn.lint.rules import check, warnings
from bpmn.model.decision_tables import read_tables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.lettering import cut_words
from bpmn.model.reader import read_diagram, read_diagrams
from db.catalog.loading import load_catalog
from forms.task_forms import FORMS
from workers.topic_contracts import topic_contracts

FOLDER = DIRECTORY
FILES = sorted(FOLDER.glob("*.bpmn"))
EARLIER = Path(__file__).parents[1] / "engine" / "stack" / "earlier" / "0.2"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_delivered_diagram_keeps_every_rule(path: Path) -> None:
    diagram = read_diagram(path)

    assert [str(finding) for finding in (*check(diagram), *warnings(diagram))] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_word_of_a_delivered_diagram_is_cut_in_the_modeler(path: Path) -> None:
    """Widen the task, shorten the word, or put a soft hyphen where it may be broken."""
    assert list(cut_words(read_diagram(path))) == []


def test_the_delivered_diagrams_fit_everything_around_them() -> None:
    catalog = load_catalog()

    diagrams, tables = read_diagrams(FOLDER), read_tables(FOLDER)
    found = findings(diagrams, topic_contracts(), FORMS, catalog.roles, catalog, tables)

    assert [str(finding) for finding in found] == []


def test_every_topic_drawn_is_served_and_every_topic_served_is_drawn() -> None:
    # Instances of earlier diagrams still need the topics of theirs.
    paths = (*FILES, *EARLIER.glob("*.bpmn"))
    drawn = {topic for path in paths for topic in read_diagram(path).topics}

    assert drawn == {contract.name for contract in topic_contracts()}


def test_every_form_is_used_by_a_task() -> None:
    used = {task.form for path in FILES for task in read_diagram(path).user_tasks}

    assert used == {form.name for form in FORMS}


def test_every_process_of_the_catalogue_is_drawn() -> None:
    catalog = load_catalog()
    wanted = {direction.process for direction in catalog.directions.values()}
    wanted |= {chain.process for chain in catalog.chains.values()}

    assert wanted <= {path.stem for path in FILES}
