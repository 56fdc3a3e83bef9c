"""`python -m ops.development.engine_release NAME [VERSION]`: take a release of the engine.

Proposes the newest patch that the Maven repository publishes, writes pom.xml and the lock file,
downloads the jars, runs the tests that depend on the engine and reports. If anything fails or is
interrupted, both files are put back.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bpmn.camunda.server.distribution import DISTRIBUTIONS, Distribution
from bpmn.camunda.server.jars import Jar, fetch, locked
from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError
from ops.development.engine_lock import HEAD, POM, resolve
from ops.development.outdated import newest_patch, published_versions
from ops.local.signals import interruptible

SUITES = ("tests/engine", "tests/integration/api/webapp_proxy")
"""Tests of the engine and of the front door before it."""
STARTER = "{}-bpm-spring-boot-starter-rest"
"""Maven artifact whose versions are those of the distribution."""
VERSION = re.compile(r"<id>([a-z]+)</id>\s*<properties><engine\.version>([^<]+)")
"""Name and version of a distribution in pom.xml, where each has a profile."""

RunSuites = Callable[[Distribution], int]
"""Run the tests on a distribution; returns the exit code."""
Resolve = Callable[[Path, str], list[str]]
"""Lines of the lock file for a profile of pom.xml."""


class ReleaseRefused(OperatorError):
    """The release was not taken; pom.xml and the lock file are as before."""


@dataclass(frozen=True)
class EngineFiles:
    """The two files that name a distribution's version, and where its jars come from."""

    distribution: Distribution
    pom: Path
    lock: Path
    settings: EngineSettings

    @property
    def version(self) -> str:
        """The version in pom.xml. Raises: ReleaseRefused."""
        return self._found()[2]

    def published(self) -> list[str]:
        """All versions of the repository. Raises: ReleaseRefused."""
        try:
            return published_versions(self._starter(), self.settings.maven_repository)
        except (requests.RequestException, SyntaxError) as error:  # ParseError is a SyntaxError
            raise ReleaseRefused(
                f"the Maven repository gives no list of versions: {error}"
            ) from error

    def newest(self) -> str | None:
        """The newest patch of the locked minor version; None if it is locked already."""
        return newest_patch(self._starter(), self.published())

    def write(self, version: str, resolve: Resolve) -> None:
        """Write both files for ``version``. Raises: ReleaseRefused if Maven finds no such tree."""
        text = self.pom.read_text(encoding="utf-8")
        start, end = self._found().span(2)
        self.pom.write_text(text[:start] + version + text[end:], encoding="utf-8")
        try:
            lines = resolve(self.pom, self.distribution.name)
        except FileNotFoundError as error:
            raise ReleaseRefused("Maven (`mvn`) is not installed") from error
        except subprocess.CalledProcessError as error:
            raise ReleaseRefused(f"Maven cannot resolve {version}, see above") from error
        self.lock.write_text(HEAD.format(self.distribution.title) + "".join(lines))

    def _found(self) -> "re.Match[str]":
        for found in VERSION.finditer(self.pom.read_text(encoding="utf-8")):
            if found[1] == self.distribution.name:
                return found
        raise ReleaseRefused(f"{self.pom} has no version of {self.distribution.name}")

    def _starter(self) -> Jar:
        group = f"{self.distribution.package}.springboot"
        return Jar(group, STARTER.format(self.distribution.name), self.version, "", "")


def take_release(
    files: EngineFiles,
    version: str | None,
    *,
    resolve: Resolve = resolve,
    run_suites: RunSuites,
    say: Callable[[str], None] = print,
) -> bool:
    """Take ``version`` or the newest patch into pom.xml and the lock file.

    Returns: whether the files have changed; False if there is nothing newer.

    Raises:
        ReleaseRefused: unknown version, or the suites failed; the files are as before.
        JarChanged, DownloadFailed: likewise.
    """
    wanted = version or files.newest()
    if wanted is None or wanted == files.version:
        say(f"{files.distribution.title} {files.version}: no newer patch release")
        return False
    if version and version not in files.published():
        raise ReleaseRefused(f"{files.distribution.title} {version} is not published")
    say(f"{files.distribution.title} {files.version} -> {wanted}")
    with _put_back((files.pom, files.lock), say):
        before = list(locked(files.lock))
        files.write(wanted, resolve)
        say("\n".join(changes(before, list(locked(files.lock)))))
        fetch(files.settings, lock=files.lock)
        say("The jars are downloaded and match the lock file. Running the suites…")
        if code := run_suites(files.distribution):
            raise ReleaseRefused(f"the suites failed on {wanted} (exit code {code})")
    say(f"The suites passed. Commit {files.pom.name} and {files.lock.name}.")
    return True


@contextmanager
def _put_back(files: Sequence[Path], say: Callable[[str], None]) -> Iterator[None]:
    """Restore the files if the block fails or is interrupted."""
    before = [path.read_bytes() for path in files]
    try:
        yield
    except BaseException:
        for path, content in zip(files, before, strict=True):
            path.write_bytes(content)
        say(f"Put back: {', '.join(path.name for path in files)}")
        raise


def changes(before: Sequence[Jar], after: Sequence[Jar]) -> Iterator[str]:
    """One line for each jar that came, went or has another version or content."""
    old, new = ({(j.group, j.artifact, j.classifier): j for j in jars} for jars in (before, after))
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            yield f"  + {now.coordinate}" if now else f"  - {was.coordinate if was else ''}"
        elif was != now:
            same = " (same version, other content)" if was.version == now.version else ""
            yield f"  {was.coordinate} -> {now.version}{same}"


def run_suites(distribution: Distribution) -> int:
    """Run `SUITES` with this distribution, as ``make test`` does."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *SUITES],
        env={**os.environ, "ENGINE_DISTRIBUTION": distribution.name},
        check=False,
    ).returncode


def main() -> None:
    """Parse the command line and take the release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("distribution", choices=DISTRIBUTIONS)
    parser.add_argument("version", nargs="?", help="the newest patch of the locked minor version")
    given = parser.parse_args()
    distribution = DISTRIBUTIONS[given.distribution]
    settings = EngineSettings().model_copy(update={"distribution": distribution.name})
    try:
        with interruptible():
            files = EngineFiles(distribution, POM, distribution.lock, settings)
            take_release(files, given.version, run_suites=run_suites)
    except OperatorError as error:
        sys.exit(f"Not taken: {error}")


if __name__ == "__main__":
    main()
