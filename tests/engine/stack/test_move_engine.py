"""An installation moves to Operaton with deals at their steps, works there, and moves back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from bpmn.camunda.server.distribution import DistributionName
from ops.demo.employee import Employee
from ops.demo.scenario import Story
from tests.support.deal_driver import STEPS, begun, finished
from tests.support.postgres import new_database, server_or_skip
from tests.support.running_suite import PASSWORD, ROOT, RunningSuite, running_suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(1800)]

SECRET = "Aa1-Quite-Secret-2026"
ACCOUNTS = ("admin", "worker", "api", "deploy")
QUICK = {"WORKER_POLL_SECONDS": "1", "WORKER_RETRY_SECONDS": "1", "WORKER_WATCH_SECONDS": "1"}
SHORT, EVERY = (0, 1, 7), tuple(range(STEPS))


@dataclass
class Installation:
    """A stack with PostgreSQL that is started on one distribution or the other."""

    data: Path
    env: Mapping[str, str]
    deals: dict[int, str] = field(default_factory=dict)
    """Number of completed tasks → deal."""

    @contextmanager
    def running_on(self, distribution: DistributionName) -> Iterator[RunningSuite]:
        env = {**self.env, "ENGINE_DISTRIBUTION": distribution}
        with running_suite(self.data, env) as suite:
            suite.secrets.update(dict.fromkeys(ACCOUNTS, SECRET))
            yield suite

    def manage(self, *command: str, **more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, **self.env, "DATA_DIR": str(self.data), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def move(self, to: DistributionName) -> str:
        """Move it. Returns: what the command said."""
        command = self.manage("move-engine", "--to", to)
        out, _ = command.communicate(timeout=400)
        assert command.returncode == 0, out
        return out


@contextmanager
def installation(data: Path) -> Iterator[Installation]:
    with server_or_skip() as address:
        new_database(address, "engine")
        plain = address.replace("postgresql+psycopg://pit@", "jdbc:postgresql://")
        yield Installation(
            data,
            {
                **QUICK,
                "DATABASE_URL": new_database(address, "deals"),
                "ENGINE_PROFILE": "postgres",
                "ENGINE_DB_URL": f"{plain}/engine",
                "ENGINE_DB_USER": "pit",
                "ENGINE_DB_PASSWORD": "any",
                "DEMO_PASSWORD": PASSWORD,
                **{f"ENGINE_{name.upper()}_PASSWORD": SECRET for name in ACCOUNTS},
            },
        )


def story_of(suite: RunningSuite, deal: str = "") -> Story:
    return Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people, deal_id=deal)


def jobs_of(suite: RunningSuite, deal: str) -> list[dict[str, Any]]:
    """Timers of all processes of the deal."""
    jobs = suite.engine.get("/job", timers="true", sortBy="jobId", sortOrder="asc")
    deals = suite.engine.business_keys(job["processInstanceId"] for job in jobs)
    return [job for job in jobs if deals.get(job["processInstanceId"]) == deal]


def a_timer(suite: RunningSuite) -> tuple[str, str]:
    """Returns: a deal with an open task, and the job of its reminder."""
    story = begun(suite, story_of(suite), 0)
    return story.deal_id, eventually(lambda: jobs_of(suite, story.deal_id))[0]["id"]


def a_step_in_the_hands_of_a_dead_worker(suite: RunningSuite) -> str:
    """Returns: a deal whose system step is locked by a worker that was killed."""
    story = begun(suite, story_of(suite), 1)
    os.kill(suite.state["parts"]["worker"], signal.SIGSTOP)
    story.decides("head", "Task_ReviewTerms", "approved")
    worker = suite.state["parts"]["worker"]
    eventually(lambda: suite.engine.get("/external-task", locked="true"))
    os.kill(worker, signal.SIGKILL)
    return story.deal_id


def groups_of_admin(suite: RunningSuite) -> set[str]:
    return {row["id"] for row in suite.engine.get("/group", member="admin")}


def incidents(suite: RunningSuite, job: str) -> int:
    return int(suite.engine.get("/incident/count", configuration=job)["count"])


def is_suspended(suite: RunningSuite, job: str) -> bool:
    return bool(suite.engine.get(f"/job/{job}")["suspended"])


def ended(session: requests.Session, url: str) -> bool:
    """Tasklist's own REST does not know the session any more."""
    path = f"{url}/camunda/api/engine/engine/default/task/count"
    return session.get(path, timeout=30).status_code == 401


def audited(home: Installation, distribution: DistributionName) -> None:
    command = home.manage("audit", ENGINE_DISTRIBUTION=distribution)
    out, _ = command.communicate(timeout=120)
    assert command.returncode == 0, out


def new_person(suite: RunningSuite, login: str) -> None:
    """A person made by the administrator, in a group of the product."""
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник", "email": ""}
    body = {"profile": profile, "credentials": {"password": PASSWORD}}
    suite.engine.post("/user/create", body)
    suite.engine.put(f"/group/salesManagers/members/{login}", {})


def refused_while_running(home: Installation) -> None:
    command = home.manage("move-engine", "--to", "operaton")
    out, _ = command.communicate(timeout=200)
    assert (command.returncode, "make down" in out) == (1, True), out


def refused_to_start_unmoved(home: Installation) -> None:
    """Operaton does not start on Camunda's database, and says what to do."""
    with pytest.raises(RuntimeError, match="move-engine --to operaton"):
        home.running_on("operaton").__enter__()


def killed_after_the_change(home: Installation) -> None:
    """The command dies when the data are moved and the target's engine is being started."""
    command = home.manage("move-engine", "--to", "operaton")
    assert command.stdout is not None
    said = []
    for line in command.stdout:
        said.append(line)
        if "на время проверки" in line:
            break
    assert any("Перенесено без изменений" in line for line in said), said
    os.killpg(command.pid, signal.SIGKILL)  # its engine too, as the end of a container would
    command.communicate(timeout=30)


def moved_and_back(home: Installation, steps: Sequence[int]) -> None:
    with home.running_on("camunda") as suite:
        for presses in steps:
            home.deals[presses] = begun(suite, story_of(suite), presses).deal_id
        (troubled, stopped), (_, suspended) = a_timer(suite), a_timer(suite)
        suite.engine.put(f"/job/{stopped}/retries", {"retries": 0})
        suite.engine.put(f"/job/{suspended}/suspended", {"suspended": True})
        new_person(suite, "camundaMade")
        session = suite("manager1").session
        assert groups_of_admin(suite) == {"camunda-admin"}
        refused_while_running(home)
        audited(home, "camunda")
        locked = a_step_in_the_hands_of_a_dead_worker(suite)
    refused_to_start_unmoved(home)

    killed_after_the_change(home)
    assert "перенос сделан раньше" in home.move("operaton")

    with home.running_on("operaton") as suite:
        assert not suite.engine.get("/version")["version"].startswith("7.")
        assert groups_of_admin(suite) == {"operaton-admin"}
        assert ended(session, suite.url)
        Employee("camundaMade", PASSWORD, suite.url)
        assert (incidents(suite, stopped), is_suspended(suite, suspended)) == (1, True)
        finished(suite, story_of(suite, locked))
        fire_a_timer(suite, home.deals[0])
        for deal in (ended_there := list(home.deals.values())[::2]):
            finished(suite, story_of(suite, deal))
        home.deals[STEPS] = begun(suite, story_of(suite), 3).deal_id
        new_person(suite, "operatonMade")
        audited(home, "operaton")

    assert "Перенесено без изменений" in home.move("camunda")

    with home.running_on("camunda") as suite:
        assert suite.engine.get("/version")["version"].startswith("7.24")
        assert groups_of_admin(suite) == {"camunda-admin"}
        for login in ("camundaMade", "operatonMade"):
            Employee(login, PASSWORD, suite.url)
        assert (incidents(suite, stopped), is_suspended(suite, suspended)) == (1, True)
        suite.engine.put(f"/job/{suspended}/suspended", {"suspended": False})
        suite.engine.put(f"/job/{stopped}/retries", {"retries": 1})
        assert incidents(suite, stopped) == 0
        for deal in [deal for deal in home.deals.values() if deal not in ended_there]:
            finished(suite, story_of(suite, deal))
        assert suite.engine.root_instances(troubled)
        audited(home, "camunda")


def fire_a_timer(suite: RunningSuite, deal: str) -> None:
    """A reminder that Camunda planned runs out on Operaton."""
    job = jobs_of(suite, deal)[0]["id"]
    suite.engine.post(f"/job/{job}/execute", {})
    assert job not in {one["id"] for one in jobs_of(suite, deal)}


def test_deals_move_to_operaton_and_back(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as home:
        moved_and_back(home, SHORT)


@pytest.mark.move
def test_deals_at_every_step_move_to_operaton_and_back(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as home:
        moved_and_back(home, EVERY)
