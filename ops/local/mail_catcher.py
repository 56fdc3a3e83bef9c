"""SMTP server of the demo: `python -m ops.local.mail_catcher` prints each message to stdout.

It speaks the few commands that smtplib sends; there is no TLS, no login and no delivery.
"""

import argparse
import asyncio
import email.policy
import signal
from asyncio import StreamReader, StreamWriter
from email import message_from_bytes
from email.message import EmailMessage

MAX_BYTES = 1 << 20


def readable(letter: EmailMessage, recipients: list[str]) -> str:
    """Subject, recipients and text of a message for a person to read."""
    body = letter.get_body(("plain", "html"))
    text = body.get_content().strip() if body else ""
    return f"--- {letter['Subject']}\nКому: {', '.join(recipients)}\n{text}\n"


async def _receive(reader: StreamReader) -> bytes | None:
    """Read the message after DATA; None if it is larger than ``MAX_BYTES``."""
    message = bytearray()
    while (line := await reader.readline()) not in (b".\r\n", b""):
        message += line.removeprefix(b".")
        if len(message) > MAX_BYTES:
            return None
    return bytes(message)


async def _serve(reader: StreamReader, writer: StreamWriter) -> None:
    """Handle one SMTP connection."""
    recipients: list[str] = []
    reply = "220 catcher"
    while True:
        writer.write(f"{reply}\r\n".encode())
        await writer.drain()
        line = (await reader.readline()).decode(errors="replace").strip()
        command, _, argument = line.partition(" ")
        reply = "250 OK"
        match command.upper():
            case "RCPT":
                recipients.append(argument.partition(":")[2].strip("<> "))
            case "RSET":
                recipients.clear()
            case "DATA":
                writer.write(b"354 End with a line that is only a dot\r\n")
                message = await _receive(reader)
                if message is None:
                    break
                letter = message_from_bytes(message, policy=email.policy.default)
                print(readable(letter, recipients), flush=True)
                recipients.clear()
            case "QUIT" | "":
                break
            case "EHLO" | "HELO" | "MAIL" | "NOOP":
                pass
            case _:
                reply = "502 Unknown command"
    writer.close()


async def run(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    server = await asyncio.start_server(_serve, host, port)
    await stopping.wait()
    server.close()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m ops.local.mail_catcher", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=1025)
    options = parser.parse_args()
    asyncio.run(run(options.host, options.port))


if __name__ == "__main__":
    main()
