"""Queries and gateways for tests of the integration with 1C."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from db.domain.onec.bindings import BindingKind
from db.domain.onec.differences import OnecRow
from workers.integrations.onec.manual import ManualGateway
from workers.integrations.onec.odata.client import Limits, ODataClient
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.profile import Profile
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec import (
    DocumentKind,
    Found,
    MatchResult,
    NumberQuery,
    OnecGateway,
    OnecGateways,
    OnecRecord,
)

TODAY = date(2026, 11, 23)
SINCE = date(2026, 1, 1)


@dataclass
class FakeGateway:
    """Returns the given result from `find`; an exception is raised."""

    result: MatchResult | Exception
    verifies: bool = True

    def find(self, query: NumberQuery) -> MatchResult:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise AssertionError("no row is fetched in this test")

    def check(self) -> None: ...

    def close(self) -> None: ...


def manual_gateways() -> OnecGateways:
    """Gateways for a worker without a configured 1C."""
    return OnecGateways.build(ManualGateway, ManualGateway(BindingKind.ITEM))


def fake_contracts(result: MatchResult | Exception) -> OnecGateways:
    """Gateways whose contracts have this result."""
    return OnecGateways.build(
        lambda kind: FakeGateway(result) if kind is BindingKind.CONTRACT else ManualGateway(kind),
        ManualGateway(BindingKind.ITEM),
    )


@contextmanager
def a_gateway(
    kind: DocumentKind,
    onec: Running,
    profile: Profile,
    organization_inn: str | None = None,
    *,
    allowed_only: bool = False,
    **limits: Any,
) -> Iterator[ODataGateway]:
    """Open a gateway to the simulator."""
    with a_client(onec, allowed_only=allowed_only, **limits) as client:
        yield ODataGateway(
            kind, client, profile, organization_inn=organization_inn, today=lambda: TODAY
        )


def a_client(onec: Running, *, allowed_only: bool = False, **limits: Any) -> ODataClient:
    """Open a client of the simulator."""
    return ODataClient(
        onec.publication,
        onec.account.login,
        onec.account.password,
        limits=Limits(**dict[str, Any]({"read": 10, "pause": timedelta(milliseconds=1)} | limits)),
        allowed_only=allowed_only,
    )


def find(gateway: OnecGateway, inn: str, number: str, **more: Any) -> MatchResult:
    """Find a number; shipments since `SINCE`."""
    return gateway.find(NumberQuery(**{"inn": inn, "number": number, "since": SINCE, **more}))


def found(result: MatchResult) -> OnecRecord:
    """Return the record of a successful match."""
    assert isinstance(result, Found), result
    return result.record
