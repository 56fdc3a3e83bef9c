"""Findings as text for people, JSON for tools and SARIF 2.1.0 for code hosts."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bpmn.lint.finding import Finding

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(findings: Sequence[Finding], root: Path) -> str:
    """One line per finding."""
    return "\n".join(map(str, findings))


def as_json(findings: Sequence[Finding], root: Path) -> str:
    """A list of objects with the fields of `Finding`."""
    rows = [
        {
            "file": _relative(one.path, root),
            "line": one.line,
            "element": one.element,
            "name": one.name,
            "rule": one.rule,
            "severity": one.severity.value,
            "message": one.message,
            "reason": one.reason,
            "page": one.page,
        }
        for one in findings
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def as_sarif(findings: Sequence[Finding], root: Path) -> str:
    """One run of the tool; files are relative to ``root``."""
    rules = [
        {
            "id": rule,
            "shortDescription": {"text": rule.replace("_", " ")},
            "fullDescription": {"text": reason or rule},
            "help": {"text": f"docs/{page}"},
        }
        for rule, reason, page in sorted({(one.rule, one.reason, one.page) for one in findings})
    ]
    results = [
        {
            "ruleId": one.rule,
            "level": one.severity.value,
            "message": {"text": f"{one.element} «{one.name}»: {one.message}. {one.reason}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _relative(one.path, root)},
                        "region": {"startLine": max(1, one.line)},
                    },
                    "logicalLocations": [{"name": one.element, "kind": "element"}],
                }
            ],
        }
        for one in findings
    ]
    run = {"tool": {"driver": {"name": "diagram-gate", "rules": rules}}, "results": results}
    sarif = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(sarif, ensure_ascii=False, indent=2)


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


FORMATS: Mapping[str, Callable[[Sequence[Finding], Path], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
}
"""Name of a format → its renderer."""
