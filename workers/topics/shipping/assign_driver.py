"""Writes down the driver that a dispatcher chose: one of ours, or the carrier's by name."""

from typing import Any, ClassVar

from db.domain.delivery import CARRIER_DRIVER, DRIVER, DRIVERS
from db.domain.errors import DealClosed, FieldProblem, FieldsInvalid
from db.domain.field_updates import write
from db.domain.values import is_empty
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor


class AssignDriver(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("driver", "carrier_driver")

    driver: Any = None
    carrier_driver: Any = None
    decided_by: str | None = None


def active_drivers(task: Task[AssignDriver, None], external: ExternalServices) -> frozenset[str]:
    return frozenset(person.login for person in external.people.members(DRIVERS))


def assign_driver(task: Task[AssignDriver, frozenset[str]], services: Services) -> DealVariables:
    """Safe to repeat: the same driver again changes nothing."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    ours, carriers = not is_empty(given.driver), not is_empty(given.carrier_driver)
    if ours == carriers:
        raise _refused("Укажите одно из двух: нашего водителя или водителя перевозчика.")
    if ours and given.driver not in task.fetched:
        raise _refused("Этот сотрудник не водитель. Выберите действующего водителя из списка.")
    chosen = {
        DRIVER: given.driver if ours else None,
        CARRIER_DRIVER: given.carrier_driver if carriers else None,
    }
    write(store.catalog, deal, chosen, store.lists, by_worker=True)
    store.deals.save(deal, person_actor(task, given.decided_by))
    return DealVariables(**deal_variables(services, deal))


def _refused(sentence: str) -> FieldsInvalid:
    return FieldsInvalid([FieldProblem(DRIVER, "Водитель", sentence)])


TOPIC = Topic(
    "assign-driver",
    AssignDriver,
    DealVariables,
    assign_driver,
    fetch=active_drivers,
    refusals=(FieldsInvalid, DealClosed),
)
