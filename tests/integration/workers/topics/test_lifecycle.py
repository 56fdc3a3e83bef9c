"""Topics register-process and update-deal-stage."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.domain.deals.history import Kind
from tests.support.builders import MANAGER, READY_FILES, a_deal, a_ready_deal, ready_values
from tests.support.fakes.ports import Office, a_kept_deal, a_task, an_office
from workers.runtime.contract import Failed, Refused
from workers.topics.lifecycle import register_process, update_deal_stage

REGISTER, MOVE = register_process.TOPIC, update_deal_stage.TOPIC


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def wish(deal_id: str, stage: object, version: object = 1, **more: Any) -> Any:
    said = {"wantedStage": stage, "seenVersion": version, "decidedBy": MANAGER, **more}
    return a_task(deal_id, id="move", **said)


def test_the_first_process_of_a_deal_is_the_deals_and_every_other_is_a_duplicate(
    office: Office,
) -> None:
    deal_id = a_kept_deal(office)

    first = office.done(REGISTER, a_task(deal_id, id="t1", instance="i1"))
    again = office.done(REGISTER, a_task(deal_id, id="t1", instance="i1"))
    second = office.done(REGISTER, a_task(deal_id, id="t2", instance="i2"))

    assert [r["duplicate"] for r in (first, again, second)] == [False, False, True]


def test_the_process_learns_what_forms_and_due_dates_need(office: Office) -> None:
    monday = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    deal_id = office.keep(a_deal(values=ready_values(), stage_since=monday))

    result = office.done(REGISTER, a_task(deal_id))

    assert result["dealTitle"] == f"{deal_id} ООО «Садовый мир»"
    assert result["clientName"] == "ООО «Садовый мир»"
    assert result["directionName"] == "Новые клиенты"
    assert (result["stage"], result["stageName"]) == ("newClient", "Новый клиент")
    assert (result["outcome"], result["manager"]) == ("open", MANAGER)
    assert (result["headsGroup"], result["nextMove"]) == ("salesHeads", 1)
    assert result["dueAt"] == result["escalateAt"] == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_a_process_of_an_unknown_deal_is_an_incident(office: Office) -> None:
    outcome = office.do(REGISTER, a_task("D-2026-99999"))

    assert isinstance(outcome, Failed)
    assert "DEAL_NOT_FOUND" in outcome.message


def test_a_move_is_made_once_and_the_process_waits_for_the_next(office: Office) -> None:
    deal_id = a_kept_deal(office)
    task = wish(deal_id, "collectingDocuments")

    first, again = office.done(MOVE, task), office.done(MOVE, task)

    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.STAGE]
    assert first == again
    assert first["nextMove"] == 2
    assert [(row.actor, row.new) for row in rows] == [(MANAGER, "collectingDocuments")]


def test_the_stage_that_an_api_call_has_set_already_is_a_success(office: Office) -> None:
    deal_id = a_kept_deal(office, stage="collectingDocuments", version=5)

    result = office.done(MOVE, wish(deal_id, "collectingDocuments", version=4))

    assert result["stage"] == "collectingDocuments"
    assert office.deal(deal_id).version == 5


def test_without_a_wish_the_step_only_reads(office: Office) -> None:
    deal_id = a_kept_deal(office, stage="collectingDocuments")

    result = office.done(MOVE, a_task(deal_id, wantedStage=None))

    assert result["stage"] == "collectingDocuments"


@pytest.mark.parametrize(
    ("stage", "version", "code"),
    [
        ("nowhere", 1, "STAGE_UNKNOWN"),
        (17, 1, "STAGE_UNKNOWN"),
        ("termsAgreed", 1, "STAGE_NOT_ALLOWED"),
        ("won", 1, "STAGE_NOT_ALLOWED"),
        ("collectingDocuments", 9, "DEAL_CHANGED"),
        ("collectingDocuments", "abc", "DEAL_CHANGED"),
        ("collectingDocuments", True, "DEAL_CHANGED"),
        ("lost", 1, "REASON_MISSING"),
    ],
)
def test_what_may_not_be_goes_back_to_the_manager(
    office: Office, stage: Any, version: Any, code: str
) -> None:
    deal_id = a_kept_deal(office)

    outcome = office.do(MOVE, wish(deal_id, stage, version))

    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert outcome.variables["returnTo"] == MANAGER
    assert outcome.variables["returnedInput"]["wantedStage"] == stage
    assert office.deal(deal_id).stage == "newClient"


@pytest.mark.parametrize("version", ["9" * 4000, 10**18, -1, 1.5, True, "²", {"a": 1}])
def test_what_is_no_version_is_a_stale_one(office: Office, version: Any) -> None:
    deal_id = a_kept_deal(office)

    outcome = office.do(MOVE, wish(deal_id, "collectingDocuments", version))

    assert isinstance(outcome, Refused)
    assert outcome.code == "DEAL_CHANGED"


def test_missing_fields_are_named_all_at_once(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(values=ready_values(inn=None, limit=None)), *READY_FILES)

    outcome = office.do(MOVE, wish(deal_id, "termsApproval"))

    assert isinstance(outcome, Refused)
    assert "ИНН" in outcome.message
    assert "Лимит" in outcome.message


def test_an_unknown_reason_of_loss_is_refused_in_words(office: Office) -> None:
    deal_id = a_kept_deal(office)

    outcome = office.do(MOVE, wish(deal_id, "lost", lossReason="because"))

    assert isinstance(outcome, Refused)
    assert outcome.code == "FIELDS_INVALID"


def test_a_lost_deal_says_so_and_refuses_nothing_more(office: Office) -> None:
    deal_id = a_kept_deal(office)
    office.done(MOVE, wish(deal_id, "lost", lossReason="price", lossComment="Дорого"))

    late = a_task(deal_id, id="late", wantedStage="collectingDocuments", seenVersion=1)
    result = office.done(MOVE, late)

    assert result["outcome"] == "lost"
    assert result["dueAt"] is None
    assert office.deal(deal_id).values["lossReason"] == "price"
