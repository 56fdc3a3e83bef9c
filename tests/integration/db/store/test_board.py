"""The board: totals, pages of columns and their indexes, on both databases."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, text

from db.domain.deals.history import Actor, Cause, Change, Kind
from db.domain.fields.contacts import contact_keys
from db.ports.board import ColumnTotal, Place
from db.ports.deals import DealFilter
from db.store.database import connect
from db.store.schema import MIGRATIONS
from tests.support.builders import MANAGER, NOW, a_deal
from tests.support.fakes.ports import Office

ACTOR = Actor(MANAGER, Cause.API)
EVERYTHING = DealFilter(direction="newClients", open=True)
OWN = DealFilter(direction="newClients", open=True, readable_by=MANAGER, also=("D-2026-00001",))
STAGES = ["newClient", "collectingDocuments", "termsApproval"]


def kept(office: Office, minutes: int = 0, **given: Any) -> str:
    return office.keep(a_deal(stage_since=NOW + timedelta(minutes=minutes), **given))


def column(office: Office, wanted: DealFilter, **page: Any) -> list[str]:
    with office.database.reading() as store:
        found = store.board.cards(wanted, ["newClient"], **{"after": None, "limit": 10, **page})
    return [deal.id for deal in found["newClient"]]


def test_totals_are_exact_and_count_open_deals_of_the_direction_alone(office: Office) -> None:
    for amount in ("0.10", "0.20", "999999999999.99"):
        kept(office, values={"limit": amount})
    kept(office)
    kept(office, stage="collectingDocuments", values={"limit": "5.00"})
    kept(office, stage="lost", closed_at=NOW, values={"limit": "7.00"})
    kept(office, direction="claims", stage="registered", values={"claimAmount": "9.00"})

    with office.database.reading() as store:
        totals = store.board.totals(EVERYTHING)

    assert totals == {
        "newClient": ColumnTotal(4, Decimal("1000000000000.29")),
        "collectingDocuments": ColumnTotal(1, Decimal("5.00")),
    }


def test_total_follows_a_changed_field(office: Office) -> None:
    deal_id = kept(office, values={"limit": "1.00"})
    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        deal.record(Change(Kind.FIELD, "limit", "1.00", None))
        del deal.values["limit"]
        store.deals.save(deal, ACTOR)

    with office.database.reading() as store:
        assert store.board.totals(EVERYTHING)["newClient"] == ColumnTotal(1, Decimal(0))


def test_a_reader_counts_each_deal_once_whatever_the_reasons(office: Office) -> None:
    own = kept(office, values={"limit": "1.00"})
    by_task = kept(office, manager="other", values={"limit": "2.00"})
    kept(office, manager="other", values={"limit": "4.00"})
    wanted = DealFilter(direction="newClients", open=True, readable_by=MANAGER, also=(own, by_task))

    with office.database.reading() as store:
        totals = store.board.totals(wanted)

    assert totals == {"newClient": ColumnTotal(2, Decimal("3.00"))}
    assert column(office, wanted) == [by_task, own]


def test_pages_follow_each_other_while_deals_move(office: Office) -> None:
    deals = [kept(office, minutes) for minutes in (0, 1, 1, 2, 3)]
    first = column(office, EVERYTHING, limit=2)
    with office.database.writing() as store:
        moved = store.deals.get(deals[3])  # the last one of the first page
        moved.record(Change(Kind.STAGE, "", moved.stage, "collectingDocuments"))
        moved.stage = "collectingDocuments"
        store.deals.save(moved, ACTOR)

    rest = column(office, EVERYTHING, after=Place(NOW + timedelta(minutes=2), 4), limit=10)

    assert first == [deals[4], deals[3]]
    assert rest == [deals[2], deals[1], deals[0]]


def test_contacts_are_found_however_they_are_typed_and_follow_changes(office: Office) -> None:
    values = {"contactPhone": "8 (495) 123-45-67", "contactEmail": "Ivan@Example.ru"}
    deal_id = kept(office, values=values)

    def found(**typed: str) -> list[str]:
        (key,) = contact_keys(typed)
        with office.database.reading() as store:
            page = store.deals.page(DealFilter(contact=key), after=None, limit=5)
        return [deal.id for deal in page]

    assert found(contactPhone="+7 495 1234567") == [deal_id]
    assert found(contactEmail="ivan@EXAMPLE.ru") == [deal_id]
    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        deal.record(Change(Kind.FIELD, "contactPhone", values["contactPhone"], "+7 812 765-43-21"))
        deal.values["contactPhone"] = "+7 812 765-43-21"
        store.deals.save(deal, ACTOR)
    assert found(contactPhone="84951234567") == []
    assert found(contactPhone="88127654321") == [deal_id]
    assert found(contactEmail="ivan@example.ru") == [deal_id]


@pytest.mark.parametrize("wanted", [EVERYTHING, OWN], ids=["head", "manager"])
@pytest.mark.parametrize("what", ["totals", "cards"])
def test_no_column_reads_closed_deals_or_sorts(
    office: Office, wanted: DealFilter, what: str
) -> None:
    """Every part of the board is a range of an index of open deals; what one reads by tasks and
    decisions is looked up by id."""
    statements: list[tuple[str, Any]] = []
    event.listen(
        office.database._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, given, *_: statements.append((statement, given)),
    )
    with office.database.reading() as store:
        if what == "totals":
            store.board.totals(wanted)
        else:
            store.board.cards(wanted, STAGES, after=Place(NOW, 5), limit=10)
    statement, given = statements[1] if statements[0][0].startswith("BEGIN") else statements[0]
    engine = connect(office.database._engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        prefix = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        rows = connection.exec_driver_sql(prefix + statement, given).all()
    engine.dispose()
    plan = "\n".join(str(row) for row in rows)

    assert "Seq Scan on deals" not in plan
    assert not re.search(r"SCAN deals(?! USING)", plan), plan
    index = "ix_deals_board" if wanted == EVERYTHING else "ix_deals_own_board"
    assert index in plan, plan
    if wanted == EVERYTHING and what == "cards":
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_the_migration_fills_sums_of_open_deals_and_contacts_of_all(office: Office) -> None:
    values = {
        "limit": "1234567.80",
        "contactPhone": "8 (495) 123-45-67",
        "contactEmail": "Ivan@Example.ru",
    }
    opened = kept(office, values=values)
    closed = kept(office, stage="lost", closed_at=NOW, values={"contactPhone": "123-45"})
    kept(office, values={"limit": "7"})
    kept(office)
    engine = connect(office.database._engine.url.render_as_string(hide_password=False))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    for act, version in ((command.downgrade, "0018"), (command.upgrade, "head")):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            act(config, version)

    with engine.connect() as connection:
        amounts = connection.execute(text("SELECT id, amount FROM deals ORDER BY number")).all()
        keys = connection.execute(text("SELECT key, number FROM deal_contacts")).all()
    engine.dispose()
    assert [amount for _, amount in amounts] == [123456780, None, 700, None]
    assert set(map(tuple, keys)) == {
        (key, int(deal_id.rpartition("-")[2]))
        for deal_id, known in ((opened, values), (closed, {"contactPhone": "123-45"}))
        for key in contact_keys(known)
    }
