"""The first load of every page of the desk: few requests, few bytes, no error."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from api.pages.shells import PAGES
from bench.desk import BARS, log_in
from ops.demo.scenario import Story
from tests.browser.support.desk import DESK, PATIENCE, talkative
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.browser

ME, NEWS = "/api/v1/me", "/api/v1/events"
"""The caller, and the stream that a page listens to once it is shown."""
SETTLED = 700  # milliseconds in which a page reads again what its stream tells at its beginning
NOTING = """
window.EventSource = class extends EventSource {
  constructor(address) {
    super(address);
    this.addEventListener('message', ({data}) => console.debug('news', data));
  }
};
"""
"""Tells the test of the news that a page hears."""
TAKE_ALONG = ("/phone",)
"""Pages that read their person's other tasks once they are shown, to open without a network."""
ANYTHING = {"deals": None, "notifications": None, "tasks": None}
MOST = {bar.key: bar.most for bar in BARS}
VISITORS: Mapping[str, str] = {"/team": "head1", "/reports": "head1", "/lists": "portal1"}
"""Who opens a page that is not for managers; the lists are for everybody, most of all theirs."""
OPENINGS = [
    *((page.path, VISITORS.get(page.path, "manager1")) for page in PAGES if not page.public),
    ("/deals", "head1"),
    ("/deals/new?direction=newClients", "head1"),
]


@pytest.fixture(scope="module")
def ids(suite: RunningSuite) -> Mapping[str, str]:
    """A deal with documents, and its open task."""
    story = Story(suite.url, PASSWORD, suite.onec, lambda _: None, people=suite.people)
    story.request_arrives()
    story.documents_collected()
    task = suite("manager1").task(story.deal_id, "Task_CollectDocuments")
    return {"deal_id": story.deal_id, "task_id": task["id"]}


@pytest.fixture(scope="module")
def fresh(chromium: Browser, suite: RunningSuite) -> Iterator[Callable[[str], Page]]:
    """A logged-in window with an empty cache, per login."""
    states: dict[str, Any] = {}
    contexts = []

    def window(login: str) -> Page:
        if login not in states:
            states[login] = log_in(chromium, suite.url, login)
        context = chromium.new_context(**DESK, storage_state=states[login])  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        return talkative(context.new_page())

    yield window
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("path", "login"), OPENINGS)
def test_a_page_loads_with_few_requests_and_bytes(
    fresh: Callable[[str], Page],
    suite: RunningSuite,
    ids: Mapping[str, str],
    path: str,
    login: str,
) -> None:
    page = fresh(login)
    page.add_init_script(NOTING)
    errors: list[str] = []
    asked: list[Request] = []
    heard: list[Any] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: heard.extend(news_in(line)))
    # What real changes make a page read again is no part of its load.
    page.on("request", lambda request: None if heard else asked.append(request))

    with (
        page.expect_response(lambda answer: NEWS in answer.url),
        page.expect_response(lambda answer: answer.url.endswith(ME)) as me,
    ):
        page.goto(f"{suite.url}{path.format(**ids)}")
    shown = len(asked)
    page.wait_for_timeout(SETTLED)
    position = me.value.json()["news"]  # empty if the first look took too long on a busy machine
    counted = asked[:shown] if path in TAKE_ALONG else asked
    loaded = [request for request in counted if NEWS not in request.url]
    size = sum(map(packed, loaded))

    assert errors == []
    if position:
        assert ANYTHING not in heard, "nobody else listens, and the page reads everything twice"
    assert len(loaded) <= MOST["requests"], [request.url for request in loaded]
    assert size <= MOST["kilobytes"] * 1000


def news_in(line: ConsoleMessage) -> list[Any]:
    """Return the news in a console line of `NOTING`; nothing for any other line."""
    kind, _, data = line.text.partition(" ")
    return [json.loads(data)] if kind == "news" else []


def packed(request: Request) -> int:
    """Bytes of the body of the answer, compressed."""
    answer = request.response()
    assert answer is not None
    assert answer.ok, request.url
    return len(gzip.compress(answer.body()))
