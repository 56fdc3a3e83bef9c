"""`python -m ops.development.outdated`: jars of the lock files with newer patches or known faults.

Newer versions come from the Maven repository, vulnerabilities from OSV, the open database that
also pip-audit can ask. Python packages are checked by `uv` and `pip-audit`: see `make outdated`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import requests

from bpmn.camunda.server.distribution import DISTRIBUTIONS
from bpmn.camunda.server.jars import Jar, locked
from bpmn.camunda.server.settings import EngineSettings

OSV = "https://api.osv.dev/v1/querybatch"
TIMEOUT_SECONDS = 30
REQUESTS_AT_ONCE = 8
RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)+(?:\.Final)?")


def newest_patch(jar: Jar, versions: list[str]) -> str | None:
    """Newest of ``versions`` within the major and minor version of ``jar``; None if locked."""
    line = jar.version.split(".")[:2]
    releases = [one for one in versions if RELEASE.fullmatch(one) and one.split(".")[:2] == line]
    newest = max(releases, key=_numbers, default=jar.version)
    return newest if _numbers(newest) > _numbers(jar.version) else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"[0-9]+", version)]


def published_versions(jar: Jar, repository: str) -> list[str]:
    """All versions in the repository's maven-metadata.xml. Raises: requests.RequestException."""
    group = jar.group.replace(".", "/")
    url = f"{repository.rstrip('/')}/{group}/{jar.artifact}/maven-metadata.xml"
    response = requests.get(url, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return [found.text or "" for found in ElementTree.fromstring(response.content).iter("version")]


def vulnerabilities(jars: list[Jar], url: str = OSV) -> Iterator[tuple[Jar, list[str]]]:
    """Jars with ids of published vulnerabilities. Raises: requests.RequestException."""
    queries = [
        {
            "package": {"ecosystem": "Maven", "name": f"{jar.group}:{jar.artifact}"},
            "version": jar.version,
        }
        for jar in jars
    ]
    response = requests.post(url, json={"queries": queries}, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    for jar, result in zip(jars, response.json()["results"], strict=True):
        if ids := [found["id"] for found in result.get("vulns", ())]:
            yield jar, ids


def main() -> int:
    """Print both lists; returns 1 if one of the services could not be asked."""
    jars, repository = _all_locked(), EngineSettings().maven_repository
    return max(_print_newer(jars, repository), _print_vulnerable(jars))


def _all_locked() -> list[Jar]:
    """Jars of all distributions, each once."""
    return sorted({jar for each in DISTRIBUTIONS.values() for jar in locked(each.lock)})


def _print_newer(jars: list[Jar], repository: str) -> int:
    def check() -> None:
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            published = list(pool.map(lambda jar: published_versions(jar, repository), jars))
        for jar, versions in zip(jars, published, strict=True):
            if newest := newest_patch(jar, versions):
                print(f"{jar.coordinate} -> {newest}")

    return _reported("Jars with a newer patch release", check)


def _print_vulnerable(jars: list[Jar]) -> int:
    def check() -> None:
        for jar, ids in vulnerabilities(jars):
            print(f"{jar.coordinate}: {', '.join(ids)}")

    return _reported("Jars with known vulnerabilities", check)


def _reported(title: str, check: Callable[[], None]) -> int:
    print(f"== {title}")
    try:
        check()
    except requests.RequestException as error:
        print(f"not checked: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
