"""The event stream: who hears what, from which place, and what it costs."""

import json
import queue
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.live.hub import STREAMS_OF_PERSON
from tests.integration.api.conftest import Office, a_running_office
from tests.integration.api.engine_stand_in import StandInTask

PATIENCE = 20.0
"""Seconds for what takes one: the machine may be busy."""
ANYTHING = {"deals": None, "notifications": None, "tasks": None}


class Listener:
    """An open stream, read in a thread."""

    def __init__(self, office: Office, login: str, **query: Any) -> None:
        self._events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.status = 0
        self.last = ""
        self._opened, self._ended = threading.Event(), threading.Event()
        self._stopped = False
        self._office, self._login, self._query = office, login, query
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._opened.wait(PATIENCE)

    def _listen(self) -> None:
        person = self._office.person(self._login)
        with httpx2.Client(auth=person.http.auth, timeout=PATIENCE) as client:
            url = f"{self._office.url}/api/v1/events"
            with client.stream("GET", url, params=self._query) as answer:
                self.status = answer.status_code
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self._opened.set()
                number = ""
                for line in self._lines(answer):
                    name, _, value = line.partition(": ")
                    if name == "id":
                        number = value
                    elif name == "data":
                        self._events.put((number, json.loads(value)))
        self._ended.set()

    def _lines(self, answer: httpx2.Response) -> Iterator[str]:
        try:
            yield from answer.iter_lines()
        except httpx2.HTTPError:
            assert self._stopped

    def hears(self) -> dict[str, Any]:
        self.last, told = self._events.get(timeout=PATIENCE)
        return told

    def hears_of(self, topic: str) -> Any:
        """What the next news of this kind name."""
        while topic not in (told := self.hears()):
            pass
        return told[topic]

    def hears_of_deal(self, deal_id: str) -> bool:
        """Wait for news of the deal; changes of the last seconds before the stream may be told."""
        while deal_id not in (self.hears_of("deals") or ()):
            pass
        return True

    def is_silent(self, seconds: float = 2.5) -> bool:
        """Whether nothing comes for longer than two looks take."""
        try:
            self.last, told = self._events.get(timeout=seconds)
        except queue.Empty:
            return True
        print("heard", told)
        return False

    def ends(self) -> bool:
        return self._ended.wait(PATIENCE)

    def stop(self) -> None:
        """Close the connection, as a browser that leaves the page."""
        self._stopped = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)


@contextmanager
def listening(office: Office, login: str, **query: Any) -> Iterator[Listener]:
    """A stream that has heard its first word: from then on nothing is missed."""
    listener = Listener(office, login, seconds=60, **query)
    try:
        assert listener.status == 200
        assert listener.hears() == ANYTHING
        yield listener
    finally:
        listener.stop()


def a_note(office: Office, deal_id: str) -> None:
    answer = office.person("manager1").post(f"/deals/{deal_id}/notes", {"text": "Звонил."})
    assert answer.status_code == 201


def a_notification(office: Office, login: str) -> None:
    with office.database.writing() as store:
        store.notifications.add(login, uuid.uuid4().hex, "Вам передана задача.", None)


def a_task(deal_id: str, assignee: str | None = None) -> StandInTask:
    return StandInTask(
        f"task-{uuid.uuid4().hex[:8]}",
        "Task_CheckClient",
        deal_id,
        assignee,
        ("lawyers",),
        process="new-client-approval",
    )


def test_a_change_is_heard_by_those_whom_it_concerns_and_by_nobody_else(office: Office) -> None:
    deal_id = office.a_deal()
    with (
        listening(office, "manager1") as manager,
        listening(office, "salesHead") as head,
        listening(office, "manager2") as other,
        listening(office, "driver1") as driver,
    ):
        a_note(office, deal_id)

        assert manager.hears_of_deal(deal_id)
        assert head.hears_of_deal(deal_id)
        assert other.is_silent()
        assert driver.is_silent(0.1)


def test_a_page_is_told_nothing_of_what_was_before_it(tmp_path: Path) -> None:
    """Nobody listened before, so the looking begins with the page."""
    with a_running_office(f"sqlite:///{tmp_path / 'deals.sqlite3'}", tmp_path / "files") as office:
        deal_id = office.a_deal()
        office.engine.tasks = [a_task(deal_id)]
        manager = office.person("manager1")
        assert manager.http.get(f"/deals/{deal_id}").status_code == 200
        position = manager.get("/me").json()["news"]
        listener = Listener(office, "manager1", seconds=60, after=position, deal=deal_id)

        assert listener.is_silent()
        a_note(office, deal_id)
        assert listener.hears() == {"deals": [deal_id]}
        listener.stop()


def test_a_notification_reaches_its_recipient_only(office: Office) -> None:
    with listening(office, "manager1") as manager, listening(office, "manager2") as other:
        a_notification(office, "manager1")

        assert manager.hears() == {"notifications": None}
        assert other.is_silent()


def test_a_task_is_heard_of_by_its_group_while_it_is_free_and_by_its_people(
    office: Office,
) -> None:
    deal_id = office.a_deal()
    office.engine.people["lawyer2"] = frozenset({"lawyers"})
    task = a_task(deal_id)
    with (
        listening(office, "lawyer1") as lawyer,
        listening(office, "lawyer2") as colleague,
        listening(office, "driver1") as driver,
    ):
        office.engine.tasks.append(task)
        assert lawyer.hears_of("tasks") is None
        assert colleague.hears_of("tasks") is None
        task.assignee = "lawyer1"
        assert colleague.hears_of("tasks") is None
        assert lawyer.hears_of("tasks") is None
        office.engine.end(task)
        assert lawyer.hears_of("tasks") is None

        assert driver.is_silent()
        assert colleague.is_silent(0.1)


def test_who_comes_back_hears_what_was_missed_and_nothing_else(office: Office) -> None:
    deal_id = office.a_deal()
    with listening(office, "salesHead"):
        with listening(office, "manager1") as before:
            a_notification(office, "manager1")
            before.hears_of("notifications")
            seen = before.last
        a_note(office, deal_id)
        with listening(office, "manager1", after="") as fresh:
            position = office.person("manager1").get("/me").json()["news"]
            assert fresh.last == position

        for given in ({"after": seen}, {"after": "", "header": seen}):
            header = given.pop("header", None)
            assert header is None or header == seen
            back = Listener(office, "manager1", seconds=60, after=header or given["after"])
            assert back.hears() == {"deals": [deal_id]}
            assert back.is_silent(1)
            back.stop()


@pytest.mark.parametrize(
    "after", ["", "0-0", "0123abcd-1", "0123abcd-99999999999999999999", "-", "x", "1-1-1"]
)
def test_who_comes_from_another_process_or_too_late_reads_everything_anew(
    office: Office, after: str
) -> None:
    with listening(office, "salesHead"), listening(office, "manager1", after=after) as manager:
        assert manager.last.rpartition("-")[2].isdecimal()


def test_a_deal_that_one_may_see_can_be_followed_and_no_other(office: Office) -> None:
    deal_id = office.a_deal()
    office.engine.tasks = [a_task(deal_id, "lawyer1")]
    with listening(office, "lawyer1", deal=deal_id) as lawyer:
        a_note(office, deal_id)
        assert lawyer.hears_of_deal(deal_id)

    for deal in (deal_id, "D-2026-99999", "../../me"):
        answer = office.person("driver1").get("/events", params={"deal": deal, "seconds": 0})
        assert answer.status_code == 404


def test_changes_while_the_engine_is_down_are_heard_of_afterwards(office: Office) -> None:
    deal_id = office.a_deal()
    with listening(office, "lawyer1") as lawyer, listening(office, "manager1") as manager:
        office.engine.down = True
        a_note(office, deal_id)
        assert manager.hears_of_deal(deal_id)
        office.engine.tasks.append(a_task(deal_id))
        office.engine.down = False

        assert lawyer.hears_of("tasks") is None


def test_one_person_has_only_so_many_streams(office: Office) -> None:
    listeners = [Listener(office, "manager1", seconds=60) for _ in range(STREAMS_OF_PERSON)]
    refused = office.person("manager1").get("/events")
    other = Listener(office, "manager2", seconds=0)
    for listener in listeners:
        listener.stop()

    assert {listener.status for listener in listeners} == {200}
    assert refused.status_code == 429
    assert refused.json()["code"] == "TOO_MANY_STREAMS"
    assert other.status == 200


def test_streams_of_many_people_cost_no_more_than_one(office: Office) -> None:
    logins = ["manager1", "manager2", "salesHead", "lawyer1", "driver1", "store1"]

    def asked(people: list[str]) -> float:
        listeners = [Listener(office, login, seconds=60) for login in people]
        for listener in listeners:
            listener.hears()
        office.engine.asked.clear()
        began = datetime.now(UTC)
        time.sleep(3)
        polls = [one for one in office.engine.asked if one.endswith("/task")]
        for listener in listeners:
            listener.stop()
        return len(polls) / (datetime.now(UTC) - began).total_seconds()

    alone, together = asked(logins[:1]), asked(logins)

    assert 0 < together <= alone + 1.5


def test_a_stream_ends_by_itself_and_in_time(office: Office) -> None:
    listener = Listener(office, "manager1", seconds=1)

    assert listener.ends()
