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
    """What a deployment did: its id, and the definitions that are new; none when unchanged."""

    id: str
    definitions: tuple[str, ...]
    """Each as ``key:version``."""

    @property
    def unchanged(self) -> bool:
        return not self.definitions

    def __str__(self) -> str:
        return f"deployed: {', '.join(self.definitions)}" if self.definitions else "unchanged"


def resources(processes: Path = DIRECTORY) -> list[tuple[str, bytes]]:
    """Names and contents of a deployment in a stable order: a folder's models, all task forms."""
    models = [path for pattern in PATTERNS for path in processes.glob(pattern)]
    return [
        *((path.name, path.read_bytes()) for path in sorted(models)),
        *((form.name, form.html) for form in FORMS),
    ]


def deploy(engine: Engine, processes: Path = DIRECTORY) -> Deployed:
    """Deploy all models and forms together. Safe to repeat: the same contents change nothing.

    All of them travel each time, so that a changed diagram finds the processes it calls and its
    forms inside its own deployment.

    Raises:
        EngineRefused: a model is not valid (400) or the account may not deploy (403).
    """
    files = [(f"resource{number}", one) for number, one in enumerate(resources(processes))]
    options = {
        "deployment-name": NAME,
        "deployment-source": SOURCE,
        "enable-duplicate-filtering": "true",
        "deploy-changed-only": "false",
    }
    told = engine.session.post(
        f"{engine.url}/deployment/create", data=options, files=files, timeout=DEPLOY_SECONDS
    ).json()
    new = {
        **(told.get("deployedProcessDefinitions") or {}),
        **(told.get("deployedDecisionDefinitions") or {}),
    }
    definitions = sorted(f"{one['key']}:{one['version']}" for one in new.values())
    return Deployed(told["id"], tuple(definitions))
