"""docker-compose.yml as an administrator runs it, with docker or podman, under its own name."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from ops.containers.compose_settings import fresh_env
from tests.faults.evidence import TABLES, Evidence, of_engine
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
VERSION = "compose-test"
"""Tag of the images built here: no installation's own are touched."""
BUILD = 1800.0  # seconds
START = 900.0  # seconds
COMMAND = 900.0  # seconds
HASHES = (
    "import hashlib, json, pathlib; print(json.dumps({p.name: hashlib.sha256(p.read_bytes())"
    ".hexdigest() for p in pathlib.Path('/files').rglob('*') if p.is_file()}))"
)


class NoCompose(Exception):
    """This machine has neither docker compose nor podman-compose."""


@dataclass(frozen=True)
class Runner:
    """Which programs do the work."""

    compose: tuple[str, ...]
    engine: str
    build: tuple[str, ...] = ()
    """Options before `build`."""

    @classmethod
    def found(cls) -> "Runner":
        if shutil.which("docker") and not _fails("docker", "compose", "version"):
            return cls(("docker", "compose"), "docker")
        if shutil.which("podman-compose") and shutil.which("podman"):
            # Where only base images of one's own exist, the build needs the host's network.
            options = ("--podman-build-args=--network=host",)
            return cls(("podman-compose",), "podman", options)
        raise NoCompose("install docker with compose, or podman with podman-compose and catatonit")


def _fails(*argv: str) -> bool:
    return subprocess.run(argv, capture_output=True).returncode != 0


class Stack:
    """One project: its own networks, volumes, secrets and ports."""

    def __init__(self, name: str, home: Path, runner: Runner, **env: str) -> None:
        self.name, self.runner, self.home = name, runner, home
        self.port, plain = free_port(), free_port()
        home.mkdir(parents=True, exist_ok=True)
        self.env_file, self.certificate = home / ".env", home / "root.crt"
        self._certs = home / "certs"
        self._certs.mkdir(exist_ok=True)
        fresh_env(
            self.env_file, domain="localhost", https_port=self.port, http_port=plain, demo=True
        )
        more = {"PIT_CERTS": str(self._certs), "PIT_VERSION": VERSION, **env}
        self.http = f"http://localhost:{plain}"
        self.write_env(**more)

    def write_env(self, **changed: str) -> None:
        """Set variables; later lines win."""
        known = dict(line.split("=", 1) for line in self._lines()) | changed
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in known.items()))

    def _lines(self) -> list[str]:
        lines = self.env_file.read_text().splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    @property
    def secrets(self) -> Mapping[str, str]:
        return dict(line.split("=", 1) for line in self._lines())

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def password(self) -> str:
        return self.secrets["PIT_DEMO_PASSWORD"]

    @property
    def onec(self) -> str:
        """The simulator, where the operator of the story works: inside, past the front."""
        return f"http://{self.address('onec')}:8091"

    @property
    def administrator(self) -> tuple[str, str]:
        return "admin", self.secrets["PIT_ADMIN_PASSWORD"]

    # --- the whole

    def build(self) -> None:
        self._compose(*self.runner.build, "--profile", "care", "build", seconds=BUILD)

    def up(self, *services: str) -> None:
        self._compose("up", "-d", "--no-build", *services)

    def down(self) -> None:
        """Remove everything that this project made, also what crashes again and again."""
        self._compose("--profile", "care", "down", "-v", "-t", "10", check=False)
        of_ours = f"label=com.docker.compose.project={self.name}"
        for kind, show in (("ps", "{{.ID}}"), ("volume", "{{.Name}}"), ("network", "{{.Name}}")):
            listing = ["ps", "-a"] if kind == "ps" else [kind, "ls"]
            argv = [self.runner.engine, *listing, "--filter", of_ours, "--format", show]
            for left in self._run(argv).stdout.split():
                remove = ["rm", "-f"] if kind == "ps" else [kind, "rm", "-f"]
                self._run([self.runner.engine, *remove, left])

    def forget_images(self) -> None:
        for name in ("suite", "engine", "care", "demo", "front"):
            argv = [self.runner.engine, "rmi", "-f", f"pit-deals/{name}:{VERSION}"]
            self._run(argv, check=False)

    def care(self, *command: str) -> str:
        """`docker compose run --rm care …`. Returns: what it printed."""
        done = self._compose("--profile", "care", "run", "--rm", "-T", "care", *command)
        return done.stdout

    def _compose(
        self, *arguments: str, seconds: float = COMMAND, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        project = ["-p", self.name, "--env-file", str(self.env_file)]
        file = ["-f", str(ROOT / "docker-compose.yml")]
        return self._run([*self.runner.compose, *project, *file, *arguments], seconds, check)

    def _run(
        self, argv: Sequence[str], seconds: float = COMMAND, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        # Variables of this shell would win over the project's own file.
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PIT_", "ONEC_", "SMTP_"))}
        done = subprocess.run(
            argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds
        )
        with (self.home / "commands.log").open("a") as log:
            log.write(f"$ {' '.join(argv)}\n{done.stdout}{done.stderr}\n")
        assert not check or done.returncode == 0, f"{' '.join(argv)}: {done.stderr[-2000:]}"
        return done

    # --- its containers

    def containers(self, service: str) -> list[str]:
        """Names, in order."""
        label = f"label=com.docker.compose.service={service}"
        project = f"label=com.docker.compose.project={self.name}"
        argv = [self.runner.engine, "ps", "-a", "--filter", label, "--filter", project]
        return sorted(self._run([*argv, "--format", "{{.Names}}"]).stdout.split())

    def inspect(self, container: str) -> dict[str, Any]:
        return dict(json.loads(self._run([self.runner.engine, "inspect", container]).stdout)[0])

    def address(self, service: str) -> str:
        (first, *_) = self.containers(service)
        return self.addresses(first)[0]

    def addresses(self, container: str) -> list[str]:
        networks = self.inspect(container)["NetworkSettings"]["Networks"]
        return [one["IPAddress"] for one in networks.values()]

    def execute(self, container: str, *argv: str, check: bool = True) -> str:
        return self._run([self.runner.engine, "exec", container, *argv], check=check).stdout

    def is_healthy(self, container: str) -> bool:
        """By its own health check; podman without systemd runs it only when asked."""
        if self.runner.engine == "podman":
            argv = ["podman", "healthcheck", "run", container]
            return self._run(argv, check=False).returncode == 0
        return bool(self.inspect(container)["State"]["Health"]["Status"] == "healthy")

    def logs(self, container: str) -> str:
        done = self._run([self.runner.engine, "logs", container])
        return done.stdout + done.stderr

    def kill(self, container: str) -> None:
        """The machine takes the process away, as the out-of-memory killer would."""
        os.kill(int(self.inspect(container)["State"]["Pid"]), signal.SIGKILL)

    def freeze(self, container: str) -> None:
        """The process that the container is for lives on and does nothing: init, keeper, it."""
        pid = int(self.inspect(container)["State"]["Pid"])
        for _ in ("of init", "of the keeper"):
            (pid,) = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        os.kill(pid, signal.SIGSTOP)

    def back(self, container: str) -> bool:
        """Whether it came back by its restart policy; else it is started here."""
        try:
            eventually(lambda: self.inspect(container)["State"]["Running"], 20)
        except AssertionError:
            self._run([self.runner.engine, "start", container])
            return False
        return True

    def stop(self, container: str) -> tuple[int, float]:
        """As an update does. Returns: exit code, seconds it took."""
        began = time.monotonic()
        # Said again here: podman keeps the compose file's grace to itself.
        grace = ["--time", str(self.grace(container))]
        self._run([self.runner.engine, "stop", *grace, container])
        took = time.monotonic() - began
        return int(self.inspect(container)["State"]["ExitCode"]), took

    def grace(self, container: str) -> int:
        """Seconds that the compose file gives the container's service to end by itself."""
        service = self.inspect(container)["Config"]["Labels"]["com.docker.compose.service"]
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        return int(str(services[service].get("stop_grace_period", "10s")).removesuffix("s"))

    def start(self, container: str) -> None:
        self._run([self.runner.engine, "start", container])

    def memory(self) -> dict[str, str]:
        argv = [self.runner.engine, "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"]
        rows = [line.split(" ", 1) for line in self._run(argv).stdout.splitlines()]
        return {row[0]: row[1].split("/")[0].strip() for row in rows if self.name in row[0]}

    # --- what it is for

    def certify(self, name: str) -> None:
        """Put a certificate for localhost where the front looks, as if bought."""
        key, found = self._certs / f"{name}.key", self._certs / f"{name}.crt"
        about = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        put = ["-keyout", str(key), "-out", str(found)]
        self._run(["openssl", "req", "-x509", *kind, *about, *put])
        key.chmod(0o644)  # the front's user is nobody on this machine
        self.certificate = found

    def trust(self) -> None:
        """Its own authority's certificate, as an administrator hands it out, if it has one."""
        if self.certificate.parent != self._certs:
            (front,) = self.containers("front")
            place = "/var/lib/front/caddy/pki/authorities/local/root.crt"
            text = eventually(lambda: self.execute(front, "cat", place, check=False))
            self.certificate.write_text(text)
        self.trust_again()

    def trust_again(self) -> None:
        """After another stack's authority was trusted."""
        os.environ["REQUESTS_CA_BUNDLE"] = str(self.certificate)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def wait_ready(self, seconds: float = START) -> float:
        """Returns: seconds it took."""
        began = time.monotonic()
        eventually(self.is_ready, seconds)
        return time.monotonic() - began

    def query(self, statement: str) -> Any:
        """JSON that PostgreSQL answers, asked as its superuser inside its container."""
        (postgres,) = self.containers("postgres")
        psql = ("psql", "-U", "postgres", "-d", "pit", "-At", "-c", statement)
        return json.loads(self.execute(postgres, *psql) or "null")

    def rows(self, table: str, schema: str = "deals") -> list[dict[str, Any]]:
        """By the first column, which counts them or names them."""
        ordered = f"SELECT * FROM {schema}.{table} ORDER BY 1"
        found = self.query(f"SELECT coalesce(json_agg(t), '[]') FROM ({ordered}) t")
        return list(found)

    def files(self) -> dict[str, str]:
        """Name of each stored file → sha256 of what is in it."""
        (api, *_) = self.containers("api")
        return dict(json.loads(self.execute(api, "python", "-c", HASHES)))

    def contents(self) -> dict[str, str]:
        """Each table of both schemas → number and hash of its rows."""
        tables = self.query(
            "SELECT json_agg(schemaname || '.' || tablename ORDER BY 1) FROM pg_tables"
            " WHERE schemaname IN ('deals', 'engine')"
        )
        return {
            table: self.query(
                "SELECT to_json(count(*) || ' ' || md5(coalesce(string_agg(t::text, ','"
                f" ORDER BY t::text), ''))) FROM {table} t"
            )
            for table in tables
        }

    @property
    def engine(self) -> str:
        """REST root of one node, for looking from inside."""
        return f"http://{self.address('engine')}:8080/engine-rest"

    def evidence(self, acknowledged: Mapping[str, str], unknown: set[str]) -> Evidence:
        found = Evidence(dict(acknowledged), set(unknown))
        found.tables = {name: self.rows(name) for name in TABLES}
        found.files = self.files()
        return of_engine(self.engine, self.administrator, found)

    def drained(self, seconds: float = 180) -> float:
        """Wait until no system step is under way and the outbox is empty. Returns: seconds."""
        began = time.monotonic()
        quiet = 0

        def calm() -> bool:
            nonlocal quiet
            quiet = 0 if self._under_way() else quiet + 1
            return quiet >= 3

        eventually(calm, seconds)
        return time.monotonic() - began

    def _under_way(self) -> bool:
        waits = [one for one in self.rows("outbox") if one["delivered_at"] is None]
        steps = requests.get(
            f"{self.engine}/external-task", auth=self.administrator, timeout=20
        ).json()
        return bool(waits) or any(step["retries"] != 0 for step in steps)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
