"""Tells people about a deal: in the application once, by mail at least once."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.domain.approval import DecisionOutcome, RoundState
from db.domain.deal import Deal
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoResult, Task, TaskInput, Topic
from workers.services.notification_texts import TEMPLATES, Template, Words, nobody_to_tell
from workers.services.notifications import ADMINISTRATORS, notify_people
from workers.services.process_variables import client_name

MANAGER, HEADS = "manager", "heads"


class Notify(TaskInput):
    template: str
    recipient: str
    """manager, heads, or the code of a role."""


@dataclass(frozen=True)
class Audience:
    people: tuple[Employee, ...]
    administrators: tuple[Employee, ...]
    """Told instead when there is nobody else."""
    manager_name: str
    refused_by: str
    """Name of the person whose no ended the last round; blank without one."""


def audience(task: Task[Notify, None], external: ExternalServices) -> Audience:
    """Who is to be told, and the names that the text speaks of."""
    with external.reading() as store:
        deal = store.deals.get(task.deal_id)
        heads = store.catalog.directions[deal.direction].heads
        refuser = _refuser(store, deal)
    manager = external.people.person(deal.manager)
    if task.input.recipient == MANAGER:
        people: Sequence[Employee] = [manager or Employee(deal.manager, deal.manager)]
    else:
        role = heads if task.input.recipient == HEADS else task.input.recipient
        people = external.people.members(role)
    refused_by = external.people.person(refuser) if refuser else None
    return Audience(
        tuple(people),
        () if people else tuple(external.people.members(ADMINISTRATORS)),
        manager.name if manager else deal.manager,
        refused_by.name if refused_by else (refuser or ""),
    )


def notify(task: Task[Notify, Audience], services: Services) -> NoResult:
    """Safe to repeat: one notification per deal, round, move or try, template and person."""
    store = services.store
    deal = store.deals.get(task.deal_id)
    template = TEMPLATES[task.input.template]
    words = _words(store, deal, task.fetched)
    counted = _counted(template, deal, words.round, task.instance_id)
    key = f"{template.once_per}-{counted}:{template.code}"
    if not task.fetched.people:
        text = nobody_to_tell(task.input.recipient, deal.title)
        notify_people(store, task.fetched.administrators, f"{key}:nobody", text, deal.id)
        return NoResult()
    filled = vars(words)
    subject, text = template.subject.format(**filled), template.text.format(**filled)
    notify_people(store, task.fetched.people, key, text, deal.id, subject=subject)
    return NoResult()


def _counted(template: Template, deal: Deal, round_number: int, instance_id: str) -> str:
    """Of which round, move or try it is told; a try of delivery is a called process of its own."""
    match template.once_per:
        case "round":
            return str(round_number)
        case "try":
            return instance_id
        case _:
            return str(deal.moves)


def _words(store: Store, deal: Deal, seen: Audience) -> Words:
    direction = store.catalog.directions[deal.direction]
    latest = store.rounds.latest(deal.id)
    return Words(
        deal=deal.title,
        client=client_name(deal),
        direction=direction.name,
        stage=direction.stage(deal.stage).name,
        manager=seen.manager_name,
        round=latest.number if latest else 0,
        refusal=_refusal(store, deal, seen.refused_by),
    )


def _refusal(store: Store, deal: Deal, name: str) -> str:
    no = _last_no(store, deal)
    if no is None:
        return ""
    role = store.catalog.roles[no[1]].name
    return f"Отказал сотрудник {name} ({role}): «{no[2]}»."


def _refuser(store: Store, deal: Deal) -> str | None:
    no = _last_no(store, deal)
    return no[0] if no else None


def _last_no(store: Store, deal: Deal) -> tuple[str, str, str] | None:
    """Person, role and comment of the decision that refused the latest round."""
    latest = store.rounds.latest(deal.id)
    if latest is None or latest.state is not RoundState.REJECTED:
        return None
    for decision in store.rounds.decisions(deal.id):
        if decision.round == latest.number and decision.outcome is DecisionOutcome.REJECTED:
            return decision.person, decision.role, decision.comment
    return None


TOPIC = Topic("notify", Notify, NoResult, notify, fetch=audience)
