"""Nightly reconciliation with 1C: changes, notifications and tasks that settle discrepancies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from db.domain.deals.history import Actor, Cause, Kind
from db.domain.deals.side_processes import SideProcess
from db.domain.errors import Unavailable
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.domain.onec.differences import OnecRow, compare
from tests.support.builders import MANAGER, NOW, Row, a_binding, a_deal
from tests.support.fakes.onec import manual_gateways
from tests.support.fakes.ports import FakePeople, Office, a_task, an_office
from workers.background.onec_reconciliation import Reconciler, Summary
from workers.integrations.onec.manual import ManualGateway
from workers.ports.employees import Employee
from workers.ports.onec import (
    ItemGateway,
    MatchResult,
    NumberQuery,
    OnecGateways,
    OnecRecord,
)
from workers.ports.onec_errors import OnecMisconfigured
from workers.runtime.contract import Failed, Refused
from workers.services.onec.discrepancies import side_key
from workers.topics.onec import assign_discrepancy, recheck_onec

ASSIGN, RECHECK = assign_discrepancy.TOPIC, recheck_onec.TOPIC
ZONE = ZoneInfo("Europe/Moscow")
IVAN = Employee(MANAGER, "Иван Соколов", "ivan@pit.example")
OPERATOR = Employee("onecMoscow", "Ольга Ким")


@dataclass
class FakeRows:
    """An `OnecGateway` with some rows."""

    rows: dict[str, Row] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    down: bool = False
    verifies: bool = True

    def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
        if self.down:
            raise Unavailable("1C is down.")
        self.asked.append(tuple(keys))
        return {key: self.rows[key] for key in keys if key in self.rows}

    def find(self, query: NumberQuery) -> MatchResult:
        raise AssertionError("no number is searched in this test")

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        raise AssertionError("nothing is searched in this test")

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        raise AssertionError("nothing is searched in this test")

    def check(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def rows() -> FakeRows:
    return FakeRows({"key-1": Row()})


@pytest.fixture
def office(tmp_path: Path, rows: FakeRows) -> Iterator[Office]:
    roles = {"salesManagers": [IVAN], "onecOperators": [OPERATOR]}
    with an_office(
        tmp_path, people=FakePeople(roles), onec=OnecGateways(rows, rows, rows, rows)
    ) as office:
        yield office


def bound_deal(office: Office, binding: Binding | None = None, **given: Any) -> str:
    values = {"contractNumber": "17-ОП", "shippingDirection": "moscowTransport"}
    deal_id = office.keep(a_deal(**{"stage": "termsAgreed", "values": values, **given}))
    with office.database.writing() as store:
        store.bindings.put(replace(binding or a_binding(), deal_id=deal_id))
    return deal_id


def night(office: Office, rows: ItemGateway, **given: Any) -> Reconciler:
    opened, people, onec = (
        office.database.writing,
        office.people,
        OnecGateways(rows, rows, rows, rows),
    )
    return Reconciler(opened, onec, people, **{"at": time(3), "zone": ZONE, **given})


def the_binding(office: Office, deal_id: str) -> Binding:
    with office.database.reading() as store:
        return next(one for one in store.bindings.of(deal_id) if one.active)


def told(office: Office) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of(MANAGER)]


def onec_history(office: Office, deal_id: str) -> list[tuple[str, Any, Any]]:
    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.ONEC]
    return [(row.subject, row.old, row.new) for row in rows]


def find_side(office: Office) -> SideProcess | None:
    with office.database.reading() as store:
        return store.side_processes.find(side_key("b1"))


def side(office: Office) -> SideProcess:
    found = find_side(office)
    assert found is not None
    return found


def test_a_number_changed_in_1c_is_in_the_deal_and_its_people_hear_of_it_once(
    office: Office, rows: FakeRows
) -> None:
    deal_id = bound_deal(office)
    rows.rows["key-1"] = Row(number="18-ОП", data_version="v2")

    first, again = night(office, rows).reconcile(), night(office, rows).reconcile()

    assert (first, again) == (Summary(compared=1, changed=1, tasks=1), Summary(compared=1))
    assert office.deal(deal_id).values["contractNumber"] == "18-ОП"
    assert [(s, old["number"], new["number"]) for s, old, new in onec_history(office, deal_id)] == [
        ("contractNumber", "17-ОП", "18-ОП")
    ]
    assert len(told(office)) == 1
    assert "был 17-ОП, стал 18-ОП" in told(office)[0]
    found = side(office)
    assert found is not None
    assert found.process == "onec-discrepancy"
    assert "стал 18-ОП" in found.variables["differenceText"]


def test_a_closed_deal_keeps_its_number_and_its_history_tells(
    office: Office, rows: FakeRows
) -> None:
    deal_id = bound_deal(office, stage="won", closed_at=NOW)
    rows.rows["key-1"] = Row(number="18-ОП", data_version="v2")

    night(office, rows).reconcile()

    assert office.deal(deal_id).values["contractNumber"] == "17-ОП"
    assert the_binding(office, deal_id).number == "18-ОП"
    assert len(onec_history(office, deal_id)) == 1


def test_a_date_alone_is_told_and_no_task(office: Office, rows: FakeRows) -> None:
    bound_deal(office)
    rows.rows["key-1"] = Row(date=date(2026, 11, 5), data_version="v2")

    assert night(office, rows).reconcile() == Summary(compared=1, changed=1)
    assert find_side(office) is None
    assert len(told(office)) == 1


def test_a_row_that_stays_lost_is_one_task_however_many_nights_pass(
    office: Office, rows: FakeRows
) -> None:
    bound_deal(office)
    rows.rows.clear()

    summaries = [night(office, rows).reconcile() for _ in range(3)]

    assert [one.tasks for one in summaries] == [1, 0, 0]
    assert len(told(office)) == 1


def test_a_difference_that_came_back_is_a_task_again(office: Office, rows: FakeRows) -> None:
    bound_deal(office)
    rows.rows["key-1"] = Row(deletion_mark=True, data_version="v2")
    night(office, rows).reconcile()
    with office.database.writing() as store:
        store.side_processes.close(side_key("b1"), NOW)
    rows.rows["key-1"] = Row(data_version="v3")
    night(office, rows).reconcile()
    rows.rows["key-1"] = Row(deletion_mark=True, data_version="v4")

    assert night(office, rows).reconcile() == Summary(compared=1, changed=1, tasks=1)
    assert len(told(office)) == 2


def test_a_silent_1c_ends_the_pass_and_leaves_what_was_done(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office)
    rows.rows["key-1"] = Row(number="18-ОП", data_version="v2")
    rows.down = True

    with pytest.raises(Unavailable):
        night(office, rows).reconcile()

    assert the_binding(office, deal_id).number == "17-ОП"
    rows.down = False
    assert night(office, rows).reconcile().changed == 1


def test_a_number_that_was_replaced_meanwhile_is_left_alone(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office)

    class Slow(FakeRows):
        def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
            with office.database.writing() as store:
                store.bindings.put(a_binding(deal_id, id="b2", ref_key="key-2", number="20"))
            return {}

    assert night(office, Slow()).reconcile() == Summary(compared=1)
    assert the_binding(office, deal_id).id == "b2"
    assert onec_history(office, deal_id) == []


def test_one_number_that_breaks_hides_no_other(
    office: Office, rows: FakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound_deal(office)
    bound_deal(office, a_binding(id="b2"))
    broken = compare

    def breaks(binding: Binding, row: OnecRow | None, at: datetime) -> Any:
        if binding.id == "b1":
            raise ValueError
        return broken(binding, row, at)

    monkeypatch.setattr("workers.background.onec_reconciliation.compare", breaks)

    assert night(office, rows).reconcile() == Summary(compared=1, failed=1)


def test_a_row_that_1c_does_not_show_hides_no_other_and_is_not_taken_for_gone(
    office: Office,
) -> None:
    hidden = bound_deal(office)
    shown = bound_deal(office, a_binding(id="b2", ref_key="key-2"))

    class ByRow(FakeRows):
        """Rights are by row: the user may not read the first deal's."""

        def fetch(self, keys: Sequence[str]) -> Mapping[str, OnecRow]:
            if "key-1" in keys:
                raise OnecMisconfigured("у пользователя 1С нет прав на эти данные")
            return super().fetch(keys)

    summary = night(office, ByRow()).reconcile()

    assert summary == Summary(compared=1, changed=1, tasks=1, failed=1)
    assert the_binding(office, hidden).state is BindingState.VERIFIED
    assert the_binding(office, shown).state is BindingState.LOST


def test_a_row_that_is_hidden_alone_in_its_portion_does_not_end_the_night(
    office: Office, rows: FakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.background.onec_reconciliation.BATCH", 1)
    for number in range(3):
        bound_deal(office, a_binding(id=f"b{number}", ref_key=f"key-{number}"))
    bound_deal(office, a_binding(id="b3", ref_key=None, state=BindingState.OVERRIDDEN))
    rows.rows["key-0"] = Row()
    asked: list[str] = []
    read = rows.fetch

    def by_row(keys: Sequence[str]) -> Mapping[str, OnecRow]:
        if "key-1" in keys:
            raise OnecMisconfigured("у пользователя 1С нет прав на эти данные")
        return read(keys)

    rows.fetch = by_row  # type: ignore[method-assign]
    summary = night(office, rows, confirm=lambda binding: asked.append(binding.id)).reconcile()

    assert (summary.compared, summary.failed, asked) == (2, 1, ["b3"])


def test_a_number_of_another_infobase_is_not_taken_for_gone(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office, a_binding(infobase="old"))

    summary = night(office, rows, infobase="new").reconcile()

    assert summary == Summary(failed=1)
    assert (rows.asked, the_binding(office, deal_id).state) == ([], BindingState.VERIFIED)


def test_a_1c_that_shows_nothing_ends_the_pass(office: Office, rows: FakeRows) -> None:
    bound_deal(office)
    bound_deal(office, a_binding(id="b2", ref_key="key-2"))

    def refuse(keys: Sequence[str]) -> Mapping[str, OnecRow]:
        raise OnecMisconfigured("по адресу ONEC_URL нет публикации 1С")

    rows.fetch = refuse  # type: ignore[method-assign]

    with pytest.raises(OnecMisconfigured):
        night(office, rows).reconcile()


def test_numbers_taken_without_1c_are_handed_over(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office, a_binding(ref_key=None, state=BindingState.OVERRIDDEN))
    handed: list[str] = []

    summary = night(office, rows, confirm=lambda b: handed.append(b.deal_id)).reconcile()
    without = night(office, rows).reconcile()

    assert handed == [deal_id]
    assert (summary.confirmed, without.confirmed) == (1, 0)
    assert "принятых без проверки: 1" in str(summary)


def at_hour(hour: int, day: int = 25) -> datetime:
    return datetime(2026, 11, day, hour, 30, tzinfo=ZONE).astimezone(UTC)


def test_one_worker_does_the_night_and_a_day_slept_through_is_made_up_for(
    office: Office, rows: FakeRows
) -> None:
    bound_deal(office)

    for hour in (2, 9, 9, 23):
        night(office, rows, clock=lambda hour=hour: at_hour(hour)).round()
    night(office, rows, clock=lambda: at_hour(3, 26)).round()

    assert len(rows.asked) == 2


def test_the_night_of_a_worker_that_failed_goes_on_when_its_lease_is_over(
    office: Office, rows: FakeRows
) -> None:
    bound_deal(office)
    rows.down = True
    with pytest.raises(Unavailable):
        night(office, rows, clock=lambda: at_hour(4)).round()
    rows.down = False

    night(office, rows, clock=lambda: at_hour(4)).round()
    before = len(rows.asked)
    with office.database.writing() as store:
        store.leases.free("reconcile-2026-11-25")
    night(office, rows, clock=lambda: at_hour(4)).round()

    assert (before, len(rows.asked)) == (0, 1)


def test_rows_are_fetched_by_the_kind_of_their_bindings() -> None:
    contracts = FakeRows({"key-1": Row()})
    shipments = FakeRows({"key-1": Row(posted=False)})
    bindings = [
        a_binding(),
        a_binding(id="b2", kind=BindingKind.SHIPMENT),
        a_binding(id="b3", ref_key="key-2"),
        a_binding(id="b4", ref_key=None),
    ]

    rows = OnecGateways(contracts, shipments, FakeRows(), FakeRows()).fetch_rows(bindings)

    assert rows == {"b1": Row(), "b2": Row(posted=False), "b3": None}


def test_without_a_1c_that_can_be_asked_nothing_is_lost(office: Office) -> None:
    manual = ManualGateway(BindingKind.CONTRACT)
    deal_id = bound_deal(office)

    assert night(office, manual).reconcile() == Summary()
    assert the_binding(office, deal_id).state is BindingState.VERIFIED
    with pytest.raises(Unavailable):
        manual_gateways().fetch_rows([a_binding()])
    with pytest.raises(Unavailable):
        manual_gateways().fetch_rows([a_binding(kind=BindingKind.SHIPMENT)])


def test_what_a_person_accepts_does_not_wait_for_1c(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office)
    rows.rows["key-1"] = Row(posted=False, data_version="v2")
    night(office, rows).reconcile()
    rows.rows["key-1"] = Row(deletion_mark=True, data_version="v3")
    rows.down = True

    assert recheck(office, deal_id, answer="accepted", comment="Так надо")["differenceGone"]

    binding = the_binding(office, deal_id)
    assert (binding.settled_version, binding.state) == ("v2", BindingState.NOT_POSTED)
    rows.down = False
    assert night(office, rows).reconcile().tasks == 1  # it covers nothing that came later


def open_side(office: Office, deal_id: str) -> None:
    with office.database.writing() as store:
        key = side_key("b1")
        store.side_processes.open(SideProcess(key, deal_id, "onec-discrepancy", {}, NOW))


def assigned(office: Office, deal_id: str, id: str = "assign") -> tuple[Any, Any]:
    task = a_task(deal_id, id=id, sideKey=side_key("b1"))
    first, again = office.done(ASSIGN, task), office.done(ASSIGN, task)
    assert first == again
    return first["assignee"], first["assigneeGroup"]


def test_a_contract_goes_to_the_lawyers_also_when_the_deal_is_closed(office: Office) -> None:
    deal_id = bound_deal(office, stage="won", closed_at=NOW)

    assert assigned(office, deal_id) == (None, "lawyers")


def test_a_shipment_goes_to_the_operator_of_its_direction_or_to_the_role(office: Office) -> None:
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowTransport")
        attributes = {**item.attributes, "operator": OPERATOR.login}
        changed = replace(item, attributes=attributes)
        store.lists.put("shippingDirections", changed, Actor("portal1", Cause.API))
    deal_id = bound_deal(office, a_binding(kind=BindingKind.SHIPMENT, run=1))

    named = assigned(office, deal_id)
    office.people.roles["onecOperators"] = []

    assert named == (OPERATOR.login, "portalAdmins")
    assert assigned(office, deal_id, "assign anew") == (None, "onecOperators")


def recheck(office: Office, deal_id: str, id: str = "recheck", **said: Any) -> Mapping[str, Any]:
    task = a_task(deal_id, id=id, sideKey=side_key("b1"), decidedBy="lawyer1", **said)
    first, again = office.done(RECHECK, task), office.done(RECHECK, task)
    assert first == again
    return first


def test_a_difference_that_stays_goes_back_to_the_same_person(
    office: Office, rows: FakeRows
) -> None:
    deal_id = bound_deal(office)
    open_side(office, deal_id)
    rows.rows["key-1"] = Row(deletion_mark=True, data_version="v2")

    result = recheck(office, deal_id, answer="recheck")

    assert (result["differenceGone"], result["assignee"]) == (False, "lawyer1")
    assert "пометка на удаление" in result["differenceText"]
    assert side(office).closed_at is None


def test_a_difference_that_is_mended_ends_the_task(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office, a_binding(state=BindingState.MARKED_DELETED))
    open_side(office, deal_id)

    result = recheck(office, deal_id, answer="recheck")

    assert (result["differenceGone"], result["differenceText"]) == (True, "")
    assert the_binding(office, deal_id).state is BindingState.VERIFIED
    assert side(office).closed_at is not None
    assert len(onec_history(office, deal_id)) == 1


def test_an_accepted_difference_is_kept_with_its_reason_and_is_no_task_again(
    office: Office, rows: FakeRows
) -> None:
    deal_id = bound_deal(office)
    rows.rows.clear()
    night(office, rows).reconcile()

    result = recheck(office, deal_id, answer="accepted", comment=" Базу свернули ")

    binding = the_binding(office, deal_id)
    with office.database.reading() as store:
        notes = [(note.author, note.text) for note in store.notes.of(deal_id)]
    assert result["differenceGone"] is True
    assert (binding.settled_version, binding.reason) == ("lost", "Базу свернули")
    assert notes == [("lawyer1", "Расхождение с 1С принято: Базу свернули")]
    assert night(office, rows).reconcile() == Summary(compared=1)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "DECISION_MISSING"),
        ({"answer": "yes"}, "DECISION_MISSING"),
        ({"answer": "accepted"}, "COMMENT_MISSING"),
        ({"answer": "accepted", "comment": " \u200b."}, "COMMENT_MISSING"),
    ],
)
def test_what_is_no_answer_goes_back_to_the_person(office: Office, said: Any, code: str) -> None:
    deal_id = bound_deal(office)
    open_side(office, deal_id)
    task = a_task(deal_id, id="recheck", sideKey=side_key("b1"), decidedBy="lawyer1", **said)

    outcome = office.do(RECHECK, task)

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.variables["returnTo"]) == (code, "lawyer1")
    assert side(office).closed_at is None


def test_a_silent_1c_means_later(office: Office, rows: FakeRows) -> None:
    deal_id = bound_deal(office)
    rows.down = True
    task = a_task(deal_id, id="r", sideKey=side_key("b1"), decidedBy="lawyer1", answer="recheck")

    outcome = office.do(RECHECK, task)

    assert isinstance(outcome, Failed)
    assert not outcome.message.startswith("The topic failed")


def test_a_number_that_the_deal_has_no_more_needs_no_settling(
    office: Office, rows: FakeRows
) -> None:
    deal_id = bound_deal(office)
    open_side(office, deal_id)
    with office.database.writing() as store:
        store.bindings.put(a_binding(deal_id, id="b2", ref_key="key-2"))

    assert recheck(office, deal_id, answer="recheck")["differenceGone"] is True
    assert rows.asked == []
    assert side(office).closed_at is not None


def test_a_process_about_no_number_of_its_deal_is_an_incident(office: Office) -> None:
    deal_id = office.keep(a_deal())

    outcome = office.do(ASSIGN, a_task(deal_id, sideKey=side_key("none")))

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None
