"""Joins an ES module and all that it imports into one script.

Each module becomes a function called once, in the order in which a browser would run them, so that
names of two modules cannot collide. No line is added or removed inside a module. Only the forms of
import and export that our modules use are known; every other one is refused.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

_NAMES = r"[\w$]+(?:, [\w$]+)*"
_IMPORT = re.compile(rf"import (\{{{_NAMES}\}}) from '(\.[^']+)';")
_EXPORT = re.compile(r"export ((?:async )?(?:function|class|const) ([\w$]+).*)")
_LIST = re.compile(rf"export \{{({_NAMES})\}};")
_STATEMENT = re.compile(r"(?:import|export|await)\b")
_WITHIN = re.compile(r"\bimport(?:\(|\.meta)")


class ModuleNotJoined(ValueError):
    """A module has a statement that cannot be joined, or imports itself by way of others."""


def joined(entry: str, sources: Mapping[str, str]) -> str:
    """The script of module ``entry``; ``sources``: name → text. Raises: ModuleNotJoined."""
    order: list[str] = []

    def add(name: str, importers: tuple[str, ...]) -> None:
        """Add a module behind those that it imports."""
        if name in importers:
            raise ModuleNotJoined(f"{' → '.join((*importers, name))}: imported in a circle")
        if name not in sources:
            raise ModuleNotJoined(f"{' → '.join((*importers, name))}: there is no such module")
        for imported in _imports(name, sources[name]):
            if imported not in order:
                add(imported, (*importers, name))
        order.append(name)

    add(entry, ())
    return "\n".join(_wrapped(name, sources[name]) for name in order)


def _imports(name: str, source: str) -> Iterator[str]:
    for line in source.splitlines():
        if found := _IMPORT.fullmatch(line):
            yield _target(name, found[2])


def _target(name: str, path: str) -> str:
    return posixpath.normpath(PurePosixPath(name).parent / path)


def _wrapped(name: str, source: str) -> str:
    exported: list[str] = []
    lines = [_line(name, line, exported) for line in source.splitlines()]
    head = f"const {_variable(name)} = (() => {{ // {name}"
    return "\n".join((head, *lines, f"return {{{', '.join(exported)}}};", "})();"))


def _line(name: str, line: str, exported: list[str]) -> str:
    if found := _IMPORT.fullmatch(line):
        return f"const {found[1]} = {_variable(_target(name, found[2]))};"
    if found := _EXPORT.fullmatch(line):
        exported.append(found[2])
        return found[1]
    if found := _LIST.fullmatch(line):
        exported.extend(found[1].split(", "))
        return ""
    if _STATEMENT.match(line) or _WITHIN.search(line):
        raise ModuleNotJoined(f"{name}: {line.strip()}")
    return line


def _variable(name: str) -> str:
    return "$" + name.removesuffix(".js").replace("/", "$").replace("-", "_")
