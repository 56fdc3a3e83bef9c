"""One approver's word: what it may change, when it counts, and what it leaves behind."""

from typing import Any

import pytest

from db.domain.approval.rounds import (
    Decision,
    DecisionOutcome,
    Round,
    changed_since,
    decide,
    outcome_of,
    terms_after,
)
from db.domain.deals.history import Kind
from db.domain.errors import CommentMissing, DecisionMissing, FieldsInvalid, FourEyes
from tests.support.builders import (
    HEAD,
    MANAGER,
    NOW,
    a_catalog,
    a_ready_deal,
    lists_of,
    ready_values,
)

CATALOG = a_catalog()
CHAIN = CATALOG.chains["newClientTerms"]
LISTS = lists_of(CATALOG)
OFFER = {"limit": "300 000", "markupGroup": "smallWholesale"}


def say(deal: Any, step: Any = "head", **given: Any) -> Decision:
    return decide(
        CATALOG,
        deal,
        CHAIN.steps[step],
        **{
            "round_number": 1,
            "person": HEAD,
            "decision": "approved",
            "comment": "",
            "edits": {},
            "lists": LISTS,
            "at": NOW,
            "task_id": "task-1",
            **given,
        },
    )


@pytest.fixture
def deal() -> Any:
    return a_ready_deal(stage="termsApproval")


def test_the_head_approves_with_changes_of_his_own(deal: Any) -> None:
    decision = say(deal, edits=OFFER)

    assert decision.outcome is DecisionOutcome.APPROVED
    assert (deal.values["limit"], deal.values["markupGroup"]) == ("300000.00", "smallWholesale")
    assert decision.changed == {
        "limit": {"old": "500000.00", "new": "300000.00"},
        "markupGroup": {"old": "wholesale", "new": "smallWholesale"},
    }
    assert [change.kind for change in deal.changes] == [Kind.FIELD, Kind.FIELD, Kind.DECISION]


def test_approving_without_changes_leaves_only_the_decision(deal: Any) -> None:
    decision = say(deal, edits={"limit": "500000.00", "markupGroup": "wholesale"})

    assert decision.changed == {}
    assert [change.kind for change in deal.changes] == [Kind.DECISION]


def test_a_field_outside_the_step_is_ignored(deal: Any) -> None:
    decision = say(
        deal,
        edits={"paymentTerms": "deferral60", "inn": "1", "contractNumber": "X", "no": 1},
    )

    assert decision.changed == {}
    assert deal.values == ready_values()


@pytest.mark.parametrize("step", ["accountant", "lawyer"])
def test_accountant_and_lawyer_change_nothing(deal: Any, step: str) -> None:
    decision = say(deal, step, edits=OFFER)

    assert decision.changed == {}
    assert deal.values == ready_values()


def test_changes_of_a_rejection_are_a_counter_offer(deal: Any) -> None:
    decision = say(deal, decision="rejected", comment="Лимит велик", edits=OFFER)

    assert decision.outcome is DecisionOutcome.REJECTED
    assert decision.changed["limit"] == {"old": "500000.00", "new": "300000.00"}
    assert deal.values == ready_values()
    assert [change.kind for change in deal.changes] == [Kind.DECISION]


def test_bad_changes_leave_neither_decision_nor_value(deal: Any) -> None:
    with pytest.raises(FieldsInvalid) as refusal:
        say(deal, edits={"limit": "-1", "markupGroup": "gift", "temporaryPeriod": "soon"})

    assert len(refusal.value.problems) == 3
    assert (deal.values, deal.changes) == (ready_values(), [])


def test_nobody_approves_a_deal_of_his_own(deal: Any) -> None:
    with pytest.raises(FourEyes):
        say(deal, person=MANAGER)

    assert deal.changes == []


@pytest.mark.parametrize("step", ["accountant", "lawyer"])
def test_accountant_and_lawyer_refer_to_the_reliability_check(deal: Any, step: str) -> None:
    decision = say(deal, step)

    assert decision.reliability == {
        "reliabilityVerdict": "reliable",
        "reliabilitySource": "Прозрачный бизнес",
    }
    assert say(deal, "head").reliability == {}


@pytest.mark.parametrize(
    "silence", [None, "", "yes", "APPROVED", "Approved", True, 1, [], ["approved"], {}]
)
def test_silence_never_counts_as_yes(deal: Any, silence: Any) -> None:
    with pytest.raises(DecisionMissing):
        say(deal, decision=silence)

    assert deal.changes == []


@pytest.mark.parametrize(
    "blank",
    [
        None,
        "",
        "   ",
        "\n\t",
        "\u00a0",
        "\u200b",
        "\u200b\ufeff\u2060",
        "\u00ad",
        "...",
        "—",
        5,
        {},
    ],
)
def test_a_rejection_needs_a_reason_in_words(deal: Any, blank: Any) -> None:
    with pytest.raises(CommentMissing):
        say(deal, decision="rejected", comment=blank)

    assert deal.changes == []


@pytest.mark.parametrize("comment", [None, "", "\u200b", 5])
def test_an_approval_needs_no_comment(comment: Any) -> None:
    outcome, _ = outcome_of("approved", comment)

    assert outcome is DecisionOutcome.APPROVED


def test_a_comment_is_kept_without_the_space_around_it() -> None:
    assert outcome_of("rejected", "  Риск велик\n") == (DecisionOutcome.REJECTED, "Риск велик")


def test_a_new_round_shows_what_changed_since_the_last_one() -> None:
    first = Round("D-2026-00001", 1, "collectingDocuments", NOW, MANAGER, "instance-1", CHAIN.code)
    first.terms = {"limit": "500000.00", "markupGroup": "wholesale", "holding": "Сад"}

    changed = changed_since(
        terms_after(CHAIN, first, []),
        {"limit": "300000.00", "markupGroup": "wholesale", "kpp": "770701001"},
    )

    assert changed == {
        "holding": {"old": "Сад", "new": None},
        "kpp": {"old": None, "new": "770701001"},
        "limit": {"old": "500000.00", "new": "300000.00"},
    }


def test_an_approver_cannot_empty_what_the_approval_requires(deal: Any) -> None:
    with pytest.raises(FieldsInvalid, match="Лимит"):
        say(deal, edits={"limit": None})


def test_a_temporary_group_without_its_period_is_refused(deal: Any) -> None:
    with pytest.raises(FieldsInvalid, match="Период"):
        say(deal, edits={"temporaryMarkupGroup": "dealer"})
