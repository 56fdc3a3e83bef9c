"""A wish to stop becomes an exception, so that a long command cleans up behind itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

NUMBERS = (signal.SIGTERM, signal.SIGHUP)
"""Of a stopped container, of a closed terminal; SIGINT is Python's own KeyboardInterrupt."""


@contextmanager
def interruptible() -> Iterator[None]:
    """In the main thread only.

    Raises: SystemExit with a sentence, at the first SIGTERM or SIGHUP; later ones wait for the
    cleaning up.
    """

    def stop(number: int, _: object) -> None:
        for each in NUMBERS:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(f"Прервано ({signal.Signals(number).name}), сделанное наполовину убрано.")

    before = {number: signal.signal(number, stop) for number in NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
