"""What people see in Tasklist: embedded forms over our elements, texts, looks, the tab «Сделка»."""

from pathlib import Path

WEBAPP = Path(__file__).resolve().parent / "tasklist" / "webapp"
"""Put first on the engine's class path, it overrides Tasklist's settings, texts and style."""
