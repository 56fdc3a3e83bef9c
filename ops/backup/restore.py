"""Restore of a backup into an empty installation: verified first, then in one transaction."""

import os
import re
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError
from db.store.blobs import path_of
from db.store.schema import newest
from ops.backup.backup import (
    DUMP,
    FILES,
    FORMAT,
    SUMS,
    BackupFailed,
    BackupSettings,
    Manifest,
    copy_checked,
    sha256_of,
)
from ops.backup.postgres_clients import load
from ops.containers.databases import (
    Say,
    deals_role,
    engine_role,
    locked,
    make_roles,
    make_search_extension,
)

NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")


class RestoreRefused(OperatorError):
    """The restore did not start and changed nothing; the message names the next step."""


class RestoreFailed(OperatorError):
    """The restore failed; the database is still empty."""


def restore(settings: BackupSettings, name: str, say: Say) -> None:
    """Load the backup ``name`` into an empty installation; `setup` must run afterwards.

    The database changes in one transaction: interrupted at any moment, even killed, the restore
    leaves it empty. Safe to repeat, because files are stored under the hash of their content.

    Raises:
        RestoreRefused: unknown or damaged backup, of a newer release, or the installation is in
            use or not empty.
        RestoreFailed, ClientFailed: no space for the files, PostgreSQL refused the dump.
    """
    source = _checked(settings, name, say)
    roles = deals_role(settings.database_url), engine_role(EngineSettings())
    schemas = [role.name for role in roles]
    with locked(settings.superuser, settings.patience, say) as connection:
        make_roles(connection, *roles)
        make_search_extension(connection, roles[0])
        _refuse_if_used(connection, schemas)
        _refuse_if_full(connection, schemas)
        say("Восстанавливаю файлы…")
        _copy_files(source, settings.files_dir)
        say("Восстанавливаю базу данных…")
        # Without the marker the nodes of the engine wait until setup has run here.
        marker = sql.Identifier(roles[1].name, "pit_prepared")
        load(
            source / DUMP,
            settings.superuser,
            before=sql.SQL("\n").join(map(_dropping, schemas)).as_string(connection),
            after=sql.SQL("DROP TABLE IF EXISTS {};").format(marker).as_string(connection),
        )
    say(f"Восстановлено из {name}. Теперь запустите всё: docker compose up -d")


def _checked(settings: BackupSettings, name: str, say: Say) -> Path:
    if not NAME.fullmatch(name):
        raise RestoreRefused("Имя копии выглядит так: 2026-11-26T013000Z. Список: care backups")
    source = settings.backup_dir / name
    try:
        manifest = Manifest.of(source)
    except BackupFailed as error:
        raise RestoreRefused(str(error)) from error
    if manifest.format != FORMAT or manifest.schema > newest():
        raise RestoreRefused("Копия сделана более новым выпуском: обновите программу.")
    if sorted(manifest.schemas) != sorted(settings.schemas()):
        raise RestoreRefused(f"Копия сделана для других ролей базы: {', '.join(manifest.schemas)}.")
    say("Проверяю копию…")
    damaged = [] if sha256_of(source / DUMP) == manifest.dump_sha256 else [DUMP]
    damaged += [one for one in _listed(source) if _sum_of(path_of(source / FILES, one)) != one]
    if len(_listed(source)) != manifest.files:
        damaged.append(SUMS)
    if damaged:
        raise RestoreRefused(f"Копия повреждена: {', '.join(damaged[:3])}. Возьмите другую.")
    return source


def _listed(source: Path) -> list[str]:
    try:
        return [line.split()[0] for line in (source / SUMS).read_text().splitlines() if line]
    except OSError:
        return []


def _sum_of(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _refuse_if_used(connection: "psycopg.Connection[Any]", roles: list[str]) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = ANY(%s)"
    row = connection.execute(query, [roles]).fetchone()
    if row and row[0]:
        raise RestoreRefused(
            "С базой сейчас работают. Остановите всё, кроме неё, и повторите: "
            "docker compose stop front api worker engine"
        )


def _refuse_if_full(connection: "psycopg.Connection[Any]", schemas: list[str]) -> None:
    """Raises: RestoreRefused if one of the schemas has tables."""
    if any(_has_tables(connection, name) for name in schemas):
        raise RestoreRefused(
            "В базе уже есть данные, а копия восстанавливается только в пустую. Сохраните их: "
            "docker compose run --rm care backup. Затем очистите базу и повторите: docker compose "
            f"exec postgres psql -U postgres pit -c 'DROP SCHEMA {', '.join(schemas)} CASCADE'"
        )


def _dropping(schema: str) -> sql.Composed:
    return sql.SQL("DROP SCHEMA {};").format(sql.Identifier(schema))


def _has_tables(connection: "psycopg.Connection[Any]", schema: str) -> bool:
    query = "SELECT 1 FROM pg_tables WHERE schemaname = %s LIMIT 1"
    return connection.execute(query, [schema]).fetchone() is not None


def _copy_files(source: Path, target: Path) -> None:
    """Copy the files of a backup that ``target`` does not have yet. Raises: RestoreFailed."""
    try:
        for sha256 in _listed(source):
            place = path_of(target, sha256)
            if _sum_of(place) != sha256:
                copy_checked(path_of(source / FILES, sha256), place, sha256)
    except OSError as error:
        raise RestoreFailed(
            f"Не удалось записать файлы в {target}: {error.strerror}. Проверьте место и права."
        ) from error
    os.sync()  # the directory entries must be on disk before the database refers to the files
