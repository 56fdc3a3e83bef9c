"""Reading a folder of diagrams."""

from pathlib import Path

from bpmn.model.reader import read_diagrams

EXAMPLE = Path(__file__).parents[2] / "unit" / "bpmn" / "example.bpmn"


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.bpmn", "a.bpmn", "notes.txt"):
        (tmp_path / name).write_bytes(EXAMPLE.read_bytes())

    assert [diagram.path.name for diagram in read_diagrams(tmp_path)] == ["a.bpmn", "b.bpmn"]
