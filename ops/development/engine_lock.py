"""`python -m ops.development.engine_lock`: resolve each pom.xml with Maven, write its lock file."""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bpmn.camunda.server import distribution
from bpmn.camunda.server.distribution import DISTRIBUTIONS

POM = Path(distribution.__file__).with_name("pom.xml")
BENCH = Path(__file__).parents[2] / "bench" / "peers"
"""Folder of another pom.xml: the Java client that benchmarks compare with."""
MAVEN = ("mvn", "-q", "-B", "-C", "-DincludeScope=runtime", "-DoutputAbsoluteArtifactFilename=true")
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:list"
HEAD = (
    "# Every jar of {}: group:artifact:version[:classifier] and the sha256 of the file.\n"
    "# Written by `make lock` from pom.xml.\n"
)
# org.camunda.feel:feel-engine:jar:scala-shaded:1.19.3:compile:/home/…/feel-engine-1.19.3.jar
RESOLVED = re.compile(
    r"^ *(?P<group>[^: ]+):(?P<artifact>[^:]+):jar:(?:(?P<classifier>[^:]+):)?(?P<version>[^:]+)"
    r":(?:compile|runtime):(?P<path>.+?\.jar)\b",
    re.MULTILINE,
)


def resolve(pom: Path, *profiles: str) -> list[str]:
    """Lines of a lock file for the runtime dependencies of ``pom``, sorted.

    Maven checks every file against the checksum that the repository publishes beside it and fails
    on a difference (``-C``).

    Raises: subprocess.CalledProcessError, FileNotFoundError if Maven is not installed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        listing = Path(scratch, "list.txt")
        subprocess.run(
            [
                *MAVEN,
                *(f"-P{one}" for one in profiles),
                f"-DoutputFile={listing}",
                "-f",
                str(pom),
                GOAL,
            ],
            check=True,
        )
        return sorted(_line(found) for found in RESOLVED.finditer(listing.read_text()))


def _line(found: re.Match[str]) -> str:
    parts = found.group("group", "artifact", "version", "classifier")
    digest = hashlib.sha256(Path(found["path"]).read_bytes()).hexdigest()
    return f"{':'.join(filter(None, parts))} {digest}\n"


if __name__ == "__main__":
    try:
        for each in DISTRIBUTIONS.values():
            head = HEAD.format(each.title)
            each.lock.write_text(head + "".join(resolve(POM, each.name)))
        java = HEAD.format("the Java client") + "".join(resolve(BENCH / "pom.xml"))
        (BENCH / "java.lock").write_text(java)
    except FileNotFoundError:
        sys.exit("the lock files are unchanged: Maven (`mvn`) is not installed")
