"""Checks of the Caddyfile's text; `make compose-test` runs it."""

import re
from itertools import dropwhile, takewhile
from pathlib import Path

import yaml

CADDYFILE = Path("ops/containers/Caddyfile").read_text()
ANSWERS = {"abort", "error", "file_server", "redir", "respond", "reverse_proxy", "route"}
"""Directives that Caddy sorts before or behind every `handle`, wherever they are written."""


def directives(site: str) -> list[str]:
    """Top-level directives of a site block, in order."""
    block = list(dropwhile(lambda line: line != f"{site} {{", CADDYFILE.splitlines()))[1:]
    inside = takewhile(lambda line: line != "}", block)
    return [line.strip() for line in inside if re.match(r"\t[a-z]", line)]


def test_the_way_to_the_engines_rest_is_closed_before_anything_is_handed_on() -> None:
    ours = directives("{$PIT_DOMAIN}")
    handles = [line for line in ours if line.startswith("handle ")]

    assert handles[0] == "handle @inside {"
    assert handles[-1] == "handle {"
    assert "@inside path /engine-rest /engine-rest/*" in CADDYFILE
    assert {line.split()[0] for line in ours} & ANSWERS == set()


def test_the_event_stream_is_not_compressed() -> None:
    """Caddy sends an event stream on at once, unless it compresses it."""
    assert "@whole not path /api/v1/events" in CADDYFILE
    assert [line for line in directives("{$PIT_DOMAIN}") if line.startswith("encode")] == [
        "encode @whole gzip"
    ]


def test_who_comes_without_tls_is_sent_to_the_address_that_people_know() -> None:
    assert "redir {$PIT_PUBLIC_URL}{uri} 308" in directives("http://{$PIT_DOMAIN}")


def test_the_front_is_told_every_variable_that_its_file_reads() -> None:
    front = yaml.safe_load(Path("docker-compose.yml").read_text())["services"]["front"]

    assert set(re.findall(r"\{\$([A-Z_]+)", CADDYFILE)) == set(front["environment"])
