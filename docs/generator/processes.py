"""Process pages: picture, documentation and steps of every diagram."""

from collections.abc import Iterable, Iterator

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram, Node
from bpmn.model.picture import draw
from bpmn.model.reader import BPMN, read_diagrams
from docs.generator.page import Page, code, codes, table

Row = tuple[str, ...]

INTRODUCTION = """# Processes

The diagrams are `bpmn/processes/*.bpmn`, one process each, named as its file. Open them in Camunda
Modeler. Names and explanations are Russian because employees read them in Tasklist. The pictures
are drawn from the diagrams by `manage.py picture`; click a picture for its full size.

"""


def pages() -> Iterator[Page]:
    """`processes/index.md`, and a page and an SVG for each process."""
    diagrams = sorted(read_diagrams(DIRECTORY), key=lambda one: one.id)
    rows = [
        (f"[{one.id}]({one.id}.md)", one.name, ", ".join(_callers(one, diagrams)))
        for one in diagrams
    ]
    head = ("process", "name", "called by")
    yield Page("processes/index.md", INTRODUCTION + table(head, rows))
    for diagram in diagrams:
        yield Page(f"processes/{diagram.id}.svg", draw(diagram))
        yield Page(f"processes/{diagram.id}.md", _process(diagram, diagrams))


def names() -> list[str]:
    """Process ids in the order of the navigation."""
    return sorted(diagram.id for diagram in read_diagrams(DIRECTORY))


def _callers(called: Diagram, diagrams: Iterable[Diagram]) -> Iterator[str]:
    for diagram in diagrams:
        if any(_called(node) == called.id for node in diagram.nodes.values()):
            yield f"[{diagram.id}]({diagram.id}.md)"


def _called(node: Node) -> str:
    return node.attributes.get("calledElement", "") if node.kind == "callActivity" else ""


def _process(diagram: Diagram, diagrams: Iterable[Diagram]) -> str:
    parts = [f"# {diagram.id}\n", f"«{diagram.name}»\n", _documentation(diagram), ""]
    parts += [f"[![{diagram.name}]({diagram.id}.svg)]({diagram.id}.svg)\n"]
    if callers := ", ".join(_callers(diagram, diagrams)):
        parts.append(f"Called by {callers}.\n")
    for title, head, rows in _tables(diagram):
        if rows:
            parts += [f"## {title}\n", table(head, rows)]
    return "\n".join(parts)


def _tables(diagram: Diagram) -> Iterator[tuple[str, Row, list[Row]]]:
    """Heading, columns and rows of each kind of element."""
    yield (
        "User tasks",
        ("task", "id", "assigned to", "form", "explanation in Tasklist"),
        [
            (node.name, code(node.id), _people(node), code(node.form), node.documentation)
            for node in diagram.user_tasks
        ],
    )
    yield (
        "System steps",
        ("step", "id", "topic"),
        [
            (node.name, code(node.id), f"[{node.topic}](../reference/topics.md#{node.topic})")
            for node in diagram.external_tasks
        ],
    )
    yield (
        "Called processes",
        ("step", "id", "process"),
        [
            (node.name, code(node.id), f"[{_called(node)}]({_called(node)}.md)")
            for node in diagram.of_kind("callActivity")
        ],
    )
    yield (
        "Messages and timers",
        ("event", "id", "kind", "waits for"),
        [
            (node.name, code(node.id), event.kind, code(event.reference or event.timer))
            for node in diagram.nodes.values()
            if (event := node.event) and event.kind in ("message", "timer")
        ],
    )


def _documentation(diagram: Diagram) -> str:
    """Return the documentation of the process itself."""
    process = etree.parse(diagram.path).find(f".//{BPMN}process")
    return str(process.findtext(f"{BPMN}documentation") or "").strip()


def _people(node: Node) -> str:
    assignee = code(node.attributes.get("assignee"))
    groups = codes(node.candidate_groups)
    return ", ".join(text for text in (assignee, groups and f"group {groups}") if text)
