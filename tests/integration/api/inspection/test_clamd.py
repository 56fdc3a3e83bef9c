"""Client of clamd: without a definite result of the scan the file is refused."""

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.inspection.antivirus import OFF, OK
from api.inspection.clamd import AddressRefused, Clamd, antivirus_at
from db.domain.errors import Unavailable
from tests.support.servers.clamd import EICAR, ClamdPeer, clamd_peer


@pytest.fixture
def peer() -> Iterator[ClamdPeer]:
    with clamd_peer() as running:
        yield running


def client(peer: ClamdPeer, silence: float = 30) -> Clamd:
    return Clamd(("127.0.0.1", peer.server_address[1]), idle_timeout=silence)


def test_clean_and_infected_are_told_apart(peer: ClamdPeer) -> None:
    large = b"0" * 200_000

    assert client(peer).scan(io.BytesIO(b"harmless")) is None
    assert client(peer).scan(io.BytesIO(large)) is None
    assert client(peer).scan(io.BytesIO(large + EICAR)) == "Eicar-Test-Signature"
    assert client(peer).state() == OK
    assert peer.scanned == [8, 200_000, 200_000 + len(EICAR)]


def test_a_file_is_scanned_from_its_beginning_however_far_it_was_read(peer: ClamdPeer) -> None:
    content = io.BytesIO(EICAR)
    content.read()

    assert client(peer).scan(content) == "Eicar-Test-Signature"


@pytest.mark.parametrize("mood", ["silent", "hangs up", "babbles", "half"])
def test_no_clear_answer_is_an_outage(peer: ClamdPeer, mood: str) -> None:
    peer.mood = mood

    with pytest.raises(Unavailable):
        client(peer, silence=0.5 if mood == "silent" else 30).scan(io.BytesIO(b"harmless"))


def test_a_file_that_is_too_long_for_clamd_is_an_outage_that_the_log_explains(
    peer: ClamdPeer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.longest = 100_000

    with pytest.raises(Unavailable):
        client(peer).scan(io.BytesIO(bytes(5_000_000)))

    assert "StreamMaxLength" in caplog.text or "did not scan" in caplog.text


def test_nobody_at_the_address_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nobody = Clamd(("127.0.0.1", port))

    with pytest.raises(Unavailable):
        nobody.scan(io.BytesIO(b"harmless"))
    assert nobody.state() == "no answer"


def test_a_unix_socket_serves_as_well(tmp_path: Path) -> None:
    place = tmp_path / "clamd.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(100)
                line.sendall(b"PONG\0")

        answering = threading.Thread(target=answer)
        answering.start()
        state = antivirus_at(str(place)).state()
        answering.join()

    assert state == OK


def test_an_address_is_a_host_with_a_port_or_a_path() -> None:
    assert antivirus_at("").state() == OFF
    assert antivirus_at("clamav:3310") == Clamd(("clamav", 3310))
    assert antivirus_at("[::1]:3310") == Clamd(("::1", 3310))
    assert antivirus_at("/run/clamd.sock") == Clamd(Path("/run/clamd.sock"))
    for wrong in ("clamav", "clamav:", ":3310", "clamav:99999", "clamav:x", "run/clamd.sock"):
        with pytest.raises(AddressRefused):
            antivirus_at(wrong)
