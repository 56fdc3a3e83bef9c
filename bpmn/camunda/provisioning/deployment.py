"""Deploys the diagrams, decision tables and generated task forms as one deployment."""

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
    """Result of a deployment: its id and the new definitions, none if nothing changed."""

    id: str
    definitions: tuple[str, ...]
    """Each as ``key:version``."""

    @property
    def unchanged(self) -> bool:
        return not self.definitions

    def __str__(self) -> str:
        return f"deployed: {', '.join(self.definitions)}" if self.definitions else "unchanged"


def resources(processes: Path = DIRECTORY) -> list[tuple[str, bytes]]:
    """Return name and content of each resource, in stable order: models, then task forms."""
    models = [path for pattern in PATTERNS for path in processes.glob(pattern)]
    return [
        *((path.name, path.read_bytes()) for path in sorted(models)),
        *((form.name, form.html) for form in FORMS),
    ]


def deploy(engine: Engine, processes: Path = DIRECTORY) -> Deployed:
    """Deploy all models and forms as one deployment.

    Safe to repeat because the engine filters duplicates. All resources are sent each time, since
    called processes and forms are bound to the deployment of the calling diagram.

    Raises:
        EngineRefused: invalid model (400) or missing authorization (403).
    """
    files = [(f"resource{number}", one) for number, one in enumerate(resources(processes))]
    options = {
        "deployment-name": NAME,
        "deployment-source": SOURCE,
        "enable-duplicate-filtering": "true",
        "deploy-changed-only": "false",
    }
    created = engine.session.post(
        f"{engine.url}/deployment/create", data=options, files=files, timeout=DEPLOY_SECONDS
    ).json()
    new = {
        **(created.get("deployedProcessDefinitions") or {}),
        **(created.get("deployedDecisionDefinitions") or {}),
    }
    definitions = sorted(f"{one['key']}:{one['version']}" for one in new.values())
    return Deployed(created["id"], tuple(definitions))
