"""The diagrams of the suite, where programs ask for their words."""

from collections.abc import Mapping
from pathlib import Path

from bpmn.model.reader import read_diagrams

DIRECTORY = Path(__file__).resolve().parents[1] / "processes"


def step_names(folder: Path = DIRECTORY) -> Mapping[tuple[str, str], str]:
    """Process and activity → what the diagram calls the activity, in Russian."""
    return {
        (diagram.id, node.id): node.name
        for diagram in read_diagrams(folder)
        for node in diagram.nodes.values()
        if node.name
    }
