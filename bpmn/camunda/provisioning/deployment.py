"""Puts the diagrams, decision tables and forms into the engine as one deployment."""

from dataclasses import dataclass
from pathlib import Path

from bpmn.camunda.client.rest import Engine

NAME = "pit-deals"
SOURCE = "pit-deals"
PATTERNS = ("bpmn/processes/*.bpmn", "bpmn/processes/*.dmn", "forms/*.html")
ROOT = Path(__file__).resolve().parents[3]
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


def resources(root: Path = ROOT) -> list[Path]:
    """The files of a deployment, in a stable order."""
    return sorted(path for pattern in PATTERNS for path in root.glob(pattern))


def deploy(engine: Engine, root: Path = ROOT) -> Deployed:
    """Deploy all models and forms together. Safe to repeat: the same files change nothing.

    All files travel each time, so that a changed diagram finds the processes it calls and its
    forms inside its own deployment.

    Raises:
        EngineRefused: a file is not valid (400) or the account may not deploy (403).
    """
    files = [
        (f"resource{number}", (path.name, path.read_bytes()))
        for number, path in enumerate(resources(root))
    ]
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
