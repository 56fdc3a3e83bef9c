"""The kit for Camunda Modeler: its templates fit the diagrams, its rules are those of the gate."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree  # type: ignore[import-untyped]

from bpmn.lint.finding import Violation
from bpmn.lint.gate import CHECKS
from bpmn.lint.rules import RULES
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram, InvalidDiagram, Node
from ops.modeler import kit
from ops.modeler.properties import Property
from ops.modeler.templates import Contracts, Template, templates
from tests.contract.test_gate import PLANTED
from tests.support.diagrams.drawn import Drawing
from tests.support.diagrams.modeler.node import Linted, invalid, lint
from tests.support.diagrams.mutation.score import copy_of, mutants, sound
from tests.unit.bpmn.lint.test_rules import BROKEN, EXAMPLE

PARTS = {"called-process-known": "calls_complete", "constants-typed": "values_typed"} | {
    "events-in-place": "events_in_place"
}
"""Rules of the canvas that see a part of what the gate's rule sees."""

OTHER_NAMESPACES = ("http://activiti.org/bpmn", "http://operaton.org/schema")


@pytest.fixture(scope="module")
def known() -> Contracts:
    return kit.contracts()


@pytest.fixture(scope="module")
def made(known: Contracts) -> dict[str, Template]:
    return {one["id"]: one for one in templates(known)}


@pytest.fixture(scope="module")
def linted(known: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Linted:
    """Everything in one start of Node.js: our diagrams and all faults that the tests plant."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in DIRECTORY.glob("*.bpmn")}
    texts |= {name: _text(drawing) for name, drawing in _faulty()}
    return lint(kit.client(known), texts, tmp_path_factory.mktemp("kit"))


def test_the_modeler_accepts_every_template(made: dict[str, Template]) -> None:
    assert invalid(list(made.values())) == {}
    broken = {**made["deals.form.decide"], "appliesTo": "bpmn:UserTask"}
    assert set(invalid([broken])) == {"deals.form.decide"}


def test_every_topic_form_and_called_process_has_a_template(
    known: Contracts, made: dict[str, Template]
) -> None:
    calls = {
        call.attributes["calledElement"]
        for diagram in known.diagrams
        for call in diagram.of_kind("callActivity")
    }
    assert set(made) == {
        *(f"deals.topic.{topic.name}" for topic in known.topics),
        *(f"deals.form.{form.name.removesuffix('.html')}" for form in known.forms),
        *(f"deals.process.{name}" for name in calls),
    }
    assert len({one["name"] for one in made.values()}) == len(made)


def test_no_word_is_left_over(known: Contracts) -> None:
    words = known.words
    inputs = {name for topic in known.topics for name in topic.inputs}
    inputs |= {name for form in known.forms for name in form.variables}
    inputs |= {name for one in known.diagrams for task in one.user_tasks for name in task.inputs}
    assert set(words.topics) == {topic.name for topic in known.topics}
    assert set(words.forms) == {form.name for form in known.forms}
    assert set(words.refusals) == {code for topic in known.topics for code in topic.refusals}
    assert set(words.variables) == inputs


def test_every_step_of_our_diagrams_is_as_its_template_makes_it(
    known: Contracts, made: dict[str, Template]
) -> None:
    refused, looked_at = [], 0
    for diagram in known.diagrams:
        for node in diagram.external_tasks:
            template = made[f"deals.topic.{node.topic}"]
            refused += list(_refused(template, diagram, node))
            given = {one["binding"].get("name") for one in template["properties"]}
            assert given - {"camunda:type", "camunda:topic"} == set(node.inputs), node.id
            looked_at += 1
        for node in diagram.user_tasks:
            key = (node.form or "").removesuffix(".html")
            refused += list(_refused(made[f"deals.form.{key}"], diagram, node))
            looked_at += 1
        for node in diagram.of_kind("callActivity"):
            called = node.attributes["calledElement"]
            refused += list(_refused(made[f"deals.process.{called}"], diagram, node))
            looked_at += 1
    assert looked_at > 150
    assert refused == []


def test_a_template_refuses_a_value_that_the_gate_refuses(made: dict[str, Template]) -> None:
    bindings = {
        one["binding"].get("name"): one for one in made["deals.topic.record-delivery"]["properties"]
    }
    assert accepts(bindings["answers"], "delivered failed")
    assert not accepts(bindings["answers"], "delivered lost")
    assert not accepts(bindings["answer"], "delivered")
    assert not accepts(bindings["field"], "${field}")


def test_the_rules_of_the_canvas_find_nothing_in_our_diagrams(linted: Linted) -> None:
    assert {path.stem: linted.found[path.stem] for path in DIRECTORY.glob("*.bpmn")} == {
        path.stem: frozenset() for path in DIRECTORY.glob("*.bpmn")
    }


def test_the_rules_of_the_canvas_find_what_the_gate_finds(linted: Linted) -> None:
    """In every planted fault both name the same elements, rule by rule."""
    rules: list[Callable[..., Any]] = [*RULES, *CHECKS]
    by_name = {rule.__name__: rule for rule in rules}
    seen, differences, unreadable = set(), [], 0
    for name, drawing in _faulty():
        # no_code finds these namespaces; the Modeler shows nothing of them
        other = any(one in _text(drawing) for one in OTHER_NAMESPACES)
        diagram = _readable(drawing) if name in linted.found and not other else None
        if diagram is None:
            unreadable += 1
            continue
        for rule in linted.rules:
            gates = by_name[PARTS.get(rule, rule.replace("-", "_"))]
            canvas = {element for one, element in linted.found[name] if one == rule}
            gate = {element for element, _ in _violations(gates, diagram)}
            seen |= {rule} if canvas & gate else set()
            if canvas - gate or (rule not in PARTS and gate - canvas):
                differences.append((name, rule, sorted(gate), sorted(canvas)))
    assert differences == []
    assert unreadable < 30
    assert seen == set(linted.rules)


def test_messages_of_the_canvas_are_russian(linted: Linted) -> None:
    assert len(linted.messages) > 150
    assert all(any("а" <= letter <= "я" for letter in one.lower()) for one in linted.messages)


def test_the_zip_is_what_the_modeler_looks_for_and_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    kit.build(first)
    kit.build(second)

    assert first.read_bytes() == second.read_bytes()
    with ZipFile(first) as packed:
        assert packed.namelist() == [
            "README.md",
            "resources/element-templates/deals.json",
            "resources/plugins/deals/index.js",
            "resources/plugins/deals/client.js",
        ]
        assert "element-templates" in packed.read("README.md").decode()


def _faulty() -> Iterator[tuple[str, Drawing]]:
    """Faults that the gate's own tests plant, and an example of each kind of mistake."""
    for number, mutant in enumerate(mutants(per_kind=1)):
        drawing = copy_of(mutant.diagram)
        mutant.edit(drawing)
        yield f"{number} {mutant.kind.name} {mutant.diagram}", drawing
    for number, (name, place, _, edit) in enumerate(PLANTED):
        drawing = copy_of(place)
        edit(drawing)
        yield f"planted {number} {name}", drawing
    for number, (name, _, edit) in enumerate(BROKEN):
        drawing = Drawing(EXAMPLE)
        edit(drawing)
        yield f"broken {number} {name}", drawing


def _readable(drawing: Drawing) -> Diagram | None:
    try:
        return drawing.read()
    except InvalidDiagram:
        return None


def _text(drawing: Drawing) -> str:
    return str(etree.tostring(drawing.root, encoding="unicode"))


def _violations(rule: Callable[..., Any], diagram: Diagram) -> list[Violation]:
    return list(rule(diagram) if rule in RULES else rule(diagram, sound()))


def _refused(template: Template, diagram: Diagram, node: Node) -> Iterator[tuple[str, str, str]]:
    """Values of the template that the task has otherwise."""
    for known in template["properties"]:
        value = _value(known["binding"], node)
        if value is None or not accepts(known, value):
            yield f"{diagram.id} {node.id}", str(known["binding"]), str(value)


def accepts(known: Property, value: str) -> bool:
    """Whether the properties panel takes the value without a complaint."""
    if known["type"] == "Hidden":
        return bool(known["value"] == value)
    if known["type"] == "Dropdown":
        return value in {one["value"] for one in known["choices"]}
    return re.match(known["constraints"]["pattern"]["value"], value) is not None


def _value(binding: dict[str, str], node: Node) -> str | None:
    name = binding.get("name", "").removeprefix("camunda:")
    if binding["type"] == "property":
        return node.attributes.get(name)
    if binding["type"] == "camunda:inputParameter":
        return node.inputs.get(name)
    if binding["type"] == "camunda:outputParameter":
        return next((to for to, value in node.outputs if value == binding["source"]), None)
    if binding["type"] == "camunda:in:businessKey":
        return node.call_business_key
    if binding["type"] == "camunda:in":
        return next((s for s, to in node.call_in.items() if to == binding["target"]), None)
    return node.call_out.get(binding["source"])
