"""Records the driver that a dispatcher chose: an employee, or a carrier's driver by name."""

from typing import Any, ClassVar

from db.domain.deals.field_updates import write
from db.domain.errors import DealClosed, FieldProblem, FieldsInvalid
from db.domain.fields.values import is_empty
from db.domain.shipping.delivery import CARRIER_DRIVER, DRIVER
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.shipping_directions import active_drivers


class AssignDriver(TaskInput):
    """Input of ``assign-driver``; exactly one of the two drivers is given."""

    user_inputs: ClassVar[tuple[str, ...]] = ("driver", "carrier_driver")

    driver: Any = None
    """Login of an employee."""
    carrier_driver: Any = None
    """Name of a carrier's driver, who has no login."""
    decided_by: str | None = None


def assign_driver(task: Task[AssignDriver, frozenset[str]], services: Services) -> DealVariables:
    """Write the driver into the deal.

    Safe to repeat because writing the same driver again changes nothing.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    employee, carrier = not is_empty(given.driver), not is_empty(given.carrier_driver)
    if employee == carrier:
        raise _refused("Укажите одно из двух: нашего водителя или водителя перевозчика.")
    if employee and given.driver not in task.fetched:
        raise _refused("Этот сотрудник не водитель. Выберите действующего водителя из списка.")
    chosen = {
        DRIVER: given.driver if employee else None,
        CARRIER_DRIVER: given.carrier_driver if carrier else None,
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
