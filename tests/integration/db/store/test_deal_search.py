"""Search of deals by text and lists by one column: results and indexes on both databases."""

import re
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, text

from db.domain.deals.history import Actor, Cause, Change, Kind
from db.ports.deals import DealFilter
from db.store.database import connect
from db.store.schema import MIGRATIONS
from tests.support.builders import MANAGER, a_deal
from tests.support.fakes.ports import Office
from tests.support.servers.schemas import deals_database

ACTOR = Actor(MANAGER, Cause.API)
INDEX = "SELECT 'ix_deals_search'::regclass::oid::bigint"
TRIGRAMS = {"sqlite": "deals_search VIRTUAL TABLE INDEX", "postgresql": "ix_deals_search"}
FILTERS = [
    DealFilter(),
    DealFilter(direction="newClients"),
    DealFilter(stage="newClient"),
    DealFilter(manager=MANAGER),
    DealFilter(inn="5001007322"),
    DealFilter(open=True),
    DealFilter(text="ёлк"),
    DealFilter(text="ёлк", readable_by=MANAGER),
    DealFilter(readable_by=MANAGER, directions=("newClients",), also=("D-2026-00001",)),
]


def found(office: Office, words: str, **given: Any) -> list[str]:
    wanted = DealFilter(text=words, **given)
    with office.database.reading() as store:
        return [deal.id for deal in store.deals.page(wanted, after=None, limit=10)]


def kept(office: Office, counterparty: str) -> str:
    return office.keep(a_deal(values={"counterparty": counterparty}))


def test_every_word_is_found_anywhere_in_any_case_newest_first(office: Office) -> None:
    first = kept(office, 'ООО «Ёлки-палки» "Юг" 50%_')
    second = kept(office, "ИП Ёлкина OR NOT")
    kept(office, "Сосна")

    assert found(office, "ёлК") == [second, first]
    assert found(office, "лки ооо") == [first]
    assert found(office, "юг ЁЛК") == [first]
    assert found(office, "юг") == [first]
    assert found(office, "ип ё") == [second]
    assert found(office, '"юг"') == [first]
    assert found(office, "50%_") == [first]
    assert found(office, "ёлкина or not") == [second]
    assert found(office, "палк* ") == []
    assert found(office, "берёза") == []
    assert found(office, second) == [second]
    assert found(office, "ёлк", readable_by="stranger") == []
    assert found(office, "ёлк", readable_by=MANAGER) == [second, first]


def test_reader_sees_the_newest_of_what_each_reason_allows(office: Office) -> None:
    own = kept(office, "Ёлка своя")
    headed = office.keep(a_deal(manager="other", values={"counterparty": "Ёлка"}))
    by_task = office.keep(a_deal(manager="other", direction="service", stage="s"))
    given: dict[str, Any] = {"readable_by": MANAGER, "directions": ("newClients",)}

    assert found(office, "", **given) == [headed, own]
    assert found(office, "", **given, also=(by_task, own)) == [by_task, headed, own]
    assert found(office, "ёлка", **given, also=(by_task, own)) == [headed, own]


def test_reasons_for_access_are_asked_only_where_they_can_hold(office: Office) -> None:
    own = kept(office, "Ёлка своя")
    headed = office.keep(a_deal(manager="other", values={"counterparty": "Ёлка"}))
    service = office.keep(a_deal(manager="other", direction="service", stage="s"))
    given: dict[str, Any] = {"readable_by": MANAGER, "directions": ("newClients", "service")}
    statements: list[str] = []
    event.listen(
        office.database._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )

    assert found(office, "", **given, manager="other") == [service, headed]
    assert found(office, "", **given, direction="service") == [service]
    assert found(office, "", **given, manager=MANAGER) == [own]
    assert found(office, "", readable_by=MANAGER, manager="other") == []
    assert found(office, "ёлка", **given) == [headed, own]
    lists = [statement for statement in statements if "ORDER BY" in statement]
    # SQLite asks for all directions at once, and walks through the matches of a search once.
    on_sqlite = office.database._engine.dialect.name == "sqlite"
    unions = [1, 2, 2, 0, 0] if on_sqlite else [2, 2, 3, 0, 3]
    assert [statement.count("UNION") for statement in lists] == unions


def test_changed_deal_is_found_by_its_new_words_only(office: Office) -> None:
    deal_id = kept(office, "Берёза")

    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        deal.record(Change(Kind.FIELD, "counterparty", "Берёза", "Осина"))
        deal.values["counterparty"] = "Осина"
        store.deals.save(deal, ACTOR)

    assert found(office, "осина") == [deal_id]
    assert found(office, "берёза") == []


def test_next_page_of_a_search_begins_after_the_last_deal(office: Office) -> None:
    deals = [kept(office, f"Ёлка {number}") for number in range(5)]

    with office.database.reading() as store:
        page = store.deals.page(DealFilter(text="ёлка"), after=deals[3], limit=2)

    assert [deal.id for deal in page] == [deals[2], deals[1]]


@pytest.mark.postgres
@pytest.mark.parametrize("is_valid", [True, False], ids=["ready", "interrupted"])
def test_the_migration_keeps_an_index_that_was_built_before(postgres: str, is_valid: bool) -> None:
    engine, config = connect(deals_database(postgres)), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0011")
    with engine.begin() as connection:
        for statement in (
            "CREATE INDEX ix_deals_search ON deals USING gin (search gin_trgm_ops)",
            f"UPDATE pg_index SET indisvalid = {is_valid} "
            "WHERE indexrelid = 'ix_deals_search'::regclass",
        ):
            connection.execute(text(statement))
        built = connection.scalar(text(INDEX))

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    with engine.connect() as connection:
        now, valid = connection.execute(
            text(
                "SELECT indexrelid::bigint, indisvalid FROM pg_index "
                "WHERE indexrelid = 'ix_deals_search'::regclass"
            )
        ).one()
    engine.dispose()
    assert valid
    assert (now == built) is is_valid


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_no_list_reads_the_whole_table(office: Office, wanted: DealFilter) -> None:
    statements: list[tuple[str, Any]] = []
    engine = connect(office.database._engine.url.render_as_string(hide_password=False))
    event.listen(
        office.database._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, given, *_: statements.append((statement, given)),
    )
    with office.database.reading() as store:
        store.deals.page(wanted, after=None, limit=10)
    statement, given = next(one for one in statements if "ORDER BY" in one[0])

    with engine.begin() as connection:
        kind = connection.dialect.name
        if kind == "postgresql":  # a small table is read whole, whatever indexes there are
            for kind_of_scan in ("seqscan", "indexscan") if wanted.text else ("seqscan", "sort"):
                connection.execute(text(f"SET LOCAL enable_{kind_of_scan} = off"))
        prefix = "EXPLAIN " if kind == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = "\n".join(
            str(row) for row in connection.exec_driver_sql(prefix + statement, given).all()
        )
    engine.dispose()

    assert "Seq Scan on deals" not in plan
    assert not re.search(r"SCAN deals(?! USING| VIRTUAL|_search)", plan) or wanted == DealFilter()
    if wanted.readable_by is None:  # else only some pages are sorted
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan or wanted.text
    if wanted.text:
        assert TRIGRAMS[kind] in plan
