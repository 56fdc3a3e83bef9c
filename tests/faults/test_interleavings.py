"""More interleavings than a commit has time for; FAULTS_SEEDS="1 2 3" plays those again."""

import os
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.suite.interleaving import CLIENTS, Shop, a_shop, interleave
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEEDS = [int(seed) for seed in os.environ.get("FAULTS_SEEDS", "11 12 13 14 15 16").split()]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.mark.parametrize("seed", SEEDS)
def test_a_long_interleaving_ends_at_tasks_that_fit(shop: Shop, seed: int) -> None:
    deals = interleave(shop, seed, times=60)

    for deal in deals:
        eventually(partial(shop.fits, deal))
    assert not set(deals) & shop.audited().keys()
    for deal in deals[:CLIENTS]:
        assert shop.rounds(deal).count("open") == (shop.stage_of(deal) == "termsApproval")
