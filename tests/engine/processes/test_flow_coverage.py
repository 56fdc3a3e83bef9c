"""The proof that every line of every diagram was walked, kept for the end of the run."""

import pytest

from tests.support.engine.flow_coverage import coverage
from tests.support.suite.running import RunningSuite

pytestmark = pytest.mark.engine


def test_every_flow_of_every_diagram_was_taken(suite: RunningSuite) -> None:
    assert coverage(suite.engine).missing() == {}
