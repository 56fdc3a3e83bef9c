"""Fixtures of the integration with 1C: a simulated infobase per configuration and its gateways."""

from collections.abc import Iterator

import pytest

from db.domain.onec.bindings import BindingKind
from tests.support.fakes.onec import a_gateway
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import PROFILES, UT11, Profile
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.running import Running, running


@pytest.fixture(scope="module", params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


@pytest.fixture(scope="module")
def infobase(profile: Profile) -> Iterator[Running]:
    """The simulator with the demo of the profile's configuration."""
    with running(Infobase("ut11" if profile is UT11 else "bp30")) as simulator:
        yield simulator


@pytest.fixture
def onec(infobase: Running) -> Running:
    """The simulator, reset to the demo."""
    infobase.reset()
    return infobase


@pytest.fixture
def contracts(onec: Running, profile: Profile) -> Iterator[ODataGateway]:
    with a_gateway(BindingKind.CONTRACT, onec, profile) as gateway:
        yield gateway


@pytest.fixture
def shipments(onec: Running, profile: Profile) -> Iterator[ODataGateway]:
    with a_gateway(BindingKind.SHIPMENT, onec, profile) as gateway:
        yield gateway
