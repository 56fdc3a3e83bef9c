"""Brings a backup back: checked before anything is touched, all or nothing after that."""

import os
import re
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bpmn.camunda.server.settings import EngineSettings
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
from ops.backup.restore_snapshot import Aside, forget_unfinished, renaming
from ops.containers.databases import Say, alone, deals_role, engine_role, make_roles

NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")


class RestoreRefused(RuntimeError):
    """Nothing was changed; the sentence says what to do."""


class RestoreFailed(RuntimeError):
    """It began and could not be done; the data are as they were."""


def restore(settings: BackupSettings, name: str, say: Say, *, replace: bool = False) -> None:
    """Fill an empty installation with a backup; `setup` makes it usable afterwards.

    With ``replace`` what is there is set aside, see ops/backup/restore_snapshot.py. The schemas
    change in one transaction: interrupted at any moment, even killed, it leaves the database as
    it was.

    Raises:
        RestoreRefused: unknown or damaged backup, of a newer release, or the installation is in
            use or not empty.
        RestoreFailed, ClientFailed: no space for the files, PostgreSQL refused the dump.
    """
    source = _checked(settings, name, say)
    roles = deals_role(settings.database_url), engine_role(EngineSettings())
    schemas, files = [role.name for role in roles], settings.files_dir
    with alone(settings.superuser, settings.patience, say) as connection:
        make_roles(connection, *roles)
        _refuse_if_used(connection, schemas)
        full = _full(connection, schemas, replace)
        forget_unfinished(connection, schemas[0], files)
        aside = Aside.now()
        try:
            say("Восстанавливаю файлы…")
            _bring_files(source, files, aside if full else None)
            say("Восстанавливаю базу данных…")
            room = [renaming(one, aside) if one in full else _dropping(one) for one in schemas]
            # The nodes of the engine wait until setup has run here.
            marker = sql.Identifier(roles[1].name, "pit_prepared")
            load(
                source / DUMP,
                settings.superuser,
                before=sql.SQL("\n").join(room).as_string(connection),
                after=sql.SQL("DROP TABLE IF EXISTS {};").format(marker).as_string(connection),
            )
        except BaseException:
            aside.forget_files(files)
            raise
    kept = (
        f" Прежние данные остались: схемы {', '.join(map(aside.schema, full))}, "
        f"файлы {aside.files(files)}."
    )
    say(
        f"Восстановлено из {name}.{kept if full else ''} Теперь запустите всё: docker compose up -d"
    )


def _checked(settings: BackupSettings, name: str, say: Say) -> Path:
    if not NAME.fullmatch(name):
        raise RestoreRefused("Имя копии выглядит так: 2026-11-26T013000Z. Список: care backups")
    source = settings.backup_dir / name
    try:
        manifest = Manifest.of(source)
    except BackupFailed as trouble:
        raise RestoreRefused(str(trouble)) from trouble
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


def _full(connection: "psycopg.Connection[Any]", schemas: list[str], replace: bool) -> list[str]:
    """Schemas that have something to keep. Raises: RestoreRefused without ``replace``."""
    full = [name for name in schemas if _has_tables(connection, name)]
    if full and not replace:
        raise RestoreRefused(
            "В базе уже есть данные. Если их надо заменить, добавьте --replace: "
            "они останутся рядом под другим именем."
        )
    return full


def _dropping(schema: str) -> sql.Composed:
    return sql.SQL("DROP SCHEMA {};").format(sql.Identifier(schema))


def _has_tables(connection: "psycopg.Connection[Any]", schema: str) -> bool:
    query = "SELECT 1 FROM pg_tables WHERE schemaname = %s LIMIT 1"
    return connection.execute(query, [schema]).fetchone() is not None


def _bring_files(source: Path, target: Path, aside: Aside | None) -> None:
    """Raises: RestoreFailed."""
    try:
        if aside is not None:
            aside.keep_files(target)
        for sha256 in _listed(source):
            place = path_of(target, sha256)
            if _sum_of(place) != sha256:
                copy_checked(path_of(source / FILES, sha256), place, sha256)
    except OSError as trouble:
        raise RestoreFailed(
            f"Не удалось записать файлы в {target}: {trouble.strerror}. Проверьте место и права; "
            "данные прежние."
        ) from trouble
    os.sync()  # names of files, too, are on the disk before the database speaks of them
