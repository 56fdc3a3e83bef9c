"""The demo's SMTP server over a real connection."""

import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

from tests.support.waiting import eventually


def test_messages_of_one_connection_are_printed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    letter = EmailMessage()
    letter["Subject"] = "Новая задача"
    letter.set_content("Первая строка\n.строка с точкой\n")
    argv = [sys.executable, "-m", "ops.local.mail_catcher", "--host=127.0.0.1", f"--port={port}"]

    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, encoding="utf-8") as catcher:
        client = eventually(lambda: _connected(port))
        with client:
            for recipients in (["a@pit.example", "b@pit.example"], ["c@pit.example"]):
                client.send_message(letter, "deals@pit.example", recipients)
        catcher.terminate()
        printed, _ = catcher.communicate(timeout=20)

    assert catcher.returncode == 0
    assert printed.count("--- Новая задача") == 2
    assert "Кому: a@pit.example, b@pit.example\n" in printed
    assert "Кому: c@pit.example\n" in printed
    assert "\n.строка с точкой\n" in printed


def _connected(port: int) -> smtplib.SMTP | None:
    try:
        return smtplib.SMTP("127.0.0.1", port, timeout=10)
    except ConnectionRefusedError:
        return None
