"""Event logs for process mining: valid, complete, in bounded pieces, without personal data."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from db.domain.deals.history import Actor, Cause, Change, Kind
from ops.local.settings import SuiteSettings
from ops.mining import command, events, ocel, xes
from tests.support.builders import MANAGER, NOW, a_deal
from tests.support.event_logs import faults_of_ocel, faults_of_xes
from tests.support.fakes.ports import Office

SECRET = "Тайный Пётр"
CHANGES = [
    Change(Kind.FIELD, "counterparty", None, SECRET),
    Change(Kind.FIELD, "inn", None, SECRET),
    Change(Kind.STAGE, "", "newClient", "termsApproval"),
    Change(Kind.MANAGER, "", SECRET, "secretLogin"),
    Change(Kind.FILE, "contractFile", None, {"id": "f", "name": SECRET, "version": 1}),
    Change(Kind.DOWNLOAD, "passport", None, SECRET),
    Change(Kind.ROUND, "1", None, "open"),
    Change(Kind.DECISION, "head", None, {"outcome": "rejected", "round": 1, "comment": SECRET}),
    Change(Kind.ROUND, "1", "open", "rejected"),
    Change(Kind.NOTE, SECRET, None, SECRET),
    Change(Kind.NUMBER, "contractNumber", None, SECRET),
    Change(Kind.SHIPMENT, "2", None, "shipped"),
    Change(Kind.DELIVERY, "2", None, {"outcome": "delivered", "reason": SECRET}),
    Change(Kind.ONEC, "contractNumber", {"client": SECRET}, {"client": SECRET}),
    Change(Kind.ASSIGNMENT, "Task_ReviewTerms", SECRET, {"person": SECRET, "reason": SECRET}),
    Change(Kind.PROCESS, "", ["Task_A"], ["Task_B"]),
    Change(Kind.CORRECTION, "contractNumber", False, True),
    Change(Kind.STAGE, "", "termsApproval", "a stage of an earlier release"),
]


@pytest.fixture
def deals(office: Office) -> list[str]:
    """Three deals; the first two with every kind of change."""
    actor = Actor("secretLogin", Cause.TASK, SECRET)
    kept = [office.keep(a_deal(id="")) for _ in range(3)]
    with office.database.writing() as store:
        for deal_id in kept[:2]:
            store.history.append(deal_id, CHANGES, actor, version=7)
    assert {change.kind for change in CHANGES} == set(Kind) - {Kind.CREATED}
    return kept


def written(office: Office, writer: Any) -> str:
    database = office.database
    return "".join(writer(events.traces(database.reading, database.catalog)))


def test_an_object_centric_log_is_valid_and_complete(office: Office, deals: list[str]) -> None:
    log = json.loads(written(office, ocel.write))

    assert faults_of_ocel(log) == []
    of_first = [one for one in log["events"] if one["relationships"][0]["objectId"] == deals[0]]
    assert [one["type"] for one in of_first] == [
        "Сделка создана",
        "Карточка изменена",
        "Стадия: Условия согласования",
        "Менеджер сменился",
        "Приложен документ: Договор",
        "Круг согласования",
        "Решение: Согласование условий",
        "Круг согласования",
        "Добавлена заметка",
        "Подтверждён номер: Номер договора",
        "Отгрузка",
        "Ответ о доставке",
        "Данные 1С изменились",
        "Задача передана",
        "Процесс переставлен",
        "Исправление реквизитов",
        "Стадия: прежнего каталога",
    ]
    decision = of_first[6]
    assert decision["attributes"] == [
        {"name": "cause", "value": "task"},
        {"name": "outcome", "value": "отклонено"},
    ]
    assert decision["relationships"][1] == {
        "objectId": f"{deals[0]}/approvalRound/1",
        "qualifier": "approvalRound",
    }
    assert {one["type"] for one in log["objects"]} == {"deal", "approvalRound", "shipment"}
    assert len(log["objects"]) == 3 + 2 * 2


def test_a_log_of_traces_is_valid_and_has_the_same_events(office: Office, deals: list[str]) -> None:
    document = written(office, xes.write).encode()
    log = json.loads(written(office, ocel.write))

    assert faults_of_xes(document) == []
    traces = etree.fromstring(document).findall("{*}trace")
    names = [trace.find("{*}string[@key='concept:name']").get("value") for trace in traces]
    happened = [
        event.find("{*}string[@key='concept:name']").get("value")
        for trace in traces
        for event in trace.findall("{*}event")
    ]
    assert names == deals
    assert happened == [one["type"] for one in log["events"]]


@pytest.mark.parametrize("writer", [ocel.write, xes.write])
def test_no_person_value_or_text_is_in_a_log(office: Office, deals: list[str], writer: Any) -> None:
    text = written(office, writer)

    for secret in (SECRET, "secretLogin", MANAGER, "Task_ReviewTerms", "passport"):
        assert secret not in text


def test_a_log_is_read_in_pages_and_the_same_whatever_their_size(
    office: Office, deals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(office, ocel.write)
    opened = []
    monkeypatch.setattr(events, "PAGE", 5)

    def reading() -> Any:
        opened.append(1)
        return office.database.reading()

    pieces = list(ocel.write(events.traces(reading, office.database.catalog)))

    rows = 3 + 2 * len(CHANGES)
    assert "".join(pieces) == whole
    assert len(opened) == rows // 5 + 1
    assert max(map(len, pieces)) < 3000


def test_an_empty_log_is_valid(office: Office) -> None:
    assert faults_of_ocel(json.loads(written(office, ocel.write))) == []
    assert faults_of_xes(written(office, xes.write).encode()) == []


def test_the_rules_of_the_schemas_find_faults() -> None:
    log: dict[str, Any] = {
        "objectTypes": [],
        "eventTypes": [{"name": "a", "attributes": []}],
        "objects": [],
        "events": [{"id": "1", "type": "a", "time": NOW.isoformat()}],
    }
    assert faults_of_ocel(log) == []
    log["events"].append({"id": "1", "type": "b", "time": "2026-11-23T09:00:00"})
    assert len(faults_of_ocel(log)) == 3
    assert faults_of_xes(b'<log xmlns="http://www.xes-standard.org/"><event/></log>')


def test_the_command_writes_the_file_at_once_or_prints_nothing_else(
    office: Office,
    deals: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:

    monkeypatch.setattr(command, "known_database", lambda _: office.database)
    target = tmp_path / "log.json"
    target.write_text("before")

    command.export_log(SuiteSettings(), "ocel", target)

    assert faults_of_ocel(json.loads(target.read_text())) == []
    assert [path.name for path in tmp_path.glob("log*")] == ["log.json"]
    capsys.readouterr()
    command.export_log(SuiteSettings(), "ocel", Path("-"))
    assert capsys.readouterr().out == target.read_text()
