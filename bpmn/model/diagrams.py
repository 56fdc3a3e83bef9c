"""Location of the diagrams, and the names of their activities."""

from collections.abc import Mapping
from pathlib import Path

from bpmn.model.reader import read_diagrams

DIRECTORY = Path(__file__).resolve().parents[1] / "processes"


def process_names(folder: Path = DIRECTORY) -> Mapping[str, str]:
    """Map process id to the Russian name of the process."""
    return {diagram.id: diagram.name for diagram in read_diagrams(folder)}


def step_names(folder: Path = DIRECTORY) -> Mapping[tuple[str, str], str]:
    """Map process and activity id to the Russian label of the activity."""
    return {
        (diagram.id, node.id): node.name
        for diagram in read_diagrams(folder)
        for node in diagram.nodes.values()
        if node.name
    }
