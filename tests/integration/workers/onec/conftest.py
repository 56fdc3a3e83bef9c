"""Fixtures of the integration with 1C: a simulator with the demo rows and a worker that uses it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.integrations.onec.gateways import open_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.employees import Employee


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def onec(simulator: Running) -> Running:
    """The simulator, reset to the demo rows."""
    simulator.reset()
    return simulator


@pytest.fixture
def office(tmp_path: Path, onec: Running) -> Iterator[Office]:
    """A database with one operator, connected to the simulator."""
    settings = OnecSettings(
        url=onec.publication,
        user=onec.account.login,
        password=SecretStr(onec.account.password),
    )
    people = FakePeople({"onecOperators": [Employee("onecMoscow", "Ольга Зайцева")]})
    with (
        closing(open_gateways(settings)) as gateways,
        an_office(tmp_path, people=people, onec=gateways) as office,
    ):
        yield office
