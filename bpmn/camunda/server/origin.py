"""The distribution that made the engine's database; another one must not start on it.

Both read the same tables, but the administrators' group has another name, and sessions and
decisions about the move belong to a command that makes a backup first.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

from bpmn.camunda.server.distribution import DISTRIBUTIONS, DistributionName
from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError

CONNECT_SECONDS = 5
TABLES = "SELECT to_regclass('act_id_group') IS NOT NULL"
GROUPS = "SELECT id_ FROM act_id_group WHERE id_ = ANY(%s)"
INSTALLATIONS = "SELECT name_ FROM act_ge_property WHERE name_ = ANY(%s)"
OF_LIBPQ = ("user", "password", "sslmode")
"""Parameters of a JDBC URL that libpq has as well."""


class OtherDistribution(OperatorError):
    """The database was made by another distribution of the engine."""

    def __init__(self, made_by: DistributionName, configured: DistributionName) -> None:
        super().__init__(
            f"База движка создана на {DISTRIBUTIONS[made_by].title}, а настройка "
            f"ENGINE_DISTRIBUTION={configured}. Движок не запущен, данные не изменены. Верните "
            f"ENGINE_DISTRIBUTION={made_by} или перенесите базу командой: "
            f"manage.py move-engine --to {configured}"
        )


def require_own(settings: EngineSettings) -> None:
    """Check that the database is new or of the configured distribution.

    Raises: OtherDistribution.
    """
    others = _of_postgres(settings) if settings.profile == "postgres" else _of_directory(settings)
    if others:
        raise OtherDistribution(others.pop(), settings.distribution)


def _of_directory(settings: EngineSettings) -> set[DistributionName]:
    """Other distributions with an H2 file in the data directory; each has a file of its own."""
    others = DISTRIBUTIONS.keys() - {settings.distribution}
    return {name for name in others if (settings.data_dir / DISTRIBUTIONS[name].h2_file).exists()}


def _of_postgres(settings: EngineSettings) -> set[DistributionName]:
    """Other distributions, by what each writes at its first start on a database.

    The administrators' group comes with the first account. It alone would let a group that a person
    made become the administrators of the other engine, so the id of the installation counts too.
    """
    groups = {each.administrators: each.name for each in DISTRIBUTIONS.values()}
    installations = {each.installation: each.name for each in DISTRIBUTIONS.values()}
    try:
        with psycopg.connect(conninfo(settings)) as connection:
            tables = connection.execute(TABLES).fetchone()
            if tables != (True,):
                return set()
            traces = [
                {groups[name] for (name,) in connection.execute(GROUPS, [list(groups)])},
                {
                    installations[name]
                    for (name,) in connection.execute(INSTALLATIONS, [list(installations)])
                },
            ]
    except psycopg.OperationalError:
        return set()  # the engine cannot connect either, and its log says why
    return next((found for found in traces if found and settings.distribution not in found), set())


def conninfo(settings: EngineSettings) -> str:
    """Return the engine's JDBC URL, user and password as a connection string of libpq."""
    url = urlsplit((settings.db_url or "").removeprefix("jdbc:"))
    given = dict(parse_qsl(url.query))
    options: dict[str, Any] = {name: given[name] for name in OF_LIBPQ if name in given}
    if schema := given.get("currentSchema"):
        options["options"] = f"-csearch_path={schema}"
    if settings.db_user:
        options["user"] = settings.db_user
    if settings.db_password:
        options["password"] = settings.db_password.get_secret_value()
    plain = url._replace(query="").geturl()
    return make_conninfo(plain, connect_timeout=CONNECT_SECONDS, **options)
