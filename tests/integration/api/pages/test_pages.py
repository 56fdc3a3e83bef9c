"""Pages of the desk: who gets them, what they load, and that they hold no data."""

import re
from urllib.parse import urljoin

import httpx2
import pytest

from api.pages.assets import ASSETS
from api.pages.shells import PAGES, Page
from tests.integration.api.conftest import Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
"""Pages do not depend on the database."""

IMPORT = re.compile(r"(?:from|import|import\()\s*'(\.[^']+)'")
LAZY = re.compile(r"import\('(\.[^']+)'\)")
FIRST_LOAD = 12
"""Requests of the start page's first load: document, styles, modules and two calls of the API."""


def address(page: Page) -> str:
    return page.path.format(deal_id="D-2026-00001", task_id="1f0c")


def modules(name: str, *, lazy: bool = True) -> set[str]:
    """Names of a module and of all that it imports, directly or not."""
    found, waiting = set(), [name]
    while waiting:
        if (module := waiting.pop()) in found:
            continue
        found.add(module)
        text = ASSETS[module].read_text(encoding="utf-8")
        later = set() if lazy else set(LAZY.findall(text))
        waiting += [
            urljoin(f"/{module}", path)[1:] for path in IMPORT.findall(text) if path not in later
        ]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_page_is_the_same_for_everybody_and_runs_only_our_scripts(
    office: Office, page: Page
) -> None:
    answers = [office.person(login).http.get(address(page)) for login in ("manager1", "driver1")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    policy = answers[0].headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answers[0].text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_everything_that_a_page_loads_is_there_and_is_kept(office: Office, page: Page) -> None:
    text = office.person("manager1").http.get(address(page)).text
    loaded = re.findall(r'(?:src|href)="(/desk/[^"]+)"', text)
    (folder,) = {one.split("/")[2] for one in loaded}
    preloaded = set(re.findall(r'rel="modulepreload" href="/desk/[^/]+/([^"]+)"', text))
    assert preloaded == modules(page.module, lazy=False) - {page.module}
    loaded += [f"/desk/{folder}/{name}" for name in modules(page.module)]

    for place in loaded:
        answer = httpx2.get(f"{office.url}{place}", timeout=30)
        assert answer.status_code == 200, place
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_page_of_an_earlier_release_gets_the_present_files(office: Office) -> None:
    answer = httpx2.get(f"{office.url}/desk/0123456789ab/page.js", timeout=30)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_start_page_loads_little(office: Office) -> None:
    sheets = 1
    calls = 2
    count = 1 + sheets + len(modules("queue.js", lazy=False)) + calls

    assert count <= FIRST_LOAD


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_without_a_session_a_page_leads_to_the_login_and_back(office: Office, page: Page) -> None:
    place = f"{address(page)}?text=a%26b"
    answer = httpx2.get(f"{office.url}{place}", follow_redirects=False, timeout=30)

    if page.public:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 303
        location = httpx2.URL(answer.headers["Location"])
        assert location.path == "/login"
        assert location.params["next"] == place


@pytest.mark.parametrize(
    "path", ["/desk/x/%2e%2e/shells.py", "/desk/x/shell.html", "/desk/x/deal/", "/desk/x/"]
)
def test_only_scripts_and_styles_are_served(office: Office, path: str) -> None:
    assert httpx2.get(f"{office.url}{path}", timeout=30).status_code == 404
