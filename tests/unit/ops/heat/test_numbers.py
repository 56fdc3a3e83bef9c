"""Numbers on a diagram: versions are added up, refusals counted at their step, requests bounded."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from bpmn.camunda.client.statistics import FinishedActivity, RunningDefinition
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import Diagram
from bpmn.model.reader import read_diagram
from db.catalog.loading import load_catalog
from db.ports.deals import DecisionCount
from ops.heat import numbers
from ops.heat.command import as_data, as_text
from ops.heat.numbers import Heat, HeatReport, measure, percentile
from ops.heat.picture import duration, html

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
APPROVAL = "new-client-approval"
REVIEW, RECORD = "Task_ReviewTerms", "Task_RecordHeadDecision"
REFUSAL = "BoundaryEvent_HeadDecisionRefused"
MINUTE = 60_000


class Engine:
    """Answers of an engine with two versions of one process."""

    def __init__(self, passages: Mapping[str, list[tuple[str, int]]]) -> None:
        self._passages = passages
        self.asked: list[tuple[str, datetime]] = []

    def running_definitions(self) -> list[RunningDefinition]:
        return [RunningDefinition(f"{APPROVAL}:{n}", APPROVAL, n) for n in (1, 2)]

    def standing(self, definition_id: str) -> Mapping[str, int]:
        return {REVIEW: int(definition_id[-1]), "Task_Gone": 5}

    def finished_activities(
        self, activity_type: str, since: datetime, limit: int
    ) -> Iterator[FinishedActivity]:
        self.asked.append((activity_type, since))
        for number, (activity, took) in enumerate(self._passages.get(activity_type, ())[:limit]):
            yield FinishedActivity(APPROVAL, activity, took, NOW - timedelta(hours=number))


def diagram() -> Diagram:
    return read_diagram(DIRECTORY / f"{APPROVAL}.bpmn")


def report(engine: Engine) -> HeatReport:
    votes = [
        DecisionCount("newClientTerms", "head", "approved", 7),
        DecisionCount("newClientTerms", "head", "rejected", 3),
        DecisionCount("newProductReview", "director", "rejected", 9),
        DecisionCount("a chain of an earlier release", "head", "rejected", 9),
    ]
    return measure(engine, [diagram()], load_catalog(), votes, SINCE)


@pytest.fixture
def busy() -> Engine:
    return Engine(
        {
            "userTask": [
                (REVIEW, minutes * MINUTE) for minutes in (5, 1, 2, 3, 4, 6, 7, 8, 9, 600)
            ],
            "serviceTask": [(RECORD, 100)] * 8,
            "boundaryError": [(REFUSAL, 0), (REFUSAL, 0)],
        }
    )


def test_versions_are_added_up_and_times_are_those_of_the_activity(busy: Engine) -> None:
    (found,) = report(busy).diagrams
    by_element = {one.element: one for one in found.activities}

    assert by_element[REVIEW] == Heat(
        REVIEW,
        "Рассмотреть условия",
        standing=3,
        passed=10,
        median=timedelta(minutes=5),
        p90=timedelta(minutes=9),
    )
    assert set(by_element) == {REVIEW, RECORD}


def test_a_refusal_is_counted_at_the_step_that_refused(busy: Engine) -> None:
    (found,) = report(busy).diagrams
    record = next(one for one in found.activities if one.element == RECORD)

    assert (record.passed, record.refused, record.refused_share) == (8, 2, 0.25)
    assert (record.decided, record.rejected) == (10, 3)


def test_a_sample_that_is_cut_says_so_and_its_refusals_are_of_the_same_time(
    monkeypatch: pytest.MonkeyPatch, busy: Engine
) -> None:
    monkeypatch.setattr(numbers, "SAMPLE", 4)
    monkeypatch.setattr(numbers, "MOST_VERSIONS", 1)

    told = report(busy)

    assert len(told.cut) == 3
    assert "28.11.2026 09:00" in told.cut[2]
    assert dict(busy.asked)["boundaryError"] == NOW - timedelta(hours=3)
    assert dict(busy.asked)["callActivity"] == SINCE
    assert told.diagrams[0].activities[0].standing == 2


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([7], 0.5, 7), ([7], 0.9, 7), ([4, 1, 3, 2], 0.5, 2), (list(range(1, 101)), 0.9, 90)],
)
def test_a_percentile_is_one_of_the_values(values: list[int], share: float, expected: int) -> None:
    assert percentile(values, share) == timedelta(milliseconds=expected)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 с"), (59, "59 с"), (90, "1,5 мин"), (3600, "1 ч"), (86_400 * 2.5, "2,5 дн")],
)
def test_a_time_is_said_in_one_unit(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words
    assert duration(None) == "—"


def test_text_json_and_picture_have_the_same_numbers(busy: Engine) -> None:
    told = report(busy)

    text = "\n".join(as_text(told))
    data = json.loads(as_data(told))
    page = html(told, {APPROVAL: diagram()})

    assert "Рассмотреть условия" in text
    assert "5 мин" in text
    review = next(one for one in data["diagrams"][0]["activities"] if one["element"] == REVIEW)
    assert (review["standing"], review["medianSeconds"], review["p90Seconds"]) == (3, 300, 540)
    svg = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")])
    badges = [(one.get("data-heat"), "".join(one.itertext())) for one in svg.iter()]
    assert [text for element, text in badges if element == REVIEW] == ["стоят 3", "5 мин"]
    assert [text for element, text in badges if element == RECORD] == [
        "отказов 25\N{NO-BREAK SPACE}%",
        "отклонено 3 из 10",
    ]
    assert "src=" not in page


def test_nothing_happened_is_said() -> None:
    empty = HeatReport(SINCE, [])

    assert as_text(empty)[-1].startswith("За этот срок ничего не было")
    assert "За этот срок ничего не было" in html(empty, {})
