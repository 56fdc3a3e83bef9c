"""Topics of approval: rounds open and close once, a decision belongs to one person."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.domain.approval.rounds import RoundState
from db.domain.deals.history import Actor, Cause, Kind
from db.domain.deals.stages import lose
from db.ports.deals import DecisionCount
from tests.support.builders import HEAD, MANAGER, NOW, READY_FILES, a_ready_deal
from tests.support.fakes.ports import Office, a_task, an_office
from workers.runtime.contract import Failed, Refused
from workers.topics.approval import close_approval_round, open_approval_round, record_decision
from workers.topics.lifecycle import close_deal, update_deal_stage

OPEN, RECORD = open_approval_round.TOPIC, record_decision.TOPIC
CLOSE, MOVE = close_approval_round.TOPIC, update_deal_stage.TOPIC


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


@pytest.fixture
def deal_id(office: Office) -> str:
    """A deal that its manager moved to approval."""
    deal_id = office.keep(a_ready_deal(), *READY_FILES)
    wish: dict[str, Any] = {"wantedStage": "termsApproval", "seenVersion": 1, "decidedBy": MANAGER}
    office.done(MOVE, a_task(deal_id, id="move", **wish))
    return deal_id


def open_round(office: Office, deal_id: str, instance: str = "instance-1") -> None:
    office.done(OPEN, a_task(deal_id, id=f"open-{instance}", instance=instance))


def test_a_deal_lost_before_its_round_was_opened_gets_none(office: Office, deal_id: str) -> None:
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        lose(store.catalog, deal, "price", None, store.lists, at=NOW)
        store.deals.save(deal, Actor(MANAGER, Cause.API))

    result = office.done(OPEN, a_task(deal_id, id="open"))

    with office.database.reading() as store:
        assert store.rounds.of(deal_id) == []
    assert (result["roundNumber"], result["outcome"]) == (0, "lost")


def say(deal_id: str, **said: Any) -> Any:
    return a_task(deal_id, id="say", **{"step": "head", "decidedBy": HEAD, **said})


def test_a_round_opens_once_and_remembers_where_the_deal_came_from(
    office: Office, deal_id: str
) -> None:
    task = a_task(deal_id, id="open")

    first = office.done(OPEN, task)
    again = office.done(OPEN, task)
    by_hand = office.done(OPEN, a_task(deal_id, id="another task of the same instance"))

    with office.database.reading() as store:
        rounds = store.rounds.of(deal_id)
    assert first == again
    assert by_hand["roundNumber"] == 1
    assert [(r.number, r.stage_before, r.opened_by) for r in rounds] == [
        (1, "collectingDocuments", MANAGER)
    ]


def test_approved_edits_are_in_the_deal_and_foreign_fields_are_ignored(
    office: Office, deal_id: str
) -> None:
    open_round(office, deal_id)
    edits = json.dumps({"limit": "700000", "inn": "0"})

    result = office.done(RECORD, say(deal_id, decision="approved", edits=edits))

    deal = office.deal(deal_id)
    assert result["approved"] is True
    assert deal.values["limit"] == "700000.00"
    assert deal.values["inn"] == "7712345671"


def test_a_decision_recorded_twice_is_one_decision(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)
    task = say(deal_id, decision="approved")

    first, again = office.done(RECORD, task), office.done(RECORD, task)

    with office.database.reading() as store:
        decisions = store.rounds.decisions(deal_id)
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.DECISION]
    assert first == again
    assert len(decisions) == len(rows) == 1


def test_decisions_are_counted_by_step_and_outcome_since_an_instant(
    office: Office, deal_id: str
) -> None:
    open_round(office, deal_id)
    office.done(RECORD, say(deal_id, decision="rejected", comment="Дорого"))

    with office.database.reading() as store:
        (decision,) = store.rounds.decisions(deal_id)
        counted = store.rounds.counted(decision.at)
        later = store.rounds.counted(decision.at + timedelta(seconds=1))

    assert counted == [DecisionCount("newClientTerms", "head", "rejected", 1)]
    assert later == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "DECISION_MISSING"),
        ({"decision": "yes"}, "DECISION_MISSING"),
        ({"decision": True}, "DECISION_MISSING"),
        ({"decision": "rejected"}, "COMMENT_MISSING"),
        ({"decision": "rejected", "comment": " \u200b."}, "COMMENT_MISSING"),
        ({"decision": "approved", "decidedBy": MANAGER}, "FOUR_EYES"),
        ({"decision": "approved", "edits": "{"}, "FIELDS_INVALID"),
        ({"decision": "approved", "edits": "[1]"}, "FIELDS_INVALID"),
        ({"decision": "approved", "edits": 7}, "FIELDS_INVALID"),
        ({"decision": "approved", "edits": '{"limit": "-1"}'}, "FIELDS_INVALID"),
    ],
)
def test_what_is_no_decision_goes_back_and_leaves_no_trace(
    office: Office, deal_id: str, said: Any, code: str
) -> None:
    open_round(office, deal_id)
    before = office.deal(deal_id)

    outcome = office.do(RECORD, say(deal_id, **said))

    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert office.deal(deal_id) == before
    with office.database.reading() as store:
        assert not store.rounds.decisions(deal_id)


def test_a_decision_of_nobody_is_an_incident(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)

    outcome = office.do(RECORD, say(deal_id, decision="approved", decidedBy=None))

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None
    assert "decidedBy" in outcome.message


def test_a_step_decided_before_is_not_decided_again_by_somebody_else(
    office: Office, deal_id: str
) -> None:
    open_round(office, deal_id)
    office.done(RECORD, say(deal_id, decision="approved"))

    second = a_task(deal_id, id="other", step="head", decidedBy="head2", decision="approved")
    outcome = office.do(RECORD, second)

    assert isinstance(outcome, Failed)
    assert "decided before" in outcome.message


def test_a_refused_round_returns_the_deal_to_where_it_was_once(
    office: Office, deal_id: str
) -> None:
    open_round(office, deal_id)
    office.done(RECORD, say(deal_id, decision="rejected", comment="Лимит велик"))
    task = a_task(deal_id, id="close", roundOutcome="rejected")

    first, again = office.done(CLOSE, task), office.done(CLOSE, task)

    assert first == again
    assert first["termsApproved"] is False
    assert office.deal(deal_id).stage == "collectingDocuments"
    assert office.deal(deal_id).moves == 2


def test_agreed_terms_move_the_deal_on(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)

    result = office.done(CLOSE, a_task(deal_id, id="close", roundOutcome="approved"))

    assert result["termsApproved"] is True
    assert result["stageName"] == "Условия согласованы"
    assert result["outcome"] == "open"
    assert result["dueAt"] is not None


STEPS = "head accountant lawyer"
"""What the opening of the round told the process."""


@pytest.mark.parametrize(
    ("said", "outcome", "reason"),
    [
        ({"head": "approved"}, "approved", "no decision of accountant, lawyer"),
        ({"head": "approved", "accountant": "rejected"}, "approved", "accountant rejected"),
        ({"head": "approved"}, "rejected", "Nobody rejected"),
    ],
)
def test_a_round_is_not_closed_with_an_outcome_that_nobody_decided(
    office: Office, deal_id: str, said: dict[str, str], outcome: str, reason: str
) -> None:
    assert office.done(OPEN, a_task(deal_id, id="open"))["approvalSteps"] == STEPS
    for step, decision in said.items():
        task = a_task(deal_id, id=step, step=step, decidedBy=HEAD, decision=decision, comment="Так")
        office.done(RECORD, task)

    closing = a_task(deal_id, id="close", roundOutcome=outcome, approvalSteps=STEPS)
    failed = office.do(CLOSE, closing)

    assert isinstance(failed, Failed)
    assert failed.retry_after is None
    assert reason in f"{failed.message} {failed.details}"
    with office.database.reading() as store:
        assert store.rounds.of(deal_id)[0].state is RoundState.OPEN
    assert office.deal(deal_id).stage == "termsApproval"


def test_a_round_that_all_approved_is_closed_once(office: Office, deal_id: str) -> None:
    office.done(OPEN, a_task(deal_id, id="open"))
    for step in STEPS.split():
        office.done(
            RECORD, a_task(deal_id, id=step, step=step, decidedBy=HEAD, decision="approved")
        )
    closing = a_task(deal_id, id="close", roundOutcome="approved", approvalSteps=STEPS)

    first, again = office.done(CLOSE, closing), office.done(CLOSE, closing)

    assert first == again
    assert first["termsApproved"] is True


def test_the_next_round_has_the_next_number_and_leaves_the_first_as_it_was(
    office: Office, deal_id: str
) -> None:
    open_round(office, deal_id)
    office.done(CLOSE, a_task(deal_id, id="close", roundOutcome="rejected"))
    version = office.deal(deal_id).version
    wish: dict[str, Any] = {
        "wantedStage": "termsApproval",
        "seenVersion": version,
        "decidedBy": MANAGER,
    }
    office.done(MOVE, a_task(deal_id, id="move-2", **wish))

    result = office.done(OPEN, a_task(deal_id, id="open-2", instance="instance-2"))

    with office.database.reading() as store:
        states = [round_.state for round_ in store.rounds.of(deal_id)]
    assert result["roundNumber"] == 2
    assert states == [RoundState.REJECTED, RoundState.OPEN]


def test_a_deal_lost_during_approval_withdraws_its_round(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)
    seen = office.deal(deal_id).version
    lost: dict[str, Any] = {"wantedStage": "lost", "seenVersion": seen, "lossReason": "price"}
    office.done(MOVE, a_task(deal_id, id="lose", decidedBy=MANAGER, **lost))
    task = a_task(deal_id, id="end")

    first, again = office.done(close_deal.TOPIC, task), office.done(close_deal.TOPIC, task)

    with office.database.reading() as store:
        assert store.rounds.of(deal_id)[0].state is RoundState.WITHDRAWN
    assert first["outcome"] == again["outcome"] == "lost"


def test_nobody_hears_of_a_round_that_a_lost_deal_withdrew(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        lose(store.catalog, deal, "price", None, store.lists, at=NOW)
        store.deals.save(deal, Actor(MANAGER, Cause.API))

    said = {"roundOutcome": "approved", "template": "termsAgreed"}
    office.done(CLOSE, a_task(deal_id, id="close", **said))

    with office.database.reading() as store:
        assert store.notifications.of(MANAGER) == []


def test_an_approver_of_a_lost_deal_hears_that_it_is_closed(office: Office, deal_id: str) -> None:
    open_round(office, deal_id)
    seen = office.deal(deal_id).version
    lost: dict[str, Any] = {"wantedStage": "lost", "seenVersion": seen, "lossReason": "price"}
    office.done(MOVE, a_task(deal_id, id="lose", decidedBy=MANAGER, **lost))

    outcome = office.do(RECORD, say(deal_id, decision="approved"))

    assert isinstance(outcome, Refused)
    assert outcome.code == "DEAL_CLOSED"


def test_an_open_deal_does_not_end(office: Office, deal_id: str) -> None:
    outcome = office.do(close_deal.TOPIC, a_task(deal_id, id="end"))

    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None
