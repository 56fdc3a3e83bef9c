"""Coverage page: every diagram with the flows that the scenarios took, green, and the rest, red."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from bpmn.model.elements import Diagram
from bpmn.model.picture import draw
from ops import diagram_page
from ops.scenarios.way import Walk, Walks

TAKEN, MISSING = "#2e9d50", "#e02b2b"
COLORS = ((TAKEN, "пройдено, число показывает, сколько раз"), (MISSING, "не пройдено ни разу"))
UNNAMED = "развилка"
"""Word for a gateway without a label."""


def merged(parts: Iterable[Walks]) -> Walks:
    """All walks as one."""
    found: Walks = {}
    for part in parts:
        for process, walk in part.items():
            found.setdefault(process, Walk()).add(walk)
    return found


def missing(diagram: Diagram, gone: Walks) -> list[str]:
    """Flows of the diagram that nobody took."""
    taken = gone.get(diagram.id, Walk()).taken
    return sorted(flow for flow in diagram.flows if not taken[flow])


def summary(diagrams: Mapping[str, Diagram], gone: Walks) -> Iterator[str]:
    """A line for each diagram."""
    for process, diagram in sorted(diagrams.items()):
        drawn = len(diagram.flows)
        yield f"{process}: стрелок пройдено {drawn - len(missing(diagram, gone))} из {drawn}"


def page(diagrams: Mapping[str, Diagram], gone: Walks, played: Sequence[str]) -> str:
    """The page as one HTML file, which needs nothing else; ``played``: names of the scenarios."""
    shown = sorted(diagrams.values(), key=lambda one: (one.id not in gone, one.id))
    names = "".join(f"<li>{escape(name)}</li>" for name in played)
    return diagram_page.page(
        "Покрытие схем сценариями",
        f"<p>Сыграно сценариев: {len(played)}</p><ul>{names}</ul>",
        diagram_page.legend(COLORS),
        diagram_page.table(
            [
                "<tr><th>Схема</th><th></th><th>Стрелки</th></tr>",
                *(_row(one, gone) for one in shown),
            ]
        ),
        *(_picture(one, gone) for one in shown),
    )


def _row(diagram: Diagram, gone: Walks) -> str:
    drawn = len(diagram.flows)
    taken = drawn - len(missing(diagram, gone))
    percent = 100 * taken // drawn if drawn else 100
    return (
        f'<tr><td><a href="#{escape(diagram.id)}">{escape(diagram.name)}</a> '
        f"<code>{escape(diagram.id)}</code></td>"
        f'<td><span class="bar" style="background:{MISSING}">'
        f'<i style="width:{percent}%;background:{TAKEN}"></i></span></td>'
        f'<td class="number">{taken} из {drawn}</td></tr>'
    )


def _picture(diagram: Diagram, gone: Walks) -> str:
    taken = gone.get(diagram.id, Walk()).taken
    marks = {flow: TAKEN if taken[flow] else MISSING for flow in diagram.flows}
    badges = {flow: str(taken[flow]) for flow in diagram.edges if taken[flow]}
    left = ", ".join(_named(diagram, flow) for flow in missing(diagram, gone))
    words = f"Не пройдено: {left}" if left else "Пройдены все стрелки"
    return (
        f'<h2 id="{escape(diagram.id)}">{escape(diagram.name)}</h2><p>{escape(words)}</p>'
        + diagram_page.picture(diagram.name, draw(diagram, marks, badges))
    )


def _named(diagram: Diagram, flow: str) -> str:
    """Labels of both ends of a flow."""
    one = diagram.flows[flow]
    label = f" «{diagram.name_of(flow)}»" if one.name else ""
    source, target = (diagram.name_of(node) or UNNAMED for node in (one.source, one.target))
    return f"{source} →{label} {target}"
