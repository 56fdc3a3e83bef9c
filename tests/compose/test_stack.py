"""The company's set-up, run for real: in this order, each test goes on where the last one ended."""

import json
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from api.engine.nodes import Node
from ops.containers.watchdog import Timing
from ops.demo.employee import Employee
from ops.demo.scenario import Story, play
from tests.attacks.hostile import FILE, HALF_A_BODY, HALF_A_REQUEST, READS_NOTHING, crowd
from tests.browser.support.desk import (
    DESK,
    PATIENCE,
    a_chromium,
    log_in,
    log_in_to_desk,
    open_task,
    take,
    talkative,
    wait_until_done,
)
from tests.compose.stack import VERSION, Runner, Stack
from tests.faults.auditor import audit
from tests.faults.crowd import Crowd, Ledger, Machine
from tests.support.waiting import eventually

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

OURS = ("setup", "engine", "api", "worker", "front", "onec", "mail")
BIND_SERVICE = 1 << 10
"""Linux's number of the right to listen at ports below 1024."""
ROUNDS, MOVES = (2, 1, 2, 1), 30
"""Engines of each round, and moves in it: interleaved, as the machine is never the same twice."""
PICKED_UP = 5.0  # seconds
SESSION_BELIEVED = 6.0  # seconds: longer than the API remembers that a session is good
PEOPLE = ("manager1", "manager2", "head1", "accountant1", "lawyer1", "lawyer2", "onecMoscow")
WHOLESALE = {"counterparty": "ООО «Опт»", "orderItems": "Пилы, 20 шт.", "orderAmount": "90000.00"}


def told(**figures: object) -> None:
    print(json.dumps(figures, ensure_ascii=False, default=str), flush=True)


def a_story(stack: Stack) -> Story:
    return Story(stack.url, stack.password, stack.onec, lambda _: None)


def test_an_empty_machine_becomes_ready(stack: Stack) -> None:
    began = time.monotonic()
    stack.up()
    stack.trust()
    stack.wait_ready()

    told(ready_after=round(time.monotonic() - began, 1), memory=stack.memory())
    (setup,) = stack.containers("setup")
    assert eventually(lambda: not stack.inspect(setup)["State"]["Running"])
    assert stack.inspect(setup)["State"]["ExitCode"] == 0, stack.logs(setup)
    assert stack.query("SELECT to_json(to_regclass('deals.ix_deals_search'))"), stack.logs(setup)


def test_images_are_small_and_say_so(stack: Stack) -> None:
    sizes = {}
    for service in ("api", "engine", "setup", "front", "postgres", "mail"):
        (container, *_) = stack.containers(service)
        image = stack.inspect(container)["Image"]
        found = json.loads(stack._run([stack.runner.engine, "inspect", image]).stdout)[0]
        sizes[service] = f"{found['Size'] / 1e6:.0f} MB"
    told(images=sizes)


def test_setup_again_changes_nothing(stack: Stack) -> None:
    said = stack.care("setup")

    assert "created: 0, updated: 0, removed: 0" in said
    assert "unchanged" in said


@pytest.mark.parametrize("service", OURS)
def test_a_container_can_do_little(stack: Stack, service: str) -> None:
    (container, *_) = stack.containers(service)
    seen = stack.inspect(container)

    assert seen["HostConfig"]["ReadonlyRootfs"]
    assert seen["HostConfig"]["Init"]
    assert seen["Config"]["User"] == "10001:10001"
    if seen["State"]["Running"]:
        status = stack.execute(container, "cat", "/proc/self/status")
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert lines["NoNewPrivs"] == "1"
        assert int(lines["CapEff"], 16) in ({0, BIND_SERVICE} if service == "front" else {0})
        wanted = "command -v gcc cc make pip pip3 git curl; true"
        found = stack.execute(container, "sh", "-c", wanted).split()
        assert [one for one in found if one.startswith(("/opt", "/app"))] == []


@pytest.mark.parametrize("service", ["postgres", "engine", "api", "worker", "front"])
def test_a_part_that_works_is_healthy(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        assert eventually(partial(stack.is_healthy, container), 60)


def test_only_the_front_has_a_port(stack: Stack) -> None:
    for service in ("postgres", "engine", "api", "worker", "onec"):
        for container in stack.containers(service):
            assert not any(stack.inspect(container)["NetworkSettings"]["Ports"].values()), container


CLOSED = (
    ("/engine-rest/engine", {404}),
    ("/engine-rest", {404}),
    ("/Engine-Rest/engine", {404}),
    ("//engine-rest/engine", {404, 400, 403}),
    ("/camunda/../engine-rest/engine", {404, 400, 403}),
    ("/camunda/lib/..;/api/engine/engine/default/user/x.js", {400, 403, 404}),
    ("/camunda/lib/%2e%2e/api/engine/engine/x.js", {400, 403, 404}),
    ("/camunda/lib/..%2fapi/engine/engine/x.js", {400, 403, 404}),
    ("/camunda/lib/%2e%2e/%2e%2e/%2e%2e/etc/passwd", {400, 403, 404}),
    ("/camunda/app/tasklist/../../../../etc/passwd", {400, 403, 404}),
    ("/camunda/api/engine/engine/default/deployment", {401, 403}),
    ("/actuator/health", {404}),
)


@pytest.mark.parametrize(("path", "statuses"), CLOSED)
def test_nothing_inside_is_reached_from_outside(
    stack: Stack, path: str, statuses: set[int]
) -> None:
    session = requests.Session()
    call = session.prepare_request(requests.Request("GET", stack.url))
    call.url = f"{stack.url}{path}"  # past the client's own tidying of paths

    answer = session.send(call, verify=str(stack.certificate), allow_redirects=False, timeout=10)

    assert answer.status_code in statuses
    assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["/engine-rest", "/engine-rest/engine", "/Engine-Rest/engine"])
def test_the_engines_rest_is_refused_by_the_front_itself(stack: Stack, path: str) -> None:
    """The API was not asked: it numbers every answer of its."""
    refused = requests.get(f"{stack.url}{path}", timeout=10)
    unknown = requests.get(f"{stack.url}/api/v1/nothing", timeout=10)

    assert refused.json()["detail"] == "Такого адреса нет."
    assert "X-Request-Id" not in refused.headers
    assert "X-Request-Id" in unknown.headers


def test_the_address_is_tls_only_and_says_so(stack: Stack) -> None:
    place = "/camunda/app/tasklist/default/?deal=D%201"
    plain = requests.get(f"{stack.http}{place}", allow_redirects=False, timeout=10)
    page = requests.get(f"{stack.url}/camunda/app/tasklist/default/", timeout=10)

    assert plain.status_code == 308
    assert plain.headers["Location"] == f"{stack.url}{place}"
    assert "server" not in plain.headers
    assert "max-age=" in page.headers["Strict-Transport-Security"]
    assert "server" not in page.headers
    cookies = page.headers["Set-Cookie"]
    assert cookies.count("Secure") >= 2
    assert "JSESSIONID=" in cookies


def test_files_come_from_the_front_and_are_the_engines_own(stack: Stack) -> None:
    """The same bytes as from an engine, and no session is made for them."""
    for path in ("lib/deps.js", "app/tasklist/scripts/config.js", "app/tasklist/locales/ru.json"):
        outside = requests.get(f"{stack.url}/camunda/{path}", timeout=10)
        engine = f"http://{stack.address('engine')}:8080/camunda/{path}"
        inside = requests.get(engine, timeout=10)

        assert outside.status_code == 200
        assert outside.content == inside.content
        assert "Set-Cookie" not in outside.headers
        etag = {"If-None-Match": outside.headers["ETag"]}
        again = requests.get(f"{stack.url}/camunda/{path}", headers=etag, timeout=10)
        assert again.status_code == 304


def test_without_its_demo_nobody_has_a_known_password(stack: Stack) -> None:
    logins = {row["id_"] for row in stack.rows("act_id_user", "engine")}
    answer = requests.get(f"{stack.url}/api/v1/me", auth=("director1", "Pit-2026-demo"), timeout=10)

    assert {"admin", "svcWorker", "svcApi", "svcDeploy", "manager1"} <= logins
    assert answer.status_code == 401


@pytest.fixture
def page() -> Iterator[Page]:
    """A window that takes the stack's own authority for a known one."""
    with a_chromium() as browser:
        context = browser.new_context(ignore_https_errors=True, **DESK)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        yield talkative(context.new_page())
        context.close()


def test_the_story_is_played_through_tls(stack: Stack) -> None:
    began = time.monotonic()
    story = a_story(stack)

    play(story)

    told(story_seconds=round(time.monotonic() - began, 1))
    assert story.card()["stage"]["code"] == "won"
    (mail,) = stack.containers("mail")
    assert eventually(lambda: story.deal_id in stack.logs(mail), 60)


def test_the_stream_of_changes_is_not_held_back(stack: Stack) -> None:
    """Each line comes when it is said, though the front compresses and two APIs answer."""
    person, machine = Employee("manager1", stack.password, stack.url), a_machine(stack)
    address, bounded = f"{stack.url}/api/v1/events", {"seconds": "60"}
    with person.session.get(address, params=bounded, stream=True, timeout=20) as stream:
        lines = stream.iter_lines(chunk_size=1)  # read as it comes
        assert (stream.status_code, next(lines)) == (200, b"retry: 1000")
        news = (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
        assert next(news)["deals"] is None  # where a stream begins, anything may have changed
        deal = machine.ask("POST", "/deals", json=wholesale()).json()["id"]
        began = time.monotonic()
        assert any(deal in (told.get("deals") or ()) for told in news)
        told(heard_after=round(time.monotonic() - began, 1))


def test_a_page_of_the_desk_shows_what_comes(stack: Stack, page: Page) -> None:
    page.goto(f"{stack.url}/")
    log_in_to_desk(page, "manager1", stack.password)
    page.locator(".queue li").first.wait_for()

    deal = a_machine(stack).ask("POST", "/deals", json=wholesale()).json()["id"]
    fresh = page.locator(".queue li", has_text=deal)
    expect(fresh).to_be_visible()
    fresh.get_by_role("button", name="Открыть").click()
    expect(page.locator("deal-form .deal-bar")).to_be_visible()


def test_secrets_and_passports_are_in_no_log(stack: Stack) -> None:
    kept = [v for k, v in stack.secrets.items() if k.endswith("PASSWORD") and v]
    for service in OURS:
        for container in stack.containers(service):
            text = stack.logs(container)
            assert [secret for secret in kept if secret in text] == [], container


@pytest.mark.parametrize(
    ("count", "said"),
    [(800, b""), (400, HALF_A_REQUEST), (150, READS_NOTHING), (250, HALF_A_BODY)],
    ids=["silent", "half a request", "reads no file", "half a body"],
)
def test_people_work_on_while_one_client_holds_all_it_can(
    stack: Stack, count: int, said: bytes
) -> None:
    # Containers are not reached from other addresses of the loopback.
    with crowd(stack.url, "127.0.0.1", buffer=4096) as attackers:
        attackers.open(count, said)
        assert attackers.reached == count
        began = time.monotonic()
        person = Employee("lawyer1", stack.password, stack.url)
        person.engine("GET", "/filter").raise_for_status()
        person.session.get(f"{stack.url}{FILE}", timeout=20).raise_for_status()
        assert stack.is_ready()
        told(attackers=count, said=said[:20], seconds=round(time.monotonic() - began, 1))


def test_logs_are_bounded(stack: Stack) -> None:
    for service in OURS:
        for container in stack.containers(service):
            kept = stack.inspect(container)["HostConfig"]["LogConfig"]
            bound = (kept.get("Config") or {}).get("max-size") or kept.get("Size")  # or podman
            assert str(bound).startswith("10"), (container, kept)


def test_two_engines_and_four_workers_make_no_double_effect(stack: Stack) -> None:
    stack.write_env(PIT_ENGINES="2", PIT_WORKERS="4")
    stack.up()
    eventually(lambda: len(stack.containers("engine")) == 2)
    eventually(lambda: all(answers(stack, name) for name in stack.containers("engine")), 200)
    assert len(stack.containers("worker")) == 4
    stack.wait_ready()

    # Each story logs in the same people: a third attempt at once would begin a pause.
    with ThreadPoolExecutor(2) as pool:
        stories = [a_story(stack) for _ in range(6)]
        deals = list(pool.map(play, stories))
    stack.drained()

    found = stack.evidence({deal: deal for deal in deals}, set())
    ours = set(deals)
    assert [v for v in audit(found) if v.deal in ours] == []
    done = Counter(found.successes)
    assert [one for one, times in done.items() if times > 1] == []


def answers(stack: Stack, engine: str) -> bool:
    url = f"http://{stack.addresses(engine)[0]}:8080/engine-rest/engine"
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_a_step_made_on_the_other_node_is_picked_up_in_time(stack: Stack) -> None:
    """Each node in turn makes a system step, whichever node the workers listen to."""
    machine, login = a_machine(stack), stack.administrator
    deal = machine.ask("POST", "/deals", json=wholesale()).json()["id"]
    Employee("manager1", stack.password, stack.url).task(deal, "Task_WorkDeal")
    waits = []
    for node in stack.containers("engine") * 5:
        rest = f"http://{stack.addresses(node)[0]}:8080/engine-rest"
        stack.drained()
        # A second instance by hand: its first step is a system step, and ends it.
        start = f"{rest}/process-definition/key/deal/start"
        began = time.monotonic()
        started = requests.post(start, json={"businessKey": deal}, auth=login, timeout=20)
        started.raise_for_status()
        instance = started.json()["id"]
        eventually(partial(first_step_done, rest, instance, login), 30)
        waits.append(time.monotonic() - began)
    told(picked_up_after=[round(one, 2) for one in waits])
    assert max(waits) <= PICKED_UP


def first_step_done(rest: str, instance: str, login: tuple[str, str]) -> bool:
    rows = requests.get(
        f"{rest}/history/external-task-log",
        params={"processInstanceId": instance, "successLog": "true"},
        auth=login,
        timeout=20,
    ).json()
    return bool(rows)


def test_moves_of_a_stage_with_one_engine_and_with_two(stack: Stack) -> None:
    """Only figures: two nodes share the load of many, they make nobody's move dearer."""
    second = stack.containers("engine")[1]
    answered: dict[int, list[float]] = {1: [], 2: []}
    arrived: dict[int, list[float]] = {1: [], 2: []}
    memory = stack.memory()
    for engines in ROUNDS:
        if engines == 1:
            stack.stop(second)
        elif not answers(stack, second):
            stack.start(second)
            eventually(lambda: answers(stack, second), 200)
        stack.wait_ready()
        moves(stack, answered[engines], arrived[engines])
    stack.start(second)
    eventually(lambda: answers(stack, second), 200)
    for engines in (1, 2):
        took, came = centiles(answered[engines]), centiles(arrived[engines])
        told(engines=engines, moves=len(answered[engines]), answered=took, next_task=came)
    ratio = statistics.median(answered[2]) / statistics.median(answered[1])
    told(two_to_one=round(ratio, 2), memory=memory)


def test_sessions_stay_with_their_node_and_a_dead_node_costs_one_login(stack: Stack) -> None:
    people = [Employee(login, stack.password, stack.url) for login in PEOPLE * 2]
    marks = {id(person): mark_of(person) for person in people}
    assert len(set(marks.values())) == 2, "all sessions are on one node"
    for person in people * 5:
        assert person.api("GET", "/me").status_code == 200
        assert person.engine("GET", "/filter").status_code == 200

    victim = stack.containers("engine")[0]
    stack.kill(victim)
    eventually(lambda: not answers(stack, victim) or not stack.inspect(victim)["State"]["Running"])
    time.sleep(SESSION_BELIEVED)
    lost = [person for person in people if not still_in(person)]
    kept = [person for person in people if person not in lost]

    assert lost, "nobody lived on the dead node"
    assert kept, "the other node's people lost their sessions too"
    assert len({marks[id(person)] for person in lost}) == 1
    assert not {marks[id(person)] for person in lost} & {marks[id(person)] for person in kept}
    for person in lost:
        again = Employee(person.login, stack.password, stack.url)
        assert again.api("GET", "/me").status_code == 200
    told(restarted_by_itself=stack.back(victim), logged_out=len(lost), stayed=len(kept))
    eventually(lambda: answers(stack, victim), 200)


def mark_of(person: Employee) -> str:
    (cookie,) = [one for one in person.session.cookies if one.name == "JSESSIONID"]
    return str(cookie.value).rpartition(".")[2]


def still_in(person: Employee) -> bool:
    """Asks until the answer is clear."""

    def clear() -> int | None:
        status = person.api("GET", "/me").status_code
        return status if status in (200, 401) else None

    return eventually(clear, 30) == 200


def test_what_was_typed_outlives_the_node_of_its_session(stack: Stack, page: Page) -> None:
    story = a_story(stack)
    story.until_approval()
    page.goto(f"{stack.url}/camunda/app/tasklist/default/")
    log_in(page, "head1", stack.password)
    open_task(page, "Рассмотреть условия", story.deal_id, "Задачи моей группы")
    take(page)
    comment = page.get_by_label("Комментарий, обязателен при отклонении")
    comment.fill("Лимит велик, прошу справку")

    (cookie,) = [one for one in page.context.cookies() if one["name"] == "JSESSIONID"]
    mark = cookie["value"].rpartition(".")[2]
    (victim,) = [name for name in stack.containers("engine") if mark in marks_of(stack, name)]
    stack.kill(victim)
    stack.back(victim)
    time.sleep(SESSION_BELIEVED)
    page.reload()
    log_in(page, "head1", stack.password)
    open_task(page, "Рассмотреть условия", story.deal_id, "Мои задачи")

    expect(comment).to_have_value("Лимит велик, прошу справку")
    page.get_by_role("button", name="Отклонить").click()
    page.keyboard.press("Control+Enter")
    wait_until_done(page)
    manager = Employee("manager1", stack.password, stack.url)  # logged in after the accident
    path = f"/deals/{story.deal_id}/approvals"
    said = eventually(lambda: manager.api("GET", path).json()["rounds"][-1]["decisions"])
    assert said[-1]["comment"] == "Лимит велик, прошу справку"
    eventually(lambda: answers(stack, victim), 200)


def marks_of(stack: Stack, engine: str) -> list[str]:
    return [Node(f"http://{address}:8080").mark for address in stack.addresses(engine)]


def test_what_hangs_is_ended_and_starts_again(stack: Stack) -> None:
    """Alive and deaf: the container engine alone would leave it so for ever."""
    time.sleep(2 * Timing.interval)  # the keepers have seen all of them at work
    victims = [stack.containers(service)[0] for service in ("api", "worker", "engine")]
    started = {name: stack.inspect(name)["State"]["StartedAt"] for name in victims}
    began, took = time.monotonic(), {}
    for name in victims:
        stack.freeze(name)
    for name in victims:
        eventually(partial(restarted, stack, name, started[name]), 400)
        took[name] = round(time.monotonic() - began)
        eventually(partial(stack.is_healthy, name), 200)
    stack.wait_ready()
    told(frozen_until_restart=took)


def test_every_service_may_die_under_load(stack: Stack) -> None:
    """Kill, wait until it is back, next one; then each is restarted as an update does it."""
    machine = a_machine(stack)
    crowd = Crowd(stack, machine, deals=60, threads=4, seed=5)
    crowd.begin()
    recovered, by_itself, stops = {}, {}, {}
    for service in ("worker", "api", "engine", "front", "postgres"):
        victim = stack.containers(service)[0]
        time.sleep(5)
        began = time.monotonic()
        stack.kill(victim)
        by_itself[service] = stack.back(victim)
        stack.wait_ready()
        if service == "engine":
            eventually(partial(answers, stack, victim), 200)
        recovered[service] = round(time.monotonic() - began, 1)
    for service in ("api", "worker", "engine"):
        for container in stack.containers(service):
            code, took = stack.stop(container)
            stops[container] = (code, round(took, 1))
            stack.start(container)
            if service == "engine":
                eventually(partial(answers, stack, container), 200)
            stack.wait_ready()
    deadline = time.monotonic() + 120
    while crowd.finished < 40 and time.monotonic() < deadline:
        time.sleep(1)
    crowd.go_home()
    drained = stack.drained()

    known = machine.ledger
    mine = set(known.acknowledged.values())
    broken = [v for v in audit(stack.evidence(known.acknowledged, known.unknown)) if v.deal in mine]
    told(
        deals=len(known.acknowledged),
        finished=crowd.finished,
        recovered_after=recovered,
        restarted_by_itself=by_itself,
        stops=stops,
        refusals_people_met=dict(crowd.refused.most_common(10)),
        drained_after=round(drained, 1),
        audit=[str(v) for v in broken],
    )
    assert (broken, known.doubled) == ([], [])
    assert len(known.acknowledged) >= 30
    assert crowd.finished >= 15
    assert all(code in (0, 143) for code, _ in stops.values()), stops


@pytest.fixture
def empty(runner: Runner, stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    """Another installation with secrets of its own, and a certificate from elsewhere."""
    own = {"PIT_TLS": "/certs/site.crt /certs/site.key"}
    made = Stack("pit-restored", tmp_path / "restored", runner, **own)
    made.certify("site")
    made.down()
    try:
        yield made
    finally:
        made.down()
        stack.trust_again()


def test_a_backup_made_while_people_work_is_whole(stack: Stack, empty: Stack) -> None:
    """Nothing stops for it. What was promised before it began is in it, and goes on from it."""
    crowd = Crowd(stack, a_machine(stack), deals=40, threads=4, seed=11)
    crowd.begin()
    eventually(lambda: crowd.finished >= 4, 180)
    promised = dict(crowd.machine.ledger.acknowledged)
    began = time.monotonic()
    stack.care("backup")
    saved = time.monotonic() - began
    during = len(crowd.machine.ledger.acknowledged) - len(promised)
    crowd.go_home()
    empty.up("postgres")
    copy_backup(stack, empty)
    empty.care("restore", newest_backup(stack))
    empty.up()
    empty.trust()
    empty.wait_ready()
    empty.drained()

    kept = set(promised.values())
    broken = [v for v in audit(empty.evidence(promised, set())) if v.deal in kept]
    files, used = empty.files(), {row["sha256"] for row in empty.rows("attachments")}
    told(saved_after=round(saved, 1), deals=len(kept), deals_meanwhile=during, files=len(files))
    assert broken == []
    assert "есть следующий шаг" in empty.care("audit")
    assert all(name == content for name, content in files.items())
    assert set(files) == used
    assert during > 0 or crowd.finished > 4, "nobody worked meanwhile"


def test_a_backup_becomes_a_working_stack(stack: Stack, empty: Stack) -> None:
    story = a_story(stack)
    story.until_approval()
    stack.drained()
    for service in ("front", "api", "worker", "engine", "postgres"):
        for container in stack.containers(service):
            code, _ = stack.stop(container)
            assert code in (0, 143), f"{container} was killed, not stopped"
    (postgres,) = stack.containers("postgres")
    stack.start(postgres)
    eventually(lambda: stack.is_healthy(postgres), 60)
    before = stack.contents()
    began = time.monotonic()
    said = stack.care("backup")
    saved = time.monotonic() - began
    name = newest_backup(stack)
    empty.up("postgres")
    copy_backup(stack, empty)
    began = time.monotonic()
    empty.care("restore", name)
    restored = time.monotonic() - began
    after = empty.contents()

    skipped = {"engine.pit_prepared"}  # setup is to run first
    assert {k: v for k, v in after.items() if k not in skipped} == {
        k: v for k, v in before.items() if k not in skipped
    }
    empty.up()
    empty.trust()
    empty.wait_ready()
    used = {row["sha256"] for row in empty.rows("attachments")}
    files = empty.files()
    assert set(files) == used, "files that no deal has, or deals without their files"
    assert all(name == content for name, content in files.items())
    took = {"backup": round(saved, 1), "restore": round(restored, 1)}
    told(backup=said.splitlines()[-1], seconds=took, tables=len(after))

    going_on = a_story(empty)
    going_on.deal_id = story.deal_id
    going_on.decides("head", "Task_ReviewTerms", "approved")
    going_on.decides("accountant", "Task_DecideContract", "approved")
    going_on("lawyer").task(going_on.deal_id, "Task_CheckClient")
    assert "есть следующий шаг" in empty.care("audit")


def newest_backup(stack: Stack) -> str:
    *_, newest = stack.care("backups").splitlines()
    return newest.split()[0]


def copy_backup(source: Stack, target: Stack) -> None:
    """From one installation's volume to the other's, empty one."""
    assert target.care("backups").strip() == ""  # and so its volume is the project's own
    from_, to = f"{source.name}_backups:/from:ro", f"{target.name}_backups:/to"
    argv = [source.runner.engine, "run", "--rm", "-v", from_, "-v", to, "--user", "0:0"]
    image = f"pit-deals/care:{VERSION}"
    copied = "cp -r /from/. /to/ && chown -R 10001:10001 /to"
    source._run([*argv, "--entrypoint", "sh", image, "-c", copied])


# --- shared


def a_machine(stack: Stack) -> Machine:
    secret = stack.care("token", f"m{uuid.uuid4().hex[:8]}", "deals:read", "deals:write").split()[0]
    return Machine(stack, secret, Ledger())


def wholesale() -> dict[str, object]:
    return {"direction": "activeWholesale", "manager": "manager1", "fields": WHOLESALE}


def moves(stack: Stack, answered: list[float], arrived: list[float]) -> None:
    """Stage moves of a machine through the one address. Adds seconds: to the answer, and until
    the manager has the next task."""
    machine = a_machine(stack)
    deal = machine.ask("POST", "/deals", json=wholesale()).json()["id"]
    manager = Employee("manager1", stack.password, stack.url)
    task = manager.task(deal, "Task_WorkDeal")
    session = requests.Session()
    for number in range(MOVES):
        stage = ("selection", "offer")[number % 2]
        card = machine.ask("GET", f"/deals/{deal}").json()
        if card["stage"]["code"] == stage:
            continue
        headers = {"Authorization": f"Bearer {machine._token}", "Idempotency-Key": uuid.uuid4().hex}
        began = time.monotonic()
        answer = session.post(
            f"{stack.url}/api/v1/deals/{deal}/stage",
            json={"stage": stage, "version": card["version"]},
            headers=headers,
            timeout=20,
        )
        answered.append(time.monotonic() - began)
        answer.raise_for_status()

        def next_task(old: str = task["id"]) -> dict[str, object] | None:
            found = manager.task(deal, "Task_WorkDeal")
            return found if found["id"] != old else None

        task = eventually(next_task, 30)
        arrived.append(time.monotonic() - began)


def centiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=20)
    return f"p50 {statistics.median(seconds) * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms"


def restarted(stack: Stack, container: str, before: object) -> bool:
    return bool(stack.inspect(container)["State"]["StartedAt"] != before)
