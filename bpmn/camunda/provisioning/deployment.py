"""Deploys diagrams, decision tables and generated task forms to the engine, all at once."""

from dataclasses import dataclass
from pathlib import Path

from bpmn.camunda.client.rest import Engine
from bpmn.model.diagrams import DIRECTORY
from forms.task_forms import FORMS

NAME = "pit-deals"
SOURCE = "pit-deals"
PATTERNS = ("*.bpmn", "*.dmn")
DEPLOY_SECONDS = 60.0


@dataclass(frozen=True)
class Deployed:
    """Result of a deployment: its id and the definitions it created, none if nothing changed."""

    id: str
    definitions: tuple[str, ...]
    """Each as ``key:version``."""

    @property
    def unchanged(self) -> bool:
        return not self.definitions

    def __str__(self) -> str:
        return f"deployed: {', '.join(self.definitions)}" if self.definitions else "unchanged"


def resources(processes: Path = DIRECTORY) -> list[tuple[str, bytes]]:
    """Return name and content of each resource: diagrams and decision tables, then task forms."""
    models = [path for pattern in PATTERNS for path in processes.glob(pattern)]
    return [
        *((path.name, path.read_bytes()) for path in sorted(models)),
        *((form.name, form.html) for form in FORMS),
    ]


def deploy(engine: Engine, processes: Path = DIRECTORY) -> Deployed:
    """Deploy all diagrams, decision tables and forms as one deployment.

    Safe to repeat: the engine ignores a deployment equal to its latest one. All resources are sent
    each time, since called processes and forms are bound to the deployment of the diagram that
    refers to them.

    Raises:
        EngineRefused: invalid model (400) or missing authorization (403).
    """
    files = [
        (f"resource{number}", resource) for number, resource in enumerate(resources(processes))
    ]
    options = {
        "deployment-name": NAME,
        "deployment-source": SOURCE,
        "enable-duplicate-filtering": "true",
        "deploy-changed-only": "false",
    }
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
    return Deployed(response["id"], tuple(definitions))
