"""Notifications about a deal from a template: who gets them, which names they use, how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.domain.approval.rounds import Decision, DecisionOutcome
from db.domain.deals.deal import Deal
from db.domain.people.notices import NoticeKind
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices
from workers.services.notification_texts import (
    TEMPLATES,
    NotificationTemplate,
    TemplateValues,
    no_recipients,
)
from workers.services.notifications import notify_people
from workers.services.process_variables import client_name

OVERDUE = "overdue"
"""Template about a deal that is late in its stage."""
MANAGER, HEADS = "manager", "heads"
"""Recipients besides the codes of roles."""


@dataclass(frozen=True)
class Audience:
    """Recipients of a notification, and the names that its text uses."""

    recipient: str
    """manager, heads, or the code of a role."""
    people: tuple[Employee, ...]
    administrators: tuple[Employee, ...]
    """Recipients of the alert when ``people`` is empty."""
    manager_name: str
    refused_by: Mapping[str, str]
    """Login → name of the approvers who rejected the latest round."""


def audience_of(deal_id: str, recipient: str, external: ExternalServices) -> Audience:
    """Read recipients and names from the identity service. Raises: Unavailable."""
    with external.reading() as store:
        deal = store.deals.get(deal_id)
        heads = store.catalog.direction_of(deal).heads
        refused = {decision.person for decision in _refusals(store, deal)}
    manager = external.people.person(deal.manager)
    if recipient == MANAGER:
        people: Sequence[Employee] = [manager or Employee(deal.manager, deal.manager)]
    else:
        people = external.people.members(heads if recipient == HEADS else recipient)
    named = {login: external.people.person(login) for login in refused}
    return Audience(
        recipient,
        tuple(people),
        () if people else tuple(external.people.members(ADMINISTRATORS)),
        manager.name if manager else deal.manager,
        {login: person.name if person else login for login, person in named.items()},
    )


def notify_about(
    store: Store, deal: Deal, template_code: str, audience: Audience, instance_id: str
) -> None:
    """Store the notification and its e-mail for every recipient.

    Safe to repeat because a notification is unique per deal, person, template, and round, stage
    move or delivery attempt.
    """
    template = TEMPLATES[template_code]
    values = _template_values(store, deal, audience)
    counted = _occurrence(template, deal, values.round, instance_id)
    key = f"{template.once_per}-{counted}:{template.code}"
    if not audience.people:
        text = no_recipients(audience.recipient, deal.title)
        notify_people(store, audience.administrators, f"{key}:nobody", text, deal.id)
        return
    filled = vars(values)
    subject, text = template.subject.format(**filled), template.text.format(**filled)
    kind = NoticeKind.OVERDUE if template.code == OVERDUE else NoticeKind.DEAL
    notify_people(store, audience.people, key, text, deal.id, kind, subject=subject)


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


def _template_values(store: Store, deal: Deal, audience: Audience) -> TemplateValues:
    direction = store.catalog.direction_of(deal)
    latest = store.rounds.latest(deal.id)
    return TemplateValues(
        deal=deal.title,
        client=client_name(deal),
        direction=direction.name,
        stage=direction.stage(deal.stage).name,
        manager=audience.manager_name,
        round=latest.number if latest else 0,
        refusal=_refusal(store, deal, audience.refused_by),
    )


def _refusal(store: Store, deal: Deal, names: Mapping[str, str]) -> str:
    """Return who rejected the latest round and why, a sentence each."""
    roles = store.catalog.roles
    return " ".join(
        f"Отказал сотрудник {names.get(one.person, one.person)} ({roles[one.role].name}): "
        f"«{one.comment}»."
        for one in _refusals(store, deal)
    )


def _refusals(store: Store, deal: Deal) -> list[Decision]:
    """Return the decisions against the latest round; it may still be open."""
    latest = store.rounds.latest(deal.id)
    if latest is None:
        return []
    return [
        decision
        for decision in store.rounds.decisions(deal.id)
        if decision.round == latest.number and decision.outcome is DecisionOutcome.REJECTED
    ]
