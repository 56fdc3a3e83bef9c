"""The made-up company of a fresh local stack: its deals are played once, in the background."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from db.ports.deals import DealFilter
from db.store.database import Database

PLAYING, DONE = "playing", "done"


class MadeUpCompany:
    """Plays the story in a process of its own, and remembers in a file how far it came.

    It begins in an empty database only: nobody's deals get strangers beside them. An interrupted
    one goes on at the next start, because the story leaves alone the deals that are there.
    """

    def __init__(self, command: Sequence[str], state: Path, log: Path) -> None:
        self._command, self._state, self._log = command, state, log
        self._process: subprocess.Popen[bytes] | None = None

    def is_due(self, deals: Database) -> bool:
        """Whether the company is still to be played, wholly or the rest of it."""
        if self._state.exists():
            return self._state.read_text(encoding="utf-8") == PLAYING
        with deals.reading() as store:
            return not store.deals.page(DealFilter(), after=None, limit=1)

    def begin(self, tell: Callable[[str], None]) -> None:
        """Start playing and return at once; ``tell`` is called when it ends by itself."""
        self._state.write_text(PLAYING, encoding="utf-8")
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True
            )
        self._process = process
        threading.Thread(target=self._wait, args=(process, tell), daemon=True).start()

    def stop(self) -> None:
        """End the process; the next start goes on. Safe to repeat."""
        if process := self._process:
            self._process = None
            process.kill()  # it holds nothing: each of its presses is stored or not by the API
            process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]", tell: Callable[[str], None]) -> None:
        code = process.wait()
        if self._process is not process:  # stopped by us
            return
        if code == 0:
            self._state.write_text(DONE, encoding="utf-8")
            tell("Показательная компания за работой: её сделки на доске.")
        else:
            tell(
                f"⚠ Показательная компания остановилась на полпути, причина в {self._log}. "
                "Продолжит при следующем запуске или по команде make demo STORY=company."
            )
