"""Where the suite cannot listen, and why, in words."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ops.local.stack import address_refusal, refusal_of

FIRST_FREE_FOR_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
AS_NOBODY = """
import os
from ops.local.stack import address_refusal
if os.getuid() == 0:
    os.setuid(65534)
print(address_refusal("127.0.0.1", 1))
"""


def test_a_taken_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert address_refusal("127.0.0.1", port) == (
            f"Порт {port} занят. Выберите другой: make up PORT=8001"
        )


def test_a_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

    assert address_refusal("127.0.0.1", port) is None


def test_a_port_of_the_system_is_forbidden_not_taken() -> None:
    said = subprocess.run(
        [sys.executable, "-c", AS_NOBODY], capture_output=True, encoding="utf-8", timeout=60
    )

    everybody = FIRST_FREE_FOR_ALL.exists() and int(FIRST_FREE_FOR_ALL.read_text()) <= 1
    assert ("Нет прав на порт 1:" in said.stdout) is not everybody, said.stderr
    assert "занят" not in said.stdout


@pytest.mark.parametrize("host", ["203.0.113.7", "nobody.invalid"])
def test_an_address_of_another_computer_is_named(host: str) -> None:
    assert f"HOST={host}" in (address_refusal(host, 8000) or "")


def test_what_the_system_says_has_one_meaning() -> None:
    assert "Нет прав" in refusal_of(PermissionError(errno.EACCES, ""), "127.0.0.1", 80)
    assert "занят" in refusal_of(OSError(errno.EADDRINUSE, ""), "127.0.0.1", 80)
    assert os.strerror(errno.EACCES) not in refusal_of(
        PermissionError(errno.EACCES, ""), "127.0.0.1", 80
    )
