"""A scenario is written from the history of a deal and the rows of the engine."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import yaml

from bpmn.camunda.client.rest import Engine
from db.domain.deals.history import Cause, HistoryRow, Kind
from ops.scenarios.recording import NotRecordable, Recorder
from ops.scenarios.scenario import Known, known

DEAL = "D-2026-00007"
PROCESS, CALLED = "main", "called"


class Rows:
    """An engine that answers queries of its history."""

    def __init__(self, sent: Mapping[str, Mapping[str, Any]]) -> None:
        self.sent = sent

    def all_of(self, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        path = path.removeprefix("/history/").partition("?")[0]
        if path == "process-instance":
            processes = {PROCESS: "new-client", CALLED: "new-client-approval"}
            known = {**processes, "beside": "technical-failure"}
            return [{"id": id, "processDefinitionKey": key} for id, key in known.items()]
        if path == "task":
            return [
                {
                    "endTime": at(minute),
                    "taskDefinitionKey": key,
                    "assignee": who,
                    "activityInstanceId": key,
                    "processInstanceId": instance,
                }
                for minute, key, who, instance in (
                    (10, "Task_EnterOnecContract", "onecMoscow", CALLED),
                    (12, "Task_DraftContract", "lawyer1", CALLED),
                    (13, "Task_ResolveFailure", "portal1", "beside"),
                    (14, "Task_LeadClient", "manager1", PROCESS),
                )
            ]
        if path == "variable-instance":
            (task,) = query["activityInstanceIdIn"]
            return [{"name": name, "value": value} for name, value in self.sent[task].items()]
        assert path == "activity-instance"
        return self._activities() if query["processInstanceId"] == CALLED else []

    def _activities(self) -> list[dict[str, Any]]:
        rows = (
            (9, "Task_EnterOnecContract", "userTask"),
            (11, "BoundaryEvent_NumberRefused", "boundaryError"),
            (11, "Task_DraftContract", "userTask"),
            (11, "BoundaryEvent_Reminded", "boundaryTimer"),
        )
        return [
            {
                "id": f"{minute} {element}",
                "activityId": element,
                "startTime": at(minute),
                "endTime": at(minute),
                "canceled": False,
                "activityType": kind,
                "taskId": None,
            }
            for minute, element, kind in rows
        ]


SENT: Mapping[str, Mapping[str, Any]] = {
    "Task_EnterOnecContract": {"answer": "entered", "number": " п-77 ", "picked": None, "x": 1},
    "Task_DraftContract": {"fileId": "file-2"},
    "Task_LeadClient": {"wantedStage": "realization", "seenVersion": 7},
}


def at(minute: int) -> str:
    return f"2026-11-27T10:{minute:02}:00.000+0000"


def row(
    minute: int, kind: Kind, subject: str, new: Any, who: str = "manager1", cause: Cause = Cause.API
) -> HistoryRow:
    moment = datetime(2026, 11, 27, 10, minute, tzinfo=UTC)
    return HistoryRow(minute, DEAL, moment, who, cause, None, kind, subject, None, new, 1)


HISTORY = [
    row(0, Kind.CREATED, "", {"direction": "newClients"}),
    row(0, Kind.FIELD, "subject", "Пилы"),
    row(0, Kind.FIELD, "inn", "7712345671"),
    row(1, Kind.FIELD, "temporaryUntil", "2026-12-04"),
    row(2, Kind.FILE, "companyCard", {"id": "file-1"}),
    row(3, Kind.STAGE, "", "collectingDocuments"),
    row(5, Kind.FIELD, "limit", "800000.00", "head1", Cause.TASK),
    row(10, Kind.NUMBER, "contractNumber", {"number": "П-77"}, "onecMoscow", Cause.WORKER),
    row(12, Kind.FILE, "contractFile", {"id": "file-2"}, "lawyer1"),
    row(15, Kind.FIELD, "lossReason", "price"),
    row(15, Kind.FIELD, "lossComment", "Дорого"),
    row(15, Kind.STAGE, "", "lost"),
]


@pytest.fixture(scope="module")
def among() -> Known:
    return known()


def recorder(among: Known, history: list[HistoryRow]) -> Recorder:
    direction = among.catalog.directions["newClients"]
    return Recorder(DEAL, direction, history, cast("Engine", Rows(SENT)), among)


def test_answers_files_moves_timers_and_the_way_are_written(among: Known) -> None:
    dated = [one for one in HISTORY if one.subject != "temporaryUntil"]

    written = yaml.safe_load(recorder(among, dated).text("Мой путь"))

    assert (written["name"], written["who"]) == ("Мой путь", "manager1")
    assert written["fields"] == {"subject": "Пилы", "inn": "7712345671"}
    assert written["steps"] == [
        {"who": "manager1", "upload": ["companyCard"]},
        {"who": "manager1", "move": "collectingDocuments"},
        {"stage": "collectingDocuments"},
        {"onec": "contract", "values": {"inn": "7712345671"}},
        {
            "who": "onecMoscow",
            "task": "Task_EnterOnecContract",
            "answer": {"answer": "entered", "number": "{contract}"},
        },
        {"timer": "BoundaryEvent_Reminded"},
        {"who": "lawyer1", "task": "Task_DraftContract", "answer": {}, "file": "contractFile"},
        {"who": "manager1", "task": "Task_LeadClient", "answer": {"wantedStage": "realization"}},
        {"who": "manager1", "move": "lost", "reason": "price", "comment": "Дорого"},
    ]
    assert written["expected"]["end"] == "lost"
    assert written["expected"]["stages"] == ["collectingDocuments", "lost"]
    assert written["expected"]["way"]["new-client-approval"] == {
        "Task_EnterOnecContract": 1,
        "BoundaryEvent_NumberRefused": 1,
        "Task_DraftContract": 1,
    }


def test_dates_count_from_the_day_on_which_they_were_written(among: Known) -> None:
    code = "desiredShipDate"
    by_suite = row(1, Kind.FIELD, "reliabilityCheckedAt", "2026-12-04")
    history = [*HISTORY[:3], row(1, Kind.FIELD, code, "2026-12-04"), by_suite, *HISTORY[8:]]

    written = yaml.safe_load(recorder(among, history).text("x"))

    assert written["steps"][0] == {"who": "manager1", "fill": {code: "{today+7}"}}


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (HISTORY[:-1], "ещё не закончена"),
        (HISTORY[1:], "уже удалено по сроку хранения"),
        (HISTORY[:8] + HISTORY[9:], "Файла file-2 нет в истории"),
    ],
)
def test_what_cannot_become_a_scenario_is_refused(
    among: Known, history: list[HistoryRow], words: str
) -> None:
    with pytest.raises(NotRecordable, match=words):
        recorder(among, history).text("x")
