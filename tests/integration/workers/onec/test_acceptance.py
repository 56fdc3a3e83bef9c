"""Acceptance of discrepancies: it covers exactly what the form showed. Uses a simulated 1C."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from db.domain.deals.side_processes import SideProcess
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.domain.shipping.fulfillment import Run
from tests.support.builders import COMPANY_INN, a_deal, ready_values
from tests.support.fakes.ports import Office, a_task
from workers.background.number_confirmation import NumberConfirmation
from workers.background.onec_reconciliation import Reconciler, Summary
from workers.integrations.onec.simulator.running import Running
from workers.runtime.contract import Completed, Failed, Refused
from workers.runtime.execution import execute
from workers.services.onec.discrepancies import side_key
from workers.settings import WorkerSettings
from workers.topics.onec import (
    check_shipment,
    override_onec_number,
    recheck_onec,
    show_discrepancy,
    sync_onec_number,
)

OPERATOR = "onecMoscow"
SET = "Document_РеализацияТоваровУслуг"


@pytest.fixture
def deal_id(office: Office) -> str:
    """A deal at «Реализация» with an open run of fulfillment."""
    now = datetime.now(UTC)
    values = ready_values(contractNumber="П-1")
    deal = a_deal(stage="realization", created_at=now, stage_since=now, values=values)
    deal_id = office.keep(deal)
    with office.database.writing() as store:
        store.runs.open(Run(deal_id, 0, f"i-{deal_id}", now, "termsAgreed", "moscowTransport"))
    return deal_id


@pytest.fixture
def number(office: Office, onec: Running, deal_id: str) -> str:
    """Of a реализация in 1C, entered into the deal."""
    number = str(onec.control("POST", "shipments", {"inn": COMPANY_INN})["number"])
    said = {"answer": "entered", "number": number, "decidedBy": OPERATOR, "kind": "shipment"}
    office.done(sync_onec_number.TOPIC, a_task(deal_id, id="entered", **said))
    return number


def bound(office: Office, deal_id: str) -> Binding:
    with office.database.reading() as store:
        found = store.bindings.active(deal_id, BindingKind.SHIPMENT, 1)
    assert found is not None
    return found


def side(office: Office, deal_id: str) -> SideProcess:
    with office.database.reading() as store:
        found = store.side_processes.find(side_key(bound(office, deal_id).id))
    assert found is not None
    return found


def night(office: Office) -> Summary:
    settings = WorkerSettings()
    return Reconciler(
        office.database.writing,
        office.onec,
        office.people,
        at=settings.reconcile_at,
        zone=settings.zone,
        confirm=NumberConfirmation(office.database.writing, office.context.external).confirm,
    ).reconcile()


def answered(office: Office, deal_id: str, once: str, **said: Any) -> Mapping[str, Any]:
    key = side_key(bound(office, deal_id).id)
    task = a_task(deal_id, id=f"settle-{once}", sideKey=key, decidedBy=OPERATOR, **said)
    first, again = (office.done(recheck_onec.TOPIC, task) for _ in range(2))
    assert first == again
    return first


def shown(office: Office, deal_id: str, once: str) -> Mapping[str, Any]:
    """The open task is told what stands now. Returns: what its form reads."""
    task = a_task(deal_id, id=f"show-{once}", sideKey=side_key(bound(office, deal_id).id))
    first, again = (office.done(show_discrepancy.TOPIC, task) for _ in range(2))
    assert first == again
    return first


def accepted(office: Office, deal_id: str, once: str, seen: str | None) -> Mapping[str, Any]:
    said = {"answer": "accepted", "comment": "Так надо", "differenceSeen": seen}
    return answered(office, deal_id, once, **said)


def upd_ready(office: Office, deal_id: str, once: str) -> Completed | str:
    """«УПД готов» is pressed. Returns: the kind of the refusal, if it is one."""
    outcome = office.do(check_shipment.TOPIC, a_task(deal_id, id=once, decidedBy=OPERATOR))
    if isinstance(outcome, Refused):
        return str(outcome.variables["formDetails"]["kind"])
    assert isinstance(outcome, Completed), outcome
    return outcome


def test_a_change_accepted_covers_nothing_that_came_later(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    """The number is changed, then the row is unposted, marked for deletion and deleted."""
    key = bound(office, deal_id).ref_key
    onec.change(SET, key, Number="ПТУТ-009999")
    assert night(office).tasks == 1
    first = side(office, deal_id)
    assert "стал ПТУТ-009999" in first.variables["differenceText"]

    onec.unpost(SET, key)
    assert night(office).updated == 1
    second = side(office, deal_id)
    assert second.version > first.version
    assert "стал ПТУТ-009999" in second.variables["differenceText"]
    assert "проведение в 1С отменено" in second.variables["differenceText"]
    onec.change(SET, key, DeletionMark=True)
    onec.delete(SET, key)

    result = accepted(office, deal_id, "1", seen=None)

    assert result["differenceGone"] is False
    assert "больше нет такой записи" in result["differenceText"]
    assert result["returnTo"] == OPERATOR
    assert result["returnedInput"]["comment"] == "Так надо"
    assert "изменилось" in result["formError"]
    assert bound(office, deal_id).settled_version is None
    assert upd_ready(office, deal_id, "upd-1") == "LOST"
    seen = accepted(office, deal_id, "2", seen=result["differenceMark"])
    assert seen["differenceGone"] is True
    assert upd_ready(office, deal_id, "upd-2") == "LOST"


def test_an_answer_to_what_the_form_showed_before_the_night_comes_back(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    key = bound(office, deal_id).ref_key
    onec.change(SET, key, Number="ПТУТ-009999")
    night(office)
    seen = shown(office, deal_id, "1")["differenceMark"]
    onec.unpost(SET, key)
    assert night(office).updated == 1
    fresh = shown(office, deal_id, "2")

    stale = accepted(office, deal_id, "1", seen)
    taken = accepted(office, deal_id, "2", fresh["differenceMark"])

    assert (stale["differenceGone"], stale["differenceMark"]) == (False, fresh["differenceMark"])
    assert (taken["differenceGone"], taken["formError"]) == (True, None)
    assert night(office) == Summary(compared=1)


def test_a_write_that_changes_nothing_people_see_makes_no_answer_stale(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    key = bound(office, deal_id).ref_key
    onec.unpost(SET, key)
    night(office)
    seen = shown(office, deal_id, "1")["differenceMark"]
    onec.change(SET, key, СуммаДокумента=1)

    assert accepted(office, deal_id, "1", seen)["differenceGone"] is True
    assert night(office).tasks == 0


def test_a_difference_that_was_mended_in_1c_leaves_the_list_by_itself(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    key = bound(office, deal_id).ref_key
    onec.unpost(SET, key)
    night(office)
    before = side(office, deal_id)
    onec.post(SET, key)
    night(office)

    assert side(office, deal_id).version == before.version + 1
    result = shown(office, deal_id, "1")
    assert (result["differenceGone"], result["differenceText"]) == (True, "")
    assert side(office, deal_id).closed_at is not None


def test_words_for_a_difference_that_is_gone_are_kept_as_what_they_are(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    key = bound(office, deal_id).ref_key
    onec.unpost(SET, key)
    night(office)
    seen = shown(office, deal_id, "1")["differenceMark"]
    onec.post(SET, key)

    assert accepted(office, deal_id, "1", seen)["differenceGone"] is True

    with office.database.reading() as store:
        notes = [note.text for note in store.notes.of(deal_id)]
    assert notes == ["Расхождения с 1С больше нет, принимать нечего. Комментарий: Так надо"]
    assert bound(office, deal_id).settled_version is None


def test_a_number_changed_between_the_look_and_the_answer_is_looked_at_again(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    onec.unpost(SET, bound(office, deal_id).ref_key)
    night(office)
    task = a_task(
        deal_id,
        id="slow",
        sideKey=side_key(bound(office, deal_id).id),
        decidedBy=OPERATOR,
        answer="accepted",
        comment="Так надо",
    )
    world = office.context

    class Slow:
        """Shipments whose response is overtaken by the nightly reconciliation."""

        def __getattr__(self, name: str) -> Any:
            return getattr(office.onec.shipments, name)

        def fetch(self, keys: Any) -> Any:
            found = office.onec.shipments.fetch(keys)
            night(office)
            return found

    gateways = replace(office.onec, shipments=Slow())
    slow = replace(world, external=replace(world.external, onec=gateways))

    outcome = execute(recheck_onec.TOPIC, task, slow)

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None
    assert office.done(recheck_onec.TOPIC, task)["differenceGone"] is True


def unknown(office: Office, deal_id: str, number: str) -> Binding:
    """A number taken while 1C was silent, that the night did not find."""
    taken = {"number": number, "answer": "override", "comment": "Ждут", "decidedBy": "portal1"}
    task = a_task(deal_id, id="override", kind="shipment", **taken)
    office.done(override_onec_number.TOPIC, task)
    night(office)
    return bound(office, deal_id)


def test_what_is_accepted_of_an_unknown_number_is_that_1c_does_not_know_it(
    office: Office, onec: Running, deal_id: str
) -> None:
    unknown(office, deal_id, "ПТУТ-004243")
    seen = shown(office, deal_id, "1")["differenceMark"]
    row = onec.control(
        "POST", "shipments", {"inn": COMPANY_INN, "number": "ПТУТ-004243", "posted": False}
    )

    stale = accepted(office, deal_id, "1", seen)

    assert (stale["differenceGone"], stale["returnTo"]) == (False, OPERATOR)
    assert "не проведена" in stale["differenceText"]
    assert bound(office, deal_id).state is BindingState.NOT_CONFIRMED
    assert upd_ready(office, deal_id, "upd-1") == "NOT_POSTED"
    onec.post(SET, row["shipment"])
    result = accepted(office, deal_id, "2", stale["differenceMark"])
    assert result["differenceGone"] is True
    assert bound(office, deal_id).state is BindingState.VERIFIED
    assert isinstance(upd_ready(office, deal_id, "upd-2"), Completed)


def test_a_number_accepted_as_unknown_ships_only_while_1c_does_not_know_it(
    office: Office, onec: Running, deal_id: str
) -> None:
    unknown(office, deal_id, "ПТУТ-004243")
    seen = shown(office, deal_id, "1")["differenceMark"]
    assert upd_ready(office, deal_id, "upd-1") == "NOT_FOUND"

    assert accepted(office, deal_id, "1", seen)["differenceGone"] is True

    assert isinstance(upd_ready(office, deal_id, "upd-2"), Completed)
    said = {"inn": COMPANY_INN, "number": "ПТУТ-004243", "posted": False}
    onec.control("POST", "shipments", said)
    assert upd_ready(office, deal_id, "upd-3") == "NOT_POSTED"


def test_a_number_taken_in_silence_is_confirmed_by_the_upd_step_once_1c_answers(
    office: Office, onec: Running, deal_id: str
) -> None:
    made = onec.control("POST", "shipments", {"inn": COMPANY_INN})
    taken = {"answer": "override", "comment": "Ждут", "decidedBy": "portal1"}
    task = a_task(deal_id, id="o", kind="shipment", number=made["number"], **taken)
    office.done(override_onec_number.TOPIC, task)
    onec.control("PUT", "faults", {"instead": "unavailable"})
    assert isinstance(upd_ready(office, deal_id, "silent"), Completed)
    onec.control("PUT", "faults", {})

    assert isinstance(upd_ready(office, deal_id, "answers"), Completed)

    found = bound(office, deal_id)
    assert (found.state, found.verified_by) == (BindingState.VERIFIED, "portal1")


def test_what_an_earlier_release_accepted_as_unknown_still_ships(
    office: Office, deal_id: str
) -> None:
    unknown(office, deal_id, "ПТУТ-004243")
    with office.database.writing() as store:
        known, reason = bound(office, deal_id), "Оформили в другой базе"
        store.bindings.put(replace(known, state=BindingState.UNVERIFIED, reason=reason))

    assert isinstance(upd_ready(office, deal_id, "upd"), Completed)


@pytest.mark.parametrize("fault", [{"instead": "unavailable"}, {"instead": "forbidden"}])
def test_an_acceptance_while_1c_gives_no_answer_covers_what_was_known(
    office: Office, onec: Running, deal_id: str, number: str, fault: Any
) -> None:
    key = bound(office, deal_id).ref_key
    onec.unpost(SET, key)
    night(office)
    seen = shown(office, deal_id, "1")["differenceMark"]
    onec.change(SET, key, DeletionMark=True)
    onec.control("PUT", "faults", fault)

    assert accepted(office, deal_id, "1", "another")["differenceGone"] is False
    assert accepted(office, deal_id, "2", seen)["differenceGone"] is True

    onec.control("PUT", "faults", {})
    assert night(office).tasks == 1
    assert upd_ready(office, deal_id, "upd") == "MARKED_DELETED"


def test_an_instance_of_an_earlier_release_hears_once_before_it_may_accept(
    office: Office, onec: Running, deal_id: str, number: str
) -> None:
    """Its form sends no fingerprint, and its text does not follow 1C."""
    key = bound(office, deal_id).ref_key
    onec.unpost(SET, key)
    night(office)
    onec.change(SET, key, DeletionMark=True)
    night(office)

    first = accepted(office, deal_id, "1", seen=None)
    onec.delete(SET, key)
    second = accepted(office, deal_id, "2", seen=None)
    third = accepted(office, deal_id, "3", seen=None)

    gone = [one["differenceGone"] for one in (first, second, third)]
    assert gone == [False, False, True]
    assert "пометка на удаление" in first["differenceText"]
    assert "больше нет" in second["differenceText"]


def test_a_number_of_another_deal_taken_without_1c_may_be_accepted_and_ships_nothing(
    office: Office, deal_id: str, number: str
) -> None:
    now = datetime.now(UTC)
    values = ready_values(contractNumber="П-1")
    other = office.keep(a_deal(stage="realization", created_at=now, stage_since=now, values=values))
    with office.database.writing() as store:
        store.runs.open(Run(other, 0, f"i-{other}", now, "termsAgreed", "moscowTransport"))
    said = {"kind": "shipment", "number": number, "answer": "override", "comment": "1С молчит"}
    task = a_task(other, id="override", decidedBy=OPERATOR, **said)
    office.done(override_onec_number.TOPIC, task)
    night(office)
    mark = shown(office, other, "night")["differenceMark"]

    stale = accepted(office, other, "blind", "what stood before")
    settled = accepted(office, other, "seen", mark)

    assert "уже записана за" in side(office, other).variables["differenceText"]
    assert (stale["differenceGone"], settled["differenceGone"]) == (False, True)
    assert bound(office, other).state is BindingState.UNVERIFIED
    assert bound(office, deal_id).state is BindingState.VERIFIED
    checked = a_task(other, id="check", decidedBy=OPERATOR)
    assert isinstance(execute(check_shipment.TOPIC, checked, office.context), Refused)
