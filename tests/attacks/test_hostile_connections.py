"""Each kind of connection that blocks the server, while other clients need responses."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.attacks.hostile import HALF_A_BODY, HALF_A_REQUEST, STRANGER, all_end, answers, crowd
from tests.integration.api.webapp_proxy.doorway import an_application
from tests.integration.api.webapp_proxy.webapp_stand_in import WebappStandIn
from tests.support.waiting import eventually

QUICK = {"header_seconds": 1, "idle_seconds": 1, "stall_seconds": 1}
BIG = 6_000_000  # bytes: more than the kernels' buffers of both sides take
FEW = 16


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with timeouts of one second."""
    directory = tmp_path_factory.mktemp("server")
    file = directory / "pages" / "camunda" / "lib" / "deps.js"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"//" + b"x" * BIG)
    given = {"pages_dir": directory / "pages", **QUICK}
    with (
        WebappStandIn() as engine,
        an_application(directory, engine.url, **given) as (address, _),
    ):
        yield address


def test_headers_without_an_end_are_refused_while_they_come(url: str) -> None:
    with crowd(url) as attackers:
        attackers.open(1, HALF_A_REQUEST + b"a" * 70_000)

        assert attackers.sockets[0].recv(64).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("said", [b"", HALF_A_REQUEST], ids=["silent", "half a request"])
def test_a_connection_without_a_whole_request_ends(url: str, said: bytes) -> None:
    with crowd(url) as attackers:
        attackers.open(60, said)

        assert answers(url)
        all_end(attackers)


def test_headers_that_come_byte_by_byte_end_as_well(url: str) -> None:
    with crowd(url) as attackers:
        attackers.open(20, HALF_A_REQUEST)

        def gone() -> bool:
            attackers.say(b"a")
            return attackers.held() == 0

        eventually(gone, 40)
        assert answers(url)


def test_the_second_request_has_its_time_too(url: str) -> None:
    with crowd(url) as attackers:
        attackers.open(5, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + HALF_A_REQUEST)
        all_end(attackers)
    with crowd(url) as attackers:
        attackers.open(5, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        for one in attackers.sockets:
            assert one.recv(9) == b"HTTP/1.1 "
        attackers.say(HALF_A_REQUEST)
        all_end(attackers)


def test_a_body_that_stands_still_ends(url: str) -> None:
    with crowd(url) as attackers:
        attackers.open(20, HALF_A_BODY)

        assert answers(url)
        all_end(attackers)


def test_a_body_goes_on_for_no_longer_than_its_refusal(url: str) -> None:
    """A request of another length is refused at once, its body may come for ever."""
    with crowd(url) as attackers:
        attackers.open(5, b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")

        def gone() -> bool:
            attackers.say(b"a")
            return attackers.held() == 0

        eventually(gone, 40)


def test_a_client_that_does_not_read_its_answer_ends(url: str) -> None:
    with crowd(url, buffer=4096) as attackers:
        attackers.open(60, b"GET /camunda/lib/deps.js HTTP/1.1\r\nHost: x\r\n\r\n")

        assert answers(url)
        eventually(lambda: attackers.deaf() == 0, 40)


def test_a_client_that_reads_slowly_gets_everything(url: str) -> None:
    """It takes three times as long as anybody may stand still."""
    got = 0
    with httpx2.stream(
        "GET", f"{url}/camunda/lib/deps.js", headers={"accept-encoding": ""}
    ) as told:
        for part in told.iter_raw(BIG // 10):
            got += len(part)
            time.sleep(0.3)

    assert got == BIG + 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with few connections."""
    given = {"max_connections_of_address": FEW, "max_connections": 4 * FEW}
    with (
        WebappStandIn() as engine,
        an_application(tmp_path_factory.mktemp("small"), engine.url, **given) as (address, _),
    ):
        yield address


def test_one_address_has_no_more_than_its_share(small: str) -> None:
    """Whoever waits longest ends, so that a newcomer always gets in, from there as well."""
    with crowd(small) as attackers:
        attackers.open(4 * FEW, HALF_A_REQUEST)

        assert answers(small)
        assert answers(small, STRANGER)
        eventually(lambda: attackers.held() <= FEW, 40)


def test_many_addresses_do_not_shut_others_out(small: str) -> None:
    with ExitStack() as stack:
        for number in range(1, 9):
            attackers = stack.enter_context(crowd(small, f"127.0.1.{number}"))
            attackers.open(FEW, HALF_A_REQUEST if number % 2 else b"")
            assert answers(small)
            assert answers(small, f"127.0.2.{number}")


def test_an_address_that_is_busy_with_all_of_its_share_gets_no_more(small: str) -> None:
    """None of them ends, each has just sent something; other addresses do not notice."""
    with crowd(small) as attackers:

        def refused() -> bool:
            attackers.open(FEW - attackers.held(), HALF_A_BODY)
            attackers.say(b" ")
            try:
                return not answers(small, STRANGER)
            except httpx2.TransportError:
                return True

        eventually(refused, 40)
        assert answers(small)


def test_behind_a_proxy_an_address_has_its_share_of_requests(tmp_path: Path) -> None:
    """All connections are the proxy's, so requests under way are counted instead."""
    given = {"max_connections_of_address": FEW, "trusted_proxies": "127.0.0.1"}
    with (
        WebappStandIn() as engine,
        an_application(tmp_path, engine.url, **given) as (url, _),
        crowd(url, "127.0.0.1") as attackers,
    ):
        of_one = HALF_A_BODY.replace(b"Host: ", b"X-Forwarded-For: 203.0.113.7\r\nHost: ")
        attackers.open(FEW + 4, of_one)

        def refused() -> bool:
            return told(url, "203.0.113.7") == 503

        eventually(refused, 20)
        assert told(url, "203.0.113.8") == 200


def told(url: str, address: str) -> int:
    return httpx2.get(f"{url}/healthz", headers={"X-Forwarded-For": address}).status_code
