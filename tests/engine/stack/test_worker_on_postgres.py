"""Once means once on PostgreSQL too: what the steps and the outbox trust the database for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.domain.deals.entities import OutboxKind
from tests.support.builders import MANAGER
from tests.support.fakes.ports import FakePeople, Office, a_kept_deal, a_task, an_office
from tests.support.servers.postgres import new_database, server_or_skip
from workers.ports.employees import Employee
from workers.topics.lifecycle import notify, register_process

pytestmark = pytest.mark.postgres

REGISTER, NOTIFY = register_process.TOPIC, notify.TOPIC
IVAN = Employee(MANAGER, "Иван Соколов", "ivan@pit.example")
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with server_or_skip() as address:
        url = new_database(address, "deals")
        people = FakePeople({"salesManagers": [IVAN]})
        with an_office(Path(tmp_path_factory.mktemp("office")), url, people=people) as office:
            yield office


def test_of_many_processes_started_at_once_one_is_the_deals(office: Office) -> None:
    deal_id = a_kept_deal(office)
    tasks = [a_task(deal_id, id=f"{deal_id}-{n}", instance=f"{deal_id}-{n}") for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda task: office.done(REGISTER, task), tasks))

    assert sorted(result["duplicate"] for result in results) == [False] + [True] * 7


def test_two_workers_with_one_task_have_one_effect_and_one_answer(office: Office) -> None:
    task = a_task(a_kept_deal(office), id="contested")
    faster = []
    slow = replace(REGISTER, fetch=lambda *_: faster.append(office.done(REGISTER, task)))

    slower = office.done(slow, task)

    assert slower == faster[0]


def test_a_person_hears_of_a_thing_once_however_often_it_is_told(office: Office) -> None:
    deal_id = a_kept_deal(office)
    told = {"template": "overdue", "recipient": "manager"}

    for number in range(3):
        office.done(NOTIFY, a_task(deal_id, id=f"{deal_id}-{number}", **told))

    with office.database.reading() as store:
        heard = [one for one in store.notifications.of(MANAGER) if one.deal_id == deal_id]
        letters = [mail for mail in store.mails.unsent() if deal_id in mail.message_id]
    assert len(heard) == len(letters) == 1


def test_a_row_of_the_outbox_is_leased_by_one_worker_and_before_those_after_it(
    office: Office,
) -> None:
    deal_id = a_kept_deal(office)
    with office.database.writing() as store:
        for move in (1, 2):
            message = {"message": "StageMoved", "moveVersion": move}
            store.outbox.add(deal_id, OutboxKind.MESSAGE, message)

    def lease(owner: str) -> list[int]:
        with office.database.writing() as store:
            rows = store.outbox.lease(owner, MINUTE, 100)
        return [row.payload["moveVersion"] for row in rows if row.deal_id == deal_id]

    with ThreadPoolExecutor(6) as pool:
        leased = list(pool.map(lease, [f"w{n}" for n in range(6)]))

    assert sorted(leased) == [[]] * 5 + [[1]]


def test_attempts_are_counted_and_forgiven(office: Office) -> None:
    counts = []
    for _ in range(3):
        with office.database.writing() as store:
            counts.append(store.processed.count_attempt("deadly", "notify").number)
    with office.database.writing() as store:
        store.processed.reset_attempts(["deadly"])
        counts.append(store.processed.count_attempt("deadly", "notify").number)

    assert counts == [1, 2, 3, 1]
