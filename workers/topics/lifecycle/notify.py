"""Notifies employees about a deal: in the application exactly once, by e-mail at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.domain.approval.rounds import Decision, DecisionOutcome, RoundState
from db.domain.deal import Deal
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoResult, Task, TaskInput, Topic
from workers.services.notification_texts import (
    TEMPLATES,
    NotificationTemplate,
    TemplateValues,
    no_recipients,
)
from workers.services.notifications import notify_people
from workers.services.process_variables import client_name

MANAGER, HEADS = "manager", "heads"


class Notify(TaskInput):
    """Input of ``notify``."""

    template: str
    """Code of a template in `workers.services.notification_texts`."""
    recipient: str
    """manager, heads, or the code of a role."""


@dataclass(frozen=True)
class Audience:
    """Recipients of a notification, and the names that its text uses."""

    people: tuple[Employee, ...]
    administrators: tuple[Employee, ...]
    """Recipients of the alert when ``people`` is empty."""
    manager_name: str
    refused_by: Mapping[str, str]
    """Login → name of the approvers who rejected the latest round."""


def fetch_audience(task: Task[Notify, None], external: ExternalServices) -> Audience:
    """Read recipients and names from the identity service. Raises: Unavailable."""
    with external.reading() as store:
        deal = store.deals.get(task.deal_id)
        heads = store.catalog.direction_of(deal).heads
        rejected_by = {decision.person for decision in _rejections(store, deal)}
    manager = external.people.person(deal.manager)
    if task.input.recipient == MANAGER:
        people: Sequence[Employee] = [manager or Employee(deal.manager, deal.manager)]
    else:
        role = heads if task.input.recipient == HEADS else task.input.recipient
        people = external.people.members(role)
    refused_by = {login: external.people.person(login) for login in rejected_by}
    return Audience(
        tuple(people),
        () if people else tuple(external.people.members(ADMINISTRATORS)),
        manager.name if manager else deal.manager,
        {login: person.name if person else login for login, person in refused_by.items()},
    )


def notify(task: Task[Notify, Audience], services: Services) -> NoResult:
    """Store the notification and its e-mail for every recipient.

    Safe to repeat because a notification is unique per deal, person, template, and round, stage
    move or delivery attempt.
    """
    store = services.store
    deal = store.deals.get(task.deal_id)
    template = TEMPLATES[task.input.template]
    values = _template_values(store, deal, task.fetched)
    counted = _occurrence(template, deal, values.round, task.instance_id)
    key = f"{template.once_per}-{counted}:{template.code}"
    if not task.fetched.people:
        text = no_recipients(task.input.recipient, deal.title)
        notify_people(store, task.fetched.administrators, f"{key}:nobody", text, deal.id)
        return NoResult()
    filled = vars(values)
    subject, text = template.subject.format(**filled), template.text.format(**filled)
    notify_people(store, task.fetched.people, key, text, deal.id, subject=subject)
    return NoResult()


def _occurrence(
    template: NotificationTemplate, deal: Deal, round_number: int, instance_id: str
) -> str:
    """Return the round, stage move or delivery attempt (a called process) that it is unique for."""
    match template.once_per:
        case "round":
            return str(round_number)
        case "try":
            return instance_id
        case _:
            return str(deal.moves)


def _template_values(store: Store, deal: Deal, seen: Audience) -> TemplateValues:
    direction = store.catalog.direction_of(deal)
    latest = store.rounds.latest(deal.id)
    return TemplateValues(
        deal=deal.title,
        client=client_name(deal),
        direction=direction.name,
        stage=direction.stage(deal.stage).name,
        manager=seen.manager_name,
        round=latest.number if latest else 0,
        refusal=_refusal(store, deal, seen.refused_by),
    )


def _refusal(store: Store, deal: Deal, names: Mapping[str, str]) -> str:
    """Return who rejected the latest round and why, a sentence each."""
    roles = store.catalog.roles
    return " ".join(
        f"Отказал сотрудник {names.get(one.person, one.person)} ({roles[one.role].name}): "
        f"«{one.comment}»."
        for one in _rejections(store, deal)
    )


def _rejections(store: Store, deal: Deal) -> list[Decision]:
    """Return the decisions that rejected the latest round."""
    latest = store.rounds.latest(deal.id)
    if latest is None or latest.state is not RoundState.REJECTED:
        return []
    return [
        decision
        for decision in store.rounds.decisions(deal.id)
        if decision.round == latest.number and decision.outcome is DecisionOutcome.REJECTED
    ]


TOPIC = Topic("notify", Notify, NoResult, notify, fetch=fetch_audience)
