"""`python -m bench.size`: the API's answers with ten thousand deals and with a million.

Two suites run at the same time, one of each size, and are asked in turns, so a ratio compares the
same moments of the machine. Deals are written by SQL; a twentieth of them is open.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg

from bench.figures import percentile
from bench.report import OUT, Column, Report
from bench.servers import postgres, suite
from ops.demo.employee import Employee
from tests.support.suite.running import RunningSuite, running_suite

SMALL, LARGE = 10_000, 1_000_000
OPEN_EVERY = 20
"""One deal of so many is open."""
SPREAD = 61_803_399
"""Factor that spreads the ИНН as in life; consecutive ones would share all their beginnings."""
RARE, COMMON, ABSENT = "редкостин", "садовод", "отсутствует"
LOGINS = ("portal1", "manager1", "head1")
"""An administrator reads everything, a manager the own deals, a head those of directions."""

NAMES = ("Лесторг", "Северный лес", "Садовод", "Техномир", "Уралинструмент", "Байкал", "Гарант")
PEOPLE = ("Иванов", "Петров", "Сидорова", "Кузнецов", "Смирнова", "Попов", "Соколова")
DEALS = """
INSERT INTO deals (number, id, direction, stage, manager, inn, "values", search, version, moves,
                   correcting, created_at, stage_since, closed_at)
SELECT n, {id}, 'newClients', CASE WHEN {is_open} THEN 'collectingDocuments' ELSE 'lost' END,
       'manager' || (n % 5 + 1), {inn}, {values},
       lower({id}) || ' ' || {lower_name} || ' ' || {inn} || ' ' || {lower_person}
           || CASE WHEN n = 4711 THEN ' {rare}' ELSE '' END,
       1, 1, {false}, {now}, {now}, CASE WHEN {is_open} THEN NULL ELSE {now} END
FROM {series}
"""
HISTORY = """
INSERT INTO history (deal_id, at, actor, cause, kind, subject, version)
SELECT {id}, {now}, 'manager1', 'api', 'created', '', 1 FROM {series}
"""


def _choice(values: tuple[str, ...], step: int) -> str:
    cases = " ".join(f"WHEN {n} THEN '{value}'" for n, value in enumerate(values))
    return f"(CASE (n / {step}) % {len(values)} {cases} END)"


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.casefold() for value in values)


def _expressions(count: int, open_every: int) -> dict[str, str]:
    """SQL expressions that both databases understand."""
    return {
        "id": "('D-2025-' || substr('0000000' || n, -7))",
        "inn": f"cast(7700000000 + cast(n as bigint) * {SPREAD} % 100000000 as text)",
        "is_open": f"n % {open_every} = 0",
        "lower_name": _choice(_lower(NAMES), 7),
        "lower_person": _choice(_lower(PEOPLE), 3),
        "name": _choice(NAMES, 7),
        "person": _choice(PEOPLE, 3),
        "rare": RARE,
        "count": str(count),
    }


def inn_of(number: int) -> int:
    """ИНН of a deal, as the statement writes it."""
    return 7_700_000_000 + number * SPREAD % 100_000_000


def fill_postgres(url: str, count: int, open_every: int = OPEN_EVERY) -> None:
    """Write ``count`` deals with a history row each; one of ``open_every`` is open."""
    known = _expressions(count, open_every)
    known |= {
        "id": "('D-2025-' || lpad(n::text, 7, '0'))",
        "now": "now()",
        "false": "false",
        "series": f"generate_series(1, {count}) AS n",
        "values": f"jsonb_build_object('counterparty', {known['name']}, 'inn', {known['inn']}, "
        f"'contactName', {known['person']})",
    }
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in (DEALS, HISTORY):
            connection.execute(statement.format(**known).encode())
        connection.execute(f"SELECT setval('deal_numbers', {count})".encode())
        connection.execute("VACUUM ANALYZE deals, history")


def fill_sqlite(path: Path, count: int) -> None:
    """Write ``count`` deals with a history row each, into the database of a running suite."""
    known = _expressions(count, OPEN_EVERY)
    series = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})"
    known |= {
        "now": "datetime('now')",
        "false": "0",
        "series": f"{series} SELECT n FROM s)",
        "values": f"json_object('counterparty', {known['name']}, 'inn', {known['inn']}, "
        f"'contactName', {known['person']})",
    }
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in (DEALS, HISTORY):
            connection.execute(statement.format(**known))
        connection.execute("UPDATE counters SET value = ? WHERE name = 'deal'", [count])
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


@contextmanager
def filled(database: str, count: int, directory: Path) -> Iterator[RunningSuite]:
    """Start a suite and fill its deal database."""
    with ExitStack() as parts:
        if database == "postgres":
            address = parts.enter_context(postgres())
            running = parts.enter_context(suite(address, directory))
            fill_postgres(f"{address}/deals", count)
        else:
            running = parts.enter_context(running_suite(directory))
            fill_sqlite(directory / "deals.sqlite3", count)
        yield running


def requests_of(count: int) -> Mapping[str, str]:
    """Request by what it is for; the middle of the deals is where deep pages begin."""
    deep = f"D-2025-{count // 2:07d}"
    newest_open = f"D-2025-{count // OPEN_EVERY * OPEN_EVERY:07d}"
    return {
        "list": "/deals?limit=50",
        "list, open": "/deals?limit=50&open=true",
        "list, closed": "/deals?limit=50&open=false",
        "list, one stage": "/deals?limit=50&stage=collectingDocuments",
        "list, one manager": "/deals?limit=50&manager=manager2",
        "list, deep page": f"/deals?limit=50&after={deep}",
        "search, rare word": f"/deals?limit=50&text={RARE}",
        "search, absent word": f"/deals?limit=50&text={ABSENT}",
        "search, common word": f"/deals?limit=50&text={COMMON}",
        "search, two words": f"/deals?limit=50&text={COMMON}%20{PEOPLE[0]}",
        "search, common word, open": f"/deals?limit=50&open=true&text={COMMON}",
        "search, common word, one stage": "/deals?limit=50&stage=collectingDocuments"
        f"&text={COMMON}",
        "search, common word, one manager": f"/deals?limit=50&manager=manager2&text={COMMON}",
        "search, rare word, open": f"/deals?limit=50&open=true&text={RARE}",
        "search, INN": f"/deals?limit=50&text={inn_of(4711)}",
        "search, two letters and a word": f"/deals?limit=50&text=са%20{PEOPLE[0]}",
        "filter, INN": f"/deals?limit=50&inn={inn_of(4711)}",
        "card": f"/deals/{newest_open}",
        "history": f"/deals/{newest_open}/history",
        "tasks of a deal": f"/deals/{newest_open}/tasks",
    }


def timed(person: Employee, path: str) -> float:
    """Milliseconds of one request. Raises: AssertionError unless it is answered with 200."""
    began = time.perf_counter()
    answer = person.api("GET", path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
    return (time.perf_counter() - began) * 1000


def measure(sizes: Mapping[int, RunningSuite], login: str, times: int, report: Report) -> None:
    """Ask both suites in turns and add a row per request."""
    asked = {count: (running(login), requests_of(count)) for count, running in sizes.items()}
    small, large = sizes
    for name in asked[small][1]:
        took: dict[int, list[float]] = {small: [], large: []}
        for turn in range(times + 2):
            for count, (person, paths) in asked.items():
                milliseconds = timed(person, paths[name])
                if turn >= 2:  # caches are warm
                    took[count].append(milliseconds)
        p95 = {count: percentile(values, 0.95) for count, values in took.items()}
        report.add(
            f"{name} ({login})",
            small=p95[small],
            large=p95[large],
            small_p50=percentile(took[small], 0.5),
            large_p50=percentile(took[large], 0.5),
            ratio=p95[large] / p95[small],
        )
        print(f"{p95[small]:8.1f} {p95[large]:8.1f}  {name} ({login})", flush=True)


def columns(small: int, large: int) -> tuple[Column, ...]:
    """Columns of the table."""
    return (
        Column("small", f"{small} deals p95 ms", ".1f"),
        Column("large", f"{large} deals p95 ms", ".1f"),
        Column("small_p50", "p50 ms", ".1f"),
        Column("large_p50", "p50 ms", ".1f"),
        Column("ratio", "p95 ratio", ".2f"),
    )


def main() -> None:
    """Measure both databases, print the tables, write JSON and charts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--sizes", type=int, nargs=2, default=[SMALL, LARGE])
    parser.add_argument("--times", type=int, default=40, help="requests of each kind and size")
    parser.add_argument("--folder", type=Path, default=OUT)
    args = parser.parse_args()
    small, large = args.sizes
    for database in args.databases:
        title = f"API by number of deals, {database}"
        report = Report(f"size-{database}", title, columns(small, large))
        with (
            tempfile.TemporaryDirectory(prefix="pit-size-") as first,
            tempfile.TemporaryDirectory(prefix="pit-size-") as second,
            filled(database, small, Path(first)) as first_suite,
            filled(database, large, Path(second)) as second_suite,
        ):
            sizes = {small: first_suite, large: second_suite}
            for login in LOGINS:
                measure(sizes, login, args.times, report)
        print(report.table())
        print(report.save(charts=["ratio"], folder=args.folder))


if __name__ == "__main__":
    main()
