"""YAML parser that keeps the line number of every node."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from db.catalog.errors import Problem

Place = tuple[str | int, ...]
"""Keys and positions that lead from the top of a file to one of its parts."""


@dataclass
class Document:
    """One parsed file; ``name`` is its path inside the catalog."""

    name: str
    data: dict[str, Any] | None = None
    """None: the file could not be read as YAML."""
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Line of ``place``, or of its nearest existing parent."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def blame(self, place: Place, text: str) -> None:
        self.problems.append(Problem(self.name, self.line(place), text))

    def names(self, section: str) -> tuple[str, ...]:
        """Keys of a top-level section, also when its entries are invalid."""
        found = self.section(section)
        return tuple(found) if isinstance(found, dict) else ()

    def section(self, name: str) -> Any:
        """Unvalidated content of a top-level section; None without one."""
        return (self.data or {}).get(name)


class _Loader(yaml.SafeLoader):
    """YAML loader without anchors, so that every node has exactly one line."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.composer.ComposerError(
                None,
                None,
                "write the value out, anchors and aliases are not used",
                event.start_mark,
            )
        return super().compose_node(parent, index)


def read_document(directory: Path, name: str) -> Document:
    """Read one file; syntax errors are in the document's ``problems``."""
    document = Document(name)
    text = _text(directory / name, document)
    if text is None:
        return document
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            document.blame((), "the file is empty, fill it in or remove it")
        elif not isinstance(root, yaml.MappingNode):
            document.blame((), "expected 'key: value' lines at the top of the file")
        else:
            document.data = _Plain(loader, document).mapping(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(name, line, f"not valid YAML: {_sentence(error)}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.problems.append(Problem(name, line, "remove the control character"))
    return document


def _text(path: Path, document: Document) -> str | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        document.blame((), f"cannot read the file: {error.strerror}")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.problems.append(Problem(document.name, line, "save the file as UTF-8"))
        return None


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return " ".join(f"{error.context or ''} {error.problem or ''}".split())


class _Plain:
    """Converts YAML nodes to dicts, lists and scalars and records their lines."""

    def __init__(self, loader: _Loader, document: Document) -> None:
        self._loader, self._document = loader, document

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._pairs(node, place):
            inner = (*place, key)
            if key in found:
                line = value.start_mark.line + 1
                text = f"key '{key}' is here twice, first in line {self._document.lines[inner]}"
                self._document.problems.append(Problem(self._document.name, line, text))
                continue
            self._document.lines[inner] = value.start_mark.line + 1
            found[key] = self._value(value, inner)
        return found

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node]]:
        for key, value in node.value:
            value.start_mark = key.start_mark
            if key.tag == "tag:yaml.org,2002:str" and isinstance(key, yaml.ScalarNode):
                yield key.value, value
                continue
            line = key.start_mark.line + 1
            shown = key.value if isinstance(key, yaml.ScalarNode) else "…"
            text = (
                f"write the key {shown} in quotes or choose another, YAML does not take it as text"
            )
            self._document.problems.append(Problem(self._document.name, line, text))

    def _value(self, node: yaml.Node, place: Place) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self._document.lines[(*place, position)] = item.start_mark.line + 1
            return [self._value(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._loader.construct_object(node)
