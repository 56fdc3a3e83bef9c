"""Outline of a filled document: paragraphs, tables and numbers of clauses, read from the file.

The preview is made from the bytes that are downloaded, not from the template once more: what it
shows is what the document says. Fonts, page breaks and pictures are left to Word.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from api.documents.docx import Element, W, parts_of, pieces_text, read_part

MAX_BLOCKS, MAX_TEXT = 5_000, 1_000_000  # characters
BULLET = "•"
_LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
MAX_STYLES = 20
"""Length of a chain of styles based on each other."""
Level: TypeAlias = tuple[int, str, str]
"""First number, format, text with %1 for the number of the first level."""
Block: TypeAlias = dict[str, Any]


def outline(content: bytes) -> list[Block]:
    """Sections of the document, each with its blocks. Raises: BadTemplate."""
    numbering, styles = Numbering(content), Styles(content)
    sections: list[Block] = []
    room = _Room()
    for part in parts_of(content):
        body = part.root.find(f"{W}body")
        top = part.root if body is None else body
        blocks = [block for block in _blocks(top, numbering, styles) if room.takes(block)]
        if any(block.get("text") or block.get("rows") for block in blocks):
            sections.append({"name": part.label, "blocks": blocks})
    return sections


class _Room:
    """Bounds of a preview: what is beyond them is only in the file."""

    def __init__(self) -> None:
        self._blocks, self._text = MAX_BLOCKS, MAX_TEXT

    def takes(self, block: Block) -> bool:
        self._blocks -= 1
        self._text -= len(block.get("text", "")) + sum(
            len(cell) for row in block.get("rows", ()) for cell in row
        )
        return self._blocks >= 0 and self._text >= 0


def _blocks(parent: Element, numbering: "Numbering", styles: "Styles") -> Iterator[Block]:
    for each in parent:
        if each.tag == f"{W}p":
            yield _paragraph(each, numbering, styles)
        elif each.tag == f"{W}tbl":
            yield _table(each, numbering, styles)
        elif each.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}footnote", f"{W}endnote"):
            yield from _blocks(each, numbering, styles)


def _paragraph(paragraph: Element, numbering: "Numbering", styles: "Styles") -> Block:
    properties = paragraph.find(f"{W}pPr")
    style = _value(properties, "pStyle")
    label = numbering.label(properties, styles.numbering_of(style))
    boxes = [pieces_text(inner) for inner in paragraph.iter(f"{W}p") if inner is not paragraph]
    text = "\n".join([pieces_text(paragraph), *dict.fromkeys(boxes)]).strip("\n")
    return {
        "text": f"{label} {text}".strip() if label else text,
        "heading": styles.is_heading(style),
        "align": _value(properties, "jc")
        if _value(properties, "jc") in ("center", "right")
        else "",
    }


def _table(table: Element, numbering: "Numbering", styles: "Styles") -> Block:
    rows = []
    for row in table.iter(f"{W}tr"):
        if next(row.iterancestors(f"{W}tbl"), None) is not table:
            continue
        cells = [cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is row]
        rows.append([_cell(cell, numbering, styles) for cell in cells])
    return {"rows": rows}


def _cell(cell: Element, numbering: "Numbering", styles: "Styles") -> str:
    texts = []
    for block in _blocks(cell, numbering, styles):
        if "rows" in block:
            texts += [" · ".join(row) for row in block["rows"]]
        else:
            texts.append(block["text"])
    return "\n".join(texts).strip("\n")


class Styles:
    """Paragraph styles: which are headings, and which of them number their paragraphs."""

    def __init__(self, content: bytes) -> None:
        root = read_part(content, "word/styles.xml")
        self._styles: Mapping[str, Element] = {
            str(style.get(f"{W}styleId", "")): style
            for style in (() if root is None else root.iter(f"{W}style"))
        }

    def is_heading(self, style: str) -> bool:
        """Whether a paragraph of the style has an outline level, or is the title."""
        return any(
            _value(each, "name").casefold() == "title"
            or _value(each.find(f"{W}pPr"), "outlineLvl").isdecimal()
            for each in self._chain(style)
        )

    def numbering_of(self, style: str) -> Element | None:
        """The first numbering in the chain of styles."""
        found = (each.find(f"{W}pPr/{W}numPr") for each in self._chain(style))
        return next((each for each in found if each is not None), None)

    def _chain(self, style: str) -> Iterator[Element]:
        for _ in range(MAX_STYLES):
            if (found := self._styles.get(style)) is None:
                return
            yield found
            style = _value(found, "basedOn")


class Numbering:
    """Automatic numbers of paragraphs, counted in the order of the document."""

    def __init__(self, content: bytes) -> None:
        root = read_part(content, "word/numbering.xml")
        self._levels: dict[str, dict[int, Level]] = {}
        self._lists: dict[str, str] = {}
        """Number of a list → abstract list, whose counters it shares."""
        self._counters: dict[str, list[int]] = {}
        if root is None:
            return
        for abstract in root.iter(f"{W}abstractNum"):
            levels = {
                _number(each.get(f"{W}ilvl")): _level(each) for each in abstract.iter(f"{W}lvl")
            }
            self._levels[str(abstract.get(f"{W}abstractNumId"))] = levels
        for each in root.iter(f"{W}num"):
            self._lists[str(each.get(f"{W}numId"))] = _value(each, "abstractNumId")

    def label(self, properties: Element | None, of_style: Element | None) -> str:
        """The next number of a paragraph; "" without one."""
        own = None if properties is None else properties.find(f"{W}numPr")
        numbered = of_style if own is None else own
        abstract = self._lists.get(_value(numbered, "numId") or _value(of_style, "numId"), "")
        levels, depth = self._levels.get(abstract, {}), _number(_value(numbered, "ilvl"))
        if depth not in levels:
            return ""
        counters = self._counters.setdefault(abstract, [])
        while len(counters) <= depth:
            counters.append(levels.get(len(counters), (1, "", ""))[0] - 1)
        counters[depth] += 1
        del counters[depth + 1 :]
        return _written(levels, counters, depth)


def _level(level: Element) -> Level:
    return _number(_value(level, "start"), 1), _value(level, "numFmt"), _value(level, "lvlText")


def _written(levels: Mapping[int, Level], counters: list[int], depth: int) -> str:
    _, form, text = levels[depth]
    if form == "bullet":
        return BULLET
    if form == "none":
        return ""
    for at, count in enumerate(counters):
        start, own_form, _ = levels.get(at, (1, "decimal", ""))
        shown = _figure(max(count, start if at < depth else count), own_form)
        text = text.replace(f"%{at + 1}", shown)
    return text[:50]


def _figure(number: int, form: str) -> str:
    if form in ("russianLower", "russianUpper") and 0 < number <= len(_LETTERS):
        letter = _LETTERS[number - 1]
        return letter if form == "russianLower" else letter.upper()
    if form in ("lowerLetter", "upperLetter") and 0 < number <= len(_LATIN):
        letter = _LATIN[number - 1]
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < number < 40:
        text = ""
        for value, sign in _ROMAN:
            while number >= value:
                text, number = text + sign, number - value
        return text if form == "lowerRoman" else text.upper()
    return str(number)


def _value(parent: Element | None, name: str) -> str:
    found = None if parent is None else parent.find(f"{W}{name}")
    return "" if found is None else str(found.get(f"{W}val", ""))


def _number(text: object, default: int = 0) -> int:
    digits = str(text or "")
    return int(digits) if digits.isdecimal() and len(digits) < 9 else default
