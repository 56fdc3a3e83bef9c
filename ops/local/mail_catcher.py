"""`python -m ops.local.mail_catcher`: takes the letters of the demo and prints them."""

import argparse
import email.policy
import signal
import threading
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

ACCEPTED = "250 OK"


class Catcher:
    """Prints instead of delivering."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=email.policy.default)
        print(readable(letter, envelope.rcpt_tos), flush=True)
        return ACCEPTED


def readable(letter: EmailMessage, recipients: list[str]) -> str:
    """Subject, recipients and text."""
    body = letter.get_body(("plain", "html"))
    text = body.get_content().strip() if body else ""
    return f"--- {letter['Subject']}\nКому: {', '.join(recipients)}\n{text}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.local.mail_catcher", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=1025)
    wishes = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    controller = Controller(Catcher(), hostname=wishes.host, port=wishes.port)
    controller.start()
    stopping.wait()
    controller.stop()


if __name__ == "__main__":
    main()
