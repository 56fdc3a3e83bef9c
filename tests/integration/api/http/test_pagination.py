"""Pagination of growing collections with `limit`, `after` and `next`."""

import uuid
from collections.abc import Callable

import pytest

from db.domain.deals.entities import NoteKind
from db.domain.deals.history import Actor, Cause
from tests.integration.api.conftest import Office, Person

ROWS = 7
WRITER = Actor("manager1", Cause.API)


def notes(office: Office) -> tuple[Person, str]:
    deal_id = office.a_deal()
    with office.database.writing() as store:
        for number in range(ROWS):
            store.notes.add(deal_id, NoteKind.NOTE, f"{number}", WRITER)
    return office.person("manager1"), f"/deals/{deal_id}/notes"


def deal_history(office: Office) -> tuple[Person, str]:
    _, path = notes(office)
    return office.person("manager1"), path.replace("/notes", "/history")


def list_history(office: Office) -> tuple[Person, str]:
    admin = office.person("admin1")
    for number in range(ROWS):
        code = f"p{uuid.uuid4().hex[:8]}"
        admin.put(f"/lists/brands/items/{code}", {"name": f"{number}"}).raise_for_status()
    return admin, "/lists/brands/history"


def notifications(office: Office) -> tuple[Person, str]:
    login = f"reader{uuid.uuid4().hex[:6]}"
    office.engine.people[login] = frozenset({"salesManagers"})
    with office.database.writing() as store:
        for number in range(ROWS):
            store.notifications.add(login, f"{number}", f"{number}", None)
    return office.person(login), "/notifications?unread=true"


Paged = Callable[[Office], tuple[Person, str]]
PAGED = [notes, deal_history, list_history, notifications]


@pytest.mark.parametrize("paged", PAGED)
def test_pages_followed_to_their_end_are_the_whole_in_order(office: Office, paged: Paged) -> None:
    reader, path = paged(office)
    sign = "&" if "?" in path else "?"
    whole = reader.get(f"{path}{sign}limit=500").json()

    walked, sizes, address = [], [], f"{path}{sign}limit=3"
    while address:
        page = reader.get(address).json()
        walked += page["items"]
        sizes.append(len(page["items"]))
        address = (page["next"] or "").removeprefix("/api/v1")

    assert whole["next"] is None
    assert len(whole["items"]) >= ROWS
    assert walked == whole["items"]
    assert set(sizes[:-1]) == {3}
    assert 0 < sizes[-1] <= 3


@pytest.mark.parametrize("paged", PAGED)
def test_a_page_that_ends_exactly_has_no_next(office: Office, paged: Paged) -> None:
    reader, path = paged(office)
    sign = "&" if "?" in path else "?"
    rows = len(reader.get(f"{path}{sign}limit=500").json()["items"])

    page = reader.get(f"{path}{sign}limit={rows}").json()

    assert len(page["items"]) == rows
    assert page["next"] is None


@pytest.mark.parametrize("paged", PAGED)
@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=501", "limit=x", "after=-1", "after=9999999999"]
)
def test_a_page_of_nonsense_is_refused(office: Office, paged: Paged, asked: str) -> None:
    reader, path = paged(office)

    answer = reader.get(f"{path}{'&' if '?' in path else '?'}{asked}")

    assert answer.status_code == 422


def test_a_notification_that_comes_meanwhile_moves_no_page(office: Office) -> None:
    reader, path = notifications(office)
    first = reader.get(f"{path}&limit=4").json()
    with office.database.writing() as store:
        store.notifications.add(reader.login, "new", "new", None)

    second = reader.get(first["next"].removeprefix("/api/v1")).json()

    assert [one["text"] for one in first["items"] + second["items"]] == list("6543210")
    assert reader.get(path).json()["items"][0]["text"] == "new"
