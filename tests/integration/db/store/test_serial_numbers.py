"""Repairs found by serial number, and the migration that fills the column, on both databases."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from db.store.database import connect
from db.store.schema import MIGRATIONS
from tests.support.builders import a_deal
from tests.support.fakes.ports import Office

BEFORE = "0015"


@pytest.fixture
def place(office: Office, office_url: str) -> tuple[Office, str]:
    return office, office_url


def keep(office: Office, direction: str, stage: str, serial: str) -> str:
    values = {"serialNumber": serial}
    return office.keep(a_deal(direction=direction, stage=stage, values=values))


def found(office: Office, serial: str) -> list[str]:
    with office.database.reading() as store:
        return [deal.id for deal in store.deals.of_serial(serial, limit=20)]


def test_a_machine_is_found_however_its_number_is_spaced(place: tuple[Office, str]) -> None:
    office, _ = place
    first = keep(office, "paidService", "repair", "pit 2024-381")
    second = keep(office, "warrantyService", "repair", " PIT2024-381")
    keep(office, "paidService", "repair", "PIT2024-382")

    assert found(office, "PIT2024-381") == [second, first]


def test_the_migration_fills_the_numbers_of_service_deals(place: tuple[Office, str]) -> None:
    office, url = place
    known = keep(office, "paidService", "repair", "pit 2024-381")
    office.keep(a_deal())
    engine = connect(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    for act, version in ((command.downgrade, BEFORE), (command.upgrade, "head")):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            act(config, version)

    assert found(office, "PIT2024-381") == [known]
    with engine.connect() as connection:
        filled = connection.execute(text("SELECT count(*) FROM deals WHERE serial IS NOT NULL"))
        assert filled.scalar_one() == 1
    engine.dispose()
