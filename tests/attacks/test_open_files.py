"""More sockets than permitted open files: the API keeps working and its log stays small."""

import time
from collections.abc import Iterator

import httpx2
import pytest

from ops.local.stack import free_port
from tests.attacks.api_process import ApiProcess, api_process
from tests.attacks.hostile import STRANGER, answers, crowd
from tests.integration.api.webapp_proxy.webapp_stand_in import WebappStandIn
from tests.support.waiting import eventually

FILES = 640
"""The server takes 128 of them for clients, and leaves 64 to one address."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    directory = tmp_path_factory.mktemp("api")
    with (
        WebappStandIn() as engine,
        api_process(directory, engine.url, free_port(), FILES) as process,
    ):
        yield process


def test_a_flood_of_sockets_leaves_room_for_others(api: ApiProcess) -> None:
    with crowd(api.url) as one, crowd(api.url, "127.0.0.3") as other:
        one.open(FILES)
        other.open(FILES)

        assert answers(api.url)
        assert answers(api.url, STRANGER)
        eventually(lambda: one.held() + other.held() <= 128, 40)
        assert api.open_files() < FILES
    assert "Too many open files" not in api.log.read_text()


def test_without_file_descriptors_the_server_waits_and_neither_spins_nor_floods_its_log(
    api: ApiProcess,
) -> None:
    """Something else in the process has taken them all."""
    log = api.log.stat().st_size
    api.allow_files(api.open_files())
    began = time.monotonic()
    try:
        with crowd(api.url) as attackers:
            attackers.open(100)
            eventually(lambda: "Too many open files" in api.log.read_text(), 20)
            time.sleep(4)
    finally:
        api.allow_files(FILES)
    seconds = time.monotonic() - began

    assert api.log.stat().st_size - log < 2000 * (seconds + 2)
    eventually(lambda: _answers(api.url), 20)


def _answers(url: str) -> bool:
    try:
        return answers(url)
    except httpx2.TransportError:
        return False
