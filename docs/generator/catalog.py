"""Catalog reference: fields, directions with their stages, approval steps and lists."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from db.catalog.loading import load_catalog
from db.domain.catalog import (
    ApprovalChain,
    Catalog,
    Condition,
    Direction,
    Field,
    Requirement,
    Stage,
)
from docs.generator.page import Page, anchor, code, codes, table


def pages() -> Iterator[Page]:
    """The pages `reference/fields.md`, `reference/directions.md` and `reference/lists.md`."""
    catalog = load_catalog()
    yield Page("reference/fields.md", _fields(catalog))
    yield Page("reference/directions.md", _directions(catalog))
    yield Page("reference/lists.md", _lists(catalog))


def _fields(catalog: Catalog) -> str:
    parts = [
        "# Deal fields\n",
        "Generated from `db/catalog/fields.yaml`. People see the label in forms and messages; the "
        "code is the name in the API, the database and the history.\n",
    ]
    for group in catalog.groups.values():
        rows = [_field(field) for field in catalog.fields.values() if field.group == group.code]
        head = ("code", "label", "kind", "filled by", "notes")
        parts.append(f"## {group.label} {anchor(group.code)}\n\n{table(head, rows)}")
    return "\n".join(parts)


def _field(field: Field) -> tuple[str, ...]:
    kind = f"{code(field.kind.value)} [{field.list}](lists.md#{field.list})" if field.list else ""
    filled = "system" if field.system else codes(field.filled_by) or "manager"
    return code(field.code), field.label, kind or code(field.kind.value), filled, _notes(field)


def _notes(field: Field) -> str:
    notes = [field.hint]
    if field.restricted:
        notes.append("Personal data: readable by manager, approvers with a task and lawyers.")
    if field.minimum is not None:
        notes.append(f"At least {field.minimum}.")
    if field.role:
        notes.append(f"A person of the role {code(field.role)}.")
    if field.only_when:
        notes.append(f"Only {_when(field.only_when)}.")
    return " ".join(note for note in notes if note)


def _when(condition: Condition) -> str:
    if condition.filled:
        return f"if {code(condition.field)} is filled"
    if condition.length is not None:
        return f"if {code(condition.field)} has {condition.length} characters"
    return f"if {code(condition.field)} is {codes(condition.one_of)}"


def _directions(catalog: Catalog) -> str:
    parts = [
        "# Directions and stages\n",
        "A direction is a line of business, one file in `db/catalog/directions/`. The SLA is "
        "working time in hours. Only stages in the column «next» may follow a stage. The activity "
        "is the BPMN element in which a deal of the stage waits.\n",
    ]
    ordered = sorted(catalog.directions.values(), key=lambda one: one.order)
    parts += [_direction(direction) for direction in ordered]
    parts += [_chain(chain) for chain in catalog.chains.values()]
    return "\n".join(parts)


def _direction(direction: Direction) -> str:
    head = ("stage", "name", "SLA, h", "next", "required before it", "locked groups", "activity")
    facts = [
        f"- process: [{direction.process}](../processes/{direction.process}.md)",
        f"- led by {code(direction.managers)}, headed by {code(direction.heads)}",
        f"- fields: {codes(direction.fields)}",
    ]
    title = f"## {direction.name} {anchor(direction.code)}"
    rows = [_stage(stage) for stage in direction.stages]
    return "\n".join([title, "", code(direction.code), "", *facts, "", table(head, rows)])


def _stage(stage: Stage) -> tuple[str, ...]:
    marks = [f"closes as {stage.outcome}"] if stage.outcome else []
    marks += ["set by the process only"] if stage.system else []
    name = stage.name + (f" ({', '.join(marks)})" if marks else "")
    activities = [code(name) for name in (stage.activity, *stage.also) if name]
    return (
        code(stage.code),
        name,
        _hours(stage.sla),
        codes(stage.next),
        "; ".join(_requirement(one) for one in stage.required),
        codes(stage.locks),
        ", ".join(activities),
    )


def _requirement(requirement: Requirement) -> str:
    text = " or ".join(code(name) for name in requirement.any_of)
    if requirement.when:
        text += f" {_when(requirement.when)}"
    if requirement.unless:
        text += f" unless {_when(requirement.unless).removeprefix('if ')}"
    return text


def _chain(chain: ApprovalChain) -> str:
    head = ("step", "name", "role", "SLA, h", "may change", "answers", "parallel group")
    rows = [
        (
            code(step.code),
            step.name,
            code(step.role),
            _hours(step.sla),
            codes(step.edits),
            "; ".join(f"{code(answer.code)} {answer.label}" for answer in step.answers),
            code(step.parallel) if step.parallel else "",
        )
        for step in chain.steps.values()
    ]
    facts = (
        f"{code(chain.code)}: approval of a deal of {codes(chain.directions)} in stage "
        f"{code(chain.stage)} by [{chain.process}](../processes/{chain.process}.md); it leads to "
        f"{code(chain.approved_stage)}, a rejection to "
        f"{code(chain.rejected_stage) if chain.rejected_stage else 'the stage before'}."
    )
    if chain.later_stages:
        facts += f" It goes on in {codes(chain.later_stages)}."
    title = f"## Approval: {chain.name} {anchor(chain.code)}"
    return "\n\n".join([title, facts, table(head, rows)])


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:g}" if time else ""


def _lists(catalog: Catalog) -> str:
    parts = [
        "# Lists\n",
        "Values that portal administrators change on the page `/lists` or through the API. This "
        "page shows the values of a fresh database, from `db/catalog/lists.yaml`.\n",
    ]
    for one in catalog.lists.values():
        parts += [f"## {one.name} {anchor(one.code)}", "", code(one.code), ""]
        if one.attributes:
            parts.append("Attributes: " + "; ".join(_attributes(one.attributes.values())) + "\n")
        parts.append(table(("code", "name"), [(code(item.code), item.name) for item in one.items]))
    return "\n".join(parts)


def _attributes(attributes: Iterable) -> Iterator[str]:  # type: ignore[type-arg]
    for one in attributes:
        role = f", role {code(one.role)}" if one.role else ""
        choices = f", one of {codes(one.choices)}" if one.choices else ""
        yield f"{code(one.code)} «{one.label}» ({one.kind.value}{role}{choices})"
