"""What is kept of runs, bindings, absences and side processes, on a real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from db.domain.deals.side_processes import SideProcess
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.domain.people.absences import Absence
from db.domain.shipping.fulfillment import Run, RunState
from db.ports.store import Conflict
from tests.support.fakes.ports import Office, a_kept_deal, an_office

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
REF = "6d1c6a2e-0000-4000-8000-000000000001"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def a_run(deal_id: str, instance: str) -> Run:
    return Run(deal_id, 0, instance, NOW, "termsAgreed", "moscowTransport")


def a_binding(deal_id: str, id_: str, **given: Any) -> Binding:
    known = Binding(
        id=id_,
        deal_id=deal_id,
        kind=BindingKind.SHIPMENT,
        run=1,
        infobase="main",
        ref_key=REF,
        number="ПТУТ-000123",
        number_entered="123",
        code="",
        date=date(2026, 11, 24),
        counterparty_ref=None,
        organisation="ООО «ПИТ»",
        data_version="AAAAAAAAAAE=",
        state=BindingState.VERIFIED,
        verified_at=NOW,
        verified_by="onecMoscow",
    )
    return replace(known, **given)


def test_an_instance_has_one_run_and_a_repaired_process_takes_over_the_open_one(
    office: Office,
) -> None:
    deal_id = a_kept_deal(office)
    with office.database.writing() as store:
        first = store.runs.open(a_run(deal_id, "i1"))
        again = store.runs.open(a_run(deal_id, "i1"))
        repaired = store.runs.open(a_run(deal_id, "i2"))
        assert store.runs.close(repaired, RunState.SHIPPED, NOW)
        second = store.runs.open(a_run(deal_id, "i3"))

    assert (first.number, again.number, repaired.number, second.number) == (1, 1, 1, 2)
    with office.database.reading() as store:
        assert store.runs.current(deal_id) == second
        assert [run.state for run in store.runs.of(deal_id)] == [RunState.SHIPPED, RunState.OPEN]


def test_a_new_number_of_a_run_replaces_the_old_one_and_both_are_remembered(office: Office) -> None:
    deal_id = a_kept_deal(office)
    with office.database.writing() as store:
        store.bindings.put(a_binding(deal_id, "b1"))
        store.bindings.put(a_binding(deal_id, "b2", ref_key=None, number="ПТУТ-000124"))

    with office.database.reading() as store:
        active = store.bindings.active(deal_id, BindingKind.SHIPMENT, 1)
        assert active is not None
        assert active.id == "b2"
        assert {b.id: b.active for b in store.bindings.of(deal_id)} == {"b1": False, "b2": True}


def test_a_shipment_belongs_to_one_deal_even_when_two_ask_at_once(office: Office) -> None:
    one, other = a_kept_deal(office), a_kept_deal(office)
    with office.database.writing() as store:
        store.bindings.put(a_binding(one, "b1"))

        assert [b.deal_id for b in _elsewhere(store, other)] == [one]

    with pytest.raises(Conflict), office.database.writing() as store:
        store.bindings.put(a_binding(other, "b2"))

    with office.database.writing() as store:
        store.bindings.release(one, BindingKind.SHIPMENT, 1)
        store.bindings.put(a_binding(other, "b2"))


def _elsewhere(store: Any, deal_id: Any) -> Any:
    return store.bindings.elsewhere("main", BindingKind.SHIPMENT, REF, deal_id, 1)


def test_an_absence_counts_on_its_days_until_it_is_cancelled(office: Office) -> None:
    away = Absence(
        "a1", "onecMoscow", "onecKazan", date(2026, 11, 20), date(2026, 11, 25), "", "portal1", NOW
    )
    with office.database.writing() as store:
        store.absences.add(away)
    with office.database.writing() as store:
        assert [a.id for a in store.absences.on(date(2026, 11, 25))] == ["a1"]
        assert store.absences.on(date(2026, 11, 26)) == []
        assert store.absences.cancel("a1", "portal1", NOW)
        assert not store.absences.cancel("a1", "portal1", NOW)
        assert store.absences.on(date(2026, 11, 25)) == []
        assert [a.cancelled_by for a in store.absences.all()] == ["portal1"]


def test_a_side_process_has_one_instance_and_may_be_opened_again_when_it_is_over(
    office: Office,
) -> None:
    deal_id = a_kept_deal(office)
    side = SideProcess(f"temporary-terms:{deal_id}", deal_id, "temporary-terms", {}, NOW)
    with office.database.writing() as store:
        sides = store.side_processes
        assert sides.open(side)
        assert not sides.open(side)
        assert sides.register(side.key, "i1")
        assert sides.register(side.key, "i1")
        assert not sides.register(side.key, "i2")
        assert sides.close(side.key, NOW)
        assert not sides.close(side.key, NOW)
        assert not sides.register(side.key, "i1")
        assert sides.running() == []
        assert sides.open(side)
        assert [s.instance_id for s in sides.running()] == [None]
