"""Sixty deals in a storm: nothing that was acknowledged is lost, doubled or left standing."""

import hashlib
import json
import os
import sqlite3
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.faults.auditor import audit
from tests.faults.crowd import ALL, Crowd, Ledger, Machine
from tests.faults.evidence import Evidence, Row, of_engine, of_sqlite
from tests.faults.lossy_link import lossy_link
from tests.faults.site import Site
from tests.faults.storm import Storm, a_token

SEEDS = [int(seed) for seed in os.environ.get("FAULTS_SEEDS", "1 2 3").split()]
DEALS = int(os.environ.get("FAULTS_DEALS", "60"))
THREADS = 8
RAGE = 300.0  # seconds, on a machine that is busy with other things too
DRAIN = 120.0  # seconds
LATE = 10.0  # seconds after the first audit in which frozen things may still wake up

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_storm_every_deal_is_where_it_was_promised_to_be(seed: int, tmp_path: Path) -> None:
    with lossy_link("http://127.0.0.1:9", seed) as link:
        site = Site(tmp_path / "site", link)
        try:
            site.start()
            machine = Machine(site, a_machine(site), Ledger())
            crowd = Crowd(
                site,
                machine,
                deals=DEALS,
                threads=THREADS,
                seed=seed,
                kinds=ALL,
                letters=site.letters,
            )
            storm = Storm(site, machine, seed)

            crowd.begin()
            storm.rage(RAGE)
            site.heal()
            crowd.go_home()
            drained = drain(site)
            first = audit(evidence(site, machine.ledger))
            time.sleep(LATE)
            second = audit(evidence(site, machine.ledger))

            told = report(seed, site, crowd, storm, drained)
            assert (first, second, machine.ledger.doubled) == ([], [], []), told
            assert link.lost["complete"], "no answer of a completion was lost: the storm was none"
            assert len(storm.fired) == len(storm.faults), "not every fault was fired"
        finally:
            site.stop()


def a_machine(site: Site) -> str:
    """A token for the site's program, put where `manage.py token` puts it."""
    secret, now = a_token(), datetime.now(UTC).replace(tzinfo=None)
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    with sqlite3.connect(site.database, timeout=20) as rows:
        rows.execute(
            "INSERT INTO tokens (id, name, secret_hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)",
            (str(uuid.uuid4()), "storm", hashed, '["deals:read", "deals:write"]', str(now)),
        )
    return secret


def evidence(site: Site, ledger: Ledger) -> Evidence:
    found = Evidence(dict(ledger.acknowledged), set(ledger.unknown))
    of_sqlite(site.database, site.data / "files", found)
    return of_engine(site.engine, site.administrator, found)


def drain(site: Site) -> float:
    """Wait until no step of the system or of the engine is under way and the outbox is empty.

    Returns: seconds. What a killed engine had in hand takes a minute.
    """
    began, quiet = time.monotonic(), 0
    last: list[str] = []
    while quiet < 3:
        left = waiting(site)
        assert time.monotonic() - began < DRAIN, f"not drained after {DRAIN:.0f} s: {left}"
        last, quiet = (left, 0) if left else (last, quiet + 1)
        time.sleep(0.5)
    print(f"drained last: {', '.join(last) or 'nothing was left'}")
    return time.monotonic() - began


def waiting(site: Site) -> list[str]:
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True, timeout=20) as rows:
        left = rows.execute("SELECT deal_id FROM outbox WHERE delivered_at IS NULL").fetchall()
    steps = _asked(site, "/external-task")
    jobs = _asked(site, "/job?messages=true&withRetriesLeft=true")
    under_way = [
        f"{step['topicName']} of {step['businessKey']}, {step['retries']} retries left"
        for step in steps
        if step["retries"] != 0
    ]
    in_hand = [f"job of {job['processInstanceId']}" for job in jobs]
    return [*(f"outbox of {deal}" for (deal,) in left), *under_way, *in_hand]


def _asked(site: Site, path: str) -> list[Row]:
    return list(requests.get(site.engine + path, auth=site.administrator, timeout=20).json())


def report(seed: int, site: Site, crowd: Crowd, storm: Storm, drained: float) -> str:
    """One line of figures per storm, printed and kept beside the logs."""
    figures = {
        "seed": seed,
        "deals": len(crowd.machine.ledger.acknowledged),
        "unknown": len(crowd.machine.ledger.unknown),
        "reached their planned end": crowd.finished,
        "faults": [[f.fault, round(f.lasted, 1), round(f.recovered_after, 1)] for f in storm.fired],
        "answers lost": dict(site.link.lost),
        "refusals people met": dict(crowd.refused.most_common(12)),
        "drained after": round(drained, 1),
    }
    text = json.dumps(figures, ensure_ascii=False)
    (site.data / "report.json").write_text(text)
    print(text)
    return text
