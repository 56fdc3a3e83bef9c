"""MkDocs hooks: add the generated pages, complete the navigation, refuse foreign addresses."""

import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from docs.generator import (
    benchmarks,
    catalog,
    decisions,
    endpoints,
    gate,
    http_api,
    placeholders,
    processes,
    sequences,
    settings,
    topics,
)
from docs.generator.page import Page

PARTS = (
    settings,
    topics,
    endpoints,
    catalog,
    placeholders,
    gate,
    http_api,
    processes,
    sequences,
    decisions,
    benchmarks,
)

FOREIGN = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\">]+")


def generated() -> Iterator[Page]:
    """All generated pages and pictures."""
    for part in PARTS:
        yield from part.pages()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the sections «Processes» and «Decisions» of the navigation."""
    for section in config.nav or ():
        if "Processes" in section:
            section["Processes"] += [f"processes/{name}.md" for name in processes.names()]
        if "Decisions" in section:
            section["Decisions"] += [f"adr/{record.file}" for record in decisions.records()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the site."""
    for page in generated():
        files.append(File.generated(config, page.path, content=page.text))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that loads anything from another host. Raises: PluginError."""
    for path in Path(config.site_dir).rglob("*.html"):
        found = FOREIGN.search(path.read_text(encoding="utf-8"))
        if found and 'rel="canonical"' not in found[0]:
            raise PluginError(f"{path}: loads from another host: {found[0]}")
