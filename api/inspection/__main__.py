"""``python -m api.inspection``: a process with all parsers loaded that forks for every file.

It gets a kind and two files over the socket that is its stdin, the file to look at and a pipe for
the answer, and ends when the socket does. The fork bounds itself before it reads the first byte.
"""

import logging
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from api.inspection.bounded import BUG, KIND, PASSED
from api.inspection.findings import Finding, Suspect
from api.inspection.images import inspect_jpeg, inspect_png, inspect_tiff
from api.inspection.office import inspect_excel, inspect_word
from api.inspection.pdf import inspect_pdf
from api.inspection.signatures import inspect_signature

CPU = 30  # seconds
MEMORY = 512 * 1024 * 1024  # bytes of addresses
INSPECTORS: dict[str, Callable[[BinaryIO], None]] = {
    "pdf": inspect_pdf,
    "png": inspect_png,
    "jpeg": inspect_jpeg,
    "tiff": inspect_tiff,
    "docx": inspect_word,
    "xlsx": inspect_excel,
    "p7s": inspect_signature,
}


def serve(line: socket.socket) -> None:
    """Fork for every file until the API closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets those that ended
    logging.disable()  # a parser has a word for each of a million flaws
    while True:
        kind, files, _, _ = socket.recv_fds(line, KIND, 2)
        if not kind:
            return
        if os.fork() == 0:
            try:
                line.close()
                answer(kind.decode().strip(), *files)
            finally:
                os._exit(0)
        for file in files:
            os.close(file)


def answer(kind: str, file: int, pipe: int) -> None:
    """Say what was found; a fork that the kernel ends says nothing."""
    bound()
    word = PASSED
    try:
        with open(file, "rb") as content:
            INSPECTORS[kind](content)
    except Suspect as suspect:
        word = suspect.finding
    except (MemoryError, RecursionError):
        word = Finding.TOO_COMPLEX
    except Exception as bug:  # noqa: BLE001 of ours: its kind is told, never a word of the file
        word = f"{BUG}{type(bug).__name__}"
    os.write(pipe, word.encode())


def bound() -> None:
    """Set the limits of this process; under memory pressure the kernel ends it first."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        with suppress(ValueError, OSError):  # a system that does not know it, or sets it lower
            resource.setrlimit(limit, (value, value))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
