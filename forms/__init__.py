"""What people see in Tasklist: embedded forms over our elements, texts, looks, the tab «Сделка»."""

from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent
"""Where the form files are; they are deployed together with the diagrams."""

WEBAPP = DIRECTORY / "tasklist" / "webapp"
"""Put first on the engine's class path, it overrides Tasklist's settings, texts and style."""
