"""Browsers that show notifications, over HTTP: stored, bounded, taken over, forgotten."""

import uuid
from datetime import timedelta

import pytest

from db.application.notices import tell
from db.domain.people.notices import Delivery, NoticeKind
from db.domain.people.push import MAX_BROWSERS, MAX_WAITING, PushMessage, browser_id
from db.vapid import PushKey
from tests.integration.api.conftest import Office, Person, a_running_office

PHONE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)


def a_person(office: Office) -> Person:
    login = f"pusher{uuid.uuid4().hex[:6]}"
    office.engine.people[login] = frozenset({"salesManagers"})
    return office.person(login)


def a_subscription(**given: str) -> dict[str, str]:
    address = f"https://fcm.googleapis.com/wp/{uuid.uuid4().hex}"
    return {"endpoint": address, "key": PushKey.new().public, "auth": "A" * 22, **given}


def browsers(person: Person) -> list[str]:
    return [one["id"] for one in person.get("/notifications/browsers").json()["items"]]


def waiting(office: Office, person: Person) -> list[PushMessage]:
    with office.database.writing() as store:
        found = store.pushes.lease(timedelta(0), limit=1000)
    return [one for one in found if one.browser.login == person.login]


def notify(office: Office, person: Person, key: str, kind: NoticeKind = NoticeKind.TASK) -> None:
    with office.database.writing() as store:
        tell(store, person.login, key, "Текст с именем клиента.", "D-2026-00001", kind)


def test_a_browser_is_stored_once_and_forgotten(office: Office) -> None:
    person, other = a_person(office), a_person(office)
    asked = a_subscription()
    for _ in range(2):
        answer = person.put("/notifications/browsers", asked, headers={"User-Agent": PHONE})
        assert answer.status_code == 200, answer.text

    shown = person.get("/notifications/browsers").json()
    assert len(PushKey.new().public) == len(shown["publicKey"])
    (one,) = shown["items"]
    assert (one["id"], one["name"]) == (browser_id(asked["endpoint"]), "Chrome, Android")
    assert asked["endpoint"] not in str(shown)

    place = f"/api/v1/notifications/browsers/{one['id']}"
    assert other.http.delete(place).status_code == 204
    assert browsers(person) == [one["id"]]
    for _ in range(2):
        assert person.http.delete(place).status_code == 204
    assert browsers(person) == []


def test_a_notification_waits_for_each_browser_as_the_person_chose(office: Office) -> None:
    person = a_person(office)
    for _ in range(2):
        person.put("/notifications/browsers", a_subscription())
    with office.database.writing() as store:
        store.notifications.choose(person.login, NoticeKind.DUE, Delivery(push=False))
        store.notifications.choose(person.login, NoticeKind.TASK, Delivery(mail=False, bell=False))

    for _ in range(2):  # a repeated step tells nothing twice
        notify(office, person, "one")
    notify(office, person, "two", NoticeKind.DUE)

    found = waiting(office, person)
    assert [(one.kind, one.deal_id) for one in found] == [(NoticeKind.TASK, "D-2026-00001")] * 2
    assert len({one.browser.id for one in found}) == 2
    person.http.delete(f"/api/v1/notifications/browsers/{found[0].browser.id}")
    assert [one.id for one in waiting(office, person)] == [found[1].id]


def test_the_newest_of_one_kind_and_deal_is_kept_and_their_number_is_bounded(
    office: Office,
) -> None:
    person = a_person(office)
    person.put("/notifications/browsers", a_subscription())
    for number in range(MAX_WAITING + 5):
        notify(office, person, f"key-{number}")

    found = waiting(office, person)
    assert len(found) == MAX_WAITING
    with office.database.writing() as store:
        store.pushes.prune(min(one.created_at for one in found))
    newest = max(one.id for one in found)
    assert [one.id for one in waiting(office, person)] == [newest]


def test_who_takes_a_browser_over_gets_nothing_of_the_one_before(office: Office) -> None:
    first, second, shared = a_person(office), a_person(office), a_subscription()
    first.put("/notifications/browsers", shared)
    notify(office, first, "one")

    second.put("/notifications/browsers", shared)

    assert browsers(first) == []
    assert browsers(second) == [browser_id(shared["endpoint"])]
    assert waiting(office, second) == []
    notify(office, first, "two")
    assert waiting(office, first) == []


def test_the_oldest_browser_gives_way(office: Office) -> None:
    person = a_person(office)
    added = [a_subscription() for _ in range(MAX_BROWSERS + 2)]
    for one in added:
        person.put("/notifications/browsers", one)

    assert browsers(person) == [browser_id(one["endpoint"]) for one in added[2:]]


def test_the_end_of_all_sessions_ends_the_notifications(office: Office) -> None:
    person = a_person(office)
    person.put("/notifications/browsers", a_subscription())
    notify(office, person, "one")

    answer = office.person("admin1").post(f"/people/{person.login}/password")

    assert answer.status_code == 200, answer.text
    assert waiting(office, person) == []
    notify(office, person, "two")
    assert waiting(office, person) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"endpoint": "https://127.0.0.1/1"}, "PUSH_SERVICE_UNKNOWN"),
        ({"endpoint": "https://postgres:5432/1"}, "PUSH_SERVICE_UNKNOWN"),
        ({"endpoint": "https://fcm.googleapis.com.evil.example/1"}, "PUSH_SERVICE_UNKNOWN"),
        ({"endpoint": "http://fcm.googleapis.com/1"}, "REQUEST_INVALID"),
        ({"endpoint": "https://fcm.googleapis.com/" + "x" * 1000}, "REQUEST_INVALID"),
        ({"key": "AAAA"}, "REQUEST_INVALID"),
        ({"key": "ключ"}, "REQUEST_INVALID"),
        ({"auth": "AAAA"}, "REQUEST_INVALID"),
    ],
)
def test_another_address_or_key_is_refused_in_words(
    office: Office, given: dict[str, str], code: str
) -> None:
    person = a_person(office)

    answer = person.put("/notifications/browsers", a_subscription(**given))

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if code == "PUSH_SERVICE_UNKNOWN":
        assert "PUSH_SERVICES" in answer.json()["detail"]
    assert browsers(person) == []


def test_without_a_key_nothing_is_offered(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("silent")
    address = f"sqlite:///{folder / 'deals.sqlite3'}"
    with a_running_office(address, folder / "files", push_private_key=None) as office:
        person = office.person("manager1")

        assert person.get("/notifications/browsers").json() == {"publicKey": None, "items": []}
        answer = person.put("/notifications/browsers", a_subscription())
        assert (answer.status_code, answer.json()["code"]) == (404, "PUSH_OFF")
