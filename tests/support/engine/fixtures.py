"""One engine for all tests that only need its people and rights; a plugin, so it starts once."""

from collections.abc import Iterator

import pytest

from tests.support.engine.harness import RunningEngine, deploy_probe, running_engine


@pytest.fixture(scope="session")
def bare_engine() -> Iterator[RunningEngine]:
    """An engine with the demo people and one small process, `probe`, but without our diagrams."""
    with running_engine() as running:
        deploy_probe(running.as_service("svcDeploy"))
        yield running
