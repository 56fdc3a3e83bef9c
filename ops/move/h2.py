"""Move of an embedded engine's H2 file: each distribution has a file of its own name.

The copy is changed, never the original, and renamed into place when it is complete. H2 is opened by
its own tool, `RunScript`, because there is no driver for Python.
"""

import csv
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bpmn.camunda.server.distribution import Distribution
from bpmn.camunda.server.launcher import find_java
from ops.move.move import other_than
from ops.move.refusals import CountsDiffer, MoveRefused, differing
from ops.move.statements import statements
from ops.move.survey import FACTS, MODELS, Rows, Survey, counting

HEX = "RAWTOHEX(CAST(b.BYTES_ AS VARBINARY(1000000000)))"
SUFFIX = ".mv.db"
SCRATCH = ".move-"
SECONDS = 600
BACKUP = "before-move-{:%Y-%m-%dT%H%M%SZ}-{}"


class H2Database:
    """The files of an embedded engine in its data directory; the engine must be stopped."""

    def __init__(self, directory: Path, jar: Path, source: Distribution) -> None:
        """``jar``: H2 itself; ``source``: distribution that the file is of before the move."""
        self._directory, self._jar, self._source = directory, jar, source
        self._target = other_than(source)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Check that no engine has a file open, and remove what a killed move left behind.

        The lock of the local stack, which the command holds, keeps later ones out. Raises:
        MoveRefused.
        """
        for file in self._present():
            _refuse_if_open(file)
        for left in self._directory.glob(f"{SCRATCH}*"):
            shutil.rmtree(left)
        for left in self._directory.glob("before-move-*.part"):
            left.unlink()
        yield

    def survey(self) -> Survey:
        """Read the facts. Raises: MoveRefused if there is no engine in the directory."""
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=SCRATCH) as scratch:
            copied = self._copied(Path(scratch))
            queries = {**FACTS, "models": MODELS.format(hex=HEX)}
            found = self._run(copied, (), queries)
        return Survey({name: found[name] for name in FACTS}, found["models"])

    def backup(self) -> str:
        """Keep a copy of the file, and of one that the move replaces. Returns: their paths.

        Two files are there after an interrupted move, or after somebody put the backup of an
        earlier move beside the file that it had led to: that one has work of its own.
        """
        now, kept = datetime.now(UTC), []
        for file in self._present():
            target = self._directory / BACKUP.format(now, file.name)
            fresh = target.with_suffix(".part")
            shutil.copy2(file, fresh)
            fresh.replace(target)
            kept.append(str(target))
        return ", ".join(kept)

    def hand_over(self, source: Distribution, target: Distribution) -> Mapping[str, str]:
        """Make the target's file from the source's. Returns: the counts, equal in both.

        Interrupted before the rename, nothing has changed; after it, both files are there and the
        move can be repeated, because no engine starts on two files.

        Raises: CountsDiffer.
        """
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=SCRATCH) as scratch:
            copied = self._copied(Path(scratch))
            count = {"counts": counting()}
            before = _counts(self._run(copied, (), count))
            after = _counts(self._run(copied, list(statements(source, target)), count))
            if changed := differing(before, after):
                raise CountsDiffer(changed)
            copied.replace(self._directory / target.h2_file)
        os.sync()
        (self._directory / source.h2_file).unlink()
        return after

    def _copied(self, scratch: Path) -> Path:
        """Copy of the source's file; of the target's if the move is done. Raises: MoveRefused."""
        if not (present := self._present()):
            missing = self._directory / self._source.h2_file
            raise MoveRefused(f"Базы движка {missing} нет: переносить нечего.")
        return Path(shutil.copy2(present[0], scratch / present[0].name))

    def _present(self) -> list[Path]:
        """The files that are there, the source's first."""
        files = [self._directory / one.h2_file for one in (self._source, self._target)]
        return [file for file in files if file.exists()]

    def _run(
        self, file: Path, changes: Sequence[str], queries: Mapping[str, str]
    ) -> dict[str, Rows]:
        """Change the database in ``file``, then answer the queries. Raises: MoveRefused."""
        answers = {name: file.with_name(f"{name}.csv") for name in queries}
        lines = [
            *changes,
            *(f"CALL CSVWRITE({_text(answers[n])}, {_text(queries[n])})" for n in queries),
        ]
        script = file.with_name("script.sql")
        script.write_text(";\n".join([*lines, ""]), encoding="utf-8")
        url = f"jdbc:h2:file:{str(file).removesuffix(SUFFIX)}"
        java = [str(find_java()), "-Dfile.encoding=UTF-8", "-cp", str(self._jar)]
        tool = ["org.h2.tools.RunScript", "-url", url, "-user", "sa", "-password", ""]
        try:
            done = subprocess.run(
                [*java, *tool, "-script", str(script)],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MoveRefused(
                f"База H2 не прочитана за {SECONDS} с, она не изменена. Повторите, когда машина "
                "свободна; большой базе нужен PostgreSQL."
            ) from None
        if done.returncode:
            raise MoveRefused(f"База H2 не читается: {done.stderr.strip()[-500:]}")
        return {name: _read(path) for name, path in answers.items()}


def _refuse_if_open(file: Path) -> None:
    """Raises: MoveRefused if a JVM has the database open: a copy of it would be torn."""
    with file.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MoveRefused(
                f"Базу {file} сейчас держит движок, хотя `make up` не работает. Завершите его "
                "процесс java и повторите."
            ) from None


def _counts(found: Mapping[str, Rows]) -> dict[str, str]:
    return {row[0]: row[1] for row in found["counts"]}


def _read(path: Path) -> Rows:
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
