"""Our client of the engine's REST interface, against the real engine."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bpmn.camunda.client.rest import (
    Engine,
    EngineConflict,
    EngineRefused,
    EngineUnavailable,
)
from tests.support.engine.harness import PASSWORD, RunningEngine, historic_instances

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = pytest.mark.engine

NOBODY_LISTENS = "http://127.0.0.1:9/engine-rest"


@pytest.fixture
def worker(bare_engine: RunningEngine) -> Any:
    return bare_engine.as_service("svcWorker")


@pytest.fixture
def api(bare_engine: RunningEngine) -> Any:
    return bare_engine.as_service("svcApi")


def active_in(api: Engine, instance_id: str) -> list[str]:
    """Ids of the activities in which an instance waits."""
    return [wait.activity for wait in api.wait_states(instance_id)]


def start(worker: Engine, deal: str, **variables: object) -> str:
    return worker.start("probe", deal, {"clientName": "ООО", "nextMove": 1, **variables})


def to_the_step(engine: Engine, deal: str) -> None:
    """Complete the people's tasks, so that the instance waits for a program."""
    for _ in range(2):
        (task,) = engine.tasks(business_key=deal)
        engine.complete(task.id)


def test_variables_come_back_as_they_went(worker: Any) -> None:
    sent = {
        "text": "ООО «Сад» ${1+1}",
        "number": 7,
        "long": 2**40,
        "flag": True,
        "nothing": None,
        "moment": datetime(2026, 11, 23, 18, 0, 0, 123000, tzinfo=UTC),
        "input": {"limit": "900000.00", "список": [1, None, "два"]},
    }

    instance = start(worker, "C-1", **sent)

    back = worker.instance_variables(instance)
    assert {name: back[name] for name in sent} == sent


def test_a_running_deal_is_found_by_its_key(worker: Any, api: Any) -> None:
    instance = start(worker, "C-2")

    (found,) = api.root_instances("C-2")
    (past,) = historic_instances(api, "C-2")

    assert (found.id, found.process_key, found.business_key) == (instance, "probe", "C-2")
    assert (past["id"], past["state"], past["endTime"]) == (instance, "ACTIVE", None)
    assert "C-2" in api.running_deals()
    assert active_in(api, instance) == ["Task_Lawyer"]


def test_nothing_is_known_of_a_deal_without_a_process(api: Any) -> None:
    assert api.root_instances("C-none") == []
    assert api.tasks(business_key="C-none") == []
    assert api.task("no-such-task") is None


def test_a_lost_deal_is_started_in_the_middle(worker: Any, api: Any) -> None:
    instance = worker.start("probe", "C-3", at="Task_Manager")

    assert active_in(api, instance) == ["Task_Manager"]


def test_an_instance_is_moved_and_ended(bare_engine: RunningEngine, worker: Any, api: Any) -> None:
    instance = start(worker, "C-4")

    waits = bare_engine.admin.wait_states(instance)
    known = {key for key in ("Task_Lawyer", "Task_Manager") if api.active_in([instance], key)}
    worker.move(instance, to="Task_Manager", cancel=waits, variables={"nextMove": 9})
    moved, told = active_in(api, instance), api.instance_variables(instance)
    with pytest.raises(EngineRefused):
        worker.move(instance, to="Task_Manager", cancel=waits)
    bare_engine.admin.delete(f"/process-instance/{instance}")

    assert [wait.activity for wait in waits] == ["Task_Lawyer"]
    assert known == {"Task_Lawyer"}
    assert moved == ["Task_Manager"]
    assert told["nextMove"] == 9
    assert api.root_instances("C-4") == []
    (past,) = historic_instances(api, "C-4")
    assert past["state"] == "EXTERNALLY_TERMINATED"


def test_a_message_reaches_the_waiting_task_of_its_version_once(worker: Any, api: Any) -> None:
    instance = start(worker, "C-5", nextMove=4)

    with pytest.raises(EngineRefused) as stale:
        worker.correlate("ProbeMoved", "C-5", {"moveVersion": 3})
    worker.correlate("ProbeMoved", "C-5", {"moveVersion": 4}, {"told": "да"})
    with pytest.raises(EngineRefused) as repeated:
        worker.correlate("ProbeMoved", "C-5", {"moveVersion": 4})

    assert (stale.value.status, repeated.value.status) == (400, 400)
    assert active_in(api, instance) == ["Task_Manager"]
    assert api.instance_variables(instance)["told"] == "да"


def test_tasks_are_found_by_deal_person_and_group(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    start(worker, "C-6")
    (offered,) = api.tasks(business_key="C-6", candidate_groups=["lawyers", "drivers"])
    bare_engine.admin.complete(offered.id)

    (assigned,) = api.tasks(business_key="C-6", assignee="manager1")

    assert (offered.key, offered.assignee, offered.deal_id) == ("Task_Lawyer", None, "C-6")
    assert api.candidate_groups(assigned.id) == {"salesHeads"}
    assert assigned.due is not None
    assert assigned.due.tzinfo is not None
    assert api.task(assigned.id) == assigned
    assert assigned in api.tasks(assignee="manager1")
    assert api.tasks(business_key="C-6", candidate_groups=["salesHeads"]) == []


def test_the_history_remembers_who_worked_on_a_deal(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    start(worker, "C-8")
    (task,) = api.tasks(business_key="C-8")
    bare_engine.admin.claim(task.id, "lawyer1")

    bare_engine.admin.complete(task.id)

    assert api.had_task("C-8", "lawyer1")
    assert not api.had_task("C-8", "lawyer2")
    assert "C-8" in api.deals_of("lawyer1")
    assert "C-8" not in api.deals_of("lawyer2")
    (ended,) = api.ended_tasks("C-8", None, 10)
    assert (ended.id, ended.name, ended.assignee) == (task.id, task.name, "lawyer1")
    assert ended.ended_at is not None
    assert api.ended_tasks("C-8", ended.ended_at, 10) == [ended]
    assert api.ended_tasks("C-8", ended.ended_at - timedelta(seconds=1), 10) == []


def test_the_history_tells_the_course_of_a_process(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    instance = start(worker, "C-8a")
    start(worker, "C-8b")
    (task,) = api.tasks(business_key="C-8a")
    bare_engine.admin.complete(task.id)

    (past,) = api.past_instances("C-8a", 50)
    assert (past.id, past.process_key, past.ended_at) == (instance, "probe", None)
    assert api.past_instances("C-8a", 1, instance_id=instance) == [past]
    assert api.past_instances("C-8b", 1, instance_id=instance) == []
    visits = api.passages(instance, 50)
    first = next(each for each in visits if each.kind == "userTask")
    assert first.activity == task.key
    assert first.ended_at is not None
    assert [each for each in visits if each.ended_at is None][-1].kind == "userTask"
    assert api.passages(instance, 1) == visits[-1:]
    assert {each.activity for each in visits} <= set(api.diagram_of(past.definition_id).nodes)


def test_two_people_take_one_task_and_one_of_them_is_told(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    start(worker, "C-9")
    (task,) = api.tasks(business_key="C-9")
    bare_engine.admin.claim(task.id, "lawyer1")

    with pytest.raises(EngineConflict):
        bare_engine.admin.claim(task.id, "lawyer2")


def test_two_messages_at_once_move_the_deal_once(worker: Any, api: Any) -> None:
    instance = start(worker, "C-10")

    def tell() -> str:
        """Like the dispatcher: after a failure inside the engine the message is told again."""
        try:
            worker.correlate("ProbeMoved", "C-10", {"moveVersion": 1})
        except (EngineRefused, EngineConflict) as no:
            return type(no).__name__
        except EngineUnavailable as collision:
            # Camunda 7.24 fails so, if the other transaction ends what this one is reading.
            if collision.status != 500:
                raise
            return tell()
        return "delivered"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: tell(), range(4)))

    assert answers.count("delivered") == 1
    assert active_in(api, instance) == ["Task_Manager"]


def test_a_failed_step_is_an_incident_until_its_retries_are_set(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    start(worker, "C-11")
    to_the_step(bare_engine.admin, "C-11")
    (step,) = [each for each in api.external_tasks() if each.business_key == "C-11"]
    fail(worker, step.id)

    (incident,) = [i for i in api.incidents() if i.instance_id == step.instance_id]
    worker.set_retries(incident, 2)

    assert (incident.activity, incident.message) == ("Step", "1С не отвечает")
    assert (incident.process_key, incident.subject_id) == ("probe", step.id)
    assert api.incidents(step.instance_id) == []
    (again,) = [each for each in api.external_tasks() if each.id == step.id]
    assert again.retries == 2


def fail(worker: Engine, task_id: str) -> None:
    topics = [{"topicName": "probe", "lockDuration": 10000}]
    fetch = {"workerId": "test", "maxTasks": 10, "topics": topics}
    assert task_id in {each["id"] for each in worker.post("/external-task/fetchAndLock", fetch)}
    failure = {"workerId": "test", "errorMessage": "1С не отвечает", "retries": 0}
    worker.post(f"/external-task/{task_id}/failure", failure)


def test_only_what_has_changed_since_is_listed(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    old = worker.start("probe", "C-20", at="Task_Manager")
    (task,) = worker.tasks(business_key="C-20")
    eventually_later = task.created + timedelta(milliseconds=1)

    before = worker.tasks(assigned=True, updated_after=eventually_later, business_keys=["C-20"])
    while datetime.now(UTC) <= eventually_later:
        pass
    bare_engine.admin.assign(task.id, "manager2")
    after = worker.tasks(assigned=True, updated_after=eventually_later, business_keys=["C-20"])
    new = worker.start("probe", "C-21", at="Task_Manager")
    both = worker.tasks(assigned=True, updated_after=eventually_later)
    bare_engine.admin.assign(task.id, None)
    unassigned = worker.tasks(assigned=True, updated_after=eventually_later)

    assert before == []
    assert [one.assignee for one in after] == ["manager2"]
    assert {old, new} <= {one.instance_id for one in both}
    assert old not in {one.instance_id for one in unassigned}


def test_instances_of_a_process_are_listed_with_one_variable_of_each(
    bare_engine: RunningEngine, worker: Any
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    mine, other = start(worker, "C-22", nextMove=5), start(worker, "C-23")

    of_deal = worker.instances_of("probe", "C-22")
    everywhere = worker.instances_of("probe")
    known = worker.variable_values("nextMove", [mine, other, "unknown"])
    bare_engine.admin.delete(f"/process-instance/{mine}")

    assert of_deal == [mine]
    assert {mine, other} <= set(everywhere)
    assert known == {mine: 5, other: 1}
    assert worker.variable_values("nextMove", [mine]) == {}
    ended = worker.ended_instances({"probe"}, began)
    assert mine in ended
    assert other not in ended
    assert worker.ended_instances({"probe"}, datetime.now(UTC) + timedelta(minutes=1)) == []


def test_steps_are_known_until_they_are_completed(
    bare_engine: RunningEngine, worker: Any, api: Any
) -> None:
    """What has lain as an incident for months is still known, and may be delivered again."""
    for deal in ("C-24", "C-25"):
        worker.start("probe", deal, at="Step")
    steps = {task.business_key: task.id for task in api.external_tasks()}
    done, failed = steps["C-24"], steps["C-25"]
    worker.put(f"/external-task/{failed}/retries", {"retries": 0})
    body = {
        "workerId": "w",
        "maxTasks": 9,
        "topics": [{"topicName": "probe", "lockDuration": 9000}],
    }
    worker.post("/external-task/fetchAndLock", body)
    worker.post(f"/external-task/{done}/complete", {"workerId": "w"})

    assert worker.known_steps([done, failed, "unknown"]) == {failed}


def test_the_engine_counts_who_stands_where_and_what_has_ended(
    bare_engine: RunningEngine, worker: Any
) -> None:
    before = datetime.now(UTC)
    start(worker, "C-heat-1")
    start(worker, "C-heat-2")
    (task,) = bare_engine.admin.tasks(business_key="C-heat-2")
    bare_engine.admin.complete(task.id)

    (version,) = [one for one in worker.running_definitions() if one.process_key == "probe"]
    standing = worker.standing(version.id)
    ended = list(worker.finished_activities("userTask", before, 10))
    (newest,) = worker.finished_activities("userTask", before, 1)

    assert version.instances >= 2
    assert standing["Task_Lawyer"] >= 1
    assert standing["Task_Manager"] >= 1
    assert [(one.process_key, one.activity) for one in ended] == [("probe", "Task_Lawyer")]
    assert ended[0].milliseconds >= 0
    assert newest == ended[0]
    assert newest.ended >= before - timedelta(seconds=1)


def test_people_and_their_groups_are_known(api: Any) -> None:
    assert api.user("lawyer1").name == "Илья Юрьев"
    assert api.user("lawyer1").email == "lawyer1@pit.example"
    assert api.user("nobody") is None
    assert api.groups_of("lawyer1") == {"lawyers"}
    assert api.groups_of("nobody") == frozenset()
    assert {person.login for person in api.members("lawyers")} == {"lawyer1", "lawyer2"}
    assert api.members("noSuchGroup") == []


def test_a_password_is_verified(api: Any) -> None:
    assert api.verify_password("engineer1", PASSWORD)
    assert not api.verify_password("engineer1", "wrong")
    assert not api.verify_password("nobody", PASSWORD)


@pytest.mark.parametrize("login", ["", "../user", "a b", "пётр", "a" * 300, "*", "%", "${1}"])
def test_a_login_that_cannot_exist_is_nobody(api: Any, login: Any) -> None:
    assert api.user(login) is None
    assert api.groups_of(login) == frozenset()
    assert not api.verify_password(login, PASSWORD)


@pytest.mark.parametrize("task_id", ["", "../user", "a/b", "..", "nope", "%2e%2e%2fuser", "${1}"])
def test_a_strange_task_id_is_no_task(api: Any, task_id: str) -> None:
    assert api.task(task_id) is None


def test_an_unknown_process_and_an_unknown_instance_are_refusals(worker: Any) -> None:
    with pytest.raises(EngineRefused) as process:
        worker.start("noSuchProcess", "C-12")
    with pytest.raises(EngineRefused) as instance:
        worker.instance_variables("no-such-instance")

    assert process.value.status == 404
    assert instance.value.type == "NullValueException"


def test_an_engine_that_is_not_there_is_unavailable() -> None:
    engine = Engine(NOBODY_LISTENS, "svcApi", "secret")

    assert not engine.engine_ready()
    with pytest.raises(EngineUnavailable) as trouble:
        engine.tasks()
    assert "secret" not in str(trouble.value)


def test_a_wrong_password_of_our_own_is_a_refusal_and_not_ready(bare_engine: RunningEngine) -> None:
    engine = bare_engine.as_account("svcNobody", "wrong")

    assert not engine.engine_ready()
    with pytest.raises(EngineRefused) as refused:
        engine.tasks()
    assert refused.value.status == 401
