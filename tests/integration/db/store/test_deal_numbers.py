"""Numbers of new deals on PostgreSQL: unique, continued after an upgrade, without a queue."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.domain.deals.history import Actor, Cause
from db.store.database import connect
from db.store.schema import upgrade
from tests.support.builders import MANAGER, a_deal
from tests.support.fakes.ports import a_kept_deal, an_office
from tests.support.servers.postgres import new_database
from tests.support.servers.schemas import deals_database

pytestmark = pytest.mark.postgres


def test_deals_created_at_once_do_not_wait_for_each_other(postgres: str, tmp_path: Path) -> None:
    with (
        an_office(tmp_path, deals_database(postgres)) as office,
        office.database.writing() as store,
    ):
        slow = store.deals.add(a_deal(), Actor(MANAGER, Cause.API))
        with ThreadPoolExecutor(4) as pool:
            others = list(pool.map(lambda _: a_kept_deal(office), range(8)))

    assert len({slow.id, *others}) == 9


def test_an_upgraded_database_continues_its_numbers(postgres: str, tmp_path: Path) -> None:
    url = new_database(postgres, f"upgraded_{uuid4().hex}")
    engine = connect(url)
    with engine.begin() as connection:
        upgrade(connection, "0008")
        connection.execute(text("UPDATE counters SET value = 41"))
    engine.dispose()
    with an_office(tmp_path, url) as office:
        created = a_kept_deal(office)

    assert created.endswith("-00042")
