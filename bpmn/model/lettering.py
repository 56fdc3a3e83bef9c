"""Line breaks of labels, as bpmn-js and Camunda Modeler make them.

Widths are the advances of Arial, which Liberation Sans shares.
"""

import re
from collections.abc import Iterator

from bpmn.model.elements import Box, Diagram

EM = 2048
"""Units of `ADVANCES` per font size."""
ADVANCES = {
    391: "'",
    455: "ijl",
    532: "|",
    569: " !,./:;I[\\]ft",
    682: "()-`r",
    684: "{}",
    727: '"',
    747: "г",
    797: "*",
    896: "к",
    938: "т",
    939: "з",
    961: "^",
    1024: "сухJcksvxyz",
    1045: "э",
    1067: "чь",
    1088: "в",
    1109: "пяГ",
    1131: "н",
    1139: "аеёор#$0123456789?L_abdeghnopqu«»–",
    1144: "ий",
    1173: "бц",
    1193: "К",
    1195: "дл",
    1196: "+<=>~",
    1237: "З",
    1251: "ТFTZ",
    1280: "ъ",
    1301: "У",
    1344: "БЛЬ",
    1365: "Ч",
    1366: "АВЕРХ&ABEKPSVXY",
    1367: "Ё",
    1370: "ж",
    1387: "Д",
    1408: "м",
    1472: "ыИЙПЭ",
    1479: "НСЯCDHNRUw",
    1515: "Ц",
    1536: "ю",
    1557: "Ф",
    1593: "ОGOQ",
    1621: "Ъ",
    1643: "ш",
    1685: "фщ",
    1706: "МMm",
    1813: "Ы",
    1821: "%",
    1877: "Ш",
    1891: "Ж",
    1920: "Щ",
    1933: "W",
    2048: "—…",
    2069: "Ю",
    2079: "@",
    2197: "№",
}
"""Advance of a glyph → letters that have it."""
WIDTHS = {letter: advance for advance, letters in ADVANCES.items() for letter in letters}
OTHER = 1139
"""Advance that is assumed for other letters."""
TASK_SIZE, LABEL_SIZE = 12, 11
"""Pixels: labels inside of activities, and those of events, gateways and flows."""
PADDING = 5
"""Pixels between the border of an activity and its label."""
LINE_HEIGHT = 1.2
"""Of the font size."""
LABEL_WIDTH = 90
"""Pixels of a line outside of activities, whatever the label's bounds."""
LONGEST = 1000
"""Letters of a label that are laid out; the rest is one line."""
SOFT_HYPHEN = "\u00ad"
BREAKS = re.compile(f"(\\s|-|{SOFT_HYPHEN})")


def width_of(text: str, size: float) -> float:
    """Width in pixels."""
    return sum(WIDTHS.get(letter, OTHER) for letter in text) * size / EM


def wrap(text: str, width: float, size: float = TASK_SIZE) -> list[str]:
    """Break a label into lines of ``width`` pixels; a word that is too wide is cut."""
    lines = text[:LONGEST].strip().splitlines()
    found: list[str] = []
    while lines:
        line = lines.pop(0)
        fits = _fitting(line, width, size)
        found.append(fits)
        if len(fits) < len(line) and (rest := line[len(fits) :].strip()):
            lines.insert(0, rest)
    return [line.strip() for line in found] + ([text[LONGEST:]] if text[LONGEST:] else [])


def text_box(bounds: Box, text: str) -> Box:
    """The part of a label's bounds that its text takes in Arial.

    The bounds themselves follow the fonts of the computer on which the file was saved last.
    """
    lines = wrap(text, LABEL_WIDTH, LABEL_SIZE)
    width = max((width_of(line, LABEL_SIZE) for line in lines), default=0)
    width, height = (
        min(bounds.width, width),
        min(bounds.height, len(lines) * LABEL_SIZE * LINE_HEIGHT),
    )
    return Box(bounds.center[0] - width / 2, bounds.y, width, height)


def _fitting(line: str, width: float, size: float) -> str:
    while len(line) > 1 and (taken := width_of(line, size)) >= round(width):
        line = _shorter(line, max(len(line) * width / taken, 1))
    return line


def _shorter(line: str, length: float) -> str:
    """The beginning of a line: up to a break, else cut inside of its first word."""
    kept: list[str] = []
    parts = BREAKS.split(line)
    for part in parts if len(parts) > 1 else ():
        if sum(map(len, kept)) + len(part) >= length:
            if part in ("-", SOFT_HYPHEN) and kept:
                kept.pop()
            break
        kept.append(part)
    shorter = "".join(kept)
    return shorter or line[: max(round(length - 1), 1)]


def cut_words(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """Yield element id and word of labels that a modeler sees broken inside of a word."""
    for node in diagram.nodes.values():
        shape = diagram.shapes.get(node.id)
        if shape is None or node.kind == "subProcess":
            continue
        inside = not node.kind.endswith(("Event", "Gateway"))
        width = shape.box.width - 2 * PADDING if inside else LABEL_WIDTH
        yield from _cut(node.id, node.name, width, TASK_SIZE if inside else LABEL_SIZE)
    for flow in diagram.flows.values():
        yield from _cut(flow.id, flow.name, LABEL_WIDTH, LABEL_SIZE)


def _cut(element: str, text: str, width: float, size: float) -> Iterator[tuple[str, str]]:
    for word in re.split(f"[\\s{SOFT_HYPHEN}]|(?<=-)", text):
        if len(word) > 1 and width_of(word, size) >= round(width):
            yield element, word
