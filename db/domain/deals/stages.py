"""Stage transitions of a deal: allowed stages, required fields, losing, reassignment."""

from datetime import datetime

from db.domain.catalog import Catalog, Direction, Stage
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.history import Change, Kind
from db.domain.errors import DealClosed, FieldsMissing, ReasonMissing, StageNotAllowed
from db.domain.fields.values import ListNames, is_empty

LOSS_REASON, LOSS_COMMENT = "lossReason", "lossComment"


def available_stages(direction: Direction, deal: Deal) -> tuple[Stage, ...]:
    """Stages that a person may choose now; none for a closed deal."""
    if not deal.is_open:
        return ()
    stages = (direction.stage(code) for code in direction.stage(deal.stage).next)
    return tuple(stage for stage in stages if not stage.system)


def is_filled(deal: Deal, code: str) -> bool:
    """Whether a file field has a file or another field a value; false and 0 count as values."""
    return code in deal.files or deal.values.get(code) is not None


def missing_for(catalog: Catalog, deal: Deal, stage: Stage) -> list[tuple[tuple[str, ...], str]]:
    """Unmet requirements of ``stage``: alternative field codes with their joined labels."""
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
    """Move the deal to stage ``wanted``; its current stage is a success without a change.

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


def advance(catalog: Catalog, deal: Deal, wanted: str, *, at: datetime) -> bool:
    """Move the deal forward by its process; no effect if it is at that stage or beyond.

    Returns: whether it moved. Raises: as `move`.
    """
    order = [stage.code for stage in catalog.directions[deal.direction].stages]
    if order.index(deal.stage) >= order.index(wanted):
        return False
    return move(catalog, deal, wanted, at=at, by_process=True)


def go_back(catalog: Catalog, deal: Deal, stage: str, *, at: datetime) -> bool:
    """Return the deal to an earlier stage after a rejected approval; requires no fields.

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
    """Close the deal as lost with a reason from the list; no effect on a lost deal.

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

    ``wakes_process``: the process waits in a task of the old manager and is sent a message, as
    for a stage move, so that the new manager gets the task.
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
