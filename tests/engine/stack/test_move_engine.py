"""An installation moves to Operaton with deals at their steps, works there, and moves back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from bpmn.camunda.client.values import decode
from bpmn.camunda.server.distribution import DistributionName
from ops.demo.employee import Employee
from ops.demo.repair import ENGINEER, MANAGER, Repair
from ops.demo.scenario import Story
from tests.support.processes import stop
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.suite.deal_driver import STEPS, begun, finished
from tests.support.suite.running import PASSWORD, ROOT, RunningSuite, running_suite
from tests.support.suite.timers import execute_job
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(1800)]

SECRET = "Aa1-Quite-Secret-2026"
ACCOUNTS = ("admin", "worker", "api", "deploy")
QUICK = {"WORKER_POLL_SECONDS": "1", "WORKER_RETRY_SECONDS": "1", "WORKER_WATCH_SECONDS": "1"}
SHORT, EVERY = (7,), tuple(range(STEPS))
WORK = "Task_WorkDeal"
ORDER = {
    "orderItems": "Пилы, 20 шт.",
    "orderAmount": "90000.00",
    "paymentTerms": "deferral30",
    "invoiceNumber": "57",
    "shippingDirection": "moscowTransport",
    "deliveryMethod": "carrierTerminal",
}
TYPES = {"act_ru_variable": "type_", "act_hi_varinst": "var_type_", "act_hi_detail": "var_type_"}
"""Tables of the engine with process variables → their column with the type."""


@dataclass
class LocalStack:
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
    def engine_database(self) -> Iterator["psycopg.Connection[Any]"]:
        address = self.env["ENGINE_DB_URL"].removeprefix("jdbc:")
        with psycopg.connect(address, user="pit", autocommit=True) as connection:
            yield connection


@contextmanager
def local_stack(data: Path) -> Iterator[LocalStack]:
    with server_or_skip() as address:
        new_database(address, "engine")
        plain = address.replace("postgresql+psycopg://pit@", "jdbc:postgresql://")
        yield LocalStack(
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


def two_timers(suite: RunningSuite) -> tuple[str, str, str]:
    """Returns: a deal whose client is to collect a machine, and the jobs of its two reminders."""
    repair = repair_of(suite)
    repair.arrives()
    repair.received()
    repair.answers(ENGINEER, "Task_DiagnoseFault", "notRepairable", "Двигатель заклинил")
    repair(MANAGER).task(repair.deal_id, "Task_GiveBack")
    eventually(lambda: len(jobs_of(suite, repair.deal_id)) == 2)
    first, second = (job["id"] for job in jobs_of(suite, repair.deal_id))
    return repair.deal_id, first, second


def a_step_in_the_hands_of_a_dead_worker(suite: RunningSuite) -> str:
    """Returns: a deal whose system step is locked by a worker that was killed."""
    story = begun(suite, story_of(suite), 1)
    worker = suite.state["parts"]["worker"]
    stop(worker)
    story.decides("head", "Task_ReviewTerms", "approved")
    eventually(partial(is_locked, suite, story.deal_id))
    os.kill(worker, signal.SIGKILL)
    return story.deal_id


def is_locked(suite: RunningSuite, deal: str) -> bool:
    """Whether a worker has the deal's system step. One that was stopped between two requests for
    steps gets none: then the step is locked here, as it would have been."""
    steps = suite.engine.get("/external-task")
    deals = suite.engine.business_keys(step["processInstanceId"] for step in steps)
    own = [step for step in steps if deals.get(step["processInstanceId"]) == deal]
    for step in own:
        if step["workerId"] is None:
            topic = {"topicName": step["topicName"], "businessKey": deal, "lockDuration": 60_000}
            wanted = {"workerId": "dead", "maxTasks": 1, "topics": [topic]}
            suite.engine.post("/external-task/fetchAndLock", wanted)
    return any(step["workerId"] for step in own)


@dataclass(frozen=True)
class Others:
    """Deals of other processes than a new client's."""

    older: str
    """Of the default process; its form came back. Its JSON is as an earlier release stored it."""
    newer: str
    """The same, with JSON as this release stores it."""
    repair: str


def others_begun(suite: RunningSuite) -> Others:
    repair = repair_of(suite)
    repair.arrives()
    repair.received()
    return Others(an_order(suite), an_order(suite), repair.deal_id)


def an_order(suite: RunningSuite) -> str:
    """Returns: a deal of the default process; its first form came back."""
    story = story_of(suite)
    body = {"direction": "activeWholesale", "fields": {"subject": "Пилы"}}
    answer = story("manager").api("POST", "/deals", json=body)
    answer.raise_for_status()
    story.deal_id = answer.json()["id"]
    comes_back(story, "selection")
    return story.deal_id


def repair_of(suite: RunningSuite, deal: str = "") -> Repair:
    return Repair(suite.url, PASSWORD, lambda _: None, people=suite.people, deal_id=deal)


def comes_back(story: Story, stage: str) -> None:
    """The manager wants a stage that lacks a field; the form comes back with what was typed."""
    old = story("manager").task(story.deal_id, WORK)["id"]
    story.stage_wanted(WORK, stage)
    eventually(lambda: story("manager").task(story.deal_id, WORK)["id"] != old)
    assert typed(story) == stage


def typed(story: Story) -> str:
    """Stage in the JSON of a form that came back."""
    task = story("manager").task(story.deal_id, WORK)["id"]
    answer = story("manager").engine("GET", f"/task/{task}/form-variables")
    answer.raise_for_status()
    return str(decode(answer.json())["returnedInput"]["wantedStage"])


def stored_by_an_earlier_release(home: LocalStack, deal: str) -> None:
    """JSON of the deal as the plugin Spin stored it: under another type; and no engine without
    the plugin was there yet."""
    of_deal = "proc_inst_id_ IN (SELECT id_ FROM act_hi_procinst WHERE business_key_ = %s)"
    with home.engine_database() as rows:
        for table, column in TYPES.items():
            change = f"UPDATE {table} SET {column} = 'json' WHERE {column} = 'bytes' AND {of_deal}"
            assert rows.execute(change, [deal]).rowcount > 0, table
        rows.execute("DELETE FROM act_ge_property WHERE name_ = 'pit.json'")


def types_of_json(home: LocalStack) -> set[str]:
    found: set[str] = set()
    with home.engine_database() as rows:
        for table, column in TYPES.items():
            query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN ('json', 'bytes')"
            found |= {name for (name,) in rows.execute(query)}
    return found


def others_go_on(suite: RunningSuite, others: Others) -> None:
    """On Operaton: what Camunda stored comes back, and the other way round."""
    assert typed(story_of(suite, others.newer)) == "selection"
    story = story_of(suite, others.older)
    assert typed(story) == "selection"
    story.fill(counterparty="ООО «Сад»").raise_for_status()
    story.stage_wanted(WORK, "selection")
    story.stage_is("selection")
    comes_back(story, "offer")
    repair = repair_of(suite, others.repair)
    repair.diagnosed()
    repair.agreed()


def others_end(suite: RunningSuite, others: Others) -> None:
    story = story_of(suite, others.newer)
    assert typed(story) == "selection"
    story.stage_wanted(WORK, "cancelled", lossReason="price", lossComment="")
    story.stage_is("cancelled")
    story = story_of(suite, others.older)
    assert typed(story) == "offer"
    story.fill(**ORDER).raise_for_status()
    for stage in ("offer", "invoiced", "shipping", "completed"):
        story.stage_wanted(WORK, stage)
        story.stage_is(stage)
    repair = repair_of(suite, others.repair)
    repair.repaired()
    repair.checked()
    repair.handed_over()
    repair.stage_is("handedOver")
    for deal in (others.newer, others.older, others.repair):
        eventually(partial(ended_in_engine, suite, deal))


def ended_in_engine(suite: RunningSuite, deal: str) -> bool:
    return not suite.engine.root_instances(deal)


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


def audited(home: LocalStack, distribution: DistributionName) -> None:
    command = home.manage("audit", ENGINE_DISTRIBUTION=distribution)
    out, _ = command.communicate(timeout=120)
    assert command.returncode == 0, out


def new_person(suite: RunningSuite, login: str) -> None:
    """A person made by the administrator, in a group of the product."""
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник", "email": ""}
    body = {"profile": profile, "credentials": {"password": PASSWORD}}
    suite.engine.post("/user/create", body)
    suite.engine.put(f"/group/salesManagers/members/{login}", {})


def refused_while_running(home: LocalStack) -> None:
    command = home.manage("move-engine", "--to", "operaton")
    out, _ = command.communicate(timeout=200)
    assert (command.returncode, "make down" in out) == (1, True), out


def refused_to_start_unmoved(home: LocalStack) -> None:
    """Operaton does not start on Camunda's database, and says what to do."""
    with pytest.raises(RuntimeError, match="move-engine --to operaton"):
        home.running_on("operaton").__enter__()


def killed_after_the_change(home: LocalStack) -> None:
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


def moved_and_back(home: LocalStack, steps: Sequence[int]) -> None:
    with home.running_on("camunda") as suite:
        for presses in steps:
            home.deals[presses] = begun(suite, story_of(suite), presses).deal_id
        others = others_begun(suite)
        troubled, stopped, suspended = two_timers(suite)
        _, planned, _ = two_timers(suite)
        suite.engine.put(f"/job/{stopped}/retries", {"retries": 0})
        suite.engine.put(f"/job/{suspended}/suspended", {"suspended": True})
        new_person(suite, "camundaMade")
        session = suite("manager1").session
        assert groups_of_admin(suite) == {"camunda-admin"}
        refused_while_running(home)
        audited(home, "camunda")
        locked = a_step_in_the_hands_of_a_dead_worker(suite)
    refused_to_start_unmoved(home)
    stored_by_an_earlier_release(home, others.older)
    assert types_of_json(home) == {"json", "bytes"}

    killed_after_the_change(home)
    assert "перенос сделан раньше" in home.move("operaton")
    assert types_of_json(home) == {"bytes"}

    with home.running_on("operaton") as suite:
        assert not suite.engine.get("/version")["version"].startswith("7.")
        assert groups_of_admin(suite) == {"operaton-admin"}
        assert ended(session, suite.url)
        Employee("camundaMade", PASSWORD, suite.url)
        assert (incidents(suite, stopped), is_suspended(suite, suspended)) == (1, True)
        finished(suite, story_of(suite, locked))
        others_go_on(suite, others)
        execute_job(suite.engine, planned)
        assert suite.engine.get("/job", jobId=planned) == []
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
        others_end(suite, others)
        assert suite.engine.root_instances(troubled)
        audited(home, "camunda")


def test_deals_move_to_operaton_and_back(tmp_path: Path) -> None:
    with local_stack(tmp_path / "data") as home:
        moved_and_back(home, SHORT)


@pytest.mark.move
def test_deals_at_every_step_move_to_operaton_and_back(tmp_path: Path) -> None:
    with local_stack(tmp_path / "data") as home:
        moved_and_back(home, EVERY)
