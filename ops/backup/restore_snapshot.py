"""What a restore replaced stays: its schemas and its files, side by side under one stamp.

The files are kept apart because the API's daily sweep asks only the deals in force which contents
it may remove. A link costs nothing and needs neither a database nor this code to stay true.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from db.store.blobs import path_of, stored

BEFORE = "before_"


@dataclass(frozen=True)
class Aside:
    """Names for what is replaced now."""

    stamp: str

    @classmethod
    def now(cls) -> "Aside":
        return cls(f"{datetime.now(UTC):%Y%m%d_%H%M%S}")

    def schema(self, name: str) -> str:
        return f"{name}_{BEFORE}{self.stamp}"

    def files(self, root: Path) -> Path:
        return root / f"{BEFORE}{self.stamp}"

    def keep_files(self, root: Path) -> None:
        """Link every stored content; copy where the file system has no links. Raises: OSError."""
        for sha256 in stored(root):
            source, target = path_of(root, sha256), path_of(self.files(root), sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:
                shutil.copy2(source, target)

    def forget_files(self, root: Path) -> None:
        shutil.rmtree(self.files(root), ignore_errors=True)


def forget_unfinished(connection: "psycopg.Connection[Any]", schema: str, root: Path) -> None:
    """Remove files of restores that were killed: the schema of the same stamp never came to be."""
    for directory in root.glob(f"{BEFORE}*"):
        aside = Aside(directory.name.removeprefix(BEFORE))
        query = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if connection.execute(query, [aside.schema(schema)]).fetchone() is None:
            aside.forget_files(root)


def renaming(name: str, aside: Aside) -> sql.Composed:
    return sql.SQL("ALTER SCHEMA {} RENAME TO {};").format(
        sql.Identifier(name), sql.Identifier(aside.schema(name))
    )
