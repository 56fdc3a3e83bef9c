"""Whatever happens to a deal at the same time, its process comes to the tasks that fit its stage.

A suite of its own: its worker is paused and killed, its engine killed, an earlier diagram deployed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import deploy
from bpmn.model.diagrams import DIRECTORY
from db.store.database import connect
from tests.support.suite.interleaving import CLIENTS, Shop, a_shop, interleave, reject
from tests.support.suite.running import ROOT
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
EARLIER = Path(__file__).parent / "earlier" / "new-client.bpmn"
"""The diagram that led every new process to «Собрать документы»."""
SEEDS = (1, 2)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture
def paused(shop: Shop) -> Iterator[Shop]:
    """The worker hears nothing until it is told to go on."""
    shop.pause()
    yield shop
    shop.resume()


def test_a_deal_moved_before_its_process_is_registered_gets_the_tasks_of_its_stage(
    paused: Shop,
) -> None:
    asked, lost, early = paused.new_client(), paused.new_client(), paused.new_client()
    sold, cancelled = paused.retail(), paused.retail()
    paused.move(asked, "collectingDocuments", "termsApproval")
    paused.move(lost, "collectingDocuments", "termsApproval")
    paused.move(early, "collectingDocuments")
    for deal in (lost, cancelled):
        paused.lose(deal)

    paused.resume()

    for deal in (asked, lost, early, sold, cancelled):
        eventually(partial(paused.fits, deal))
    assert paused.open_tasks(asked) == ["Task_ReviewTerms"]
    assert paused.rounds(asked) == ["open"]
    assert "open" not in paused.rounds(lost)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_interleaving_of_moves_and_failures_ends_at_tasks_that_fit(
    shop: Shop, seed: int
) -> None:
    deals = interleave(shop, seed)

    for deal in deals:
        eventually(partial(shop.fits, deal))
    assert not set(deals) & shop.audited().keys()
    for deal in deals[:CLIENTS]:
        assert shop.rounds(deal).count("open") == (shop.stage_of(deal) == "termsApproval")


def manage(shop: Shop, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(shop.suite.data)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def forget_moves(shop: Shop, deal: str) -> None:
    """The outbox rows were delivered, as they were before anybody looked where the process is."""
    database = connect(f"sqlite:///{shop.suite.data / 'deals.sqlite3'}")
    with database.begin() as connection:
        query = (
            "UPDATE outbox SET delivered_at = created_at WHERE kind = 'message' AND deal_id = :d"
        )
        connection.execute(text(query), {"d": deal})
    database.dispose()


def a_lost_approval(shop: Shop) -> str:
    """A deal at «Условия согласования» whose process of an earlier diagram collects documents."""
    shop.pause()
    deal = shop.new_client()
    shop.move(deal, "collectingDocuments", "termsApproval")
    forget_moves(shop, deal)
    shop.resume()
    eventually(lambda: shop.open_tasks(deal) == ["Task_CollectDocuments"])
    return deal


def test_deals_of_an_earlier_diagram_are_woken_found_and_cured(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(DIRECTORY, tmp_path / "processes")
    shutil.copy(EARLIER, tmp_path / "processes")
    deployer = Engine(shop.suite.engine.url, "svcDeploy", shop.suite.secrets["deploy"])
    deploy(deployer, tmp_path / "processes")
    shop.pause()
    woken = shop.new_client()
    shop.move(woken, "collectingDocuments", "termsApproval")
    shop.resume()
    one, other, lost = (a_lost_approval(shop) for _ in range(3))

    eventually(lambda: shop.fits(woken))
    found, told = shop.audited(), manage(shop, "audit")
    single = manage(shop, "repair", one)
    shop.lose(lost)
    every = manage(shop, "repair", "--all")

    assert "ждёт не там: «Собрать документы»" in found[one]
    assert {one, other, lost} <= found.keys()
    assert woken not in found
    assert (told.returncode, f"{one}: {found[one]}" in told.stdout) == (1, True)
    assert "переведён на стадию «Условия согласования»" in single.stdout + single.stderr
    assert f"{other}: Процесс переведён" in every.stdout + every.stderr
    for deal in (one, other, lost):
        eventually(partial(shop.fits, deal))
    assert shop.rounds(one) == ["open"]
    assert not {one, other, lost, woken} & shop.audited().keys()
    moved = [r for r in history(shop, one) if r["kind"] == "process"]
    assert [(r["old"], r["new"]) for r in moved] == [("Task_CollectDocuments", "Task_ApproveTerms")]
    reject(shop, one)
    eventually(lambda: shop.open_tasks(one) == ["Task_RenegotiateTerms"])
    shop.move(one, "termsApproval")
    eventually(lambda: shop.open_tasks(one) == ["Task_ReviewTerms"])


def history(shop: Shop, deal: str) -> list[dict[str, Any]]:
    return list(shop.as_person("GET", f"/deals/{deal}/history").json()["items"])
