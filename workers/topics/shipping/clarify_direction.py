"""Writes down the shipping direction that the operator found for an order without a route."""

from collections.abc import Mapping
from typing import Any, ClassVar

from db.domain.deal import Deal
from db.domain.delivery import BRANCH, CARRIER_DRIVER, DIRECTION, DRIVER, ROUTE
from db.domain.errors import DealClosed, FieldProblem, FieldsInvalid
from db.domain.field_updates import write
from db.domain.fulfilment import Run
from db.domain.values import is_empty
from db.ports.store import Store
from workers.ports import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealView, by_person, view
from workers.services.shipping_directions import attributes_of


class ClarifyDirection(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("shipping_direction",)

    shipping_direction: Any = None
    decided_by: str | None = None


def clarify_direction(task: Task[ClarifyDirection, None], services: Services) -> DealView:
    """Safe to repeat: the same direction again changes nothing."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    redirect(store, deal, given.shipping_direction)
    store.deals.save(deal, by_person(task, given.decided_by))
    return DealView(**view(services, deal))


def redirect(store: Store, deal: Deal, direction: object) -> None:
    """Ship the deal by another item of the list, from now on.

    A driver of the branch that does not ship it any more does not follow: the rule of assignment
    then finds the new direction's, or the dispatchers.
    Raises: FieldsInvalid: not an item in force, or one without a route.
    """
    label = store.catalog.fields[DIRECTION].label
    if is_empty(direction):
        raise FieldsInvalid([FieldProblem(DIRECTION, label, "Выберите направление отгрузки.")])
    before, after = (
        attributes_of(store, deal.values.get(DIRECTION)),
        attributes_of(store, direction),
    )
    left = _drivers_left(deal, before, after)
    changes = {DIRECTION: direction, **left}
    write(store.catalog, deal, changes, store.lists, by_worker=True)
    if after.get(ROUTE) is None:
        sentence = (
            "У этого направления не указан маршрут. Выберите другое или попросите администратора "
            "портала указать маршрут в списке «Направления отгрузки»."
        )
        raise FieldsInvalid([FieldProblem(DIRECTION, label, sentence)])
    run: Run | None = store.runs.current(deal.id)
    if run is not None:
        store.runs.redirected(run, str(direction))


def _drivers_left(
    deal: Deal, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> dict[str, None]:
    """Fields of the card to empty: all drivers at another branch, else the old default only."""
    if before.get(BRANCH) and before.get(BRANCH) != after.get(BRANCH):
        return {DRIVER: None, CARRIER_DRIVER: None}
    was_default = deal.values.get(DRIVER) == before.get(DRIVER)
    return {DRIVER: None} if was_default and before.get(DRIVER) != after.get(DRIVER) else {}


TOPIC = Topic(
    "clarify-direction",
    ClarifyDirection,
    DealView,
    clarify_direction,
    refusals=(FieldsInvalid, DealClosed),
)
