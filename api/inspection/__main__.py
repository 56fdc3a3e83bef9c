"""``python -m api.inspection``: inspection server, which forks a process for every file.

Its stdin is a socket. Each message has the kind of a file and two descriptors: the file and a pipe
for the result. The server exits when the socket is closed. The forked process limits its own
resources before it reads the file; the parsers are loaded once, before any fork.
"""

import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import BinaryIO

from api.inspection.client import BUG, KIND_BYTES, PASSED
from api.inspection.findings import Finding, Suspect
from api.inspection.images import inspect_jpeg, inspect_png, inspect_tiff
from api.inspection.limits import limit_resources
from api.inspection.office import inspect_excel, inspect_word
from api.inspection.pdf import inspect_pdf
from api.inspection.signatures import inspect_signature

INSPECTORS: dict[str, Callable[[BinaryIO], None]] = {
    "pdf": inspect_pdf,
    "png": inspect_png,
    "jpeg": inspect_jpeg,
    "tiff": inspect_tiff,
    "docx": inspect_word,
    "xlsx": inspect_excel,
    "p7s": inspect_signature,
}


def serve(channel: socket.socket) -> None:
    """Fork for every file until the API closes the socket."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps ended processes
    logging.disable()  # parsers may log a warning for every damaged object
    while True:
        kind, files, _, _ = socket.recv_fds(channel, KIND_BYTES, 2)
        if not kind:
            return
        if os.fork() == 0:
            try:
                channel.close()
                inspect(kind.decode().strip(), *files)
            finally:
                os._exit(0)
        for file in files:
            os.close(file)


def inspect(kind: str, file: int, pipe: int) -> None:
    """Write the result to the pipe; a process that the kernel kills writes nothing."""
    limit_resources()
    result = PASSED
    try:
        with open(file, "rb") as content:
            INSPECTORS[kind](content)
    except Suspect as suspect:
        result = suspect.finding
    except (MemoryError, RecursionError):
        result = Finding.TOO_COMPLEX
    except Exception as bug:  # noqa: BLE001 a bug: only its class is reported, not content
        result = f"{BUG}{type(bug).__name__}"
    os.write(pipe, result.encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
