"""Brings a backup back: checked before anything is touched, all or nothing after that."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bpmn.engine.settings import EngineSettings
from db.store.blobs import path_of
from db.store.schema import newest
from ops.backup import (
    DUMP,
    FILES,
    FORMAT,
    SUMS,
    BackupFailed,
    BackupSettings,
    Manifest,
    copy_checked,
    run_client,
    sha256_of,
)
from ops.databases import Say, alone, deals_role, engine_role, make_roles

NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")


class RestoreRefused(RuntimeError):
    """Nothing was changed; the sentence says what to do."""


def restore(settings: BackupSettings, name: str, say: Say, *, replace: bool = False) -> None:
    """Fill an empty installation with a backup; `setup` makes it usable afterwards.

    With ``replace`` what is there is set aside as schemas named ``…_before_…`` and comes back if
    the restore fails.

    Raises:
        RestoreRefused: unknown or damaged backup, of a newer release, or the installation is in
            use or not empty.
        BackupFailed: PostgreSQL refused the dump; the database is as it was.
    """
    source = _checked(settings, name, say)
    roles = deals_role(settings.database_url), engine_role(EngineSettings())
    with alone(settings.superuser, settings.patience, say) as connection:
        make_roles(connection, *roles)
        schemas = [role.name for role in roles]
        _refuse_if_used(connection, schemas)
        aside = _set_aside(connection, schemas, replace)
        try:
            say("Восстанавливаю файлы…")
            _bring_files(source, settings.files_dir)
            say("Восстанавливаю базу данных…")
            arguments = ["pg_restore", "--single-transaction", "--exit-on-error"]
            run_client([*arguments, str(source / DUMP)], settings.superuser)
        except BaseException:
            _put_back(connection, schemas, aside)
            raise
        with suppress(psycopg.errors.UndefinedTable):  # the nodes wait until setup has run here
            marker = sql.Identifier(roles[1].name, "pit_prepared")
            connection.execute(sql.SQL("DELETE FROM {}").format(marker))
    kept = f" Прежние данные остались в схемах: {', '.join(aside.values())}." if aside else ""
    say(f"Восстановлено из {name}.{kept} Теперь запустите всё: docker compose up -d")


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


def _set_aside(
    connection: "psycopg.Connection[Any]", schemas: list[str], replace: bool
) -> dict[str, str]:
    """Make room for the dump's own schemas. Returns: schema → where its contents are now."""
    full = [name for name in schemas if _has_tables(connection, name)]
    if full and not replace:
        raise RestoreRefused(
            "В базе уже есть данные. Если их надо заменить, добавьте --replace: "
            "они останутся рядом под другим именем."
        )
    aside = {name: f"{name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}" for name in full}
    with connection.transaction():
        for name in schemas:
            if name in aside:
                statement = sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                    sql.Identifier(name), sql.Identifier(aside[name])
                )
            else:
                statement = sql.SQL("DROP SCHEMA {}").format(sql.Identifier(name))
            connection.execute(statement)
    return aside


def _put_back(
    connection: "psycopg.Connection[Any]", schemas: list[str], aside: dict[str, str]
) -> None:
    with connection.transaction():
        for name in schemas:
            schema = sql.Identifier(name)
            if name in aside:
                old = sql.Identifier(aside[name])
                connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(old, schema))
            else:
                connection.execute(
                    sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
                        schema, schema
                    )
                )


def _has_tables(connection: "psycopg.Connection[Any]", schema: str) -> bool:
    query = "SELECT 1 FROM pg_tables WHERE schemaname = %s LIMIT 1"
    return connection.execute(query, [schema]).fetchone() is not None


def _bring_files(source: Path, target: Path) -> None:
    for sha256 in _listed(source):
        place = path_of(target, sha256)
        if _sum_of(place) != sha256:
            copy_checked(path_of(source / FILES, sha256), place, sha256)
