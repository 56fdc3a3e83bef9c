"""Kinds of notifications, and a person's choice of channels for each."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    """Kind of a notification; people choose channels for each but the last."""

    DEAL = "deal"  # decisions, stages and changes of one's deals
    TASK = "task"  # a task was given to the person
    DUE = "due"  # a task is due soon
    OVERDUE = "overdue"  # a task or a deal is late
    DIGEST = "digest"  # the morning's overdue tasks, for heads
    SYSTEM = "system"  # failures and logins: cannot be turned off


TITLES = {
    NoticeKind.DEAL: "Новость вашей сделки",
    NoticeKind.TASK: "Задача передана вам",
    NoticeKind.DUE: "Скоро срок задачи",
    NoticeKind.OVERDUE: "Срок прошёл",
    NoticeKind.DIGEST: "Утренняя сводка",
    NoticeKind.SYSTEM: "Сообщение системы",
}
"""Title of a browser's notification per kind; it shows on locked screens, so it names nobody."""


@dataclass(frozen=True)
class Choice:
    """A kind that people can turn off, in words."""

    kind: NoticeKind
    name: str
    hint: str
    by_mail: bool = True
    """Whether it is ever sent by e-mail."""
    heads_only: bool = False


CHOICES = (
    Choice(NoticeKind.DEAL, "Мои сделки", "Решения согласующих, отгрузка, изменения из 1С."),
    Choice(NoticeKind.TASK, "Задача передана мне", "Коллегой, руководителем или системой.", False),
    Choice(NoticeKind.DUE, "Скоро срок", "Задача ещё не выполнена, а срок подходит."),
    Choice(NoticeKind.OVERDUE, "Срок прошёл", "Моя задача, а руководителю — и задачи его людей."),
    Choice(
        NoticeKind.DIGEST,
        "Утренняя сводка",
        "Все просроченные задачи моих людей, одним письмом в рабочее утро.",
        heads_only=True,
    ),
)


@dataclass(frozen=True)
class Delivery:
    """Channels by which a person gets one kind of notifications.

    Without the bell a notification is kept as one that is read already: it stays in the list.
    """

    mail: bool = True
    bell: bool = True
    push: bool = True
    """In the browsers in which the person has switched notifications on."""
