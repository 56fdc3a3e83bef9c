"""Closing the database: connections that threads still use are closed too."""

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.support.fakes.ports import Office


def test_a_connection_in_use_is_closed_when_it_is_given_back(office: Office) -> None:
    used: list[DBAPIConnection] = []

    def note(raw: DBAPIConnection, *_: object) -> None:
        used.append(raw)

    event.listen(Engine, "checkout", note)
    try:
        with office.database.reading() as store:
            store.ping()
            office.database.close()
            store.ping()
    finally:
        event.remove(Engine, "checkout", note)
    (raw,) = used

    with pytest.raises(Exception, match="closed"):
        raw.cursor().execute("SELECT 1")
