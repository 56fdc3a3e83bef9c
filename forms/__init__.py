"""Tasklist: embedded task forms, web components, Russian texts, styles, the tab «Сделка»."""

from pathlib import Path

WEBAPP = Path(__file__).resolve().parent / "tasklist" / "webapp"
"""Directory for the start of the engine's class path; overrides Tasklist's files."""
