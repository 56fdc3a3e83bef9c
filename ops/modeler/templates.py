"""Element templates of Camunda Modeler, one per topic, form and called process.

They are generated from the topics' contracts, the table of forms, the catalog and the diagrams;
`words.yaml` has the Russian names. Applying one sets everything that the gate demands of such a
step, except the listeners of a user task, for which templates have no binding.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bpmn.lint.rules.user_tasks import DECIDED_BY, FORM_PREFIX
from bpmn.lint.worker_contracts import RECIPIENTS, TopicContract
from bpmn.model.elements import Diagram, Node
from bpmn.model.manager_tasks import MANAGER as MANAGER_FOUND
from db.domain.catalog import Catalog
from db.domain.steps import products, repairs
from forms.task_forms import MANAGER, Form
from ops.modeler.properties import (
    GROUPS,
    NAME,
    NULL,
    VARIABLE,
    Property,
    agreed,
    choice,
    hidden,
    text,
    variable,
)
from ops.modeler.words import Words
from workers.services.notification_texts import TEMPLATES

Template = dict[str, Any]
SCHEMA = "https://unpkg.com/@camunda/element-templates-json-schema/resources/schema.json"
ASSIGNEES: Mapping[str, str] = {
    "${returnTo}": "Никто: возьмёт любой из группы, после отказа тот же человек",
    "${empty returnTo ? assignee : returnTo}": "Найденный шагом перед задачей",
    MANAGER_FOUND: "Менеджер сделки",
    "${failureOwner}": "Кто взялся за сбой",
}
FOUND_GROUPS: Mapping[str, str] = {
    "${assigneeGroup}": "Группа найденного исполнителя",
    "${headsGroup}": "Руководители менеджера",
}
BUSINESS_KEY = "#{execution.processBusinessKey}"


@dataclass(frozen=True)
class Contracts:
    """Sources of the templates: topics, forms, roles, catalog."""

    topics: Iterable[TopicContract]
    forms: Iterable[Form]
    diagrams: Iterable[Diagram]
    catalog: Catalog
    words: Words


def templates(known: Contracts) -> list[Template]:
    """All templates, sorted by name; ids never change, diagrams refer to them."""
    found = [*_steps(known), *_tasks(known), *_calls(known)]
    return sorted(found, key=lambda one: str(one["name"]))


def _steps(known: Contracts) -> Iterator[Template]:
    used: dict[tuple[str, str], list[str]] = defaultdict(list)
    for diagram in known.diagrams:
        for node in diagram.external_tasks:
            for name, value in node.inputs.items():
                used[node.topic or "", name].append(value)
    for topic in known.topics:
        word = known.words.topics[topic.name]
        about = word.about
        if topic.refusals:
            codes = ", ".join(known.words.refusals[code] for code in sorted(topic.refusals))
            about += f" Может отказать ({codes}): поставьте на границу событие ошибки без кода."
        yield _template(
            f"deals.topic.{topic.name}",
            f"Шаг: {word.name}",
            about,
            "bpmn:ServiceTask",
            [
                hidden({"type": "property", "name": "camunda:type"}, "external"),
                hidden({"type": "property", "name": "camunda:topic"}, topic.name),
                *(
                    _input(known, topic, name, used[topic.name, name])
                    for name in sorted(topic.inputs)
                ),
            ],
        )


def _input(known: Contracts, topic: TopicContract, name: str, used: list[str]) -> Property:
    """A choice if the diagram decides the value, else a variable of the task before."""
    label, binding = known.words.variables[name], {"type": "camunda:inputParameter", "name": name}
    of_type = topic.types[name]
    values = {} if name in topic.answers else choices_of(known, name, of_type.values)
    if values and of_type.words:
        one = "|".join(sorted(values))
        hint = ", ".join(f"{code} {word}" for code, word in values.items())
        message = f"Слова через пробел: {', '.join(values)}"
        return text(label, "input", binding, f"(?:{one})(?: (?:{one})){{0,9}}", message, hint=hint)
    if values and not any(value.startswith("${") and value != NULL for value in used):
        empty = {NULL: "не нужно"} if of_type.optional else {}
        return choice(label, "input", binding, {**values, **empty}, agreed(used))
    same = agreed(used)
    if same is not None and "{" in same and not re.fullmatch(VARIABLE, same):
        return hidden(binding, same)  # an expression that every diagram has; nobody types it anew
    hint = "Ответ из формы задачи перед этим шагом." if name in topic.answers else ""
    return variable(label, "input", binding, same, hint)


def choices_of(known: Contracts, name: str, values: Iterable[str] | None) -> Mapping[str, str]:
    """Values of an input that the diagram decides, with their names; none for other inputs."""
    catalog, words = known.catalog, known.words.values
    roles = {code: role.name for code, role in catalog.roles.items()}
    if name == "role":
        return roles
    if name == "recipient":
        return {**{code: words[name][code] for code in sorted(RECIPIENTS)}, **roles}
    if name == "field":
        return {code: one.label for code, one in catalog.fields.items() if one.is_file}
    if name == "productStep":
        return {code: step.name for code, step in products.STEPS.items()}
    if name == "repairStep":
        return {code: step.name for code, step in repairs.STEPS.items()}
    if name == "template":
        return {code: one.subject.partition(":")[0] for code, one in TEMPLATES.items()}
    if name == "toStage":
        return _joined(
            (stage.code, stage.name) for one in catalog.directions.values() for stage in one.stages
        )
    if name == "step":
        return _joined(
            (code, step.name) for one in catalog.chains.values() for code, step in one.steps.items()
        )
    if name == "parallel":
        steps = [step for one in catalog.chains.values() for step in one.steps.values()]
        return {step.parallel: words[name][step.parallel] for step in steps if step.parallel}
    if values is None and name not in words:
        return {}
    return {code: words[name][code] for code in sorted(values or words[name])}


def _joined(named: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Code → its different names, as directions and chains use the same codes."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, name in named:
        if name not in found[code]:
            found[code].append(name)
    return {code: " / ".join(names) for code, names in found.items()}


def _tasks(known: Contracts) -> Iterator[Template]:
    tasks: dict[str, list[Node]] = defaultdict(list)
    for diagram in known.diagrams:
        for node in diagram.user_tasks:
            tasks[node.form or ""].append(node)
    for form in known.forms:
        submitted = [*form.variables, DECIDED_BY]
        drawn = tasks[form.name]
        due = agreed([node.attributes.get("dueDate", "") for node in drawn]) or "${dueAt}"
        yield _template(
            f"deals.form.{form.name.removesuffix('.html')}",
            f"Задача: {known.words.forms[form.name]}",
            "Задача человека с формой. После применения добавьте описание задачи и слушатель "
            "завершения: проще всего скопировать соседнюю задачу и применить шаблон к копии.",
            "bpmn:UserTask",
            [
                hidden(
                    {"type": "property", "name": "camunda:formKey"}, f"{FORM_PREFIX}{form.name}"
                ),
                choice(
                    "Исполнитель",
                    "person",
                    {"type": "property", "name": "camunda:assignee"},
                    _owners(form),
                    agreed([node.attributes.get("assignee", "") for node in drawn]),
                ),
                choice(
                    "Группа",
                    "person",
                    {"type": "property", "name": "camunda:candidateGroups"},
                    _groups(known, form),
                    agreed([",".join(node.candidate_groups) for node in drawn]),
                ),
                variable("Срок", "person", {"type": "property", "name": "camunda:dueDate"}, due),
                *_given(known, drawn, submitted),
                *(
                    hidden({"type": "camunda:inputParameter", "name": name}, NULL)
                    for name in submitted
                ),
                *(_output(known, drawn, name) for name in submitted),
            ],
        )


def _owners(form: Form) -> Mapping[str, str]:
    """Assignees that the roles of the form allow; all for an approval."""
    if not form.roles:
        return ASSIGNEES
    managers = MANAGER in form.roles
    others = set(form.roles) != {MANAGER}
    return {
        owner: label
        for owner, label in ASSIGNEES.items()
        if (managers if owner == MANAGER_FOUND else others)
    }


def _groups(known: Contracts, form: Form) -> Mapping[str, str]:
    """Groups that the roles of the form allow; all for an approval."""
    roles = {code: role.name for code, role in known.catalog.roles.items()}
    if not form.roles:
        return {**roles, **FOUND_GROUPS}
    found = {code: roles[code] for code in form.roles if code in roles}
    if found:
        found["${assigneeGroup}"] = FOUND_GROUPS["${assigneeGroup}"]
    if MANAGER in form.roles:
        found["${headsGroup}"] = FOUND_GROUPS["${headsGroup}"]
    return found


def _given(known: Contracts, drawn: list[Node], submitted: list[str]) -> Iterator[Property]:
    """Inputs that every task with this form gets besides those it submits."""
    names = set.intersection(*(set(node.inputs) for node in drawn)) if drawn else set()
    for name in sorted(names - set(submitted)):
        label = known.words.variables[name]
        binding = {"type": "camunda:inputParameter", "name": name}
        values = [node.inputs[name] for node in drawn]
        if choices := choices_of(known, name, None):
            yield choice(label, "input", binding, choices, agreed(values))
        else:
            yield variable(label, "input", binding, agreed(values))


def _output(known: Contracts, drawn: list[Node], name: str) -> Property:
    taken = [target for node in drawn for target, value in node.outputs if value == f"${{{name}}}"]
    return text(
        known.words.variables[name],
        "output",
        {"type": "camunda:outputParameter", "source": f"${{{name}}}"},
        NAME,
        "Имя переменной: латинские буквы, первая строчная",
        agreed(taken),
    )


def _calls(known: Contracts) -> Iterator[Template]:
    calls: dict[str, list[Node]] = defaultdict(list)
    for diagram in known.diagrams:
        for node in diagram.of_kind("callActivity"):
            calls[node.attributes.get("calledElement", "")].append(node)
    for diagram in known.diagrams:
        if not (drawn := calls[diagram.id]):
            continue
        given = [{target: source for source, target in node.call_in.items()} for node in drawn]
        yield _template(
            f"deals.process.{diagram.id}",
            f"Процесс: {diagram.name}",
            "Вызов процесса с тем же бизнес-ключом и из того же развёртывания.",
            "bpmn:CallActivity",
            [
                hidden({"type": "property", "name": "calledElement"}, diagram.id),
                hidden({"type": "property", "name": "camunda:calledElementBinding"}, "deployment"),
                hidden({"type": "camunda:in:businessKey"}, BUSINESS_KEY),
                *(
                    _passed(name, "camunda:in", "target", [one[name] for one in given])
                    for name in sorted(set.intersection(*map(set, given)))
                ),
                *(
                    _passed(name, "camunda:out", "source", [node.call_out[name] for node in drawn])
                    for name in sorted(set.intersection(*(set(node.call_out) for node in drawn)))
                ),
            ],
        )


def _passed(name: str, kind: str, side: str, values: list[str]) -> Property:
    into = kind == "camunda:in"
    return text(
        f"{name} ←" if into else f"{name} →",
        "input" if into else "output",
        {"type": kind, side: name},
        NAME,
        "Имя переменной: латинские буквы, первая строчная",
        agreed(values),
    )


def _template(
    key: str, name: str, about: str, element: str, properties: list[Property]
) -> Template:
    groups = {one.get("group") for one in properties}
    return {
        "$schema": SCHEMA,
        "name": name,
        "id": key,
        "description": about,
        "appliesTo": [element],
        "groups": [{"id": one, "label": label} for one, label in GROUPS if one in groups],
        "properties": properties,
    }
