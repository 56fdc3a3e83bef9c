"""Moves a deal to the stage its manager chose, or only reads its current stage."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from db.domain.deals.deal import Deal
from db.domain.deals.stages import lose, move
from db.domain.errors import (
    DealChanged,
    FieldsInvalid,
    FieldsMissing,
    ReasonMissing,
    StageNotAllowed,
    StageUnknown,
)
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.client_mail import tell_client
from workers.services.process_variables import DealVariables, deal_variables, person_actor

NO_VERSION = 0
"""Version that no deal has: a malformed version is treated as an outdated one."""


def _version(sent: object) -> int | None:
    if sent is None or sent == "":
        return None
    if isinstance(sent, bool) or not re.fullmatch(r"[0-9]{1,9}", str(sent)):
        return NO_VERSION
    return int(str(sent))


class UpdateDealStage(TaskInput):
    """Input of ``update-deal-stage``.

    Without ``wanted_stage`` the topic only reads, because the API has moved the deal already.
    """

    user_inputs: ClassVar[tuple[str, ...]] = (
        "wanted_stage",
        "seen_version",
        "loss_reason",
        "loss_comment",
    )

    wanted_stage: Any = None
    """Code of the target stage."""
    seen_version: Annotated[int | None, BeforeValidator(_version)] = None
    """Version of the deal that the form showed."""
    loss_reason: Any = None
    loss_comment: Any = None
    decided_by: str | None = None


def update_deal_stage(task: Task[UpdateDealStage, None], services: Services) -> DealVariables:
    """Move the deal, unless it changed since the form was opened; e-mail its client.

    Safe to repeat because a deal at the wanted stage is left unchanged, and an e-mail is unique per
    stage move.
    """
    deals = services.store.deals
    deal = deals.get(task.deal_id, for_update=True)
    wanted = str(task.input.wanted_stage or "").strip()
    if wanted and wanted != deal.stage and deal.is_open:
        _check_version(task.input, deal, services)
        _move(task, deal, wanted, services)
        deals.save(deal, person_actor(task, task.input.decided_by))
    tell_client(services.store, deal)
    return DealVariables(**deal_variables(services, deal))


def _check_version(given: UpdateDealStage, deal: Deal, services: Services) -> None:
    seen = given.seen_version
    if seen is not None and seen != deal.version:
        codes = services.store.deals.changed_fields(deal.id, seen) if seen else ()
        fields = services.store.catalog.fields
        raise DealChanged(
            seen, deal.version, [fields[code].label for code in codes if code in fields]
        )


def _move(task: Task[UpdateDealStage, None], deal: Deal, wanted: str, services: Services) -> None:
    catalog, lists = services.store.catalog, services.store.lists
    stage = catalog.direction_of(deal).stage(wanted)
    if stage.outcome == "lost":
        reason, comment = task.input.loss_reason, task.input.loss_comment
        lose(catalog, deal, reason, comment, lists, at=task.at)
    else:
        move(catalog, deal, wanted, at=task.at)


TOPIC = Topic(
    "update-deal-stage",
    UpdateDealStage,
    DealVariables,
    update_deal_stage,
    refusals=(
        StageUnknown,
        StageNotAllowed,
        FieldsMissing,
        FieldsInvalid,
        DealChanged,
        ReasonMissing,
    ),
)
