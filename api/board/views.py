"""Board views: build columns and cards, with the open tasks of all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from api.auth import Principal
from api.board.responses import BoardColumn, CardTask, DealCard
from api.deals.views import deal_line
from api.dependencies import Resources
from api.engine.users import PersonNames
from api.http.schema import Named
from bpmn.camunda.client.rest import UserTask
from db.domain.catalog import Direction, Stage
from db.domain.deals.deal import Deal
from db.domain.errors import Unavailable
from db.domain.fields.values import money
from db.ports.board import ColumnTotal

NOTHING = ColumnTotal(0, Decimal("0.00"))


@dataclass(frozen=True)
class OpenTasks:
    """Open tasks of the deals of a page, read by one query of the engine."""

    of: Mapping[str, Sequence[UserTask]]
    known: bool = True
    """False: the engine did not answer, the cards have no tasks."""

    @classmethod
    def read(cls, resources: Resources, deals: Iterable[Deal]) -> "OpenTasks":
        """Read the tasks. Never raises: the board works without them."""
        found: dict[str, list[UserTask]] = {deal.id: [] for deal in deals}
        try:
            tasks = resources.gateway.tasks_of_deals(found)
        except Unavailable:
            return cls({}, known=False)
        for task in tasks:
            if task.deal_id in found:
                found[task.deal_id].append(task)
        return cls(found)


@dataclass(frozen=True)
class CardViews:
    """Builds cards for one caller."""

    resources: Resources
    caller: Principal
    names: PersonNames
    tasks: OpenTasks

    def card(self, deal: Deal) -> DealCard:
        """The card of a deal."""
        line = deal_line(self.resources.database.catalog, deal, self.names)
        tasks = [self._task(task) for task in self.tasks.of.get(deal.id, ())]
        return DealCard.of(line, tasks=tasks)

    def _task(self, task: UserTask) -> CardTask:
        group = self.resources.group_tasks.get((task.process_key, task.key))
        role = (
            self.resources.database.catalog.roles.get(group)
            if group and task.assignee is None
            else None
        )
        return CardTask.of(
            task,
            due_at=task.due,
            person=None if task.assignee is None else self.names.person(task.assignee),
            group=None if role is None else Named.of(role),
            mine=task.assignee == self.caller.login,
        )


def column(
    direction: Direction, stage: Stage, total: ColumnTotal, cards: list[DealCard], more: str | None
) -> BoardColumn:
    """A stage as a column of the board."""
    by_hand = [code for code in stage.next if not direction.stage(code).system]
    return BoardColumn(
        stage=Named.of(stage),
        moves=by_hand,
        count=total.count,
        amount=total.amount,
        amount_text=money(total.amount),
        cards=cards,
        next=more,
    )
