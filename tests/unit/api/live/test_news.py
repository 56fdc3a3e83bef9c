"""News: whom they concern, how they are joined, and that late rows are neither lost nor doubled."""

from datetime import UTC, datetime, timedelta

import pytest

from api.live.news import ANYTHING, MAX_IDS, Digest, News, Topic
from api.live.watch import IN_FLIGHT, NewRows, TaskChanges
from bpmn.camunda.client.records import TaskChange

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("news", "heard"),
    [
        (News(Topic.TASKS, logins=frozenset({"lawyer1"})), True),
        (News(Topic.TASKS, groups=frozenset({"lawyers", "drivers"})), True),
        (News(Topic.TASKS, everybody=True), True),
        (News(Topic.DEALS, "D-2026-00001", frozenset({"manager1"})), True),
        (News(Topic.DEALS, "D-2026-00002", frozenset({"manager1"})), False),
        (News(Topic.NOTIFICATIONS, logins=frozenset({"manager1"})), False),
        (News(Topic.TASKS, groups=frozenset({"drivers"})), False),
        (News(Topic.TASKS), False),
    ],
)
def test_news_concern_people_groups_and_who_follows_the_deal(news: News, heard: bool) -> None:
    assert news.concerns("lawyer1", {"lawyers"}, "D-2026-00001") is heard


def test_news_without_a_deal_are_not_for_who_follows_none() -> None:
    assert not News(Topic.DEALS).concerns("lawyer1", {"lawyers"}, "")


def test_news_are_joined_and_too_many_deals_are_all() -> None:
    digest = Digest()
    assert digest.data() == {}
    for number in (2, 1, 2):
        digest.add(News(Topic.DEALS, f"D-{number}"))
    digest.add(News(Topic.TASKS))
    assert digest.data() == {"deals": ["D-1", "D-2"], "tasks": None}

    for number in range(MAX_IDS + 1):
        digest.add(News(Topic.DEALS, f"D-{number}"))
    digest.add(News(Topic.DEALS, "D-1"))
    assert digest.data() == {"deals": None, "tasks": None}


def test_when_anything_may_differ_every_topic_is_named() -> None:
    digest = Digest()
    for news in ANYTHING:
        digest.add(news)

    assert digest.data() == {topic.value: None for topic in Topic}


def test_a_row_that_is_committed_late_is_found_once() -> None:
    table = {1: "D-1", 2: "D-2", 5: "D-5"}
    rows, at = NewRows(), NOON

    def look(seconds: float = 1) -> set[str]:
        nonlocal at
        at += timedelta(seconds=seconds)
        after = lambda floor: [(n, deal) for n, deal in table.items() if n > floor]  # noqa: E731
        return rows.of(after, lambda: max(table), at)

    assert look() == set()  # what is there already is no news
    table[7] = "D-7"
    assert look() == {"D-7"}
    table[3] = "D-3"  # took its id before the others and was committed after them
    assert look() == {"D-3"}
    assert look() == set()
    table[6] = "D-6"
    assert look(IN_FLIGHT.total_seconds()) == {"D-6"}
    assert look(IN_FLIGHT.total_seconds() + 1) == set()
    table[8] = "D-8"
    assert look() == {"D-8"}


def a_change(assignee: str | None, mark: str = "1", ended: bool = False) -> TaskChange:
    return TaskChange("task-1", mark, assignee, "Task_CheckClient", "approval", ended, "D-1")


def test_who_lost_a_task_is_known_from_the_change_before() -> None:
    tasks = TaskChanges(NOON)

    assert tasks.moved(a_change(None)) == (None, False)
    assert tasks.moved(a_change("lawyer1")) == (None, True)
    assert tasks.moved(a_change("lawyer2")) == ("lawyer1", True)
    assert tasks.moved(a_change("lawyer2", ended=True)) == ("lawyer2", True)
    assert tasks.moved(a_change(None)) == (None, False)


def test_a_change_is_told_once_while_looks_overlap() -> None:
    tasks = TaskChanges(NOON)
    first, second = a_change(None, "1"), a_change("lawyer1", "2")

    assert tasks.unseen([first], NOON) == [first]
    assert tasks.since == NOON - IN_FLIGHT
    assert tasks.unseen([first, second], NOON + timedelta(seconds=1)) == [second]
    assert tasks.unseen([second], NOON + IN_FLIGHT) == []
