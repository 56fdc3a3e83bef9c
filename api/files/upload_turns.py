"""Uploads of one person are looked at one after the other, so that nobody takes all the places."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio import Lock

from db.domain.errors import Unavailable

WAITING = 20
"""Files of one person that may wait, each on the disk; one more is to come later."""
LATER = "Слишком много ваших файлов ждут проверки. Подождите минуту и приложите остальные."


@dataclass
class _Turn:
    taken: Lock = field(default_factory=Lock)
    files: int = 0
    """The one that has the turn and those that wait for it."""


class Turns:
    """The waiting ones hold no thread. Of one event loop."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def of(self, login: str) -> AsyncIterator[None]:
        """Wait for the login's turn, and keep it. Raises: Unavailable."""
        turn = self._turns.setdefault(login, _Turn())
        if turn.files > WAITING:
            raise Unavailable(LATER)
        turn.files += 1
        try:
            async with turn.taken:
                yield
        finally:
            turn.files -= 1
            if not turn.files:
                del self._turns[login]
