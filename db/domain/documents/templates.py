"""Document templates: versions of a DOCX file, and what is checked when one is uploaded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db.domain.documents.placeholders import (
    Records,
    TemplateKind,
    UnknownPlaceholder,
    Use,
    Vocabulary,
)
from db.domain.errors import FileRefused, Refusal

MAX_PROBLEMS = 50
"""Problems that one refusal names."""


class TemplateNotFound(Refusal):
    """The template or its version does not exist, or is not for this deal."""

    code = "TEMPLATE_NOT_FOUND"
    sentence = "Такого шаблона нет или он выведен из работы. Обновите список шаблонов."


class TemplateRefused(FileRefused):
    """The placeholders of a template are wrong; all of them are named."""

    code = "TEMPLATE_INVALID"

    def __init__(self, problems: Sequence[str]) -> None:
        shown = list(problems[:MAX_PROBLEMS])
        super().__init__(
            f"В шаблоне нужно исправить: {len(problems)}. Исправьте в Word и загрузите снова.",
            problems=shown,
        )
        self.problems = tuple(shown)


class PreviewOutdated(Refusal):
    """Deal, names or template have changed since the preview that the caller has seen."""

    code = "PREVIEW_OUTDATED"
    sentence = (
        "Сделку или шаблон изменили после просмотра. Посмотрите документ ещё раз и скачайте его."
    )


@dataclass(frozen=True)
class TemplateVersion:
    """One uploaded file of a template; its content is stored beside it."""

    number: int
    file_name: str
    size: int
    sha256: str
    expressions: tuple[str, ...]
    """Everything that it asks for, once each."""
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True)
class Template:
    """A template of documents, with all its versions, the newest first."""

    id: str
    kind: TemplateKind
    name: str
    directions: tuple[str, ...]
    """Directions whose deals may use it; none: all."""
    versions: tuple[TemplateVersion, ...]
    retired_by: str | None = None
    retired_at: datetime | None = None

    @property
    def latest(self) -> TemplateVersion:
        return self.versions[0]

    @property
    def in_use(self) -> bool:
        return self.retired_at is None

    def fits(self, direction: str) -> bool:
        """Whether documents of a direction's deals may be made from it now."""
        return self.in_use and (not self.directions or direction in self.directions)


@dataclass(frozen=True)
class FoundPlaceholder:
    """A placeholder as it stands in the file."""

    expression: str
    """See `db.domain.documents.placeholders.expression_of`."""
    place: str
    row: int
    """Number of its table row, counted over the file; -1 outside of tables."""


@dataclass
class Scan:
    """Placeholders of a file, and places with braces that have no partner."""

    found: list[FoundPlaceholder] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)


def problems_of(scan: Scan, vocabulary: Vocabulary) -> Iterator[str]:
    """Russian sentences about everything in a template that cannot be filled, with the place."""
    rows: dict[int, Records] = {}
    for each in scan.found:
        shown = f"{{{{{each.expression[:60]}}}}}"
        try:
            records = vocabulary.use(each.expression).placeholder.records
        except UnknownPlaceholder as unknown:
            yield f"{shown}: {unknown} ({each.place})"
            continue
        if records is None:
            continue
        if each.row < 0:
            yield f"{shown}: ставится только в строке таблицы ({each.place})"
        elif rows.setdefault(each.row, records) is not records:
            yield f"{shown}: в этой строке таблицы уже есть «{rows[each.row]}» ({each.place})"
    for place in scan.stray:
        yield f"Скобки {{{{ и }}}} без пары ({place})"


def uses_of(expressions: Iterable[str], vocabulary: Vocabulary) -> dict[str, Use | None]:
    """Expression → what it names; None where the catalog has it no longer."""
    uses: dict[str, Use | None] = {}
    for expression in expressions:
        try:
            uses[expression] = vocabulary.use(expression)
        except UnknownPlaceholder:
            uses[expression] = None
    return uses
