"""One stack for all tests of the room; what it printed stays beside it."""

import os
from collections.abc import Iterator

import pytest

from tests.compose.stack import NoCompose, Runner, Stack


@pytest.fixture(scope="session")
def runner() -> Runner:
    try:
        return Runner.found()
    except NoCompose as missing:
        pytest.fail(f"`make compose-test` needs containers: {missing}")


@pytest.fixture(scope="session")
def stack(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Built, but not started: the first test starts it and looks at the clock."""
    trusted = os.environ.get("REQUESTS_CA_BUNDLE")
    made = Stack("pit-test", tmp_path_factory.mktemp("stack"), runner, PIT_APIS="2")
    made.down()
    made.build()
    try:
        yield made
    finally:
        for service in ("setup", "engine", "api", "worker", "front", "postgres"):
            for container in made.containers(service):
                (made.home / f"{container}.log").write_text(made.logs(container))
        made.down()
        made.forget_images()
        if trusted is None:
            os.environ.pop("REQUESTS_CA_BUNDLE", None)
        else:
            os.environ["REQUESTS_CA_BUNDLE"] = trusted
