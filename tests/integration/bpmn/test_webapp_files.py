"""Files of the web applications: out of their jar, and to a browser."""

import asyncio
import gzip
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.webapp_proxy.files import OVERRIDES, WebappFiles
from bpmn.camunda.server.distribution import DISTRIBUTIONS, DistributionName
from bpmn.camunda.server.jars import locked
from bpmn.camunda.server.settings import EngineSettings
from bpmn.camunda.server.webapp_files import unpack_webapp_files

SCRIPT = b"window.deal = 1;\n" * 200
INSIDE = {
    "META-INF/resources/webjars/%s/lib/deps.js": SCRIPT,
    "META-INF/resources/webjars/%s/assets/font.woff2": b"\0\1",
    "META-INF/resources/webjars/%s/app/tasklist/index.html": b"<script nonce=''>",
    "META-INF/resources/webjars/%s/error-404-page.html": b"<h1>",
    "META-INF/resources/webjars/%s/app/../../../../above.js": b"above",
    "META-INF/resources/webjars/other/lib/other.js": SCRIPT,
    "lib/root.js": SCRIPT,
    "META-INF/MANIFEST.MF": b"",
}


def of(distribution: DistributionName, directory: Path) -> EngineSettings:
    return EngineSettings(_env_file=None, jars_dir=directory, distribution=distribution)


def write_jar(settings: EngineSettings) -> None:
    engine = settings.described
    jar = next(each for each in locked(engine.lock) if each.artifact == engine.webapp_artifact)
    with zipfile.ZipFile(settings.jars_dir / jar.file_name, "w") as archive:
        for name, content in INSIDE.items():
            archive.writestr(name.replace("%s", engine.webjar), content)


@pytest.fixture(params=list(DISTRIBUTIONS))
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> EngineSettings:
    return of(request.param, tmp_path)


@pytest.fixture
def pages(settings: EngineSettings, tmp_path: Path) -> Path:
    write_jar(settings)
    return unpack_webapp_files(settings, tmp_path / "pages")


def asked(files: WebappFiles, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
    async def answer(request: Request) -> Response:
        return files.response(request, path) or Response(status_code=404)

    async def sent() -> httpx2.Response:
        app = Starlette(routes=[Route("/", answer, methods=["GET", "HEAD", "POST"])])
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://front") as client:
            return await client.request(
                method, "/", headers={"accept-encoding": "identity", **given}
            )

    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        return apart.submit(asyncio.run, sent()).result()


def test_the_jars_files_are_unpacked_once_without_pages(
    pages: Path, settings: EngineSettings, tmp_path: Path
) -> None:
    found = {str(each.relative_to(pages)) for each in pages.rglob("*") if each.is_file()}

    assert found == {"camunda/lib/deps.js", "camunda/lib/deps.js.gz", "camunda/assets/font.woff2"}
    assert gzip.decompress((pages / "camunda/lib/deps.js.gz").read_bytes()) == SCRIPT
    (pages / "camunda/assets/font.woff2").unlink()
    assert unpack_webapp_files(settings, tmp_path / "pages") == pages
    assert not (pages / "camunda/assets/font.woff2").exists()
    assert list(tmp_path.rglob("above.js")) == []


def test_a_file_comes_with_its_kind_and_only_again_if_it_changed(pages: Path) -> None:
    files = WebappFiles.of(pages)

    whole = asked(files, "/camunda/lib/deps.js")
    same = asked(files, "/camunda/lib/deps.js", if_none_match=whole.headers["etag"])
    head = asked(files, "/camunda/lib/deps.js", "HEAD")
    font = asked(files, "/camunda/assets/font.woff2")

    assert (whole.content, whole.headers["cache-control"]) == (SCRIPT, "no-cache")
    assert whole.headers["content-type"].startswith("text/javascript")
    assert (same.status_code, same.content) == (304, b"")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(SCRIPT)))
    assert font.headers["content-type"] == "font/woff2"


def test_a_browser_that_takes_gzip_gets_it(pages: Path) -> None:
    files = WebappFiles.of(pages)

    small = asked(files, "/camunda/lib/deps.js", accept_encoding="gzip, br")
    part = asked(files, "/camunda/lib/deps.js", accept_encoding="gzip", range="bytes=0-5")

    assert (small.content, small.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert int(small.headers["content-length"]) < len(SCRIPT) / 10
    assert small.headers["vary"] == "Accept-Encoding"
    assert (part.status_code, part.content) == (206, SCRIPT[:6])


def test_ours_wins_over_the_engines(pages: Path) -> None:
    ours = next(each for each in OVERRIDES.rglob("*.js") if each.is_file())
    path = f"/{ours.relative_to(OVERRIDES)}"
    theirs = pages / path.lstrip("/")
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.write_bytes(b"theirs")

    assert asked(WebappFiles.of(pages), path).content == ours.read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/camunda/app/tasklist/index.html",
        "/camunda/app/tasklist/default/",
        "/camunda/lib",
        "/camunda/lib/none.js",
        "/camunda/lib/deps.js\0",
        "/camunda/lib/../../../secret.js",
        "//etc/hostname",
        "/../secret.js",
    ],
)
def test_anything_else_is_the_engines_business(pages: Path, path: str) -> None:
    (pages.parent / "secret.js").write_bytes(b"secret")
    (pages / "camunda/app/tasklist").mkdir(parents=True, exist_ok=True)
    (pages / "camunda/app/tasklist/index.html").write_bytes(b"page")

    assert asked(WebappFiles.of(pages), path).status_code == 404


def test_nothing_else_than_reading_is_answered(pages: Path) -> None:
    assert asked(WebappFiles.of(pages), "/camunda/lib/deps.js", "POST").status_code == 404
    assert asked(WebappFiles.of(None), "/camunda/lib/deps.js").status_code == 404
