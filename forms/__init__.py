"""Extensions of Camunda Tasklist: task forms, web components, Russian texts, styles, a tab."""

from pathlib import Path

WEBAPP = Path(__file__).resolve().parent / "tasklist" / "webapp"
"""Directory that comes first on the engine's class path, so its files replace Tasklist's own."""
