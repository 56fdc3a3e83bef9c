"""`make bench-press`: milliseconds from a press to the next person's open task.

Plays new clients from the request to the delivered order. Each press is made for all deals before
the next one: one deal after another, then at a fixed rate. The clock runs from the start of the
submit request until the next task can be seen in the engine.
"""

import argparse
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bench.figures import percentile
from bench.processor import cpu_seconds
from bench.report import OUT, Column, Report
from bench.servers import ENGINE_DATABASE, pids, postgres, postmaster, suite
from ops.demo.scenario import CAST, Story, a_number
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite

LOOK = 0.004  # seconds between two looks for new tasks
SLOW_LOOK = 0.1  # the same while only the throughput is measured: a look costs PostgreSQL 2 ms then
PATIENCE = 60.0  # seconds until a task that does not appear ends the run
CONNECTIONS = 8
OPEN_TASKS = """
SELECT root.business_key_, task.task_def_key_, task.id_
FROM act_ru_task task
JOIN act_ru_execution own ON own.id_ = task.proc_inst_id_
JOIN act_ru_execution root ON root.id_ = own.root_proc_inst_id_
WHERE task.create_time_ > localtimestamp - interval '5 s'
"""

Seen = tuple[str, str, str]
"""Deal, key and id of an open task."""


class Source(Protocol):
    """Port to the engine: user tasks that were opened in the last seconds."""

    def new_tasks(self) -> Sequence[Seen]: ...


class DatabaseSource:
    """New tasks in the engine's PostgreSQL: a look costs the engine nothing."""

    def __init__(self, connection: "psycopg.Connection[Seen]") -> None:
        self._connection = connection

    def new_tasks(self) -> Sequence[Seen]:
        """Committed tasks of the last seconds."""
        return self._connection.execute(OPEN_TASKS).fetchall()


class RestSource:
    """Open tasks by the engine's REST, for an engine with an embedded database."""

    def __init__(self, running: RunningSuite) -> None:
        self._engine = running.engine

    def new_tasks(self) -> Sequence[Seen]:
        """Open tasks of all deals."""
        return [(t.deal_id or "", t.key, t.id) for t in self._engine.tasks()]


class Watcher:
    """Remembers when each task was first seen."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._of_deal: dict[tuple[str, str], dict[str, float]] = {}
        """Time of the first sight of each task, by deal id and task key."""
        self._done: set[str] = set()
        self._known: set[str] = set()
        self._stopping = False
        self.look = LOOK

    @contextmanager
    def watching(self) -> Iterator["Watcher"]:
        """Look for tasks in a thread of its own."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stopping = True
            thread.join()

    def task(self, deal_id: str, key: str, since: float = 0.0) -> tuple[str, float]:
        """Wait for a task first seen ``since``; the newest one counts.

        Returns: its id and when it was first seen.
        """
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                found = self._of_deal.get((deal_id, key), {})
                for task_id, at in reversed(found.items()):
                    if task_id not in self._done and at >= since:
                        return task_id, at
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{deal_id}: no task {key}")

    def opened(self, key: str) -> list[float]:
        """Times of the first sight of the tasks with this key."""
        with self._changed:
            found = [tasks for (_, its_key), tasks in self._of_deal.items() if its_key == key]
        return [at for tasks in found for at in tasks.values()]

    def done(self, task_id: str) -> None:
        """A task that was completed is not found any more."""
        self._done.add(task_id)

    def _watch(self) -> None:
        while not self._stopping:
            found = [seen for seen in self._source.new_tasks() if seen[2] not in self._known]
            now = time.monotonic()
            if found:
                with self._changed:
                    for deal_id, key, task_id in found:
                        self._of_deal.setdefault((deal_id, key), {})[task_id] = now
                        self._known.add(task_id)
                    self._changed.notify_all()
            time.sleep(self.look)


@dataclass(frozen=True)
class Press:
    """One button: who presses it in which task, and which task must follow."""

    name: str
    part: str
    key: str
    following: str
    prepare: Callable[[Story, str], dict[str, Any]]
    """Says with the story and the task's id what the form sends; not timed."""


def _decision(decision: str) -> Callable[[Story, str], dict[str, Any]]:
    return lambda _story, _task: {"decision": decision, "comment": "Нет", "edits": ""}


def _stage(stage: str) -> Callable[[Story, str], dict[str, Any]]:
    return lambda story, _task: {"wantedStage": stage, "seenVersion": story.card()["version"]}


def _documents(story: Story, _task: str) -> dict[str, Any]:
    story.documents_collected()
    return _stage("collectingDocuments")(story, _task)


def _contract_number(story: Story, _task: str) -> dict[str, Any]:
    number = a_number("П")
    story.contract_in_onec(number)
    return {"answer": "entered", "number": number, "picked": None, "comment": ""}


def _contract_file(story: Story, _task: str) -> dict[str, Any]:
    return {"fileId": story.upload("lawyer", "contractFile", "Договор.pdf").json()["id"]}


def _realization(story: Story, _task: str) -> dict[str, Any]:
    number = story.realization_in_onec()
    return {"answer": "entered", "number": number, "picked": None, "comment": None}


def _says(**said: Any) -> Callable[[Story, str], dict[str, Any]]:
    return lambda _story, _task: said


def _upd(story: Story, _task: str) -> dict[str, Any]:
    """The storekeeper has picked the goods before the УПД is ready."""
    story("storekeeper").do(story.deal_id, "Task_PickOrder", comment="")
    time.sleep(0.3)  # the picking's own steps are over
    return {}


def _picking(story: Story, _task: str) -> dict[str, Any]:
    """The УПД is ready before the storekeeper has picked the goods."""
    story("operator").do(story.deal_id, "Task_PrepareUpd")
    time.sleep(0.3)  # the check in 1C is over
    return {"comment": ""}


def _delivered(story: Story, _task: str) -> dict[str, Any]:
    file_id = story.upload("driver", "ttnFile", "Накладная.pdf").json()["id"]
    return {"answer": "delivered", "fileId": file_id, "reason": None}


RETURNED = _says(answer="returned", number=None, picked=None, comment="Нет")
AGAIN = _says(answer="again", shippingDirection=None, reason=None)

PRESSES = (
    Press(
        "менеджер «Сбор документов» → снова менеджер",
        "manager",
        "Task_CollectDocuments",
        "Task_CollectDocuments",
        _documents,
    ),
    Press(
        "менеджер «Условия согласования» → РОП",
        "manager",
        "Task_CollectDocuments",
        "Task_ReviewTerms",
        _stage("termsApproval"),
    ),
    Press(
        "РОП отклоняет → менеджер",
        "head",
        "Task_ReviewTerms",
        "Task_RenegotiateTerms",
        _decision("rejected"),
    ),
    Press(
        "менеджер пересогласует → РОП",
        "manager",
        "Task_RenegotiateTerms",
        "Task_ReviewTerms",
        _stage("termsApproval"),
    ),
    Press(
        "РОП → бухгалтер",
        "head",
        "Task_ReviewTerms",
        "Task_DecideContract",
        _decision("approved"),
    ),
    Press(
        "бухгалтер → юрист",
        "accountant",
        "Task_DecideContract",
        "Task_CheckClient",
        _decision("approved"),
    ),
    Press(
        "юрист → оператор 1С",
        "lawyer",
        "Task_CheckClient",
        "Task_EnterOnecContract",
        _decision("approved"),
    ),
    Press(
        "оператор возвращает реквизиты → менеджер",
        "operator",
        "Task_EnterOnecContract",
        "Task_CorrectRequisites",
        RETURNED,
    ),
    Press(
        "реквизиты исправлены → оператор 1С",
        "manager",
        "Task_CorrectRequisites",
        "Task_EnterOnecContract",
        _says(),
    ),
    Press(
        "номер договора оператора → юрист",
        "operator",
        "Task_EnterOnecContract",
        "Task_DraftContract",
        _contract_number,
    ),
    Press(
        "договор юриста → менеджер",
        "lawyer",
        "Task_DraftContract",
        "Task_LeadClient",
        _contract_file,
    ),
    Press(
        "менеджер «Реализация» → оператор 1С",
        "manager",
        "Task_LeadClient",
        "Task_CreateRealization",
        _stage("realization"),
    ),
    Press(
        "оператор возвращает заказ → менеджер",
        "operator",
        "Task_CreateRealization",
        "Task_LeadClient",
        RETURNED,
    ),
    Press(
        "снова «Реализация» → оператор 1С",
        "manager",
        "Task_LeadClient",
        "Task_CreateRealization",
        _stage("realization"),
    ),
    Press(
        "реализация оператора → «Подготовить УПД»",
        "operator",
        "Task_CreateRealization",
        "Task_PrepareUpd",
        _realization,
    ),
    Press(
        "заказ собран, «УПД готов» → водитель",
        "operator",
        "Task_PrepareUpd",
        "Task_DeliverByCarrier",
        _upd,
    ),
    Press(
        "водитель «Сменить водителя» → диспетчер",
        "driver",
        "Task_DeliverByCarrier",
        "Task_AssignDriver",
        _says(answer="driverChanged", fileId=None, reason="Ремонт"),
    ),
    Press(
        "диспетчер назначает водителя → водитель",
        "dispatcher",
        "Task_AssignDriver",
        "Task_DeliverByCarrier",
        _says(driver=CAST["driver"], carrierDriver=None),
    ),
    Press(
        "водитель «Не доставлено» → менеджер",
        "driver",
        "Task_DeliverByCarrier",
        "Task_ReplanDelivery",
        _says(answer="failed", fileId=None, reason="Закрыто"),
    ),
    Press(
        "менеджер «Доставить ещё раз» → водитель",
        "manager",
        "Task_ReplanDelivery",
        "Task_DeliverByCarrier",
        AGAIN,
    ),
    Press(
        "водитель сдал часть заказа → менеджер",
        "driver",
        "Task_DeliverByCarrier",
        "Task_LeadClient",
        _delivered,
    ),
    Press(
        "следующая часть, «Реализация» → оператор 1С",
        "manager",
        "Task_LeadClient",
        "Task_CreateRealization",
        _stage("realization"),
    ),
    Press(
        "реализация оператора → «Собрать заказ»",
        "operator",
        "Task_CreateRealization",
        "Task_PickOrder",
        _realization,
    ),
    Press(
        "УПД готов, «Заказ собран» → водитель",
        "storekeeper",
        "Task_PickOrder",
        "Task_DeliverByCarrier",
        _picking,
    ),
)
"""Both processes in their order; the order is shipped in parts, by a carrier. The other routes have
the same steps between the same people."""


@dataclass(frozen=True)
class Flood:
    """Deals posted by several connections at once."""

    count: int
    posted: float
    """Deals posted per second."""
    opened: float
    """Deals per second until the last one has its open task."""
    milliseconds: Mapping[str, float]
    """Processor time per deal, by part."""

    def __str__(self) -> str:
        spent = ", ".join(f"{part} {time:.1f}" for part, time in self.milliseconds.items())
        return (
            f"{self.count} deals by {CONNECTIONS} connections: {self.posted:.0f} posted/s, "
            f"{self.opened:.0f}/s until their first task is open. "
            f"Processor time per deal, ms: {spent}."
        )


class Bench:
    """Deals of one suite, pressed and watched."""

    def __init__(self, running: RunningSuite, watcher: Watcher, parts: Mapping[str, int]) -> None:
        """Log everybody in. ``parts``: pids whose processor time a flood reports."""
        self._running, self._watcher = running, watcher
        self._parts = parts
        for login in set(CAST.values()):
            running(login)  # logged in before any clock runs

    def a_story(self) -> Story:
        """A new deal, not created yet."""
        running = self._running
        return Story(
            running.url,
            PASSWORD,
            running.onec,
            lambda _: None,
            people=running.people,
            terms={"shipsInParts": True},
        )

    def create(self, story: Story) -> float:
        """POST /deals. Returns: seconds until «Собрать документы»."""
        began = time.monotonic()
        self.post(story)
        return self._watcher.task(story.deal_id, "Task_CollectDocuments")[1] - began

    def post(self, story: Story) -> None:
        """POST /deals alone."""
        fields = {"subject": "Бензопилы", "counterparty": f"ООО «{uuid.uuid4().hex[:12]}»"}
        body = {"direction": "newClients", "fields": fields}
        answer = story("manager").api("POST", "/deals", json=body)
        answer.raise_for_status()
        story.deal_id = answer.json()["id"]

    def prepared(self, press: Press, story: Story) -> Callable[[], float]:
        """Prepare a press. Returns: the press; it returns the seconds until the next task."""
        task_id, _ = self._watcher.task(story.deal_id, press.key)
        person = story(press.part)
        claim = {"userId": person.login}
        person.engine("POST", f"/task/{task_id}/claim", json=claim).raise_for_status()
        said = press.prepare(story, task_id)

        def pressed() -> float:
            began = time.monotonic()
            person.submit({"id": task_id}, **said).raise_for_status()
            self._watcher.done(task_id)
            return self._watcher.task(story.deal_id, press.following, since=began)[1] - began

        return pressed

    def moved_by_api(self, story: Story) -> Callable[[], float]:
        """A stage moved by the API; the process is woken by a message of the outbox."""
        task_id, _ = self._watcher.task(story.deal_id, "Task_LeadClient")
        headers = {"If-Match": f'"{story.card()["version"]}"'}

        def moved() -> float:
            began = time.monotonic()
            path, body = f"/deals/{story.deal_id}/stage", {"stage": "realization"}
            answer = story("manager").api("POST", path, json=body, headers=headers)
            answer.raise_for_status()
            self._watcher.done(task_id)
            key = "Task_CreateRealization"
            return self._watcher.task(story.deal_id, key, since=began)[1] - began

        return moved

    def flood(self, count: int) -> Flood:
        """Post deals by 8 connections and wait until each has its first task."""
        self._watcher.look = SLOW_LOOK
        before = len(self._watcher.opened("Task_CollectDocuments"))
        people = [_another(self._running) for _ in range(CONNECTIONS)]
        stories = [self.a_story() for _ in range(count)]
        used = self._used()
        began = time.monotonic()

        def post(number: int) -> float:
            for story in stories[number::CONNECTIONS]:
                story.people = {**story.people, CAST["manager"]: people[number]}
                self.post(story)
            return time.monotonic()

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            posted = max(pool.map(post, range(CONNECTIONS)))
        while len(opened := self._watcher.opened("Task_CollectDocuments")) < before + count:
            if time.monotonic() > posted + PATIENCE:
                raise TimeoutError("not every posted deal has its task")
            time.sleep(0.05)
        spent = {part: 1000 * (now - used[part]) / count for part, now in self._used().items()}
        return Flood(count, count / (posted - began), count / (max(opened) - began), spent)

    def _used(self) -> dict[str, float]:
        """Processor seconds of each part so far."""
        used = {part: cpu_seconds(pid) for part, pid in self._parts.items()}
        return {**used, "this benchmark": time.process_time()}


def _another(running: RunningSuite) -> Any:
    """Another session of the manager."""
    from ops.demo.employee import Employee

    return Employee(CAST["manager"], PASSWORD, running.url)


def _at_rate(presses: Sequence[Callable[[], float]], rate: float) -> list[float]:
    """Begin ``rate`` presses a second, whether the ones before have ended or not; 0: in turn."""
    if rate == 0:
        return [press() for press in presses]
    began = time.monotonic()

    def at(number: int) -> float:
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        return presses[number]()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(at, range(len(presses))))


RATES = {"seq": 0.0, "r1": 1.0, "r20": 20.0}
"""Key of a column → presses begun per second; 0: one after another."""
COLUMNS = [
    Column(f"{rate}_{key}", f"{key}, {words}")
    for rate, words in (("seq", "in turn"), ("r1", "1/s"), ("r20", "20/s"))
    for key in ("p50", "p95")
]
FIRST = "POST /deals → «Собрать документы»"
SHIPPED_FIRST = "менеджер «Реализация» → оператор 1С"
"""The press that half of the deals make by the API."""
BY_API = "стадия «Реализация» через API → оператор 1С"


def measure(
    running: RunningSuite, source: Source, parts: Mapping[str, int], args: argparse.Namespace
) -> Report:
    """Play all presses at all rates. Returns: the report."""
    report = Report("press", f"Press → next task, ms, {args.database}", COLUMNS)
    rows: dict[str, dict[str, float]] = {}

    def note(name: str, rate: str, seconds: Sequence[float]) -> None:
        p50, p95 = (1000 * percentile(seconds, share) for share in (0.5, 0.95))
        rows.setdefault(name, {}).update({f"{rate}_p50": p50, f"{rate}_p95": p95})
        print(f"{rate:4} {p50:6.0f} {p95:6.0f}  {name}", flush=True)

    with Watcher(source).watching() as watcher:
        bench = Bench(running, watcher, parts)
        _play(bench, [bench.a_story() for _ in range(args.warm)], 0, lambda *_: None)
        for rate in args.rates:
            stories = [bench.a_story() for _ in range(args.deals)]
            _play(bench, stories, RATES[rate], lambda n, s, r=rate: note(n, r, s))  # type: ignore[misc]
        if args.flood:
            report.notes.append(str(bench.flood(args.flood)))
    for name, values in rows.items():
        report.add(name, **values)
    return report


def _play(
    bench: Bench,
    stories: Sequence[Story],
    rate: float,
    note: Callable[[str, Sequence[float]], None],
) -> None:
    note(FIRST, _at_rate([lambda s=s: bench.create(s) for s in stories], rate))  # type: ignore[misc]
    for press in PRESSES:
        if press.name == SHIPPED_FIRST:
            half = len(stories) // 2
            by_api, stories_left = stories[:half], stories[half:]
            note(BY_API, _at_rate([bench.moved_by_api(story) for story in by_api], rate))
            presses = [bench.prepared(press, story) for story in stories_left]
        else:
            presses = [bench.prepared(press, story) for story in stories]
        note(press.name, _at_rate(presses, rate))


@contextmanager
def _running(
    database: str, directory: Path
) -> Iterator[tuple[RunningSuite, Source, Mapping[str, int]]]:
    """Start the suite. Yields: it, the source of its open tasks and the pids of its parts."""
    if database == "embedded":
        with running_suite(directory) as running:
            yield running, RestSource(running), pids(running)
        return
    with postgres() as address, suite(address, directory) as running:
        plain = address.replace("+psycopg", "")
        connection = psycopg.connect(f"{plain}/{ENGINE_DATABASE}", autocommit=True)
        with closing(connection):
            parts = {**pids(running), "PostgreSQL": postmaster(plain)}
            yield running, DatabaseSource(connection), parts


def main() -> None:
    """Measure, print the table, write JSON and the chart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["postgres", "embedded"], default="postgres")
    parser.add_argument("--deals", type=int, default=20)
    parser.add_argument("--warm", type=int, default=30, help="deals played before the clock runs")
    parser.add_argument("--rates", nargs="*", choices=list(RATES), default=list(RATES))
    parser.add_argument("--flood", type=int, default=400, help="deals posted by 8 connections")
    parser.add_argument("--folder", type=Path, default=OUT)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pit-press-") as directory,
        _running(args.database, Path(directory)) as (running, source, parts),
    ):
        print("pids", parts, "data", directory, flush=True)
        report = measure(running, source, parts, args)
    print(report.table())
    print(report.save(charts=["seq_p95"], folder=args.folder))


if __name__ == "__main__":
    main()
