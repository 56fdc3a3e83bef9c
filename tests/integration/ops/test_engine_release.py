"""A release is taken into the lock as a whole or not at all; a small Maven repository is asked."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bpmn.camunda.server.distribution import OPERATON
from bpmn.camunda.server.jars import DownloadFailed, JarChanged
from bpmn.camunda.server.settings import EngineSettings
from ops.development.engine_release import EngineFiles, ReleaseRefused, take_release
from tests.support.suite.running import ROOT
from tests.support.waiting import eventually

STARTER = "org/operaton/bpm/springboot/operaton-bpm-spring-boot-starter-rest"
METADATA = f"/{STARTER}/maven-metadata.xml"
POM = """<project><profiles>
<profile><id>camunda</id>
  <properties><engine.version>7.24.0</engine.version></properties></profile>
<profile><id>operaton</id>
  <properties><engine.version>1.0.3</engine.version></properties></profile>
</profiles></project>
"""
LOCK = "# Every jar.\norg.operaton.bpm:operaton-engine:1.0.3 aa\norg.old:gone:1 bb\n"
OPERATON_ENGINE = "/org/operaton/bpm/operaton-engine/{0}/operaton-engine-{0}.jar"


@dataclass
class Repository:
    """Files by path, as a Maven repository serves them."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)

    def publish(self, *versions: str) -> None:
        rows = "".join(f"<version>{one}</version>" for one in versions)
        text = f"<metadata><versioning><versions>{rows}</versions></versioning></metadata>"
        self.files[METADATA] = text.encode()
        for one in versions:
            self.files[OPERATON_ENGINE.format(one)] = f"classes of {one}".encode()


@pytest.fixture
def repository() -> Iterator[Repository]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = made.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    made = Repository(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def files(repository: Repository, tmp_path: Path) -> EngineFiles:
    pom, lock = tmp_path / "pom.xml", tmp_path / "operaton.lock"
    pom.write_text(POM)
    lock.write_text(LOCK)
    settings = EngineSettings(
        _env_file=None, maven_repository=repository.url, jars_dir=tmp_path / "jars"
    )
    return EngineFiles(OPERATON, pom, lock, settings)


def resolved(pom: Path, profile: str) -> list[str]:
    """What Maven would say: one jar, of the version that the profile names."""
    assert profile == "operaton"
    version = EngineFiles(OPERATON, pom, pom, EngineSettings(_env_file=None)).version
    digest = hashlib.sha256(f"classes of {version}".encode()).hexdigest()
    return [f"org.operaton.bpm:operaton-engine:{version} {digest}\n"]


@dataclass
class Suites:
    """Test suites that end with ``code`` and look at the files while they run."""

    files: EngineFiles
    code: int = 0
    seen: list[str] = field(default_factory=list)

    def __call__(self, distribution: object) -> int:
        assert distribution is OPERATON
        self.seen += [self.files.version, self.files.lock.read_text()]
        return self.code


def test_the_newest_patch_is_proposed_downloaded_tested_and_kept(
    repository: Repository, files: EngineFiles
) -> None:
    repository.publish("1.0.3", "1.0.10", "1.0.4", "1.0.11-rc1", "1.1.0", "2.1.4")
    said: list[str] = []
    suites = Suites(files)

    assert take_release(files, None, resolve=resolved, run_suites=suites, say=said.append)

    assert files.version == suites.seen[0] == "1.0.10"
    assert files.lock.read_text() == suites.seen[1]
    assert "operaton-engine:1.0.10 " in files.lock.read_text()
    assert files.pom.read_text() == POM.replace("1.0.3", "1.0.10")
    jar = files.settings.jars_dir / "operaton-engine-1.0.10.jar"
    assert jar.read_bytes() == b"classes of 1.0.10"
    assert "  - org.old:gone:1" in said[1]
    assert "  org.operaton.bpm:operaton-engine:1.0.3 -> 1.0.10" in said[1]


def test_another_minor_version_is_taken_when_it_is_named(
    repository: Repository, files: EngineFiles
) -> None:
    repository.publish("1.0.3", "1.1.0")

    assert take_release(files, "1.1.0", resolve=resolved, run_suites=Suites(files))

    assert files.version == "1.1.0"


def test_nothing_newer_changes_nothing(repository: Repository, files: EngineFiles) -> None:
    repository.publish("1.0.2", "1.0.3", "1.1.0")
    suites = Suites(files)

    assert not take_release(files, None, resolve=resolved, run_suites=suites)

    assert suites.seen == []
    assert_as_before(files)


def assert_as_before(files: EngineFiles) -> None:
    assert (files.pom.read_text(), files.lock.read_text()) == (POM, LOCK)


def test_a_version_that_is_not_published_is_refused(
    repository: Repository, files: EngineFiles
) -> None:
    repository.publish("1.0.3")

    with pytest.raises(ReleaseRefused, match=r"1\.0\.9 is not published"):
        take_release(files, "1.0.9", resolve=resolved, run_suites=Suites(files))

    assert_as_before(files)


def test_a_repository_without_metadata_is_refused(files: EngineFiles) -> None:
    with pytest.raises(ReleaseRefused, match="no list of versions"):
        take_release(files, None, resolve=resolved, run_suites=Suites(files))

    assert_as_before(files)


def test_metadata_that_are_no_xml_are_refused(repository: Repository, files: EngineFiles) -> None:
    repository.files[METADATA] = b"<html><br></html>"

    with pytest.raises(ReleaseRefused, match="no list of versions"):
        take_release(files, None, resolve=resolved, run_suites=Suites(files))


def test_failing_suites_put_the_lock_back(repository: Repository, files: EngineFiles) -> None:
    repository.publish("1.0.4")
    suites = Suites(files, code=1)

    with pytest.raises(ReleaseRefused, match="suites failed"):
        take_release(files, None, resolve=resolved, run_suites=suites)

    assert suites.seen[0] == "1.0.4"
    assert_as_before(files)


def test_a_jar_with_another_content_puts_the_lock_back(
    repository: Repository, files: EngineFiles
) -> None:
    repository.publish("1.0.4")
    repository.files[OPERATON_ENGINE.format("1.0.4")] = b"other classes"
    suites = Suites(files)

    with pytest.raises(JarChanged):
        take_release(files, None, resolve=resolved, run_suites=suites)

    assert suites.seen == []
    assert_as_before(files)
    assert list(files.settings.jars_dir.iterdir()) == []


def test_a_jar_that_is_not_there_puts_the_lock_back(
    repository: Repository, files: EngineFiles
) -> None:
    repository.publish("1.0.4")
    del repository.files[OPERATON_ENGINE.format("1.0.4")]

    with pytest.raises(DownloadFailed):
        take_release(files, None, resolve=resolved, run_suites=Suites(files))

    assert_as_before(files)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError("mvn"), "not installed"),
        (subprocess.CalledProcessError(1, "mvn"), "cannot resolve"),
    ],
)
def test_a_failing_maven_puts_the_pom_back(
    repository: Repository, files: EngineFiles, error: Exception, words: str
) -> None:
    repository.publish("1.0.4")

    def failing(_: Path, __: str) -> list[str]:
        raise error

    with pytest.raises(ReleaseRefused, match=words):
        take_release(files, None, resolve=failing, run_suites=Suites(files))

    assert_as_before(files)


TERMINATED = """
import sys, time
from pathlib import Path
from bpmn.camunda.server.distribution import OPERATON
from bpmn.camunda.server.settings import EngineSettings
from ops.development.engine_release import EngineFiles, take_release
from ops.local.signals import interruptible
from tests.integration.ops.test_engine_release import resolved
place, url = Path(sys.argv[1]), sys.argv[2]
settings = EngineSettings(_env_file=None, maven_repository=url, jars_dir=place / "jars")
files = EngineFiles(OPERATON, place / "pom.xml", place / "operaton.lock", settings)
def endless(_):
    (place / "running").touch()
    time.sleep(600)
with interruptible():
    take_release(files, None, resolve=resolved, run_suites=endless)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_command_puts_the_lock_back(
    repository: Repository, files: EngineFiles, number: signal.Signals
) -> None:
    repository.publish("1.0.4")
    command = subprocess.Popen(
        [sys.executable, "-c", TERMINATED, str(files.pom.parent), repository.url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: (files.pom.parent / "running").exists() or command.poll() is not None)
    assert command.poll() is None, command.communicate()
    assert files.version == "1.0.4"

    command.send_signal(number)
    out, _ = command.communicate(timeout=60)

    assert command.returncode != 0
    assert "Put back: pom.xml, operaton.lock" in out
    assert_as_before(files)
