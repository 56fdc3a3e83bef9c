"""Reading of Maven's answers by the commands for developers."""

from typing import Any

import pytest

from bpmn.camunda.server.jars import Jar
from ops.development.commit_message import faults
from ops.development.engine_lock import RESOLVED
from ops.development.outdated import newest_patch


@pytest.mark.parametrize(
    ("locked", "published", "newest"),
    [
        ("10.1.9", ["10.1.10", "10.1.8", "11.0.0", "10.2.0"], "10.1.10"),
        ("8.0.3.Final", ["8.0.6.Final", "8.0.7.CR1"], "8.0.6.Final"),
        ("3.5.16", ["3.5.16", "3.5.15", "4.0.0"], None),
        ("1.5.18", ["1.5.19-rc1"], None),
        ("2.21", [], None),
    ],
)
def test_a_newer_patch_is_of_the_same_minor_version_and_released(
    locked: str, published: Any, newest: Any
) -> None:
    assert newest_patch(Jar("g", "a", locked, "", ""), published) == newest


def test_lines_of_mavens_list_with_and_without_a_classifier() -> None:
    listing = (
        "\nThe following files have been resolved:\n"
        "   org.h2:h2:jar:2.3.1:compile:/r/h2-2.3.1.jar -- module h2 (auto)\n"
        "   org.c:feel:jar:scala-shaded:1.19.3:runtime:/r/feel-1.19.3-scala-shaded.jar\n"
    )

    found = [
        line.group("group", "artifact", "version", "classifier", "path")
        for line in RESOLVED.finditer(listing)
    ]

    assert found == [
        ("org.h2", "h2", "2.3.1", None, "/r/h2-2.3.1.jar"),
        ("org.c", "feel", "1.19.3", "scala-shaded", "/r/feel-1.19.3-scala-shaded.jar"),
    ]


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("Compare the start time before stopping a process\n\nWhy.\n# comment\n", 0),
        ("Merge branch 'x' of a very long name " + "x" * 80, 0),
        ("A" * 73, 1),
        ("fix: a thing.", 3),
        ("Add it\nwithout a blank line", 1),
        ("", 1),
    ],
)
def test_the_commit_convention(message: Any, count: int) -> None:
    assert len(faults(message)) == count
