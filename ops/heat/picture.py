"""The numbers painted on the pictures of the diagrams: one HTML page that needs no network."""

from collections.abc import Mapping
from datetime import timedelta
from html import escape

from bpmn.model.elements import Diagram
from bpmn.model.picture import draw
from ops import diagram_page
from ops.heat.numbers import Heat, HeatOfDiagram, HeatReport

COLD, WARM, HOT = "#f2c14e", "#ef7b2d", "#c62828"
COLORS = ((COLD, "стоят"), (WARM, "много"), (HOT, "больше всего на схеме"))
BADGE, REFUSALS = "#37474f", "#c62828"
OFTEN = 0.1
"""Share of refusals from which they are shown in red."""
HEADS = ("стоят", "прошли", "медиана", "90 % быстрее", "отказов", "отклонено")
SIZE = 13  # pixels, letters of a badge
HEIGHT = SIZE + 7


def html(report: HeatReport, diagrams: Mapping[str, Diagram]) -> str:
    """The page: a picture and a table of each diagram where something happened."""
    shown = [one for one in report.diagrams if one.activities]
    links = "".join(f'<a href="#{one.process}">{escape(one.name)}</a>' for one in shown)
    cut = "".join(f"<p>{escape(sentence)}</p>" for sentence in report.cut)
    about = (
        f"<p>С {report.since:%d.%m.%Y}. На шаге: сколько стоит сейчас, обычное время (медиана), "
        "доля отказов исполнителей, после которых человек получил задачу снова.</p>"
    )
    return diagram_page.page(
        "Где стоят сделки",
        about,
        diagram_page.legend(COLORS),
        cut,
        f"<nav>{links or 'За этот срок ничего не было.'}</nav>",
        *(_part(one, diagrams[one.process]) for one in shown),
    )


def picture(heat: HeatOfDiagram, diagram: Diagram) -> str:
    """The diagram as SVG with highlights and badges."""
    most = max((one.standing for one in heat.activities), default=0)
    marks = {one.element: _color(one.standing / most) for one in heat.activities if one.standing}
    badges = "".join(_badges(one, diagram) for one in heat.activities)
    return draw(diagram, marks).removesuffix("</svg>") + badges + "</svg>"


def duration(time: timedelta | None) -> str:
    """A time in one Russian unit, as precise as people need it."""
    if time is None:
        return "—"
    seconds = time.total_seconds()
    for unit, size in (("дн", 86_400), ("ч", 3_600), ("мин", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0").replace(".", ",") + f" {unit}"
    return f"{seconds:.0f} с"


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _color(share: float) -> str:
    return HOT if share > 0.66 else WARM if share > 0.33 else COLD


def _badges(heat: Heat, diagram: Diagram) -> str:
    """An activity's numbers under its shape, one below the other. Of service tasks only refusals
    and who stands there, as their time says nothing about people."""
    shape = diagram.shapes.get(heat.element)
    if shape is None:
        return ""
    words = [(f"стоят {heat.standing}", BADGE)] if heat.standing else []
    if diagram.nodes[heat.element].kind in ("userTask", "callActivity") and heat.median is not None:
        words.append((duration(heat.median), BADGE))
    if heat.refused:
        color = REFUSALS if heat.refused_share >= OFTEN else BADGE
        words.append((f"отказов {percent(heat.refused_share)}", color))
    if heat.rejected:
        words.append((f"отклонено {heat.rejected} из {heat.decided}", BADGE))
    x, top = shape.box.center[0], shape.box.bottom + 4
    return "".join(
        _badge(heat.element, text, color, x, top + number * (HEIGHT + 2))
        for number, (text, color) in enumerate(words)
    )


def _badge(element: str, text: str, color: str, x: float, y: float) -> str:
    width = len(text) * SIZE * 0.56 + 12
    return (
        f'<g data-heat="{escape(element)}"><rect x="{x - width / 2:g}" y="{y:g}" '
        f'width="{width:g}" height="{HEIGHT}" rx="9" fill="{color}"/>'
        f'<text x="{x:g}" y="{y + SIZE + 1:g}" font-size="{SIZE}" font-family="Arial, sans-serif" '
        f'text-anchor="middle" fill="#fff">{escape(text)}</text></g>'
    )


def _part(heat: HeatOfDiagram, diagram: Diagram) -> str:
    rows = map(_row, sorted(heat.activities, key=lambda one: (-one.standing, one.name)))
    heads = "".join(f'<th class="number">{head}</th>' for head in HEADS)
    return (
        f'<h2 id="{heat.process}">{escape(heat.name)}</h2>'
        + diagram_page.picture(heat.name, picture(heat, diagram))
        + diagram_page.table([f"<tr><th>Шаг</th>{heads}</tr>", *rows])
    )


def _row(heat: Heat) -> str:
    refused = f"{heat.refused} ({percent(heat.refused_share)})" if heat.refused else ""
    rejected = f"{heat.rejected} из {heat.decided}" if heat.decided else ""
    often = "number bad" if heat.refused_share >= OFTEN else "number"
    cells = (
        ("number", heat.standing or ""),
        ("number", heat.passed or ""),
        ("number", duration(heat.median)),
        ("number", duration(heat.p90)),
        (often, refused),
        ("number", rejected),
    )
    numbers = "".join(f'<td class="{mark}">{cell}</td>' for mark, cell in cells)
    return f"<tr><td>{escape(heat.name or heat.element)}</td>{numbers}</tr>"
