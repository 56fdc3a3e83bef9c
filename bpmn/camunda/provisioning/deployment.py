"""Deploys what differs from the engine: diagrams with their called processes, tables and forms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bpmn.camunda.client.rest import Engine
from bpmn.model.decision_tables import read_tables
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import parse_diagram, read_diagrams
from forms.task_forms import FORMS

NAME = "pit-deals"
SOURCE = "pit-deals"
DEPLOY_SECONDS = 60.0


@dataclass(frozen=True)
class Deployed:
    """Result of a deployment: the definitions it created, none if nothing differed."""

    definitions: tuple[str, ...] = ()
    """Each as ``key:version``."""

    @property
    def unchanged(self) -> bool:
        return not self.definitions

    def __str__(self) -> str:
        return f"deployed: {', '.join(self.definitions)}" if self.definitions else "unchanged"


@dataclass(frozen=True)
class Definition:
    """A version of a process in the engine."""

    id: str
    key: str
    version: int
    name: str
    deployment: str
    resource: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Definition":
        return cls(
            id=row["id"],
            key=row["key"],
            version=row["version"],
            name=row["name"] or row["key"],
            deployment=row["deploymentId"],
            resource=row["resource"],
        )


class Release:
    """The files of a folder: what would be deployed."""

    def __init__(self, folder: Path = DIRECTORY) -> None:
        """Raises: InvalidDiagram."""
        self.diagrams: dict[str, Diagram] = {one.id: one for one in read_diagrams(folder)}
        self.tables = {one.id: one.path for one in read_tables(folder)}

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """Content of each resource by its name."""
        files = [*(one.path for one in self.diagrams.values()), *self.tables.values()]
        return {
            **{path.name: path.read_bytes() for path in files},
            **{form.name: form.html for form in FORMS},
        }

    def calls_of(self, process: str) -> frozenset[str]:
        """Return the processes of the folder that it calls directly."""
        calls = self.diagrams[process].of_kind("callActivity")
        called = {node.attributes.get("calledElement", "") for node in calls}
        return frozenset(called & self.diagrams.keys())

    def called(self, process: str) -> frozenset[str]:
        """Return the process and all that it calls, directly or not."""
        found, open_ = {process}, [process]
        while open_:
            more = self.calls_of(open_.pop()) - found
            found |= more
            open_ += more
        return frozenset(found)

    def resources_of(self, process: str) -> frozenset[str]:
        """Return the names of the process's own file, its forms and its decision tables."""
        diagram = self.diagrams[process]
        names = {diagram.path.name}
        for node in diagram.nodes.values():
            if node.form is not None and node.form in self.contents:
                names.add(node.form)
            if (table := self.tables.get(node.attributes.get("decisionRef", ""))) is not None:
                names.add(table.name)
        return frozenset(names)

    def bound_resources(self, process: str) -> frozenset[str]:
        """Return the names of all that must be in the process's deployment.

        Called processes, forms and tables are bound to the deployment of the diagram that refers
        to them.
        """
        return frozenset(
            name for other in self.called(process) for name in self.resources_of(other)
        )


class Running:
    """The latest versions of the engine's processes and their resources, read once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._files: dict[str, dict[str, str]] = {}
        self._contents: dict[tuple[str, str], bytes] = {}

    @cached_property
    def latest(self) -> Mapping[str, Definition]:
        """The latest version of each process."""
        rows = self._engine.get("/process-definition", latestVersion="true")
        return {row["key"]: Definition.read(row) for row in rows}

    def diagram(self, definition: Definition) -> Diagram:
        """Return the diagram of a version. Raises: InvalidDiagram."""
        source = self.content(definition.deployment, definition.resource) or b""
        return parse_diagram(source, Path(definition.resource))

    def content(self, deployment: str, resource: str) -> bytes | None:
        """Return a resource of a deployment, None if it has none of this name."""
        files = self._files.get(deployment)
        if files is None:
            rows = self._engine.get(f"/deployment/{deployment}/resources")
            files = {Path(row["name"]).name: row["id"] for row in rows}
            self._files[deployment] = files
        if (id_ := files.get(Path(resource).name)) is None:
            return None
        key = (deployment, id_)
        if key not in self._contents:
            path = f"{self._engine.url}/deployment/{deployment}/resources/{id_}/data"
            self._contents[key] = self._engine.session.get(path).content
        return self._contents[key]

    def differing(self, release: Release, process: str) -> frozenset[str]:
        """Return the names of the resources that a process is bound to and that differ."""
        known = self.latest.get(process)
        names = release.bound_resources(process)
        if known is None:
            return names
        return frozenset(
            name for name in names if self.content(known.deployment, name) != release.contents[name]
        )


def stale(release: Release, running: Running) -> dict[str, frozenset[str]]:
    """Map each process whose deployment differs to the names of the differing resources."""
    found = {process: running.differing(release, process) for process in release.diagrams}
    return {process: names for process, names in found.items() if names}


def to_deploy(release: Release, stale_processes: Iterable[str]) -> frozenset[str]:
    """Return the stale processes with everything that they call: their next deployment.

    A call is bound to the deployment of its caller. So a changed process needs its callers in the
    same deployment, and these all their called processes; the rest keeps its version.
    """
    return frozenset(other for process in stale_processes for other in release.called(process))


def deploy(engine: Engine, processes: Path = DIRECTORY) -> Deployed:
    """Deploy the processes that differ from the engine's, with all that they are bound to.

    Safe to repeat: a second run finds no difference. Two runs at once make two equal versions at
    worst.

    Raises:
        InvalidDiagram: a file is no diagram; nothing was deployed.
        EngineRefused: invalid model (400) or missing authorization (403).
    """
    release = Release(processes)
    wanted = to_deploy(release, stale(release, Running(engine)))
    names = sorted({name for process in wanted for name in release.resources_of(process)})
    if not names:
        return Deployed()
    files = [
        (f"resource{number}", (name, release.contents[name])) for number, name in enumerate(names)
    ]
    options = {"deployment-name": NAME, "deployment-source": SOURCE}
    response = engine.session.post(
        f"{engine.url}/deployment/create", data=options, files=files, timeout=DEPLOY_SECONDS
    ).json()
    created = {
        **(response.get("deployedProcessDefinitions") or {}),
        **(response.get("deployedDecisionDefinitions") or {}),
    }
    definitions = sorted(
        f"{definition['key']}:{definition['version']}" for definition in created.values()
    )
    return Deployed(tuple(definitions))
