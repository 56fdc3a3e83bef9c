"""Handing over everything of a person who leaves: open deals and open tasks, in one action."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from api.auth import Principal
from api.deals.reassignment import give
from api.dependencies import Resources
from api.engine.gateway import TaskConflict
from api.http.schema import Named
from api.tasks.views import named
from api.team.responses import HandedDeals, HandedTask, HandoverPreview, HandoverResult
from api.team.workload import headed
from bpmn.camunda.client.rest import UserTask
from db.domain.catalog import Direction
from db.domain.deals.history import Actor, Change, Kind
from db.domain.errors import DealNotFound, FieldProblem, FieldsInvalid, Refusal
from db.domain.people.roles import ADMINISTRATORS
from db.ports.deals import DealFilter
from db.ports.store import Store

AT_ONCE = 50  # deals in one transaction
MOST = 500
"""Deals that one call hands over; the caller repeats it for the rest."""


@dataclass
class _Done:
    """Counters of one call: deals and tasks that were handed over, and refusals."""

    deals: int = 0
    tasks: int = 0
    returned: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PersonHandover:
    """Hands over the work of ``person`` on behalf of a head or an administrator.

    A head hands over deals of the directions that they head, and tasks in these of the roles whose
    overdue tasks they are told of. The manager's tasks of a deal follow the deal.
    """

    resources: Resources
    caller: Principal
    person: str

    def preview(self, to: str | None) -> HandoverPreview:
        """Preview a handover; ``to``: None until somebody is chosen. Raises: Unavailable."""
        names, catalog = self.resources.employees.names(), self.resources.database.catalog
        directions = headed(self.resources, self.caller)
        tasks = self.resources.gateway.tasks_for(self.person, ())
        with self.resources.database.reading() as store:
            counts = store.board.led_by(self.person)
            found = self._movable(store, tasks)
            deals = {
                deal.id: deal for deal in store.deals.some({t.deal_id or "" for t, _ in found})
            }
            lists = _named_in(store, self.person)
        return HandoverPreview(
            person=names.person(self.person),
            to=names.person(to) if to else None,
            deals=[
                HandedDeals(
                    direction=Named.of(direction),
                    deals=counts[code],
                    fits=to is not None and self._leads(to, direction),
                )
                for code, direction in directions.items()
                if counts.get(code)
            ],
            tasks=[
                HandedTask(
                    id=task.id,
                    name=task.name,
                    deal=Named(
                        code=task.deal_id or "",
                        name=deals[task.deal_id or ""].title if task.deal_id in deals else "",
                    ),
                    groups=named(catalog.roles, groups),
                    fits=to is not None and self._may_have(to, groups),
                )
                for task, groups in found
            ],
            lists=lists,
        )

    def give(self, to: str, reason: str, actor: Actor) -> HandoverResult:
        """Hand over deals and tasks, each by itself.

        Safe to repeat: what was handed over is no longer the person's, the rest is done then.
        Raises: FieldsInvalid, Unavailable.
        """
        self._check(to)
        done = _Done()
        left = 0
        for direction in headed(self.resources, self.caller).values():
            left += self._give_deals(direction, to, actor, done)
        for task in self.resources.gateway.tasks_for(self.person, ()):
            try:
                self._give_task(task, to, reason, actor, done)
            except (TaskConflict, DealNotFound):  # it has ended or was given away meanwhile
                done.refused.append(f"«{task.name}»: задачу только что выполнили или передали.")
        if done.deals:
            self._tell(to, reason, actor, done.deals)
        return HandoverResult.of(done, left=left)

    def _check(self, to: str) -> None:
        if to == self.person:
            sentence = "Выберите другого сотрудника: дела и так у этого."
            raise FieldsInvalid([FieldProblem("to", "Кому", sentence)])
        roles = self.resources.database.catalog.roles
        if not any(self.resources.employees.is_in(to, role) for role in roles):
            sentence = "Такого действующего сотрудника нет. Выберите из списка."
            raise FieldsInvalid([FieldProblem("to", "Кому", sentence)])

    def _give_deals(self, direction: Direction, to: str, actor: Actor, done: _Done) -> int:
        """Returns: how many are left."""
        mine = DealFilter(direction=direction.code, manager=self.person, open=True)
        refused: set[str] = set()
        fits = self._leads(to, direction)
        while done.deals < MOST and len(refused) < AT_ONCE:
            # Refused deals stay the person's: the page must hold others beside them.
            with self.resources.database.reading() as store:
                page = store.deals.page(mine, after=None, limit=AT_ONCE + len(refused))
            ids = sorted(deal.id for deal in page if deal.id not in refused)
            if not ids:
                return 0
            if not fits:
                role = self.resources.database.catalog.roles[direction.managers].name
                done.refused.append(
                    f"«{direction.name}»: сделки ведёт роль «{role}», выберите её сотрудника."
                )
                return 0
            for deal_id, why in self._give_batch(ids[:AT_ONCE], to, actor).items():
                if why is None:
                    done.deals += 1
                else:
                    refused.add(deal_id)
                    done.refused.append(f"{deal_id}: {why}")
        with self.resources.database.reading() as store:
            return store.board.led_by(self.person).get(direction.code, 0) - len(refused)

    def _give_batch(self, ids: Sequence[str], to: str, actor: Actor) -> Mapping[str, str | None]:
        """Give deals in one transaction. Returns: why not, by deal."""
        results: dict[str, str | None] = {}
        with self.resources.database.writing() as store:
            for deal_id in ids:  # in order: two calls do not lock each other out
                try:
                    deal = store.deals.get(deal_id, for_update=True)
                    if deal.manager != self.person:
                        continue  # somebody gave it away meanwhile
                    give(store, deal, to, deal.version, self.resources.manager_tasks)
                    store.deals.save(deal, actor)
                    results[deal_id] = None
                except Refusal as refusal:
                    results[deal_id] = str(refusal)
        return results

    def _give_task(self, task: UserTask, to: str, reason: str, actor: Actor, done: _Done) -> None:
        with self.resources.database.writing() as store:
            found = self._movable(store, [task])
            if not found:
                return
            groups = found[0][1]
            person = to if self._may_have(to, groups) else None
            deal = store.deals.get(task.deal_id or "")
            change = Change(
                Kind.ASSIGNMENT, task.key, task.assignee, {"person": person, "reason": reason}
            )
            store.history.append(deal.id, [change], actor, deal.version)
            if person is not None:
                text = f"Вам передана задача «{task.name}»: {reason}"
                store.notifications.add(person, f"handover-{task.id}-{self.person}", text, deal.id)
            # Before the commit: a call that the engine refuses leaves no record.
            self.resources.gateway.hand_over(task.id, person, min(groups))
        done.tasks += int(person is not None)
        done.returned += int(person is None)

    def _movable(
        self, store: Store, tasks: Collection[UserTask]
    ) -> list[tuple[UserTask, frozenset[str]]]:
        """The tasks that do not follow a deal and that the caller may hand over, with groups."""
        found = []
        places = store.deals.stages({task.deal_id for task in tasks if task.deal_id})
        directions = headed(self.resources, self.caller)
        for task in tasks:
            direction = directions.get(places.get(task.deal_id or "", ("",))[0])
            if direction is None or (task.process_key, task.key) in self.resources.manager_tasks:
                continue
            groups = self.resources.task_groups.of(task.process_key, task.key, direction)
            if groups and self._is_head_of(groups):
                found.append((task, groups))
        return found

    def _is_head_of(self, groups: Collection[str]) -> bool:
        roles = self.resources.database.catalog.roles
        heads = {roles[group].head for group in groups} | set(groups)
        return ADMINISTRATORS in self.caller.roles or bool(heads & self.caller.roles)

    def _leads(self, person: str, direction: Direction) -> bool:
        return self.resources.employees.is_in(person, direction.managers)

    def _may_have(self, person: str, groups: Collection[str]) -> bool:
        return any(self.resources.employees.is_in(person, group) for group in groups)

    def _tell(self, to: str, reason: str, actor: Actor, deals: int) -> None:
        name = self.resources.employees.names().of(self.person)
        text = f"Вам переданы сделки, которые вёл сотрудник {name}: {deals}. {reason}"
        key = f"handover-{self.person}-{actor.reference}"[:120]
        with self.resources.database.writing() as store:
            store.notifications.add(to, key, text, "")


def _named_in(store: Store, person: str) -> list[str]:
    """Items of universal lists that name the person."""
    found = []
    for known in store.catalog.lists.values():
        roles = [code for code, about in known.attributes.items() if about.role]
        if not roles:
            continue
        found += [
            f"{known.name}: {item.name} ({', '.join(labels)})"
            for item in store.lists.items(known.code)
            if item.active
            and (
                labels := [
                    known.attributes[code].label
                    for code in roles
                    if item.attributes.get(code) == person
                ]
            )
        ]
    return found
