"""Accessibility rules of axe-core, run inside a page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"
RUN = "async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes[0].html}`)"


def violations(page: Page) -> list[str]:
    """Broken rules with the first element of each; a loud skip without the development packages."""
    if not SCRIPT.exists():
        pytest.skip("ACCESSIBILITY WAS NOT CHECKED: run `make check-js` once, it installs axe-core")
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN)
    return found
