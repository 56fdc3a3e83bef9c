"""Signals as exceptions, so that an interrupted command runs its cleanup."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

NUMBERS = (signal.SIGTERM, signal.SIGHUP)
"""Sent by a stopped container and a closed terminal; SIGINT raises KeyboardInterrupt anyway."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise SystemExit at the first SIGTERM or SIGHUP; ignore later ones during the cleanup.

    Works in the main thread only.
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
