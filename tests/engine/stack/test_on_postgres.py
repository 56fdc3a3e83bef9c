"""The same suite with engine and deals on PostgreSQL, by settings alone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests

from ops.demo.employee import Employee
from ops.demo.scenario import Story, play
from tests.engine.processes.fulfillment import ARRIVALS, a_story, ready_to_go, won
from tests.support.engine.harness import historic_instances
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.suite.running import PASSWORD, running_suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.postgres]

PRESSES = 20
SECRETS = dict.fromkeys(("admin", "worker", "api", "deploy"), "Aa1-Quite-Secret-2026")


def test_a_new_client_is_approved_and_every_route_walked_on_postgresql(tmp_path: Path) -> None:
    with server_or_skip() as address:
        _play_on(address, tmp_path / "data")


def _play_on(address: Any, data: Any) -> None:
    new_database(address, "camunda")
    plain = address.replace("postgresql+psycopg://pit@", "jdbc:postgresql://")
    settings = {
        "DATABASE_URL": new_database(address, "deals"),
        "ENGINE_PROFILE": "postgres",
        "ENGINE_DB_URL": f"{plain}/camunda",
        "ENGINE_DB_USER": "pit",
        "ENGINE_DB_PASSWORD": "any",
        **{f"ENGINE_{name.upper()}_PASSWORD": secret for name, secret in SECRETS.items()},
    }
    with running_suite(data, settings) as suite:
        suite.secrets.update(SECRETS)
        deal_id = play(Story(suite.url, PASSWORD, suite.onec, lambda _: None))

        eventually(lambda: not suite.engine.root_instances(deal_id))
        assert historic_instances(suite.engine, deal_id)
        for direction, arrive in ARRIVALS.items():
            story = ready_to_go(a_story(suite, direction))
            arrive(story)
            won(suite, story)
        _one_press_of_many_counts(suite)


def _one_press_of_many_counts(suite: Any) -> Any:
    """The head's yes, sent by many windows at one moment."""
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.until_approval()
    head = story("head")
    task = head.task(story.deal_id, "Task_ReviewTerms")
    head.claim(task)
    start, cookies = Barrier(PRESSES), head.session.cookies.copy()

    def press(_: Any) -> Any:
        window = Employee.__new__(Employee)
        window.login, window.url, window.session = head.login, head.url, requests.Session()
        window.session.cookies.update(cookies)
        start.wait(60)
        answer = window.submit(task, decision="approved", comment="", edits="")
        return answer.status_code, answer.text and answer.json()["code"]

    with ThreadPoolExecutor(PRESSES) as hands:
        told = Counter(hands.map(press, range(PRESSES)))

    assert told == {(204, ""): 1, (409, "TASK_DONE"): PRESSES - 1}
    story("accountant").task(story.deal_id, "Task_DecideContract")
