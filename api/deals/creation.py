"""Creation of deals: chooses the manager and validates the initial fields."""

from collections.abc import Collection
from dataclasses import dataclass

from api.auth import Principal
from api.deals.requests import NewDeal
from api.engine.users import Employees
from api.http.clock import now
from db.domain.approval.reliability import sign
from db.domain.catalog import Catalog, Direction
from db.domain.clock import today
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.errors import AccessDenied, FieldProblem, FieldsInvalid
from db.ports.store import Store

UNKNOWN_DIRECTION = FieldProblem("direction", "Направление", "Такого направления нет.")
MANAGER_MISSING = FieldProblem("manager", "Менеджер", "Укажите, кто поведёт сделку.")
NOT_A_MANAGER = FieldProblem(
    "manager", "Менеджер", "Выберите действующего менеджера этого направления."
)


@dataclass(frozen=True)
class DealCreation:
    """A request for a new deal, with everything about it that only the engine knows."""

    body: NewDeal
    caller: Principal
    direction: Direction
    manager: str
    problems: list[FieldProblem]
    """Problems of the manager."""
    strangers: Collection[str]
    """Fields that name an employee who is not in the field's role."""

    @classmethod
    def prepare(
        cls, body: NewDeal, caller: Principal, catalog: Catalog, employees: Employees
    ) -> "DealCreation":
        """Fetch role members from the engine, before the transaction begins.

        Raises: FieldsInvalid for an unknown direction, AccessDenied, Unavailable.
        """
        direction = catalog.directions.get(body.direction)
        if direction is None:
            raise FieldsInvalid([UNKNOWN_DIRECTION])
        manager, problems = _manager(body, direction, caller, employees)
        strangers = employees.fields_outside_role(catalog, body.fields)
        return cls(body, caller, direction, manager, problems, strangers)

    def new_deal(self, store: Store) -> Deal:
        """The deal at the first stage of its direction; not stored yet.

        Raises: FieldsInvalid with the problems of manager and fields together.
        """
        catalog, lists, at = store.catalog, store.lists, now()
        deal = Deal(
            id="",
            direction=self.direction.code,
            stage=self.direction.first_stage.code,
            manager=self.manager,
            created_at=at,
            stage_since=at,
        )
        try:
            changed = write(catalog, deal, self.body.fields, lists, strangers=self.strangers)
        except FieldsInvalid as invalid:
            raise FieldsInvalid([*self.problems, *invalid.problems]) from None
        if self.problems:
            raise FieldsInvalid(self.problems)
        sign(catalog, deal, changed, lists, by=self.caller.login, on=today())
        return deal


def _manager(
    body: NewDeal, direction: Direction, caller: Principal, employees: Employees
) -> tuple[str, list[FieldProblem]]:
    """The manager of the new deal: the caller, or whom a head or a machine names."""
    if direction.managers in caller.roles and body.manager in (None, caller.login):
        return caller.login, []
    if not (caller.is_machine or direction.heads in caller.roles):
        raise AccessDenied("Создавать сделки этого направления могут его менеджеры.")
    if body.manager is None:
        return "", [MANAGER_MISSING]
    is_manager = employees.is_in(body.manager, direction.managers)
    return body.manager, [] if is_manager else [NOT_A_MANAGER]
