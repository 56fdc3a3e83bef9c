"""Changed diagrams on a real engine: plan, deployment of the changed ones, migration of instances.

One engine without workers. Its steps build on one another: a release of the earlier diagrams, the
upgrade to ours, a new approver in the middle of a hundred approvals, and back.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Semaphore
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from bpmn.camunda.client.rest import Engine, EngineConflict, EngineUnavailable
from bpmn.camunda.client.values import encode
from bpmn.camunda.provisioning.deployment import Release, Running, deploy
from bpmn.camunda.provisioning.provision import provision
from bpmn.lint.rules.expressions import variables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import read_diagram
from db.catalog import load_catalog
from db.config.operator_error import OperatorError
from db.domain.catalog import Catalog
from ops.local.settings import SuiteSettings
from ops.release import command
from ops.release.counterparts import Fate
from ops.release.decisions import Begun, ProcessDecisions
from ops.release.groups import idle_groups
from ops.release.migration import Migration, MigrationRefused, Report
from ops.release.plan import Plan, Reason, plan
from ops.release.report import as_html, as_json, as_text
from tests.contract.test_added_approver import added_to_catalog, added_to_diagram
from tests.support.diagrams.drawn import Drawing
from tests.support.engine.harness import PASSWORD, RunningEngine, running_engine
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
EARLIER = Path(__file__).parent / "earlier" / "0.2"
CLIENT, APPROVAL = "new-client", "new-client-approval"
ACCOUNTANT, LAWYER, SECURITY = "Task_DecideContract", "Task_CheckClient", "Task_CheckSecurity"
WAITS = ("userTask", "callActivity", "intermediateCatchEvent")
ANY = "2030-01-01T00:00:00"
"""A value for every variable: a date is a login, too."""
STEPS = "head accountant lawyer"
ALL, PEOPLE, PRESSES = 100, 3, 20
"""Approvals, browsers of the office, and how often a press or a step that meets a conflict is
repeated."""


class Killed(BaseException):
    """The command ended at once, as by SIGKILL."""


class Mortal(Engine):
    """Dies after the engine has carried out some migrations, before it hears so."""

    lives = 2

    def post(self, path: str, body: Any) -> Any:
        if path == "/migration/execute":
            self.before_a_batch()
        answer = super().post(path, body)
        if path == "/migration/execute":
            self.lives -= 1
            if not self.lives:
                raise Killed
        return answer

    def before_a_batch(self) -> None:
        """Do nothing; for those who want to do something meanwhile."""


@dataclass
class Office:
    """An accountant at several browsers and a worker, who do not stop for a migration."""

    running: RunningEngine
    worker: Engine
    waiting: Queue[str]
    """Ids of the tasks to be completed, each pressed until the engine accepts it."""
    allowed: Semaphore = field(default_factory=lambda: Semaphore(0))
    """Presses that may begin: so they go on during the whole migration on any machine."""
    pressed: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    """Instances whose decision the worker recorded, each as often as the engine accepted it."""
    given: int = 0
    closed: Event = field(default_factory=Event)

    def press(self) -> None:
        person = self.running.as_user("accountant1")
        while True:
            self.allowed.acquire()
            try:
                task = self.waiting.get_nowait()
            except Empty:
                return
            for _ in range(PRESSES):
                answer = person.complete(task, {"decision": "approved", "comment": ""})
                if answer.ok:
                    self.pressed.append(task)
                    break
            else:
                raise AssertionError(answer.text)

    def record(self) -> None:
        while not self.closed.is_set():
            record_decisions(self.worker, self.recorded)

    def go_on(self, presses: int) -> None:
        """Let so many presses begin, after all that were allowed before have begun."""
        begun = self.given
        eventually(lambda: self.waiting.qsize() <= max(0, ALL - begun) or None, patience=300)
        self.given += presses
        self.allowed.release(presses)


class Busy(Mortal):
    """Each of its migrations meets presses that begin at the same moment."""

    office: Office

    def before_a_batch(self) -> None:
        self.office.go_on(4)


class Overtaken(Mortal):
    """An approval reaches its next approver just before the first batch with it."""

    lives = -1
    overtake: Callable[[], None] | None = None

    def before_a_batch(self) -> None:
        if self.overtake is not None:
            self.overtake()
            self.overtake = None


def accepted(call: Callable[[], Any]) -> Any:
    """Repeat a call that met somebody else's change, as workers do."""
    for _ in range(PRESSES - 1):
        with suppress(EngineConflict, EngineUnavailable):
            return call()
    return call()


def record_decisions(worker: Engine, recorded: list[str]) -> None:
    """Fetch and complete steps that record an approver's yes; append their instances."""
    topic = {"topicName": "record-decision", "lockDuration": 20_000}
    me = {"workerId": "office"}
    wanted = {**me, "maxTasks": 3, "asyncResponseTimeout": 200, "topics": [topic]}
    body = {**me, "variables": encode({"approved": True})}
    for step in accepted(lambda: worker.post("/external-task/fetchAndLock", wanted)):
        path = f"/external-task/{step['id']}/complete"
        accepted(partial(worker.post, path, body))
        recorded.append(step["processInstanceId"])


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with running_engine() as running:
        yield running


@pytest.fixture(autouse=True)
def no_instance_is_left(engine: RunningEngine) -> Iterator[None]:
    yield
    for row in engine.admin.get("/process-instance", rootProcessInstances="true"):
        engine.admin.delete(f"/process-instance/{row['id']}")


@pytest.fixture(scope="module")
def deployer(engine: RunningEngine) -> Engine:
    return engine.as_service("svcDeploy")


@pytest.fixture(scope="module")
def worker(engine: RunningEngine) -> Engine:
    return engine.as_service("svcWorker")


def folder(target: Path, changed: Iterable[Path] = (), edited: Drawing | None = None) -> Path:
    """Our diagrams and tables with some replaced."""
    shutil.copytree(DIRECTORY, target)
    for path in changed:
        shutil.copy(path, target)
    if edited is not None:
        (target / edited.path.name).write_bytes(etree.tostring(edited.root))
    return target


def known_variables(diagram: Diagram) -> dict[str, Any]:
    """Every variable that an expression of the diagram reads."""
    read = {name for snippet in diagram.snippets for name in variables(snippet.text)}
    return {**dict.fromkeys(read, ANY), "partsShipped": 0}


def begin(worker: Engine, diagram: Diagram, activity: str, key: str, **given: Any) -> str:
    return worker.start(diagram.id, key, {**known_variables(diagram), **given}, at=activity)


def versions(engine: Engine, process: str) -> Counter[int]:
    """Number of running instances of a process by version."""
    rows = engine.get("/process-instance", processDefinitionKey=process)
    return Counter(int(row["definitionId"].split(":")[1]) for row in rows)


def migrate(
    engine: Engine, decisions: dict[str, ProcessDecisions], catalog: Catalog, batch: int = 7
) -> list[Report]:
    migration = Migration(engine, decisions, catalog, batch)
    return list(migration.run(migration.routes()))


def of_standing(planned: Plan, process: str, activities: Iterable[str]) -> Iterator[int]:
    """Numbers of instances at activities of a process."""
    wanted = set(activities)
    return (one.count for one in of(planned, process).standing if one.activity in wanted)


def of(planned: Plan, process: str) -> Any:
    return next(one for one in planned.processes if one.key == process)


def test_instances_at_every_activity_of_the_earlier_release_move(
    engine: RunningEngine, deployer: Engine, worker: Engine, tmp_path: Path
) -> None:
    before = folder(tmp_path / "before", EARLIER.glob("*.bpmn"))
    deploy(deployer, before)
    earlier = [read_diagram(before / path.name) for path in sorted(EARLIER.glob("*.bpmn"))]
    for diagram in earlier:
        for node in diagram.nodes.values():
            if node.kind in WAITS or node.topic:
                begin(worker, diagram, node.id, f"E-{node.id}")
    tasks = {task.id for task in engine.admin.tasks()}
    began = {diagram.id: versions(engine.admin, diagram.id)[1] for diagram in earlier}

    planned = plan(deployer, Release(), {})
    deployed = deploy(deployer)

    assert {of(planned, process).reason for process in began} == {Reason.CHANGED}
    assert "deal:2" not in deployed.definitions
    assert deploy(deployer).unchanged
    gone: dict[str, dict[str, str]] = {}
    for concerned, one in planned.undecided:
        gone.setdefault(concerned.key, {})[one.activity] = "stay"
    assert "Task_StartDelivery" in gone["order-fulfillment"]
    with pytest.raises(MigrationRefused, match="Task_StartDelivery"):
        migrate(deployer, {}, load_catalog())
    assert {process: versions(engine.admin, process)[1] for process in began} == began

    stay = {process: ProcessDecisions(steps=steps) for process, steps in gone.items()}
    reports = migrate(deployer, stay, load_catalog())

    assert [one.failed for one in reports if one.failed] == []
    kept = Counter({process: sum(of_standing(planned, process, gone[process])) for process in gone})
    for process, count in began.items():
        assert versions(engine.admin, process) == +Counter(
            {1: kept[process], 2: count - kept[process]}
        )
    assert {task.id for task in engine.admin.tasks()} == tasks
    assert not engine.admin.incidents()


def test_a_hundred_approvals_get_a_new_approver_and_go_back(
    engine: RunningEngine, deployer: Engine, worker: Engine, tmp_path: Path
) -> None:
    diagram = read_diagram(DIRECTORY / f"{APPROVAL}.bpmn")
    client = read_diagram(DIRECTORY / f"{CLIENT}.bpmn")
    catalog = added_to_catalog(tmp_path)
    opened = {"approvalSteps": STEPS}
    ahead = [begin(worker, diagram, ACCOUNTANT, f"A-{n}", **opened) for n in range(84)]
    behind = [begin(worker, diagram, LAWYER, f"L-{n}", **opened) for n in range(6)]
    for number in range(10):
        begin(worker, client, "Task_ApproveTerms", f"C-{number}")
    first = max(versions(engine.admin, APPROVAL))
    after = folder(tmp_path / "after", edited=added_to_diagram())

    # the plan tells what changed and what each instance will do
    planned = plan(deployer, Release(after), {})
    approval = of(planned, APPROVAL)
    assert approval.reason is Reason.CHANGED
    assert SECURITY in {change.element for change in approval.changes}
    assert of(planned, CLIENT).reason is Reason.BOUND
    assert of(planned, CLIENT).calls == (APPROVAL,)
    assert "сам не изменён; новая версия нужна, чтобы он вызывал новые" in as_text(planned)
    assert APPROVAL in of(planned, "onec-override").called_by
    assert of(planned, "service-request").reason is Reason.SAME
    assert {one.activity: one.count for one in approval.standing}[ACCOUNTANT] == 84
    assert {one.onward.fate for one in approval.standing} == {Fate.UNDECIDED}
    assert f"84 × версия {first}, «Решить о заключении договора»" in as_text(planned)
    assert json.loads(as_json(planned))["affected"] >= 100
    page = tmp_path / "plan.html"
    page.write_text(as_html(planned), encoding="utf-8")
    assert "#2e9d4f" in page.read_text(encoding="utf-8")

    # only what changed, and what is bound to it, gets a new version
    latest = Running(deployer).latest
    assert not deploy(deployer, after).unchanged
    fresh = Running(deployer).latest
    assert fresh["deal"].version == latest["deal"].version
    assert fresh["service-request"].version == latest["service-request"].version
    assert fresh[APPROVAL].version == first + 1

    # without the modeler's rule nothing moves; "finish" leaves approvals as begun
    with pytest.raises(MigrationRefused, match="begun"):
        migrate(deployer, {}, catalog)
    finish = {APPROVAL: ProcessDecisions(begun=Begun.FINISH)}
    migrate(deployer, finish, catalog)
    assert versions(engine.admin, APPROVAL) == {first: 100}

    # "take" is killed after two batches and repeated
    take = {APPROVAL: ProcessDecisions(begun=Begun.TAKE)}
    tasks = {task.id for task in engine.admin.tasks()}
    with pytest.raises(Killed):
        migrate(Mortal(deployer.url, "svcDeploy", engine.secrets.deploy), take, catalog)
    moved = versions(engine.admin, APPROVAL)[first + 1]
    assert 0 < moved < 94
    reports = migrate(deployer, take, catalog)
    assert sum(len(one.moved) for one in reports if one.route.source.key == APPROVAL) == 94 - moved
    assert versions(engine.admin, APPROVAL) == {first: 6, first + 1: 94}
    assert {task.id for task in engine.admin.tasks()} == tasks
    steps = engine.admin.variable_values("approvalSteps", [*ahead, *behind])
    assert {steps[one] for one in ahead} == {"head accountant security lawyer"}
    assert {steps[one] for one in behind} == {STEPS}
    again = migrate(deployer, take, catalog)
    assert not any(one.moved or one.failed for one in again)

    # one goes on and takes the new step
    (task,) = engine.admin.tasks(business_key="A-0")
    engine.admin.complete(task.id)
    (step,) = worker.external_tasks([ahead[0]])
    worker.post(f"/external-task/{step.id}/lock", {"workerId": "w", "lockDuration": 60_000})
    answer = {"workerId": "w", "variables": encode({"approved": True})}
    worker.post(f"/external-task/{step.id}/complete", answer)
    assert [one.key for one in engine.admin.tasks(business_key="A-0")] == [SECURITY]

    # the others go back, it stays
    returned = list(Migration(deployer, take, catalog, 7).back())
    assert versions(engine.admin, APPROVAL) == {first: 99, first + 1: 1}
    assert [one for report in returned for one in report.stayed] == [ahead[0]]
    assert engine.admin.variable_values("approvalSteps", ahead[1:2]) == {ahead[1]: STEPS}
    assert not engine.admin.incidents()


def test_a_hundred_approvals_move_while_people_go_on_pressing(
    engine: RunningEngine, deployer: Engine, worker: Engine, tmp_path: Path
) -> None:
    deploy(deployer)
    diagram = read_diagram(DIRECTORY / f"{APPROVAL}.bpmn")
    given = {"approvalSteps": STEPS, "returnTo": None}
    begun = {begin(worker, diagram, ACCOUNTANT, f"B-{n}", **given) for n in range(ALL)}
    waiting: Queue[str] = Queue()
    rows = engine.admin.get("/task", processDefinitionKey=APPROVAL)
    for row in sorted(rows, key=lambda row: str(row["processInstanceId"]), reverse=True):
        waiting.put(row["id"])  # people begin where the migration ends, and they meet
    assert waiting.qsize() == ALL
    deploy(deployer, folder(tmp_path / "after", edited=added_to_diagram()))
    latest = Running(deployer).latest[APPROVAL].version
    catalog = added_to_catalog(tmp_path)
    take = {APPROVAL: ProcessDecisions(begun=Begun.TAKE)}
    office = Office(engine, worker, waiting)

    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        people = [pool.submit(office.press) for _ in range(PEOPLE)]
        worker_runs = pool.submit(office.record)
        try:
            office.go_on(12)
            eventually(lambda: len(office.recorded) >= 4 or None, patience=300)
            busy = Busy(deployer.url, "svcDeploy", engine.secrets.deploy)
            busy.office, busy.lives = office, 4
            with pytest.raises(Killed):
                accepted(lambda: migrate(busy, take, catalog, batch=5))
            busy.lives = -1
            reports = accepted(lambda: migrate(busy, take, catalog, batch=5))
            still_waiting = waiting.qsize()
            office.go_on(ALL)
            for person in people:
                person.result()
            eventually(lambda: len(office.recorded) >= ALL or None, patience=300)
        finally:
            office.allowed.release(2 * ALL)
            office.closed.set()
            worker_runs.result()

    assert still_waiting <= 72  # presses were spread over the batches
    (report,) = (one for one in reports if one.route.source.key == APPROVAL)

    # each press counted once: one decision recorded, one task open, that of its version
    assert len(set(office.pressed)) == len(office.pressed) == ALL
    assert sorted(office.recorded) == sorted(begun)
    assert not engine.admin.incidents()
    rows = engine.admin.get("/process-instance", processDefinitionKey=APPROVAL)
    moved = {row["id"] for row in rows if row["definitionId"].split(":")[1] == str(latest)}
    assert {row["id"] for row in rows} == begun
    assert 0 < len(moved) < ALL
    assert report.failed.keys() <= begun - moved
    tasks = engine.admin.get("/task", processDefinitionKey=APPROVAL)
    assert sorted((one["processInstanceId"], one["taskDefinitionKey"]) for one in tasks) == sorted(
        (one, SECURITY if one in moved else LAWYER) for one in begun
    )
    steps = engine.admin.variable_values("approvalSteps", sorted(begun))
    assert {steps[one] for one in moved} == {"head accountant security lawyer"}
    assert {steps[one] for one in begun - moved} == {STEPS}
    for activity in (ACCOUNTANT, "Task_RecordAccountantDecision"):
        past = engine.admin.all_of(
            "/history/activity-instance",
            {
                "activityId": activity,
                "finished": True,
                "sorting": [{"sortBy": "activityInstanceId", "sortOrder": "asc"}],
            },
        )
        ended = Counter(one["processInstanceId"] for one in past)
        assert {one: ended[one] for one in begun} == dict.fromkeys(begun, 1)

    # repeated, it finds nothing left to do
    again = migrate(deployer, take, catalog)
    assert not any(one.moved or one.failed for one in again)


def test_an_approval_that_goes_on_during_the_migration_is_no_failure(
    engine: RunningEngine, deployer: Engine, worker: Engine, tmp_path: Path
) -> None:
    deploy(deployer)
    diagram = read_diagram(DIRECTORY / f"{APPROVAL}.bpmn")
    quick, slow = (begin(worker, diagram, ACCOUNTANT, key, approvalSteps=STEPS) for key in "QS")
    deploy(deployer, folder(tmp_path / "after", edited=added_to_diagram()))
    (task,) = engine.admin.tasks(business_key="Q")
    recorded: list[str] = []

    def decided() -> list[str]:
        record_decisions(worker, recorded)
        return recorded

    def overtake() -> None:
        engine.admin.complete(task.id)
        eventually(decided)

    migrating = Overtaken(deployer.url, "svcDeploy", engine.secrets.deploy)
    migrating.overtake = overtake
    take = {APPROVAL: ProcessDecisions(begun=Begun.TAKE)}
    reports = migrate(migrating, take, added_to_catalog(tmp_path))

    (report,) = (one for one in reports if one.route.source.key == APPROVAL)
    assert (report.moved, report.stayed, report.failed) == ([slow], [quick], {})
    assert recorded == [quick]
    assert [one.key for one in engine.admin.tasks(business_key="Q")] == [LAWYER]
    assert [one.key for one in engine.admin.tasks(business_key="S")] == [ACCOUNTANT]


def test_a_renamed_step_is_mapped_by_the_file(
    engine: RunningEngine, deployer: Engine, worker: Engine, tmp_path: Path
) -> None:
    diagram = read_diagram(DIRECTORY / "equipment-repair.bpmn")
    (task, *_) = diagram.user_tasks
    deploy(deployer)
    instance = begin(worker, diagram, task.id, "R-1")
    edited = Drawing(DIRECTORY / "equipment-repair.bpmn").rename(task.id, "Task_Renamed")
    deploy(deployer, folder(tmp_path / "renamed", edited=edited))
    deployed = Running(deployer).latest["equipment-repair"]

    mapped = {"equipment-repair": ProcessDecisions(steps={task.id: "Task_Renamed"})}
    finish = {APPROVAL: ProcessDecisions(begun=Begun.FINISH)}
    reports = migrate(deployer, {**mapped, **finish}, load_catalog())

    assert [one.moved for one in reports if one.moved and one.route.target == deployed] == [
        [instance]
    ]
    assert [one.key for one in engine.admin.tasks(business_key="R-1")] == ["Task_Renamed"]


def test_a_round_opened_by_an_earlier_worker_is_closed_without_an_incident(
    engine: RunningEngine, deployer: Engine, worker: Engine
) -> None:
    deploy(deployer)
    diagram = read_diagram(DIRECTORY / f"{APPROVAL}.bpmn")
    given = {**known_variables(diagram), "dealTitle": ANY}
    del given["approvalSteps"]

    instance = worker.start(APPROVAL, "O-1", given, at="Task_CloseApprovedRound")

    (step,) = engine.admin.get("/external-task", processInstanceId=instance)
    assert (step["topicName"], engine.admin.incidents(instance)) == ("close-approval-round", [])
    execution = step["executionId"]
    local = engine.admin.get(f"/execution/{execution}/localVariables/approvalSteps")
    assert local["value"] is None


def test_the_commands_ask_before_they_concern_running_instances(
    engine: RunningEngine,
    deployer: Engine,
    worker: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ENGINE_URL", engine.rest_url)
    monkeypatch.setenv("ENGINE_DEPLOY_PASSWORD", engine.secrets.deploy)
    monkeypatch.setenv("ENGINE_ADMIN_PASSWORD", engine.secrets.admin)
    monkeypatch.setenv("ENGINE_DATA_DIR", str(tmp_path / "engine"))
    settings = SuiteSettings(_env_file=None, data_dir=tmp_path / "data")
    diagram = read_diagram(DIRECTORY / "deal.bpmn")
    (task, *_) = diagram.user_tasks
    edited = Drawing(DIRECTORY / "deal.bpmn").set(task.id, name="Иначе")
    deploy(deployer, folder(tmp_path / "reworded", edited=edited))
    begin(worker, diagram, task.id, "D-1")
    version = Running(deployer).latest["deal"].version
    decisions = tmp_path / "migration.yaml"
    decisions.write_text(f"{APPROVAL}: {{begun: finish}}\n")

    command.deploy(settings, decisions, apply=False)
    dry = capsys.readouterr().out
    assert f"было «Иначе», стало «{task.name}»" in dry
    assert "Пробный прогон" in dry
    assert Running(deployer).latest["deal"].version == version

    engine.admin.delete("/group/storekeepers")
    with pytest.raises(OperatorError, match="storekeepers"):
        command.deploy(settings, decisions, apply=True)
    assert "нет группы storekeepers, никто не увидит: «" in capsys.readouterr().out
    assert Running(deployer).latest["deal"].version == version
    group = {"id": "storekeepers", "name": "Кладовщики", "type": "WORKFLOW"}
    engine.admin.post("/group/create", group)
    diagrams = Release().diagrams.values()
    assert idle_groups(engine.admin, diagrams, {"deal"}) == ()
    (idle,) = idle_groups(engine.admin, diagrams, {"order-picking"})
    assert (idle.group, idle.exists) == ("storekeepers", True)
    provision(engine.admin, True, secrets=engine.secrets, demo_password=PASSWORD)
    assert idle_groups(engine.admin, diagrams, {"order-picking"}) == ()

    command.deploy(settings, decisions, apply=True)
    assert "Проверено" in capsys.readouterr().out
    picture = tmp_path / "plan.html"
    command.plan(settings, decisions, as_data=True, picture=picture)
    assert json.loads(capsys.readouterr().out)["deploys"] == []
    assert "Разворачивать нечего" in picture.read_text(encoding="utf-8")

    told = tmp_path / "report.json"
    command.migrate(settings, decisions, apply=False, back=False, batch=50, report=told)
    assert versions(engine.admin, "deal") == {version: 1}
    command.migrate(settings, decisions, apply=True, back=False, batch=50, report=told)
    assert versions(engine.admin, "deal") == {version + 1: 1}
    rows = [one for one in json.loads(told.read_text()) if one["process"] == "deal"]
    assert [len(one["moved"]) for one in rows] == [1]
