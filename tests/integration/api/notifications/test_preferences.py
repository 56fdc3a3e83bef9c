"""Preferences of notifications over HTTP, and what reaches people after a choice."""

import uuid

import pytest

from db.application.notices import tell
from db.domain.people.notices import CHOICES, Delivery, NoticeKind
from tests.integration.api.conftest import Office
from workers.ports.employees import Employee
from workers.services.notifications import notify_people

EVERYTHING = Delivery()


def a_person(office: Office, role: str = "salesManagers") -> Employee:
    login = f"chooser{uuid.uuid4().hex[:6]}"
    office.engine.people[login] = frozenset({role})
    return Employee(login, login, f"{login}@pit.example")


def notify(office: Office, person: Employee, key: str, kind: NoticeKind) -> None:
    with office.database.writing() as store:
        notify_people(store, [person], key, "Текст.", "D-2026-00001", kind, subject="Тема")


def mailed(office: Office, person: Employee) -> list[str]:
    with office.database.reading() as store:
        return [mail.message_id for mail in store.mails.unsent() if mail.recipient == person.login]


def test_everything_is_on_until_somebody_turns_it_off(office: Office) -> None:
    person = a_person(office)
    asked = office.person(person.login)

    shown = asked.get("/notifications/preferences").json()["items"]
    assert [one["kind"] for one in shown] == ["deal", "task", "due", "overdue"]
    assert {(one["mail"], one["bell"], one["push"]) for one in shown} == {(True, True, True)}
    quiet = {"mail": False, "bell": False, "push": False}
    for _ in range(2):
        answer = asked.put("/notifications/preferences/due", quiet)
        assert answer.json() | quiet == answer.json()

    again = {one["kind"]: one for one in asked.get("/notifications/preferences").json()["items"]}
    assert (again["due"]["mail"], again["overdue"]["mail"]) == (False, True)
    head = a_person(office, "salesHeads")
    kinds = office.person(head.login).get("/notifications/preferences").json()["items"]
    assert [one["kind"] for one in kinds][-1] == "digest"


@pytest.mark.parametrize("kind", ["digest", "system", "nonsense"])
def test_a_kind_that_is_not_offered_cannot_be_chosen(office: Office, kind: str) -> None:
    asked = office.person(a_person(office).login)

    answer = asked.put(
        f"/notifications/preferences/{kind}", {"mail": False, "bell": False, "push": False}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "NOTICE_KIND_UNKNOWN")


def test_mail_and_bell_are_turned_off_apart_and_nothing_is_lost(office: Office) -> None:
    person = a_person(office)
    asked = office.person(person.login)
    asked.put("/notifications/preferences/due", {"mail": False, "bell": True, "push": True})
    asked.put("/notifications/preferences/overdue", {"mail": True, "bell": False, "push": True})

    for _ in range(2):  # a repeated step tells nothing twice
        notify(office, person, "one:due", NoticeKind.DUE)
        notify(office, person, "two:overdue", NoticeKind.OVERDUE)

    shown = asked.get("/notifications").json()["items"]
    assert [one["readAt"] is None for one in shown] == [False, True]
    assert asked.get("/me").json()["unread"] == 1
    assert [one.partition(".")[2] for one in mailed(office, person)] == [
        f"two.overdue.{person.login}@deals.invalid>"
    ]


def test_alerts_of_failures_always_come(office: Office) -> None:
    person = a_person(office)
    with office.database.writing() as store:
        for kind in NoticeKind:
            store.notifications.choose(person.login, kind, Delivery(mail=False, bell=False))

    notify(office, person, "broken", NoticeKind.SYSTEM)

    assert office.person(person.login).get("/me").json()["unread"] == 1
    assert len(mailed(office, person)) == 1


def test_a_notification_that_is_not_new_says_so(office: Office) -> None:
    person = a_person(office)
    with office.database.writing() as store:
        first = tell(store, person.login, "key", "Текст.", None, NoticeKind.TASK)
        second = tell(store, person.login, "key", "Текст.", None, NoticeKind.TASK)

    assert (first, second) == (EVERYTHING, None)


def test_every_kind_but_alerts_is_offered() -> None:
    assert {one.kind for one in CHOICES} == set(NoticeKind) - {NoticeKind.SYSTEM}
