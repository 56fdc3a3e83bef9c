"""Notifies employees about a deal: in the application exactly once, by e-mail at least once."""

from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoResult, Task, TaskInput, Topic
from workers.services.deal_notifications import Audience, audience_of, notify_about


class Notify(TaskInput):
    """Input of ``notify``."""

    template: str
    """Code of a template in `workers.services.notification_texts`."""
    recipient: str
    """manager, heads, or the code of a role."""


def fetch_audience(task: Task[Notify, None], external: ExternalServices) -> Audience:
    """Read recipients and names from the identity service. Raises: Unavailable."""
    return audience_of(task.deal_id, task.input.recipient, external)


def notify(task: Task[Notify, Audience], services: Services) -> NoResult:
    """Store the notification and its e-mail for every recipient.

    Safe to repeat because a notification is unique per deal, person, template, and round, stage
    move or delivery attempt.
    """
    deal = services.store.deals.get(task.deal_id)
    notify_about(services.store, deal, task.input.template, task.fetched, task.instance_id)
    return NoResult()


TOPIC = Topic("notify", Notify, NoResult, notify, fetch=fetch_audience)
