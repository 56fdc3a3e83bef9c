"""A backup of a company's installation: both schemas as of one moment, and the files they name.

One transaction sees everything: its snapshot is what pg_dump reads, and its list of files is what
is copied. So nothing that the dump mentions can be missing, however much people work meanwhile.
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
"""In the format of the command sha256sum, so that `sha256sum -c` checks a backup without us."""
UNFINISHED = ".unfinished"
LOCK = ".lock"


class BackupFailed(OperatorError):
    """There is no new backup, or it cannot be used; the sentence says why."""


class BackupSettings(Settings):
    """Read from the variables of the parts that are saved, and ``BACKUP_DIR``."""

    backup_dir: Path = Path("/backups")
    """Directory of the backups."""
    files_dir: Path = Field(Path("/files"), validation_alias="API_FILES_DIR")
    postgres_url: SecretDatabaseAddress = Field(validation_alias="SETUP_POSTGRES_URL")
    database_url: DatabaseAddress = Field(validation_alias="DATABASE_URL")
    patience: float = Field(60, gt=0, le=86_400, validation_alias="SETUP_PATIENCE")

    @property
    def superuser(self) -> str:
        """Raises: SecretRefused."""
        url = self.postgres_url.get_secret_value()
        demand(SETUP_POSTGRES_URL=make_url(url).password)
        return url

    def schemas(self) -> tuple[str, str]:
        """Of the deals and of the engine. Raises: NotPostgres."""
        return deals_role(self.database_url).name, engine_role(EngineSettings()).name


@dataclass(frozen=True)
class Manifest:
    """What a finished backup says of itself."""

    format: int
    made_at: str
    """ISO 8601 with offset."""
    schema: str
    """Version of the deals' schema."""
    schemas: Sequence[str]
    dump_sha256: str
    files: int
    bytes: int

    @classmethod
    def of(cls, directory: Path) -> "Manifest":
        """Raises: BackupFailed (none there, or not ours)."""
        try:
            return cls(**json.loads((directory / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as trouble:
            raise BackupFailed(
                f"В {directory.name} нет готовой резервной копии: {type(trouble).__name__}."
            ) from trouble


def backup(settings: BackupSettings, say: Say, keep: int | None = None) -> Path:
    """Save everything into a new directory, then forget all but the newest ``keep``.

    Nothing is stopped for it. An interrupted backup removes what it made; a killed one leaves a
    directory that no command takes for a finished one and the next backup removes.
    Returns: the directory.

    Raises:
        BackupFailed: another one runs, no space, a file of a deal is damaged or missing, …
        ClientFailed: pg_dump is missing or says no.
        psycopg.OperationalError: no PostgreSQL at the address.
    """
    try:
        with _one_at_a_time(settings.backup_dir):
            _remove_unfinished(settings.backup_dir, say)
            final = _made(settings, say)
            for old in _older(settings.backup_dir, keep):
                say(f"Удаляю старую копию {old.name}")
                shutil.rmtree(old.rename(_unfinished(old)))  # killed now, it is no copy any more
    except OSError as trouble:
        raise BackupFailed(
            f"Не удалось записать в {settings.backup_dir}: {trouble.strerror}. "
            "Проверьте место и права."
        ) from trouble
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
    """The lock goes with its process, however that ends. Raises: BackupFailed, OSError."""
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed("Другая резервная копия ещё делается: дождитесь её.") from None
        yield


def _unfinished(backup: Path) -> Path:
    return backup.with_name(backup.name + UNFINISHED)


def _remove_unfinished(directory: Path, say: Say) -> None:
    """Of backups that were killed; whoever holds the lock knows that none is being made."""
    for left in directory.glob(f"*{UNFINISHED}"):
        say(f"Удаляю недоделанную копию {left.name}")
        shutil.rmtree(left)


def finished(directory: Path) -> list[Path]:
    """Backups that can be restored, the oldest first."""
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
    except psycopg.errors.UndefinedTable as trouble:
        raise BackupFailed("База данных ещё не подготовлена: сначала setup.") from trouble
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
    """Bytes copied. Raises: BackupFailed naming contents that are missing or damaged."""
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
    """Copy while checking. Returns: bytes; None if the content is missing or another one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.part")
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as old, beside.open("wb") as new:
            for chunk in _chunks(old):
                digest.update(chunk)
                new.write(chunk)
                size += len(chunk)
            new.flush()
            os.fsync(new.fileno())
    except FileNotFoundError:
        return None
    if digest.hexdigest() != sha256:
        beside.unlink()
        return None
    beside.replace(target)
    return size


def sha256_of(path: Path) -> str:
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
