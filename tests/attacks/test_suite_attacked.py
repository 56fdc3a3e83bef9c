"""Hostile clients against the running suite of `make up`, while a person works."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from ops.demo.employee import Employee
from tests.attacks.hostile import FILE, HALF_A_BODY, HALF_A_REQUEST, READS_NOTHING, Crowd, crowd
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite
from tests.support.waiting import eventually

ENGINE_PAGE = b"GET /camunda/app/tasklist/default/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
MEGABYTE = 1_000_000
LISTENING = "0A"
"""State of a socket in /proc/net/tcp."""

pytestmark = pytest.mark.engine


def works(suite: RunningSuite, login: str = "lawyer1") -> None:
    """A new client loads the page, logs in and sees the tasks; the suite is healthy."""
    person = Employee(login, PASSWORD, suite.url)
    person.engine("GET", "/filter").raise_for_status()
    person.session.get(f"{suite.url}{FILE}", timeout=20).raise_for_status()
    for check in ("/healthz", "/readyz"):
        requests.get(f"{suite.url}{check}", timeout=20).raise_for_status()


def logs(suite: RunningSuite) -> int:
    return sum(each.stat().st_size for each in (suite.data / "logs").iterdir())


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (300, b""),
        (400, HALF_A_REQUEST),
        (150, READS_NOTHING),
        (150, ENGINE_PAGE),
        (150, HALF_A_BODY),
    ],
    ids=["silent", "half a request", "reads no file", "reads no page", "half a body"],
)
def test_people_work_on_while_one_client_holds_all_it_can(
    suite: RunningSuite, count: int, said: bytes
) -> None:
    written = logs(suite)
    with crowd(suite.url, buffer=4096) as attackers:
        attackers.open(count, said)
        works(suite)
    assert logs(suite) - written < MEGABYTE


def test_files_of_the_web_applications_need_no_engine(suite: RunningSuite) -> None:
    """The same bytes as the engine's own, smaller on the way, and asked again only if changed."""
    own = requests.get(f"{suite.state['addresses']['engine']}{FILE}", timeout=20)
    first = requests.get(f"{suite.url}{FILE}", timeout=20)
    again = requests.get(
        f"{suite.url}{FILE}", headers={"If-None-Match": first.headers["ETag"]}, timeout=20
    )
    plain = requests.get(f"{suite.url}{FILE}", headers={"Accept-Encoding": "identity"}, timeout=20)

    assert first.content == plain.content == own.content
    assert "JSESSIONID" not in first.cookies
    assert int(first.headers["Content-Length"]) < len(own.content) / 3
    assert again.status_code == 304


def test_only_the_front_door_may_be_reached_from_other_machines(suite: RunningSuite) -> None:
    """Engine and simulator listen on this machine's own address, whatever HOST says."""
    heard = {
        name: listens(pid)
        for name, pid in suite.state["parts"].items()
        if name in ("engine", "onec")
    }

    assert heard
    for name, addresses in heard.items():
        assert addresses, name
        assert {address.split(":")[0] for address in addresses} <= {"0100007F"}, name


def listens(pid: int) -> set[str]:
    """Addresses and ports, in the kernel's notation, on which a process listens."""
    numbers = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith("socket:["):
            numbers.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in numbers:
                found.add(fields[1])
    return found


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """A separate suite with the default limits."""
    with running_suite(tmp_path_factory.mktemp("attacked"), {}) as running:
        yield running


@pytest.mark.attacks
@pytest.mark.timeout(900)
@pytest.mark.parametrize("addresses", [1, 10])
def test_two_minutes_of_everything_at_once(attacked: RunningSuite, addresses: int) -> None:
    """As measured before there were limits: 800 half requests and 300 silent sockets for 75 s,
    1,100 sockets at once, 110 clients that read no file; here they come again and again."""
    written, answered, slowest = logs(attacked), 0, 0.0
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with ExitStack() as stack:
            for crew in _crews(stack, attacked.url, addresses):
                crew.open(800 // addresses, HALF_A_REQUEST)
                crew.open(300 // addresses)
                crew.open(110 // addresses, READS_NOTHING)
                crew.open(110 // addresses, HALF_A_BODY)
            for _ in range(3):
                began = time.monotonic()
                works(attacked)
                answered, slowest = answered + 1, max(slowest, time.monotonic() - began)
    grown = logs(attacked) - written
    print(f"\nlogins {answered}, the slowest {slowest:.1f} s, logs grew by {grown} bytes")
    assert grown < 10 * MEGABYTE
    assert attacked.output().count("перезапуск") == 0


@pytest.mark.attacks
@pytest.mark.timeout(300)
def test_what_is_left_of_an_attack_is_gone_soon(attacked: RunningSuite) -> None:
    with crowd(attacked.url, buffer=4096) as attackers:
        attackers.open(60, HALF_A_REQUEST)
        attackers.open(60)
        attackers.open(60, READS_NOTHING)
        eventually(lambda: attackers.deaf() == 0, 75)


def _crews(stack: ExitStack, url: str, addresses: int) -> list[Crowd]:
    return [
        stack.enter_context(crowd(url, f"127.0.3.{number + 1}", buffer=4096))
        for number in range(addresses)
    ]
