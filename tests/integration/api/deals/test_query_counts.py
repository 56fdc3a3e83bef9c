"""Statements and engine calls of a request: constants, however many rows there are."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from tests.integration.api.conftest import Office

HEAD, MANAGER = "salesHead", "manager1"


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Statements of this process, the API's included."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def deals(office: Office, count: int) -> str:
    """Add deals with a history of several rows. Returns: id of the last one."""
    deal_id = ""
    for number in range(count):
        deal_id = office.a_deal()
        person = office.person(MANAGER)
        change = {"fields": {"comments": f"Звонок {number}"}}
        answer = person.patch(f"/deals/{deal_id}", change, headers=person.seen(f"/deals/{deal_id}"))
        assert answer.status_code == 200, answer.text
    return deal_id


def counted(office: Office, statements: list[str], login: str, path: str) -> list[str]:
    """Statements of one request of a caller whose password is known already.

    A known password is verified anew after some seconds, so that one request in a row may hold
    the statements of the login too: the shorter of two does not.
    """
    person = office.person(login)

    def selects() -> list[str]:
        statements.clear()
        assert person.get(path).status_code == 200
        return [one for one in statements if one.startswith("SELECT")]

    selects()
    return min(selects(), selects(), key=len)


@pytest.mark.parametrize("login", [MANAGER, HEAD])
@pytest.mark.parametrize(
    "path",
    [
        "/deals?limit=50",
        "/deals?limit=50&open=true",
        "/deals?limit=50&text=лесторг",
        "/deals?limit=50&sort=amount",
        "/deals/export?direction=newClients",
        "/deals/{id}",
        "/deals/{id}?at=2200-01-01T00:00:00Z",
        "/deals/{id}/history",
        "/deals/{id}/timeline",
        "/directions/newClients/board",
        "/directions/newClients/board/newClient",
        "/search?text=лесторг",
        "/search?text=7712345671",
        "/deals/{id}/tasks",
        "/deals/{id}/notes",
        "/notifications",
    ],
)
def test_a_request_needs_the_same_statements_for_one_row_and_for_many(
    office: Office, statements: list[str], login: str, path: str
) -> None:
    one = path.format(id=deals(office, 1))
    few = counted(office, statements, login, one)
    many = path.format(id=deals(office, 6))

    assert len(counted(office, statements, login, many)) == len(few)


@pytest.mark.parametrize("login", [MANAGER, HEAD])
def test_a_card_reads_its_row_once(office: Office, statements: list[str], login: str) -> None:
    selects = counted(office, statements, login, f"/deals/{deals(office, 1)}")

    of_deals = [one for one in selects if "FROM deals" in one]
    assert len(of_deals) == 1, selects
    assert len(selects) <= 6, selects
