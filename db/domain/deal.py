"""The deal: its values, its stage, and the only functions that change either."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from db.domain.catalog import Catalog, Direction, Field, Stage
from db.domain.errors import (
    DealChanged,
    DealClosed,
    FieldProblem,
    FieldsInvalid,
    FieldsLocked,
    FieldsMissing,
    ReasonMissing,
    StageNotAllowed,
)
from db.domain.history import Change, Kind
from db.domain.values import BadValue, Json, ListNames, is_empty, parse

LOSS_REASON, LOSS_COMMENT = "lossReason", "lossComment"


@dataclass
class Deal:
    """One request of one client, from the first word to won or lost.

    ``version`` counts stored changes; ``moves`` counts stage moves: the process waits for move
    ``moves + 1``. ``files`` names the file fields that hold at least one file.
    """

    id: str
    direction: str
    stage: str
    manager: str
    created_at: datetime
    stage_since: datetime
    values: dict[str, Json] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    version: int = 1
    moves: int = 0
    correcting: bool = False
    """The 1C operator sent the requisites back and waits for the manager."""
    closed_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)
    """What happened since it was read; the store turns it into history."""

    @property
    def title(self) -> str:
        """What people call the deal: number and client."""
        client = self.values.get("counterparty") or self.values.get("subject") or ""
        return f"{self.id} {client}".strip()

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def seen_at(self, version: int | None) -> None:
        """Refuse a change made against an older version. None: the caller does not care.

        Raises: DealChanged.
        """
        if version is not None and version != self.version:
            raise DealChanged(version, self.version)

    def record(self, change: Change) -> None:
        self.changes.append(change)


def available_stages(direction: Direction, deal: Deal) -> tuple[Stage, ...]:
    """Stages a person may choose now; none when the deal is closed."""
    if not deal.is_open:
        return ()
    stages = (direction.stage(code) for code in direction.stage(deal.stage).next)
    return tuple(stage for stage in stages if not stage.system)


def is_filled(deal: Deal, code: str) -> bool:
    """A file field with a file, or any other field with a value; false and 0 are values."""
    return code in deal.files or deal.values.get(code) is not None


def missing_for(catalog: Catalog, deal: Deal, stage: Stage) -> list[tuple[tuple[str, ...], str]]:
    """What ``stage`` still requires: alternative field codes with their joined labels."""
    missing = []
    for rule in stage.required:
        if not rule.applies(deal.values):
            continue
        if not any(is_filled(deal, code) for code in rule.any_of):
            labels = " или ".join(catalog.fields[code].label for code in rule.any_of)
            missing.append((rule.any_of, labels))
    return missing


def move(
    catalog: Catalog, deal: Deal, wanted: str, *, at: datetime, by_process: bool = False
) -> bool:
    """Move the deal to stage ``wanted``; the stage it has already is a success without a change.

    Returns: whether it moved.
    Raises: DealClosed, StageUnknown, StageNotAllowed, FieldsMissing.
    """
    direction = catalog.directions[deal.direction]
    target = direction.stage(wanted)
    if target.code == deal.stage:
        return False
    if not deal.is_open:
        raise DealClosed(deal.id)
    current = direction.stage(deal.stage)
    if target.code not in current.next or (target.system and not by_process):
        allowed = [(s.code, s.name) for s in available_stages(direction, deal)]
        raise StageNotAllowed(current.name, target.name, allowed)
    if target.outcome == "lost" and deal.values.get(LOSS_REASON) is None:
        raise ReasonMissing
    if missing := missing_for(catalog, deal, target):
        raise FieldsMissing(target.name, missing)
    _put(deal, target, at)
    return True


def go_back(catalog: Catalog, deal: Deal, stage: str, *, at: datetime) -> bool:
    """Return the deal to a stage it really held before (a rejected approval); requires nothing.

    Returns: whether it moved. Raises: DealClosed, StageUnknown.
    """
    target = catalog.directions[deal.direction].stage(stage)
    if target.code == deal.stage:
        return False
    if not deal.is_open:
        raise DealClosed(deal.id)
    _put(deal, target, at)
    return True


def lose(
    catalog: Catalog,
    deal: Deal,
    reason: object,
    comment: object,
    lists: ListNames,
    *,
    at: datetime,
) -> bool:
    """Close the deal as lost with a reason from the list; a lost deal is left alone.

    Returns: whether it moved. Raises: ReasonMissing, FieldsInvalid, DealClosed.
    """
    direction = catalog.directions[deal.direction]
    lost = direction.closing_stage("lost")
    if deal.stage == lost.code:
        return False
    if not deal.is_open:
        raise DealClosed(deal.id)
    if is_empty(reason):
        raise ReasonMissing
    write(catalog, deal, {LOSS_REASON: reason, LOSS_COMMENT: comment}, lists, by_worker=True)
    _put(deal, lost, at)
    return True


def reassign(deal: Deal, manager: str, *, wakes_process: bool = False) -> bool:
    """Give the deal to another manager.

    ``wakes_process``: the process waits in a task of the old manager and has to be told, as of a
    stage move, so that the new one gets the task.
    Returns: whether it changed. Raises: DealClosed.
    """
    if manager == deal.manager:
        return False
    if not deal.is_open:
        raise DealClosed(deal.id)
    deal.record(Change(Kind.MANAGER, "", deal.manager, manager))
    deal.manager = manager
    deal.moves += int(wakes_process)
    return True


def _put(deal: Deal, stage: Stage, at: datetime) -> None:
    deal.record(Change(Kind.STAGE, "", deal.stage, stage.code))
    deal.stage = stage.code
    deal.stage_since = at
    deal.moves += 1
    deal.correcting = False
    if stage.outcome is not None:
        deal.closed_at = at


def write(
    catalog: Catalog,
    deal: Deal,
    raw: Mapping[str, object],
    lists: ListNames,
    *,
    by_worker: bool = False,
    role_fields: Iterable[str] = (),
) -> tuple[str, ...]:
    """Write several fields or none; a value equal to the present one leaves no trace.

    ``role_fields``: fields that belong to a role whose task the writer has open.
    Returns: codes of the fields that really changed.
    Raises: FieldsInvalid naming every bad field, FieldsLocked, DealClosed.
    """
    if not deal.is_open:
        raise DealClosed(deal.id)
    values, problems = _parsed(catalog, deal, raw, lists, by_worker, frozenset(role_fields))
    values |= _pointless(catalog, {**deal.values, **values}, values)
    problems += _nonsense(catalog, {**deal.values, **values}, values)
    if problems:
        raise FieldsInvalid(problems)
    changed = [code for code, value in values.items() if value != deal.values.get(code)]
    if not by_worker:
        _refuse_locked(catalog, deal, [c for c in changed if c not in set(role_fields)])
    for code in changed:
        deal.record(Change(Kind.FIELD, code, deal.values.get(code), values[code]))
        if values[code] is None:
            deal.values.pop(code, None)
        else:
            deal.values[code] = values[code]
    return tuple(changed)


def _parsed(
    catalog: Catalog,
    deal: Deal,
    raw: Mapping[str, object],
    lists: ListNames,
    by_worker: bool,
    role_fields: frozenset[str],
) -> tuple[dict[str, Json], list[FieldProblem]]:
    own = frozenset(catalog.directions[deal.direction].fields)
    values: dict[str, Json] = {}
    problems: list[FieldProblem] = []
    for code, value in raw.items():
        known = catalog.fields.get(code)
        if known is None or code not in own:
            problems.append(FieldProblem(code, code, "Такого поля нет в этом направлении."))
            continue
        sentence = _not_yours(known, by_worker, role_fields)
        if sentence is None:
            try:
                values[code] = _kept(deal, known, value, lists)
                continue
            except BadValue as bad:
                sentence = str(bad)
        problems.append(FieldProblem(code, known.label, sentence))
    return values, problems


def _kept(deal: Deal, known: Field, value: object, lists: ListNames) -> Json:
    """A value that stands already needs no fresh check: its list item may be retired since."""
    if value is not None and value == deal.values.get(known.code):
        return value
    return parse(known, value, lists)


def _not_yours(known: Field, by_worker: bool, role_fields: frozenset[str]) -> str | None:
    if by_worker or known.code in role_fields:
        return None
    if known.system:
        return "Поле заполняет система."
    if known.filled_by is not None:
        return "Поле заполняется в задаче другого сотрудника."
    return None


def _nonsense(
    catalog: Catalog, after: Mapping[str, Json], written: Mapping[str, Json]
) -> list[FieldProblem]:
    """Values that are right by themselves but make no sense together."""
    problems = []
    for code, value in written.items():
        known = catalog.fields[code]
        if value is not None and known.only_when and not known.only_when.holds(after):
            other = catalog.fields[known.only_when.field].label
            problems.append(
                FieldProblem(code, known.label, f"Не заполняется при таком значении «{other}».")
            )
    inn, ogrn = after.get("inn"), after.get("ogrn")
    if {"inn", "ogrn"} & set(written) and inn and ogrn and (len(inn) == 12) != (len(ogrn) == 15):
        label = catalog.fields["ogrn"].label
        problems.append(
            FieldProblem("ogrn", label, "ИНН из 12 цифр бывает только с ОГРНИП из 15 цифр.")
        )
    return problems


def _pointless(
    catalog: Catalog, after: Mapping[str, Json], written: Mapping[str, Json]
) -> dict[str, Json]:
    """Standing values that what is written leaves without meaning: they are emptied with it."""
    conditions = {code: catalog.fields[code].only_when for code in after if code not in written}
    return {code: None for code, when in conditions.items() if when and not when.holds(after)}


def _refuse_locked(catalog: Catalog, deal: Deal, changed: Iterable[str]) -> None:
    codes = locked(catalog, deal, changed)
    if codes:
        stage = catalog.directions[deal.direction].stage(deal.stage)
        raise FieldsLocked(stage.name, [catalog.fields[c].label for c in codes], codes)


def locked(catalog: Catalog, deal: Deal, codes: Iterable[str]) -> list[str]:
    """Of ``codes``, those that nobody may change by hand at the deal's stage."""
    stage = catalog.directions[deal.direction].stage(deal.stage)
    groups = set(stage.locks) - (set(stage.correctable) if deal.correcting else set())
    return [code for code in codes if catalog.fields[code].group in groups]
