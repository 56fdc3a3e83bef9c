"""Parallel reviewers: nobody's decision is lost, seen too early, or written over another's."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.approvals.responses import ApprovalSchema
from api.approvals.views import approval_card
from api.deals.access import DealContext
from api.deals.history.views import KnownRounds, is_readable
from api.deals.permissions import DealPermissions
from api.engine.users import PersonNames
from db.domain.catalog import Catalog
from db.domain.deals.history import Actor, Cause, Change, Kind
from tests.support.builders import a_deal
from tests.support.fakes.ports import Office, a_task
from tests.support.supplier.chain import EXPERTS, catalog_with_suppliers
from workers.ports.employees import Employee
from workers.runtime.contract import Completed, Failed, Outcome, Refused
from workers.topics.approval import (
    close_approval_round,
    count_decisions,
    open_approval_round,
    record_decision,
)
from workers.topics.lifecycle import notify, update_deal_stage

OPEN, RECORD = open_approval_round.TOPIC, record_decision.TOPIC
COUNT, CLOSE = count_decisions.TOPIC, close_approval_round.TOPIC
MOVE = update_deal_stage.TOPIC
MANAGER, DIRECTOR = "category1", "director1"
SAID: Mapping[str, Mapping[str, Any]] = {
    "demand": {"retailPrice": "12 000", "monthlyDemand": 40},
    "repair": {"repairable": True, "spareParts": "Есть на складе"},
    "tax": {"vatRate": "vat22"},
}
"""What each expert fills in."""


@pytest.fixture
def office_catalog(tmp_path: Path) -> Catalog:
    return catalog_with_suppliers(tmp_path)


@pytest.fixture
def deal_id(office: Office) -> str:
    """A deal in its first round of approval."""
    values = {"productName": "Пила", "supplier": "Завод", "retailPrice": "10000.00"}
    deal = a_deal(direction="suppliers", stage="asked", manager=MANAGER, values=values)
    deal_id = office.keep(deal)
    begin(office, deal_id, 1)
    return deal_id


def begin(office: Office, deal_id: str, number: int) -> None:
    """The manager asks for approval."""
    seen = office.deal(deal_id).version
    wish: dict[str, Any] = {"wantedStage": "review", "seenVersion": seen, "decidedBy": MANAGER}
    office.done(MOVE, a_task(deal_id, id=f"move-{number}", **wish))
    task = a_task(deal_id, id=f"open-{number}", instance=f"round-{number}")
    assert office.done(OPEN, task)["roundNumber"] == number


def say(office: Office, deal_id: str, step: str, number: int = 1, **given: Any) -> Outcome:
    said: dict[str, Any] = {
        "decision": "approved",
        "decidedBy": {**EXPERTS, "director": DIRECTOR}[step],
        "edits": json.dumps(SAID.get(step, {})),
        **given,
    }
    name = f"{step}-{number}-{said['decidedBy']}"
    return office.do(
        RECORD, a_task(deal_id, id=name, instance=f"round-{number}", step=step, **said)
    )


def count(office: Office, deal_id: str, number: int = 1, name: str = "count") -> Outcome:
    task = a_task(deal_id, id=f"{name}-{number}", instance=f"round-{number}", parallel="experts")
    return office.do(COUNT, task)


def at_once(*presses: Any) -> list[Outcome]:
    """Execute functions in threads that start together."""
    start = threading.Barrier(len(presses))
    outcomes: list[Outcome] = []

    def press(act: Any) -> None:
        start.wait(30)
        outcomes.append(act())

    threads = [threading.Thread(target=press, args=(act,)) for act in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def context(office: Office, store: Any, deal_id: str, login: str) -> DealContext:
    deal = store.deals.get(deal_id)
    return DealContext(store, deal, DealPermissions(can_read=True), PersonNames(), login)


def seen_by(office: Office, deal_id: str, login: str) -> ApprovalSchema:
    with office.database.reading() as store:
        return approval_card(context(office, store, deal_id, login))


def steps_seen(office: Office, deal_id: str, login: str) -> list[str]:
    """Steps of the decisions of the latest round that a person sees."""
    return sorted(one.step for one in seen_by(office, deal_id, login).rounds[-1].decisions)


def history_seen(office: Office, deal_id: str, login: str) -> list[str]:
    """Steps of the decisions that a person sees in the history."""
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
        reader = context(office, store, deal_id, login)
        rounds = KnownRounds.of(reader, rows)
        decided = [row for row in rows if row.kind is Kind.DECISION]
        return sorted(row.subject for row in decided if is_readable(reader, row, rounds))


def test_experts_who_press_at_once_are_all_recorded(office: Office, deal_id: str) -> None:
    outcomes = at_once(*(lambda step=step: say(office, deal_id, step) for step in EXPERTS))

    assert [type(outcome) for outcome in outcomes] == [Completed] * 3, outcomes
    with office.database.reading() as store:
        decisions = store.rounds.decisions(deal_id)
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.DECISION]
    assert {one.step: one.answers for one in decisions} == {
        "demand": {"monthlyDemand": 40},
        "repair": {"repairable": True, "spareParts": "Есть на складе"},
        "tax": {},
    }
    assert {row.actor for row in rows} == set(EXPERTS.values())
    assert len({row.version for row in rows}) == 3


def test_two_who_press_for_one_step_at_once_make_one_decision(office: Office, deal_id: str) -> None:
    outcomes = at_once(
        lambda: say(office, deal_id, "tax"),
        lambda: say(office, deal_id, "tax", decidedBy="accountant2", edits="{}"),
    )

    assert {type(outcome) for outcome in outcomes} == {Completed, Failed}, outcomes
    assert "decided before" in next(one.message for one in outcomes if isinstance(one, Failed))
    with office.database.reading() as store:
        assert len(store.rounds.decisions(deal_id)) == 1


def test_a_decision_is_seen_by_its_author_only_until_all_have_decided(
    office: Office, deal_id: str
) -> None:
    say(office, deal_id, "demand")
    say(office, deal_id, "repair", decision="rejected", comment="Запчастей нет", edits="{}")

    for watch in (steps_seen, history_seen):
        assert watch(office, deal_id, "head1") == ["demand"]
        assert watch(office, deal_id, "engineer1") == ["repair"]
        for other in ("accountant1", MANAGER, DIRECTOR):
            assert watch(office, deal_id, other) == [], other
    # Nor do the values of the card tell what somebody has changed.
    assert office.deal(deal_id).values["retailPrice"] == "10000.00"

    say(office, deal_id, "tax")

    for login in ("head1", "engineer1", "accountant1", MANAGER, DIRECTOR):
        assert steps_seen(office, deal_id, login) == sorted(EXPERTS)
        assert history_seen(office, deal_id, login) == sorted(EXPERTS)


def test_decisions_of_a_deal_lost_meanwhile_are_no_secret(office: Office, deal_id: str) -> None:
    say(office, deal_id, "demand")
    seen = office.deal(deal_id).version
    lost: dict[str, Any] = {"wantedStage": "refused", "seenVersion": seen, "lossReason": "price"}
    office.done(MOVE, a_task(deal_id, id="lose", decidedBy=MANAGER, **lost))
    office.done(CLOSE, a_task(deal_id, id="close", instance="round-1", roundOutcome="rejected"))

    assert steps_seen(office, deal_id, DIRECTOR) == ["demand"]


@pytest.mark.parametrize(
    ("step", "given", "code"),
    [
        ("demand", {"edits": "{}"}, "FIELDS_INVALID"),
        ("demand", {"edits": '{"monthlyDemand": 0}'}, "FIELDS_INVALID"),
        ("demand", {"edits": '{"monthlyDemand": "много"}'}, "FIELDS_INVALID"),
        ("repair", {"edits": '{"repairable": "да", "spareParts": "Есть"}'}, "FIELDS_INVALID"),
        ("repair", {"edits": '{"repairable": true}'}, "FIELDS_INVALID"),
        ("tax", {"edits": '{"vatRate": "vat99"}'}, "FIELDS_INVALID"),
        ("demand", {"edits": '{"monthlyDemand": 1, "retailPrice": null}'}, "FIELDS_INVALID"),
        ("demand", {"decision": "rejected"}, "COMMENT_MISSING"),
        ("demand", {"decidedBy": MANAGER}, "FOUR_EYES"),
    ],
)
def test_what_is_no_decision_goes_back_to_its_expert(
    office: Office, deal_id: str, step: str, given: Any, code: str
) -> None:
    before = office.deal(deal_id)

    outcome = say(office, deal_id, step, **given)

    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert office.deal(deal_id) == before


def test_a_rejection_needs_no_answers_and_keeps_those_given(office: Office, deal_id: str) -> None:
    said: dict[str, Any] = {
        "decision": "rejected",
        "comment": "Мало",
        "edits": '{"monthlyDemand": 2}',
    }

    assert isinstance(say(office, deal_id, "demand", **said), Completed)
    assert isinstance(
        say(office, deal_id, "repair", decision="rejected", comment="Нет", edits=""), Completed
    )

    with office.database.reading() as store:
        answers = [one.answers for one in store.rounds.decisions(deal_id)]
    assert answers == [{"monthlyDemand": 2}, {}]


def test_the_edits_of_a_group_that_approved_are_written_in_the_experts_names(
    office: Office, deal_id: str
) -> None:
    for step in EXPERTS:
        say(office, deal_id, step)

    outcome = count(office, deal_id)
    again = count(office, deal_id, name="recount")

    assert isinstance(outcome, Completed)
    assert isinstance(again, Completed)
    assert outcome.variables["approved"] is True
    deal = office.deal(deal_id)
    assert (deal.values["retailPrice"], deal.values["vatRate"]) == ("12000.00", "vat22")
    with office.database.reading() as store:
        rows = store.history.of(deal_id)
    written = [(r.actor, r.subject) for r in rows if r.kind is Kind.FIELD][-2:]
    assert written == [("head1", "retailPrice"), ("accountant1", "vatRate")]


def test_a_group_is_not_counted_before_all_have_decided(office: Office, deal_id: str) -> None:
    say(office, deal_id, "demand")

    outcome = count(office, deal_id)

    assert isinstance(outcome, Failed)
    assert "repair, tax" in outcome.message


def test_after_one_no_the_manager_reads_everybody_and_the_next_round_what_changed(
    office: Office, deal_id: str
) -> None:
    say(office, deal_id, "demand")
    say(office, deal_id, "repair", decision="rejected", comment="Запчастей нет", edits="{}")
    no: dict[str, Any] = {
        "decision": "rejected",
        "comment": "Ставка не та",
        "edits": '{"vatRate": "vat10"}',
    }
    say(office, deal_id, "tax", **no)

    counted = count(office, deal_id)
    office.done(CLOSE, a_task(deal_id, id="close", instance="round-1", roundOutcome="rejected"))

    assert isinstance(counted, Completed)
    assert counted.variables["approved"] is False
    assert office.deal(deal_id).stage == "asked"
    assert office.deal(deal_id).values["retailPrice"] == "10000.00"
    card = seen_by(office, deal_id, MANAGER)
    assert [(r.step, r.comment) for r in card.rejections] == [
        ("repair", "Запчастей нет"),
        ("tax", "Ставка не та"),
    ]
    assert [(o.code, o.value) for o in card.rejections[1].offer] == [("vatRate", "vat10")]
    assert card.rejection == card.rejections[-1]
    assert card.changed_since_last_round == []
    demand = next(one for one in card.rounds[-1].decisions if one.step == "demand")
    assert [(a.label, a.text) for a in demand.answers] == [("Спрос, штук в месяц", "40")]

    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        deal.values["supplier"] = "Другой завод"
        deal.record(Change(Kind.FIELD, "supplier", "Завод", "Другой завод"))
        store.deals.save(deal, Actor(MANAGER, Cause.API))
    begin(office, deal_id, 2)

    card = seen_by(office, deal_id, "engineer1")
    assert [(c.code, c.old, c.new) for c in card.changed_since_last_round] == [
        ("supplier", "Завод", "Другой завод")
    ]
    assert [step.code for step in card.steps] == ["demand", "repair", "tax", "director"]
    assert card.rejections == []


def test_the_manager_is_notified_of_every_rejection(office: Office, deal_id: str) -> None:
    office.people.roles = {
        "categoryManagers": [Employee(MANAGER, "Михаил Товаров", "m@example.com")],
        "serviceEngineers": [Employee("engineer1", "Андрей Мастеров")],
    }
    say(office, deal_id, "demand")
    say(office, deal_id, "repair", decision="rejected", comment="Запчастей нет", edits="{}")
    say(office, deal_id, "tax", decision="rejected", comment="Ставка {не} та", edits="{}")
    office.done(CLOSE, a_task(deal_id, id="close", instance="round-1", roundOutcome="rejected"))

    told = a_task(deal_id, id="tell", template="approvalRefused", recipient="manager")
    office.done(notify.TOPIC, told)

    with office.database.reading() as store:
        (letter,) = store.notifications.of(MANAGER)
    assert "Андрей Мастеров (Сервисный инженер): «Запчастей нет»." in letter.text
    assert "accountant1" in letter.text
    assert "«Ставка {не} та»." in letter.text


def test_the_approval_leads_to_the_stage_that_the_chain_names(office: Office, deal_id: str) -> None:
    for step in (*EXPERTS, "director"):
        assert isinstance(say(office, deal_id, step), Completed)
    count(office, deal_id)

    office.done(CLOSE, a_task(deal_id, id="close", instance="round-1", roundOutcome="approved"))

    assert office.deal(deal_id).stage == "agreed"


def test_a_deal_whose_stage_has_no_chain_opens_no_round(office: Office) -> None:
    deal_id = office.keep(a_deal(direction="suppliers", stage="asked", manager=MANAGER))

    outcome = office.do(OPEN, a_task(deal_id, id="open"))

    assert isinstance(outcome, Failed)
    assert "No approval chain of suppliers has the stage asked" in outcome.message


def test_a_round_of_an_earlier_release_belongs_to_the_chain_of_new_clients(office: Office) -> None:
    deal_id = office.keep(a_deal(stage="termsApproval"))
    row = (
        "INSERT INTO approval_rounds (deal_id, number, instance_id, stage_before, opened_at, "
        "opened_by, terms, state) VALUES (:deal, 1, 'old-1', 'collectingDocuments', :at, "
        "'manager1', '{}', 'open')"
    )
    with office.database._engine.begin() as connection:
        connection.execute(text(row), {"deal": deal_id, "at": "2026-11-20 09:00:00+00:00"})

    said = {"step": "head", "decidedBy": "salesHead", "decision": "approved"}
    outcome = office.do(RECORD, a_task(deal_id, id="head", instance="old-1", **said))

    assert isinstance(outcome, Completed)
    assert [d.step_name for d in seen_by(office, deal_id, "manager1").rounds[0].decisions] == [
        "Согласование условий"
    ]
