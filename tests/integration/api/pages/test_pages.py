"""Pages of the desk: who gets them, what they load, and that they hold no data."""

import gzip
import re

import httpx2
import pytest

from api.pages.shells import ASSETS, PAGES, Page
from tests.integration.api.conftest import Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
"""Pages do not depend on the database."""


def address(page: Page) -> str:
    return page.path.format(deal_id="D-2026-00001", task_id="1f0c")


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
def test_a_page_loads_one_script_and_one_style_which_are_kept(office: Office, page: Page) -> None:
    text = office.person("manager1").http.get(address(page)).text
    loaded = re.findall(r'(?:src|href)="(/desk/[^"]+)"', text)

    icons = ["png"] if page.installable else []
    assert [place.rpartition(".")[2] for place in loaded] == [*icons, "css", "js"]
    for place in loaded:
        answer = httpx2.get(f"{office.url}{place}", timeout=30)
        assert answer.status_code == 200, place
        assert answer.content == ASSETS[place.rpartition("/")[2]].content
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("encodings", ["gzip, deflate, br", "identity", "br"])
def test_scripts_are_packed_for_whoever_takes_gzip(office: Office, encodings: str) -> None:
    asset = ASSETS["queue.js"]
    headers = {"Accept-Encoding": encodings}
    with httpx2.stream("GET", f"{office.url}{asset.address}", headers=headers) as answer:
        sent = b"".join(answer.iter_raw())

    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(sent))
    if encodings.startswith("gzip,"):
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(sent) == asset.content
    else:
        assert "Content-Encoding" not in answer.headers
        assert sent == asset.content


def test_a_browser_without_a_session_gets_what_it_installs(office: Office) -> None:
    page = office.person("driver1").http.get("/phone").text
    manifest, worker = (
        httpx2.get(f"{office.url}{path}", timeout=30)
        for path in ("/manifest.webmanifest", "/sw.js")
    )

    assert 'rel="manifest" href="/manifest.webmanifest"' in page
    assert manifest.headers["Content-Type"].startswith("application/manifest+json")
    icons = [icon["src"] for icon in manifest.json()["icons"]]
    icons += re.findall(r'rel="apple-touch-icon" href="([^"]+)"', page)
    for icon in icons:
        kind = httpx2.get(f"{office.url}{icon}", timeout=30).headers["Content-Type"]
        assert kind.startswith("image/")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "unsafe" not in worker.headers["Content-Security-Policy"]
    for place in re.findall(r'/desk/[^"]+', page):
        assert place in worker.text or place in icons


def test_a_page_of_an_earlier_release_gets_the_present_files(office: Office) -> None:
    answer = httpx2.get(f"{office.url}/desk/0123456789ab/queue.js", timeout=30)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


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
    "path",
    [
        "/desk/x/%2e%2e/shells.py",
        "/desk/x/shell.html",
        "/desk/x/parts.js",
        "/desk/x/deal/",
        "/desk/x/",
    ],
)
def test_only_scripts_and_styles_of_pages_are_served(office: Office, path: str) -> None:
    assert httpx2.get(f"{office.url}/desk/x/{path}", timeout=30).status_code == 404
