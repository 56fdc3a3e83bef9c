"""Sequence pictures drawn as SVG: one stage move, one external task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from docs.generator.page import Page

COLUMN, ROW, TOP, MARGIN = 230, 46, 70, 20  # pixels
FONT = 'font-family="Arial, Liberation Sans, sans-serif" font-size="13"'
INK, NOTE, LINE = "#22242a", "#fff6d6", "#8a8f99"


@dataclass(frozen=True)
class Message:
    """An arrow between two participants; a note if both are the same."""

    source: str
    target: str
    text: str
    reply: bool = False


STAGE_MOVE = (
    ("Client", "API", "Database", "Dispatcher (worker)", "Engine", "Worker"),
    (
        Message("Client", "API", "POST /deals/{id}/stage, If-Match"),
        Message("API", "Database", "stage, move n, outbox row: one commit"),
        Message("API", "Client", "200 with the new version", reply=True),
        Message("Dispatcher (worker)", "Database", "read outbox rows in order"),
        Message("Dispatcher (worker)", "Engine", "message StageMoved, moveVersion = n"),
        Message("Engine", "Engine", "ends the manager's task"),
        Message("Worker", "Engine", "fetchAndLock update-deal-stage"),
        Message("Worker", "Database", "read the stage"),
        Message("Worker", "Engine", "complete: stage, stageActivity, nextMove = n + 1"),
        Message("Engine", "Engine", "next task at stageActivity"),
        Message("Dispatcher (worker)", "Database", "row delivered"),
    ),
)
EXTERNAL_TASK = (
    ("Engine", "Runner", "Outside (1C, people)", "Database"),
    (
        Message("Runner", "Engine", "fetchAndLock, long poll"),
        Message("Engine", "Runner", "task with local inputs", reply=True),
        Message("Runner", "Outside (1C, people)", "fetch(): reads, may fail and be retried"),
        Message("Runner", "Database", "begin; processed-task row known?"),
        Message("Runner", "Runner", "handler(): rules and writes"),
        Message("Runner", "Database", "processed-task row with the result; commit"),
        Message("Runner", "Engine", "complete, or bpmnError, or failure"),
        Message("Engine", "Runner", "204; lost: the task comes again", reply=True),
        Message("Runner", "Database", "delivered again: stored result"),
        Message("Runner", "Engine", "complete with the same variables"),
    ),
)


def pages() -> Iterator[Page]:
    """The pictures `explanation/stage-move.svg` and `explanation/external-task.svg`."""
    yield Page("explanation/stage-move.svg", picture("One stage move", *STAGE_MOVE))
    yield Page("explanation/external-task.svg", picture("One external task", *EXTERNAL_TASK))


def picture(title: str, people: Sequence[str], messages: Sequence[Message]) -> str:
    """Draw participants as columns and messages from top to bottom as one SVG text."""
    width = COLUMN * len(people) + 2 * MARGIN
    height = TOP + ROW * len(messages) + 2 * MARGIN
    middle = {name: MARGIN + COLUMN * (at + 0.5) for at, name in enumerate(people)}
    parts = [_participant(name, x, height) for name, x in middle.items()]
    for row, message in enumerate(messages):
        y = TOP + ROW * (row + 0.8)
        parts.append(_message(message, middle[message.source], middle[message.target], y))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><title>{escape(title)}</title>'
        f'<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
        f'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,1 L10,5 L0,9 z" fill="{INK}"/></marker></defs>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _participant(name: str, x: float, height: float) -> str:
    return (
        f'<path d="M{x:g},{MARGIN + 34} V{height - MARGIN}" stroke="{LINE}" '
        f'stroke-dasharray="4 4"/>'
        f'<rect x="{x - COLUMN / 2 + 8:g}" y="{MARGIN}" width="{COLUMN - 16}" height="34" rx="6" '
        f'fill="#eef1f6" stroke="{INK}"/>{_text(name, x, MARGIN + 22)}'
    )


def _message(message: Message, start: float, end: float, y: float) -> str:
    if start == end:
        wide = COLUMN - 16
        return (
            f'<rect x="{start - wide / 2:g}" y="{y - 18:g}" width="{wide}" height="26" rx="4" '
            f'fill="{NOTE}" stroke="{LINE}"/>{_text(message.text, start, y)}'
        )
    dashes = ' stroke-dasharray="6 4"' if message.reply else ""
    return (
        f'<path d="M{start:g},{y:g} H{end:g}" stroke="{INK}" stroke-width="1.5"{dashes} '
        f'marker-end="url(#tip)"/>{_text(message.text, (start + end) / 2, y - 6, halo=True)}'
    )


def _text(text: str, x: float, y: float, halo: bool = False) -> str:
    paint = ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:g}" y="{y:g}" {FONT} text-anchor="middle" fill="{INK}"{paint}>'
        f"{escape(text)}</text>"
    )
