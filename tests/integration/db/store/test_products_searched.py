"""New products in the search texts of deals, and the migration that adds them."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from db.ports.deals import DealFilter
from db.store.database import connect
from db.store.schema import MIGRATIONS
from tests.support.builders import a_deal
from tests.support.fakes.ports import Office

BEFORE = "0017"
PRODUCT = {
    "productName": "Мотобур Садовый",
    "manufacturerCode": "MB-52",
    "barcode": "4600000000523",
}


@pytest.fixture
def place(office: Office, office_url: str) -> tuple[Office, str]:
    return office, office_url


def keep(office: Office, direction: str, stage: str) -> str:
    return office.keep(a_deal(direction=direction, stage=stage, values=PRODUCT))


def found(office: Office, words: str) -> list[str]:
    with office.database.reading() as store:
        return [deal.id for deal in store.deals.page(DealFilter(text=words), after=None, limit=9)]


def test_the_migration_adds_the_products_of_one_direction(place: tuple[Office, str]) -> None:
    office, url = place
    product = keep(office, "newProduct", "application")
    for words in ("мотобур", "mb-52", "4600000000523"):
        assert found(office, words) == [product]
    engine = connect(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, BEFORE)
    with engine.begin() as connection:
        connection.execute(text("UPDATE deals SET search = lower(id)"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    assert found(office, "мотобур mb-52") == [product]
    assert found(office, product.lower()) == [product]
    engine.dispose()
