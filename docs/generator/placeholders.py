"""Reference of the placeholders that document templates may use."""

from collections.abc import Iterator, Sequence

from db.catalog.loading import load_catalog
from db.domain.documents.placeholders import Placeholder, placeholders
from docs.generator.page import Page, code, codes, table


def pages() -> Iterator[Page]:
    """The page `reference/placeholders.md`."""
    known = placeholders(load_catalog())
    own = [each for each in known if not each.field and each.records is None]
    records = [each for each in known if each.records is not None]
    parts = [
        "# Placeholders of document templates\n",
        "Generated from `db/domain/documents/placeholders.py` and `db/catalog/fields.yaml`. "
        "How templates are kept and used: "
        "[Make documents from templates](../how-to/make-documents-from-templates.md).\n",
        "A placeholder stands between double braces, with a form behind a bar: "
        "`{{Лимит | прописью}}`. Upper and lower case are equal, and so are е and ё. Instead of "
        "the label of a field its code may be written.\n",
        "## The deal { #deal }\n",
        _table(own),
        "## Fields { #fields }\n",
        _table([each for each in known if each.field]),
        "## Repeated table rows { #rows }\n",
        "A table row with one of these is repeated for each line of the order, or for each "
        "decision of the approval.\n",
        _table(records),
    ]
    yield Page("reference/placeholders.md", "\n".join(parts))


def _table(shown: Sequence[Placeholder]) -> str:
    rows = [(code(f"{{{{{p.name}}}}}"), code(p.field), codes(p.forms), p.about) for p in shown]
    return table(("placeholder", "code", "forms", "meaning"), rows)
