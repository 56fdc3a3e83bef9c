"""Repository of failed login counters, shared by all API processes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.domain.people.login_throttling import (
    ANYBODY,
    ANYWHERE,
    ATTEMPTS_KEPT,
    MOST_ROWS,
    PLACE_KNOWN,
    PLACES_PER_LOGIN,
    AttemptKey,
    Attempts,
    Pace,
)
from db.store.tables import LoginAttemptRow as Row

_KEY = (Row.place, Row.login)
LOGINS = 5
"""Advisory locks of PostgreSQL that stand for logins; no others have this number."""


class SqlLoginAttempts:
    """`db.ports.administration.LoginAttempts` on SQLAlchemy.

    Instants are stored in milliseconds, so that SQL can calculate with them.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen(self, login: str, network: str, device: str | None) -> Mapping[AttemptKey, Attempts]:
        asked = [
            and_(Row.login == login, Row.place.in_([network, ANYWHERE])),
            and_(Row.login == ANYBODY, Row.place == network),
        ]
        if device is not None:
            asked.append(Row.place == device)
        found = self._session.scalars(select(Row).where(or_(*asked)))
        return {one.key: one for one in map(_attempts, found)}

    def count(self, key: AttemptKey, pace: Pace, now: datetime) -> int | None:
        self._alone(key.login)
        moment, free = _ms(now), pace.free
        at = literal(moment, BigInteger)
        first, longest = _span(pace.first), _span(pace.longest)
        quiet = Row.last_ms <= at - _span(pace.forgotten)
        pause: ColumnElement[int] = case(
            (or_(quiet, Row.failures + 1 < free), literal(0, BigInteger)),
            (Row.pause_ms == 0, first),
            (Row.pause_ms * 2 > longest, longest),
            else_=Row.pause_ms * 2,
        )
        once = first if free <= 1 else 0
        counted: int | None = self._session.scalar(
            self._insert()
            .values(
                place=key.place,
                login=key.login,
                failures=1,
                pause_ms=once,
                until_ms=moment + once,
                last_ms=moment,
                proven_ms=0,
            )
            .on_conflict_do_update(
                index_elements=_KEY,
                set_={
                    "failures": case((quiet, 1), else_=Row.failures + 1),
                    "pause_ms": pause,
                    "until_ms": at + pause,
                    "last_ms": at,
                },
                where=Row.until_ms <= at,
            )
            .returning(Row.failures)
        )
        return counted

    def take_back(self, key: AttemptKey) -> None:
        self._alone(key.login)
        self._session.execute(
            update(Row)
            .where(Row.place == key.place, Row.login == key.login, Row.failures > 0)
            .values(failures=Row.failures - 1, pause_ms=Row.pause_ms // 2, until_ms=Row.last_ms)
        )

    def proven(self, key: AttemptKey, now: datetime) -> None:
        self._alone(key.login)
        start = {"failures": 0, "pause_ms": 0, "until_ms": 0}
        seen = {"last_ms": _ms(now), "proven_ms": _ms(now)}
        put = self._insert().values(place=key.place, login=key.login, **start, **seen)
        self._session.execute(
            put.on_conflict_do_update(index_elements=_KEY, set_={**start, **seen})
        )
        self._forget_old_places(key.login)

    def forgive(self, login: str) -> None:
        self._alone(login)
        self._session.execute(
            update(Row).where(Row.login == login).values(failures=0, pause_ms=0, until_ms=0)
        )

    def purge(self, now: datetime) -> int:
        unproven = Row.proven_ms <= _ms(now - PLACE_KNOWN)
        idle = Row.last_ms <= _ms(now - ATTEMPTS_KEPT)
        gone = self._delete(select(*_KEY).where(unproven, idle))
        rows = self._session.scalar(select(func.count()).select_from(Row).where(unproven)) or 0
        if rows > MOST_ROWS:
            least = select(*_KEY).where(unproven).order_by(Row.failures, Row.last_ms)
            gone += self._delete(least.limit(rows - MOST_ROWS))
        return gone

    def _alone(self, login: str) -> None:
        """Until the transaction ends, no other one touches rows of this login: they would do so in
        another order, and wait for each other. On SQLite there is one writer anyway."""
        if login != ANYBODY and self._session.get_bind().dialect.name == "postgresql":
            number = func.hashtext(login)
            self._session.execute(select(func.pg_advisory_xact_lock(LOGINS, number)))

    def _forget_old_places(self, login: str) -> None:
        newest = (
            select(*_KEY)
            .where(Row.login == login, Row.proven_ms > 0)
            .order_by(Row.proven_ms.desc())
            .offset(PLACES_PER_LOGIN)
        )
        self._delete(newest)

    def _delete(self, keys: Select[str, str]) -> int:
        """Rows that somebody is counting in now stay: waiting for them could go in a circle."""
        free = keys.with_for_update(skip_locked=True)
        which = tuple_(*_KEY).in_(free)
        return len(self._session.execute(delete(Row).where(which).returning(Row.place)).all())

    def _insert(self) -> Any:
        dialect = self._session.get_bind().dialect.name
        return (postgresql if dialect == "postgresql" else sqlite).insert(Row)


def _attempts(row: Row) -> Attempts:
    proven = _moment(row.proven_ms) if row.proven_ms else None
    key = AttemptKey(row.place, row.login)
    return Attempts(key, row.failures, _moment(row.until_ms), proven)


def _span(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
