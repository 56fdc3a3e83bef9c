"""A plan as text, as JSON and as an HTML page with the diagrams in colors."""

import json
from collections.abc import Iterator, Mapping
from html import escape

from bpmn.model.difference import Kind
from bpmn.model.elements import Diagram
from bpmn.model.picture import draw
from ops import diagram_page
from ops.release.counterparts import Fate
from ops.release.plan import Plan, ProcessPlan, Reason, Standing

REASONS = {
    Reason.NEW: "новый процесс",
    Reason.CHANGED: "изменён",
    Reason.BOUND: "сам не изменён, разворачивается вместе с изменёнными, с которыми связан вызовом",
    Reason.SAME: "без изменений",
    Reason.GONE: "файла больше нет; начатые дойдут по своей версии",
}
KINDS = {
    Kind.ADDED: ("+", "добавлено", "#2e9d4f"),
    Kind.REMOVED: ("−", "убрано", "#d13438"),
    Kind.REWIRED: ("↪", "ведёт иначе", "#1f6fd1"),
    Kind.REWORDED: ("✎", "другие слова", "#8a4fd0"),
    Kind.CHANGED: ("≠", "другие настройки", "#e08a00"),
}
"""Sign, word and CSS color of a kind of change."""
BEFORE_MARK = 120  # pixels shown to the left of the first mark


def as_text(plan: Plan) -> str:
    """Return the plan as Russian lines for a terminal."""
    lines = [line for process in plan.processes if _shown(process) for line in _lines(process)]
    return "\n".join([*lines, *_summary(plan)])


def as_json(plan: Plan) -> str:
    """Return the plan for programs."""
    return json.dumps(
        {
            "deploys": [one.key for one in plan.deployed],
            "affected": plan.affected,
            "undecided": len(plan.undecided),
            "idleGroups": [
                {"group": one.group, "exists": one.exists, "tasks": list(one.tasks)}
                for one in plan.idle
            ],
            "processes": [_row(one) for one in plan.processes],
        },
        ensure_ascii=False,
        indent=2,
    )


def as_html(plan: Plan) -> str:
    """Return one page: for each process that differs its picture, changes and instances."""
    parts = "".join(_section(one) for one in plan.processes if _shown(one))
    summary = "".join(f"<p>{escape(line)}</p>" for line in _summary(plan) if line)
    colors = [(color, word) for _, word, color in KINDS.values()]
    legend = diagram_page.legend(colors, "Ободок вокруг элемента:")
    return diagram_page.page("План развёртывания", summary, legend, parts)


def _shown(process: ProcessPlan) -> bool:
    """Whether it has a section: processes without change and instances are only named."""
    differs = process.reason in (Reason.CHANGED, Reason.NEW)
    return differs or (process.reason is not Reason.SAME and bool(process.standing))


def _lines(process: ProcessPlan) -> Iterator[str]:
    version = f", сейчас версия {process.version}" if process.version else ""
    yield f"{process.key} «{process.name}»: {_reason(process)}{version}"
    for change in process.changes:
        yield f"  {KINDS[change.kind][0]} {change}"
    for remark in _remarks(process):
        yield f"  {remark}"
    if process.standing:
        yield "  Начатые:"
    for one in process.standing:
        yield (
            f"    {one.count:>5} × версия {one.definition.version}, «{one.name}» "
            f"({one.activity}): {_fate(process, one)}"
        )
    yield ""


def _reason(process: ProcessPlan) -> str:
    if process.calls:
        called = ", ".join(process.calls)
        return f"сам не изменён; новая версия нужна, чтобы он вызывал новые: {called}"
    if process.called_by:
        callers = ", ".join(process.called_by)
        return (
            f"не изменён, для начатых всё по-прежнему; развёртывается с теми, кто его вызывает: "
            f"{callers}"
        )
    return REASONS[process.reason]


def _remarks(process: ProcessPlan) -> Iterator[str]:
    own = process.new.path.name if process.new else ""
    if process.reason is Reason.CHANGED and own in process.resources and not process.changes:
        yield "изменён только рисунок"
    others = [name for name in process.resources if name != own]
    if others:
        yield f"изменены вместе с ней: {', '.join(others)}"


def _fate(process: ProcessPlan, one: Standing) -> str:
    stays = f"без перевода останется на версии {one.definition.version}"
    if not process.deployed:
        return f"останется на версии {one.definition.version}"
    if one.onward.fate is Fate.UNDECIDED:
        return f"{stays}; для перевода НУЖНО РЕШЕНИЕ: {one.onward.reason}"
    if one.onward.fate is Fate.STAYS:
        return f"останется на версии {one.definition.version}: {one.onward.reason}"
    target = one.onward.target or one.activity
    if target == one.activity:
        return f"{stays}; при переводе пойдёт по новой с того же шага"
    name = process.new.name_of(target) if process.new else ""
    return f"{stays}; при переводе пойдёт по новой с шага «{name}» ({target})"


def _summary(plan: Plan) -> Iterator[str]:
    yield from map(str, plan.idle)
    if not plan.deployed:
        yield "Разворачивать нечего: в движке те же схемы, формы и таблицы."
        return
    bound = [one for one in plan.deployed if one.reason is Reason.BOUND]
    keys = ", ".join(one.key for one in plan.deployed if one.reason is not Reason.BOUND)
    yield f"Изменены: {keys or 'нет'}."
    if callers := ", ".join(one.key for one in bound if one.calls):
        yield f"Сами не изменены, но вызывают изменённых: {callers}."
    if others := ", ".join(one.key for one in bound if not one.calls):
        yield f"Не изменены, развёртываются с теми, кто их вызывает: {others}."
    if gone := ", ".join(one.key for one in plan.processes if one.reason is Reason.GONE):
        yield f"Есть в движке, но не в файлах: {gone}. Начатые дойдут по своей версии."
    if plan.affected:
        yield f"Начатых шагов в этих процессах: {plan.affected}. Сами они никуда не перейдут."
    if plan.undecided:
        yield f"Мест, где для перевода нужно решение: {len(plan.undecided)}."


def _row(process: ProcessPlan) -> dict[str, object]:
    return {
        "process": process.key,
        "name": process.name,
        "reason": process.reason.value,
        "version": process.version,
        "resources": list(process.resources),
        "calls": list(process.calls),
        "calledBy": list(process.called_by),
        "changes": [
            {
                "kind": one.kind.value,
                "element": one.element,
                "label": one.label,
                "what": one.what,
            }
            for one in process.changes
        ],
        "standing": [
            {
                "version": one.definition.version,
                "activity": one.activity,
                "name": one.name,
                "count": one.count,
                "fate": one.onward.fate.value,
                "target": one.onward.target,
                "reason": one.onward.reason,
            }
            for one in process.standing
        ],
    }


def _section(process: ProcessPlan) -> str:
    title = f"{escape(process.name)} <code>{escape(process.key)}</code>"
    version = f", сейчас версия {process.version}" if process.version else ""
    parts = [f"<h2>{title}</h2><p>{escape(_reason(process) + version)}</p>"]
    parts += [f"<p>{escape(remark)}</p>" for remark in _remarks(process)]
    if process.changes:
        parts += _pictures(process)
        rows = (
            f"<tr><td>{KINDS[one.kind][1]}<td>{escape(one.label)} "
            f"<code>{escape(one.element)}</code><td>{escape(one.what)}"
            for one in process.changes
        )
        parts.append(diagram_page.table(rows))
    if process.standing:
        parts.append(_standing(process))
    return "".join(parts)


def _drawing(diagram: Diagram, marks: Mapping[str, str]) -> str:
    """A picture that begins at the leftmost mark."""
    marked = [shape.box.x for key, shape in diagram.shapes.items() if key in marks]
    everything = [shape.box.x for shape in diagram.shapes.values()]
    left = max(0.0, min(marked, default=0) - min(everything, default=0) - BEFORE_MARK)
    return diagram_page.picture(diagram.name, draw(diagram, marks), left)


def _pictures(process: ProcessPlan) -> Iterator[str]:
    """The new diagram, and the old one too if something of it is gone."""
    marks = {one.element: KINDS[one.kind][2] for one in reversed(process.changes)}
    gone = {one.element for one in process.changes if one.kind is Kind.REMOVED}
    if process.new:
        now = {element: color for element, color in marks.items() if element not in gone}
        yield f"<p>Станет:</p>{_drawing(process.new, now)}"
    if process.old and gone:
        was = {element: marks[element] for element in gone}
        yield f"<p>Было, убранное отмечено:</p>{_drawing(process.old, was)}"


def _standing(process: ProcessPlan) -> str:
    rows = (
        f'<tr><td class="number">{one.count}<td>версия {one.definition.version}'
        f"<td>{escape(one.name)} <code>{escape(one.activity)}</code>"
        f"<td{_class(process, one)}>{escape(_fate(process, one))}"
        for one in process.standing
    )
    head = "<tr><th>Начатых<th>Где<th>Шаг<th>Что с ними будет"
    return diagram_page.table([head, *rows])


def _class(process: ProcessPlan, one: Standing) -> str:
    wanting = process.deployed and one.onward.fate is Fate.UNDECIDED
    return ' class="bad"' if wanting else ""
