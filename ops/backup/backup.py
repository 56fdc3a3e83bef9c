"""Backup of an installation: both database schemas as of one moment, and the files of deals.

pg_dump uses the snapshot of one transaction, and the same transaction lists the files to copy.
Therefore every file that the dump refers to is in the backup, while people keep working.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from pydantic import Field
from sqlalchemy.engine import make_url

from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError
from db.config.settings import DatabaseAddress, SecretDatabaseAddress, Settings, demand
from db.store.blobs import CHUNK, path_of
from ops.backup.postgres_clients import run_client
from ops.containers.databases import Say, connected, deals_role, engine_role

FORMAT = 1
DUMP, FILES, MANIFEST = "database.dump", "files", "manifest.json"
SUMS = "files.sha256"
"""Checksums of the files in the format of `sha256sum -c`."""
UNFINISHED = ".unfinished"
LOCK = ".lock"


class BackupFailed(OperatorError):
    """A backup could not be made or read."""


class BackupSettings(Settings):
    """Read from ``BACKUP_DIR`` and from the variables of database, API and `setup`."""

    backup_dir: Path = Path("/backups")
    """Directory of the backups."""
    files_dir: Path = Field(Path("/files"), validation_alias="API_FILES_DIR")
    postgres_url: SecretDatabaseAddress = Field(validation_alias="SETUP_POSTGRES_URL")
    database_url: DatabaseAddress = Field(validation_alias="DATABASE_URL")
    patience: float = Field(60, gt=0, le=86_400, validation_alias="SETUP_PATIENCE")

    @property
    def superuser(self) -> str:
        """URL of the superuser. Raises: SecretRefused."""
        url = self.postgres_url.get_secret_value()
        demand(SETUP_POSTGRES_URL=make_url(url).password)
        return url

    def schemas(self) -> tuple[str, str]:
        """Return the schemas of deals and engine. Raises: NotPostgres."""
        return deals_role(self.database_url).name, engine_role(EngineSettings()).name


@dataclass(frozen=True)
class Manifest:
    """Description of a finished backup, stored in manifest.json."""

    format: int
    made_at: str
    """ISO 8601 with offset."""
    schema: str
    """Alembic revision of the deals schema."""
    schemas: Sequence[str]
    dump_sha256: str
    files: int
    bytes: int

    @classmethod
    def of(cls, directory: Path) -> "Manifest":
        """Read the manifest of a backup. Raises: BackupFailed if it is missing or invalid."""
        try:
            return cls(**json.loads((directory / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BackupFailed(
                f"В {directory.name} нет готовой резервной копии: {type(error).__name__}."
            ) from error


def backup(settings: BackupSettings, say: Say, keep: int | None = None) -> Path:
    """Write a backup into a new directory, then delete all but the newest ``keep``.

    An interrupted backup removes its files. A killed one leaves a directory that does not count as
    a backup and is removed by the next run. Returns: the directory.

    Raises:
        BackupFailed: another backup runs, the disk is full, a file of a deal is damaged or missing.
        ClientFailed: pg_dump is missing or failed.
        psycopg.OperationalError: PostgreSQL does not respond.
    """
    try:
        with _one_at_a_time(settings.backup_dir):
            _remove_unfinished(settings.backup_dir, say)
            final = _made(settings, say)
            for old in _older(settings.backup_dir, keep):
                say(f"Удаляю старую копию {old.name}")
                shutil.rmtree(
                    old.rename(_unfinished(old))
                )  # renamed first, so that a killed deletion leaves no broken backup
    except OSError as error:
        raise BackupFailed(
            f"Не удалось записать в {settings.backup_dir}: {error.strerror}. "
            "Проверьте место и права."
        ) from error
    return final


def _made(settings: BackupSettings, say: Say) -> Path:
    began = datetime.now(UTC)
    final = settings.backup_dir / f"{began:%Y-%m-%dT%H%M%SZ}"
    fresh = _unfinished(final)
    try:
        fresh.mkdir(mode=0o700)
        with connected(settings.superuser, settings.patience, say) as connection:
            manifest = _save(connection, settings, fresh, began, say)
        _write(fresh / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        fresh.rename(final)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    say(f"Готово: {final.name}, файлов {manifest.files}, {manifest.bytes / 1e6:.1f} МБ")
    return final


@contextmanager
def _one_at_a_time(directory: Path) -> Iterator[None]:
    """Hold the lock of the backup directory; the system releases it when the process ends.

    Raises: BackupFailed, OSError.
    """
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed("Другая резервная копия ещё делается: дождитесь её.") from None
        yield


def _unfinished(backup: Path) -> Path:
    return backup.with_name(backup.name + UNFINISHED)


def _remove_unfinished(directory: Path, say: Say) -> None:
    """Remove the directories of killed backups; the caller holds the lock."""
    for left in directory.glob(f"*{UNFINISHED}"):
        say(f"Удаляю недоделанную копию {left.name}")
        shutil.rmtree(left)


def finished(directory: Path) -> list[Path]:
    """Return the backups that can be restored, oldest first."""
    known = (path.parent for path in directory.glob(f"*/{MANIFEST}"))
    return sorted(path for path in known if path.suffix != UNFINISHED)


def _older(directory: Path, keep: int | None) -> list[Path]:
    return [] if keep is None else finished(directory)[:-keep]


def _save(
    connection: "psycopg.Connection[Any]",
    settings: BackupSettings,
    target: Path,
    began: datetime,
    say: Say,
) -> Manifest:
    deals, engine = settings.schemas()
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        snapshot = _one(connection, sql.SQL("SELECT pg_export_snapshot()"))
        schema = _one(connection, _of(deals, "SELECT version_num FROM {}.alembic_version"))
        query = _of(deals, "SELECT DISTINCT sha256 FROM {}.attachments ORDER BY 1")
        hashes = [str(row[0]) for row in connection.execute(query)]
        say("Сохраняю базу данных…")
        _dump(settings.superuser, target / DUMP, snapshot, (deals, engine))
        say(f"Сохраняю файлы: {len(hashes)}…")
        size = _copy_all(hashes, settings.files_dir, target / FILES)
    except psycopg.errors.UndefinedTable as error:
        raise BackupFailed("База данных ещё не подготовлена: сначала setup.") from error
    finally:
        connection.execute("ROLLBACK")
    sums = "".join(f"{one}  {FILES}/{one[:2]}/{one}\n" for one in hashes)
    _write(target / SUMS, sums)
    return Manifest(
        format=FORMAT,
        made_at=began.isoformat(),
        schema=schema,
        schemas=[deals, engine],
        dump_sha256=sha256_of(target / DUMP),
        files=len(hashes),
        bytes=size + (target / DUMP).stat().st_size,
    )


def _of(schema: str, query: LiteralString) -> sql.Composed:
    return sql.SQL(query).format(sql.Identifier(schema))


def _one(connection: "psycopg.Connection[Any]", query: sql.SQL | sql.Composed) -> str:
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""


def _dump(url: str, target: Path, snapshot: str, schemas: Sequence[str]) -> None:
    arguments = ["pg_dump", "--format=custom", f"--file={target}", f"--snapshot={snapshot}"]
    run_client([*arguments, *(f"--schema={name}" for name in schemas)], url)


def _copy_all(hashes: Sequence[str], source: Path, target: Path) -> int:
    """Copy the files; returns bytes. Raises: BackupFailed naming missing or damaged files."""
    broken, size = [], 0
    for sha256 in hashes:
        copied = copy_checked(path_of(source, sha256), path_of(target, sha256), sha256)
        if copied is None:
            broken.append(sha256)
        else:
            size += copied
    if broken:
        raise BackupFailed(
            f"Повреждены или отсутствуют файлы ({len(broken)}): {', '.join(broken[:3])}… "
            "Найдите их в прежней копии; новая не сделана."
        )
    return size


def copy_checked(source: Path, target: Path, sha256: str) -> int | None:
    """Copy a file and verify its hash; returns bytes, None if it is missing or damaged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as old, partial.open("wb") as new:
            for chunk in _chunks(old):
                digest.update(chunk)
                new.write(chunk)
                size += len(chunk)
            new.flush()
            os.fsync(new.fileno())
    except FileNotFoundError:
        return None
    if digest.hexdigest() != sha256:
        partial.unlink()
        return None
    partial.replace(target)
    return size


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(file: Any) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
