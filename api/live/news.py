"""Messages of the event stream: kind of change, deal id, recipients; pages read the data."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class Topic(StrEnum):
    """Kind of thing that changed."""

    TASKS = "tasks"
    DEALS = "deals"
    NOTIFICATIONS = "notifications"


MAX_IDS = 100
"""Ids in one event; beyond it the event says that anything may have changed."""


@dataclass(frozen=True)
class News:
    """One change."""

    topic: Topic
    id: str = ""
    """Of the deal; empty for the other topics."""
    logins: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    everybody: bool = False

    def concerns(self, login: str, roles: Collection[str], follows: str) -> bool:
        """Whether a person may hear it. ``follows``: a deal that the person was let see."""
        return (
            self.everybody
            or login in self.logins
            or not self.groups.isdisjoint(roles)
            or (self.topic is Topic.DEALS and bool(self.id) and self.id == follows)
        )


ANYTHING = tuple(News(topic, everybody=True) for topic in Topic)
"""News when nobody knows what has changed."""


@dataclass
class Digest:
    """News that were not sent yet, joined: a slow reader costs no memory."""

    topics: set[Topic] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    all_deals: bool = False

    def add(self, news: News) -> None:
        self.topics.add(news.topic)
        if news.topic is Topic.DEALS:
            self.ids.add(news.id)
            self.all_deals |= not news.id or len(self.ids) > MAX_IDS
            if self.all_deals:
                self.ids.clear()

    def data(self) -> dict[str, list[str] | None]:
        """Topic → ids of what changed; None: anything of it."""
        return {
            topic: sorted(self.ids) if topic is Topic.DEALS and not self.all_deals else None
            for topic in sorted(self.topics)
        }
