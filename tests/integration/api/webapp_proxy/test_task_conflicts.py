"""Concurrent actions on one task, with the real engine on each database."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests

from tests.integration.api.webapp_proxy.doorway import an_application
from tests.support.engine.harness import RunningEngine, Tasklist, deploy_probe, running_engine
from tests.support.servers.postgres import new_database, server_or_skip

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = pytest.mark.engine

AT_ONCE, ROUNDS = 20, 6
SECRETS = {f"{name}_password": "Aa1-Quite-Secret-2026" for name in ("admin", "worker", "api")}
ENGLISH = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture(scope="module")
def engine_on_postgres() -> Iterator[RunningEngine]:
    with server_or_skip() as address:
        new_database(address, "camunda")
        plain = address.replace("postgresql+psycopg://pit@", "jdbc:postgresql://")
        settings: dict[str, Any] = {
            "db_url": f"{plain}/camunda",
            "db_user": "pit",
            "db_password": "any",
        }
        secrets: dict[str, Any] = {**SECRETS, "deploy_password": "Aa1-Quite-Secret-2026"}
        with running_engine(profile="postgres", **settings, **secrets) as running:
            deploy_probe(running.as_service("svcDeploy"))
            yield running


@pytest.fixture(scope="module", params=["h2", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> RunningEngine:
    wanted = {"h2": "bare_engine", "postgres": "engine_on_postgres"}[request.param]
    running: RunningEngine = request.getfixturevalue(wanted)
    return running


@pytest.fixture(scope="module")
def front(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("races")
    secret = engine.secrets.api
    with an_application(directory, engine.webapp_url, engine_password=secret) as (url, _):
        yield url


def a_task(engine: RunningEngine, deal: str) -> str:
    engine.as_service("svcWorker").start("probe", deal, {"clientName": "ООО «Сад»", "nextMove": 1})
    (task,) = engine.admin.tasks(business_key=deal)
    return task.id


def at_once(
    people: list[Tasklist], path: str, body: dict[str, Any] | None = None
) -> list[requests.Response]:
    """Send the same request of all people at once."""
    start = Barrier(len(people))

    def press(person: Tasklist) -> requests.Response:
        start.wait(30)
        sent = {"variables": {}} if body is None else body
        return person.request("POST", path, json=sent)

    with ThreadPoolExecutor(len(people)) as hands:
        return list(hands.map(press, people))


def windows_of(engine: RunningEngine, front: str, login: str, count: int) -> list[Tasklist]:
    """Clients that share one session, like windows of one browser."""
    first = engine.as_user(login, front)
    windows = [first]
    for _ in range(count - 1):
        window = Tasklist.__new__(Tasklist)
        window.url, window.login, window.session = first.url, login, requests.Session()
        window.session.cookies.update(first.session.cookies)
        windows.append(window)
    return windows


def told(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]


def test_of_many_presses_of_one_person_one_counts_and_the_others_read_so(
    engine: RunningEngine, front: str
) -> None:
    windows = windows_of(engine, front, "lawyer1", AT_ONCE)
    seen: Counter[tuple[int, str]] = Counter()
    said = set()

    for number in range(ROUNDS):
        task = a_task(engine, f"R-1-{number}")
        windows[0].claim(task)
        answers = at_once(windows, f"/task/{task}/submit-form")
        seen.update(map(told, answers))
        said |= {answer.json()["message"] for answer in answers if answer.status_code != 204}
        (left,) = engine.admin.tasks(business_key=f"R-1-{number}")
        assert left.key == "Task_Manager"

    assert seen == {(204, ""): ROUNDS, (409, "TASK_DONE"): ROUNDS * (AT_ONCE - 1)}
    assert said == {"Вы уже выполнили эту задачу, повторять не нужно. Обновите список задач."}


def test_of_two_people_at_an_untaken_task_one_is_told_that_it_is_done(
    engine: RunningEngine, front: str
) -> None:
    people = [engine.as_user(login, front) for login in ("lawyer1", "lawyer2")] * 5
    seen: Counter[tuple[int, str]] = Counter()

    for number in range(ROUNDS):
        task = a_task(engine, f"R-2-{number}")
        seen.update(map(told, at_once(people, f"/task/{task}/submit-form")))

    assert seen == {(204, ""): ROUNDS, (409, "TASK_CHANGED"): ROUNDS * (len(people) - 1)}


def test_one_of_many_takes_a_task_and_taking_it_twice_is_no_trouble(
    engine: RunningEngine, front: str
) -> None:
    first, second = (windows_of(engine, front, login, 5) for login in ("lawyer1", "lawyer2"))

    for number in range(ROUNDS):
        task = a_task(engine, f"R-3-{number}")
        start = Barrier(10)

        def take(person: Tasklist, task: str = task, start: Barrier = start) -> requests.Response:
            start.wait(30)
            return person.claim(task)

        with ThreadPoolExecutor(10) as hands:
            answers = list(zip([*first, *second], hands.map(take, [*first, *second]), strict=True))
        held = engine.admin.task(task)
        assert held is not None
        taken = held.assignee
        assert taken in ("lawyer1", "lawyer2")
        for person, answer in answers:
            wanted = (204, "") if person.login == taken else (409, "TASK_TAKEN")
            assert told(answer) == wanted


def test_no_answer_about_a_task_speaks_english(engine: RunningEngine, front: str) -> None:
    task = a_task(engine, "R-4")
    lawyer, driver = (engine.as_user(login, front) for login in ("lawyer1", "driver1"))
    lawyer.claim(task)
    lawyer.complete(task)
    reads = ("", "/form", "/deployed-form", "/form-variables", "/comment")
    open_task = a_task(engine, "R-5")

    answers = {
        (path, name): person.request("GET", f"/task/{one}{path}")
        for path in reads
        for name, person, one in (("late", lawyer, task), ("stranger", driver, open_task))
    }
    for name, person, one in (("late", lawyer, task), ("stranger", driver, open_task)):
        answers["claim", name] = person.claim(one)
        answers["comment", name] = person.request(
            "POST", f"/task/{one}/comment/create", json={"message": "Жду"}
        )
        answers["complete", name] = person.complete(one)
        answers["unknown", name] = person.request("GET", f"/task/{one[:-1]}0/form")
    answers["process", "late"] = lawyer.request("GET", "/process-instance/11111111-2222")
    answers["list", "late"] = lawyer.request("POST", "/filter/none/list", json={})

    refused = {what: answer for what, answer in answers.items() if not answer.ok}
    english = {
        what: answer.text
        for what, answer in refused.items()
        if ENGLISH.search(answer.json()["message"])
    }
    assert english == {}
    assert {what: a.status_code for what, a in refused.items() if a.status_code >= 500} == {}
    assert {("form", "late"), ("complete", "late"), ("complete", "stranger")} <= {
        (path.removeprefix("/"), name) for path, name in refused
    }
