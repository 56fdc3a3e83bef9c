"""Command: python -m ops.modeler writes out/modeler-kit.zip."""

from pathlib import Path

from ops.modeler.kit import build

TARGET = Path("out/modeler-kit.zip")

build(TARGET)
print(f"Записано: {TARGET}. Внутри README.md: как поставить в Camunda Modeler.")
