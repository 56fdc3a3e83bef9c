"""Many wrong passwords at several API processes with one database, over HTTP."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from db.domain.deals.entities import Mail, Notification
from tests.integration.api.webapp_proxy.doorway import an_application, forget_attempts
from tests.integration.api.webapp_proxy.webapp_stand_in import PASSWORD, WebappStandIn
from tests.support.servers.postgres import new_database, server_or_skip

LOGIN = "/camunda/api/admin/auth/user/default/login/tasklist"
OFFICE, HOME, ELSEWHERE = "203.0.113.1", "198.51.100.7", "192.0.2.33"
STORM = 48  # attempts
COLLEAGUES = [f"colleague{number}" for number in range(10)]


@dataclass
class Suite:
    """Two API processes behind a proxy that sends X-Forwarded-For."""

    urls: list[str]
    apps: list[FastAPI]
    engine: WebappStandIn

    def log_in(
        self,
        login: str,
        address: str,
        password: str = PASSWORD,
        browser: httpx2.Client | None = None,
        process: int = 0,
    ) -> int:
        """Log in to Tasklist. Returns: the status."""
        form, told = {"username": login, "password": password}, {"X-Forwarded-For": address}
        with nullcontext(browser) if browser else a_browser() as used:
            return used.post(self.urls[process] + LOGIN, data=form, headers=told).status_code

    def storm(self, login: str, addresses: list[str], attempts: int = STORM) -> Counter[int]:
        """Send concurrent guesses to both processes, to Tasklist and to the API."""

        def guess(number: int) -> int:
            address, url = addresses[number % len(addresses)], self.urls[number % 2]
            if number % 4 < 2:
                return self.log_in(login, address, f"Guess-{number}", process=number % 2)
            told, auth = {"X-Forwarded-For": address}, (login, f"Guess-{number}")
            with a_browser() as browser:
                return browser.get(f"{url}/api/v1/me", auth=auth, headers=told).status_code

        with ThreadPoolExecutor(8) as guessers:
            return Counter(guessers.map(guess, range(attempts)))

    def guesses_at_the_engine(self) -> int:
        return len(self.engine.asked("/login/")) + len(self.engine.asked("/identity/verify"))

    def told(self, login: str) -> tuple[list[Notification], list[Mail]]:
        with self.apps[0].state.resources.database.reading() as store:
            mails = [mail for mail in store.mails.unsent() if mail.recipient == login]
            return list(store.notifications.of(login)), mails


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Suite]:
    directory: Path = tmp_path_factory.mktemp("storm")
    with ExitStack() as stack:
        given: dict[str, str] = {"trusted_proxies": "127.0.0.1"}
        if request.param == "postgresql":
            server = stack.enter_context(server_or_skip())
            given["database_url"] = new_database(server, f"storm_{uuid.uuid4().hex[:8]}")
        engine = stack.enter_context(WebappStandIn())
        started = [
            stack.enter_context(an_application(directory, engine.url, **given)) for _ in range(2)
        ]
        urls, apps = [list(part) for part in zip(*started, strict=True)]
        yield Suite(urls, apps, engine)


@pytest.fixture
def suite_of_two(running: Suite) -> Suite:
    forget_attempts(running.apps[0])
    running.engine.people = {"owner": ["lawyers"], **{one: ["drivers"] for one in COLLEAGUES}}
    running.engine.seen = []
    return running


def a_browser(**cookies: str) -> httpx2.Client:
    """A new HTTP client; without TLS, so that it loads no certificates."""
    return httpx2.Client(cookies=cookies, timeout=60, verify=False, trust_env=False)


def many_addresses(number: int = STORM) -> list[str]:
    return [f"10.7.{one // 250}.{one % 250 + 1}" for one in range(number)]


def test_the_engine_hardly_hears_of_a_storm_from_one_address(suite_of_two: Suite) -> None:
    answers = suite_of_two.storm("owner", [ELSEWHERE])

    assert set(answers) == {401, 429}
    assert suite_of_two.guesses_at_the_engine() == answers[401] == 3


def test_the_engine_hardly_hears_of_a_storm_from_everywhere(suite_of_two: Suite) -> None:
    answers = suite_of_two.storm("owner", many_addresses())

    assert set(answers) == {401, 429}
    assert suite_of_two.guesses_at_the_engine() == answers[401] == 8


def test_in_a_storm_from_everywhere_the_owner_gets_in(suite_of_two: Suite) -> None:
    with a_browser() as laptop:
        assert suite_of_two.log_in("owner", OFFICE, browser=laptop) == 200
        assert suite_of_two.log_in("owner", HOME) == 200
        suite_of_two.storm("owner", many_addresses())

        known_browser = suite_of_two.log_in("owner", "192.0.2.99", browser=laptop, process=1)
    from_the_office = suite_of_two.log_in("owner", OFFICE, process=1)
    from_home = suite_of_two.log_in("owner", HOME, process=1)
    from_a_strange_place = suite_of_two.log_in("owner", "192.0.2.98")

    assert (known_browser, from_the_office, from_home) == (200, 200, 200)
    assert from_a_strange_place == 429


def test_one_who_guesses_in_the_office_shuts_out_no_colleague(suite_of_two: Suite) -> None:
    with a_browser() as laptop:
        suite_of_two.log_in("owner", OFFICE, browser=laptop)
        suite_of_two.log_in("owner", HOME)
        assert {suite_of_two.log_in(one, OFFICE) for one in COLLEAGUES} == {200}
        made_up = cycle(f"made{number}up" for number in range(40))
        for _ in range(40):
            suite_of_two.log_in(next(made_up), OFFICE, "Guess-1")
        suite_of_two.storm("owner", [OFFICE])

        assert suite_of_two.log_in("owner", OFFICE, browser=laptop) == 200
    assert {suite_of_two.log_in(one, OFFICE, process=1) for one in COLLEAGUES} == {200}
    assert suite_of_two.log_in("owner", HOME, process=1) == 200


def test_the_person_is_told_once_however_long_it_goes_on(suite_of_two: Suite) -> None:
    suite_of_two.storm("owner", many_addresses())
    suite_of_two.storm("nobody", many_addresses())
    forget_attempts(suite_of_two.apps[0])
    suite_of_two.storm("owner", many_addresses())

    notifications, mails = suite_of_two.told("owner")
    assert len(notifications) == len(mails) == 1
    assert mails[0].address == "owner@pit.example"
    assert mails[0].subject == "Кто-то пробует войти под вашим именем"
    assert "Guess" not in mails[0].body
    assert suite_of_two.told("nobody") == ([], [])


def test_an_invented_mark_is_none(suite_of_two: Suite) -> None:
    suite_of_two.log_in("owner", OFFICE)
    suite_of_two.storm("owner", many_addresses())
    with a_browser(pit_device="A" * 43) as browser:
        assert suite_of_two.log_in("owner", ELSEWHERE, browser=browser) == 429


def test_the_mark_of_a_browser_is_out_of_reach_of_scripts_and_replaced_if_strange(
    suite_of_two: Suite,
) -> None:
    planted = "A" * 43
    form = {"username": "owner", "password": PASSWORD}
    headers = {"X-Forwarded-Proto": "https", "Cookie": f"pit_device={planted}"}

    with a_browser() as browser:
        answer = browser.post(suite_of_two.urls[0] + LOGIN, data=form, headers=headers)

    (mark,) = [one for one in answer.headers.get_list("set-cookie") if "pit_device" in one]
    assert planted not in mark
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/camunda/api"} <= set(mark.split("; "))
    assert len(mark.partition(";")[0]) == len("pit_device=") + 43
