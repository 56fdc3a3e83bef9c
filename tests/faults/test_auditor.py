"""The auditor is trusted only because it finds every violation that is planted."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest

from tests.faults.auditor import RULES, audit
from tests.faults.evidence import Evidence

pytestmark = pytest.mark.faults

STAGES: Any = {
    "newClients": {
        "newClient": {"next": ["collectingDocuments", "lost"]},
        "collectingDocuments": {"next": ["termsApproval", "lost"]},
        "termsApproval": {"next": ["termsAgreed", "lost"]},
        "termsAgreed": {"next": ["won", "lost"]},
        "won": {"outcome": "won"},
        "lost": {"outcome": "lost"},
    },
    "warrantyService": {"decision": {"next": ["denied"]}, "denied": {"outcome": "lost"}},
    "paidService": {"reception": {"next": ["diagnostics"]}, "diagnostics": {"next": []}},
    "newProduct": {
        "application": {"next": ["review"]},
        "review": {"next": ["onecItem"]},
        "onecItem": {"next": []},
    },
}
WALK = ["newClient", "collectingDocuments", "termsApproval", "termsAgreed", "won"]


def history(deal: str, stages: list[str]) -> list[dict[str, Any]]:
    first = {"deal_id": deal, "kind": "created", "version": 1, "old": None, "new": {}}
    moves = [
        {"deal_id": deal, "kind": "stage", "version": n + 2, "old": old, "new": new}
        for n, (old, new) in enumerate(pairwise(stages))
    ]
    return [first, *moves]


def sound() -> Evidence:
    """Evidence of a storm without losses: each kind of deal at its planned end."""
    seen = clients()
    add_repair(seen)
    add_product(seen)
    return seen


def add(seen: Evidence, deal: str, direction: str, stages: list[str], *, ended: bool) -> None:
    """Add a deal that went through ``stages``, with its process and task."""
    closed = "now" if ended else None
    last = len(stages) - 1
    row: dict[str, Any] = {"id": deal, "direction": direction, "manager": "olga"}
    row |= {"stage": stages[-1], "version": last + 1, "moves": last, "closed_at": closed}
    seen.tables["deals"].append(row)
    seen.tables["history"] += history(deal, stages)
    seen.tables["deal_processes"].append({"deal_id": deal, "instance_id": f"P-{deal}"})
    end = "EndEvent_DealLost" if ended else None
    root = {"id": f"P-{deal}", "businessKey": deal, "endTime": closed, "end": end}
    seen.roots.append(root)
    if not ended:
        seen.instances.append({"id": f"P-{deal}", "businessKey": deal})
        seen.tasks.append({"deal": deal})


def add_repair(seen: Evidence) -> None:
    """A request without warranty that goes on as a paid repair."""
    add(seen, "D3", "warrantyService", ["decision", "denied"], ended=True)
    add(seen, "D4", "paidService", ["diagnostics"], ended=False)
    seen.acknowledged["key-repair"] = "D3"
    said = {"kind": "field", "old": None}
    decided = {"deal_id": "D3", "version": 2, "subject": "warrantyDecision", "new": "paid"}
    linked = {"deal_id": "D4", "version": 1, "subject": "warrantyRequest", "new": "D3"}
    seen.tables["history"] += [{**said, **decided}, {**said, **linked}]


def add_product(seen: Evidence) -> None:
    """A new product whose first round was rejected."""
    add(seen, "D5", "newProduct", ["application", "review", "application"], ended=False)
    seen.acknowledged["key-product"] = "D5"
    round_ = {"deal_id": "D5", "number": 1, "state": "rejected", "instance_id": "gone"}
    seen.tables["approval_rounds"].append({**round_, "stage_before": "duplicateCheck"})
    for at, (step, outcome) in enumerate(
        [("service", "approved"), ("demand", "rejected"), ("accountant", "approved")]
    ):
        row = {"deal_id": "D5", "round": 1, "step": step, "outcome": outcome, "at": at}
        seen.tables["decisions"].append({**row, "task_id": f"D5-{step}"})
        said = {"deal_id": "D5", "kind": "decision", "version": 3, "old": None, "new": step}
        seen.tables["history"].append(said)
    told = {"deal_id": "D5", "recipient": "olga", "key": "round-1:approvalRefused"}
    seen.tables["notifications"].append(told)


def clients() -> Evidence:
    """A won deal with one approval, and an open one whose step has failed."""
    steps = ("head", "accountant", "lawyer")
    decided = [
        {
            "deal_id": "D1",
            "round": 1,
            "step": step,
            "outcome": "approved",
            "at": at,
            "task_id": step,
        }
        for at, step in enumerate(steps)
    ]
    said = [
        {"deal_id": "D1", "kind": "decision", "version": 4, "old": None, "new": step}
        for step in steps
    ]
    deals = [
        {"id": "D1", "direction": "newClients", "stage": "won", "manager": "ivan"},
        {"id": "D2", "direction": "newClients", "stage": "newClient", "manager": "ivan"},
    ]
    shape: list[dict[str, Any]] = [
        {"version": 5, "moves": 4, "closed_at": "now"},
        {"version": 1, "moves": 0},
    ]
    round_ = {"deal_id": "D1", "number": 1, "state": "approved", "instance_id": "called"}
    told = {"deal_id": "D1", "recipient": "ivan", "key": "round-1:termsAgreed"}
    failed = {"configuration": "step", "processInstanceId": "P2"}
    return Evidence(
        acknowledged={"key1": "D1", "key2": "D2"},
        tables={
            "deals": [{"closed_at": None, **d, **s} for d, s in zip(deals, shape, strict=True)],
            "history": [*history("D1", WALK), *said, *history("D2", ["newClient"])],
            "approval_rounds": [{**round_, "stage_before": "collectingDocuments"}],
            "decisions": decided,
            "attachments": [{"id": "F1", "deal_id": "D1", "sha256": "abc"}],
            "notifications": [told],
            "outbox": [{"id": 1, "deal_id": "D1", "delivered_at": "now", "last_error": None}],
            "deal_processes": [
                {"deal_id": "D1", "instance_id": "P1"},
                {"deal_id": "D2", "instance_id": "P2"},
            ],
            "processed_tasks": [{"task_id": "T1"}],
            "idempotency": [],
        },
        files={"abc": "abc"},
        roots=[
            {"id": "P1", "businessKey": "D1", "endTime": "now", "end": "EndEvent_DealWon"},
            {"id": "P2", "businessKey": "D2", "endTime": None, "end": None},
        ],
        instances=[{"id": "P2", "businessKey": "D2"}, {"id": "P3", "businessKey": "D2"}],
        tasks=[{"deal": "D2"}],
        steps=[{"id": "step", "deal": "D2", "retries": 0, "topicName": "notify"}],
        incidents=[{**failed, "activityId": "Task_Notify", "incidentMessage": "mail"}],
        failure_tasks={"step"},
        successes=["T1"],
        stages=STAGES,
    )


def rows(table: str, act: Callable[[list[Any]], object]) -> Callable[[Evidence], object]:
    return lambda seen: act(seen.tables[table])


def first(table: str, **wrong: object) -> Callable[[Evidence], object]:
    return rows(table, lambda found: found[0].update(wrong))


def again(table: str) -> Callable[[Evidence], object]:
    return rows(table, lambda found: found.append(deepcopy(found[0])))


def gone(table: str) -> Callable[[Evidence], object]:
    return rows(table, lambda found: found.pop(0))


def root(**wrong: object) -> Callable[[Evidence], object]:
    return lambda seen: seen.roots[0].update(wrong)


def lived_twice(seen: Evidence) -> None:
    seen.roots.append({**seen.roots[0], "id": "P9"})


def runs_twice(seen: Evidence) -> None:
    seen.roots.append({**seen.roots[1], "id": "P9"})


def nobody_was_told_of_its_key(seen: Evidence) -> None:
    del seen.acknowledged["key2"]


def one_deal_for_two_keys(seen: Evidence) -> None:
    seen.acknowledged["key3"] = "D1"


def swapped_decisions(seen: Evidence) -> None:
    seen.tables["decisions"][0]["at"] = 9


def decided_on_after_a_rejection(seen: Evidence) -> None:
    seen.tables["decisions"][0]["outcome"] = "rejected"


def open_without_anybody(seen: Evidence) -> None:
    seen.tables["approval_rounds"][0]["state"] = "open"


def walked_backwards(seen: Evidence) -> None:
    seen.tables["history"][2]["new"] = "newClient"


def continued_twice(seen: Evidence) -> None:
    add(seen, "D6", "paidService", ["diagnostics"], ended=False)
    linked = {"deal_id": "D6", "kind": "field", "version": 1, "subject": "warrantyRequest"}
    seen.tables["history"].append({**linked, "old": None, "new": "D3"})


def not_continued(seen: Evidence) -> None:
    seen.tables["history"] = [
        row for row in seen.tables["history"] if row.get("subject") != "warrantyRequest"
    ]


def director_after_a_rejection(seen: Evidence) -> None:
    row = {**seen.tables["decisions"][-1], "step": "director", "at": 9, "task_id": "D5-director"}
    seen.tables["decisions"].append(row)


def closed_before_all_have_spoken(seen: Evidence) -> None:
    seen.tables["decisions"].pop()


PLANTED = [
    ("acknowledged_deals_exist", gone("deals")),
    ("no_deal_twice", nobody_was_told_of_its_key),
    ("no_deal_twice", one_deal_for_two_keys),
    ("requests_go_on_once", continued_twice),
    ("requests_go_on_once", not_continued),
    ("one_process_per_deal", lambda seen: seen.roots.pop()),
    ("one_process_per_deal", runs_twice),
    ("one_process_per_deal", root(endTime=None, end=None)),
    ("one_process_per_deal", lambda seen: seen.tables["deal_processes"].pop()),
    ("ended_where_the_deal_ended", root(end=None)),
    ("ended_where_the_deal_ended", root(end="EndEvent_DealLost")),
    ("ended_where_the_deal_ended", lived_twice),
    ("a_next_step_for_every_deal", lambda seen: seen.tasks.clear()),
    ("outbox_is_empty", first("outbox", delivered_at=None)),
    ("history_is_a_walk", walked_backwards),
    ("history_is_a_walk", first("deals", stage="termsAgreed")),
    ("history_is_a_walk", first("deals", moves=5)),
    ("versions_count_changes", first("deals", version=6)),
    ("versions_count_changes", gone("history")),
    ("decisions_in_order", swapped_decisions),
    ("decisions_in_order", decided_on_after_a_rejection),
    ("decisions_in_order", gone("decisions")),
    ("decisions_in_order", director_after_a_rejection),
    ("decisions_in_order", closed_before_all_have_spoken),
    ("decisions_in_order", first("approval_rounds", number=2)),
    ("decisions_in_order", first("decisions", task_id="lawyer")),
    ("decisions_are_in_the_history_once", again("decisions")),
    ("open_rounds_have_their_process", open_without_anybody),
    ("notifications_are_once", again("notifications")),
    ("managers_heard_of_each_round", gone("notifications")),
    ("managers_heard_of_each_round", first("notifications", recipient="petr")),
    ("files_are_what_they_were", lambda seen: seen.files.update(abc="other")),
    ("files_are_what_they_were", lambda seen: seen.files.clear()),
    ("stopped_steps_have_an_administrator", lambda seen: seen.failure_tasks.clear()),
    ("stopped_steps_have_an_administrator", lambda seen: seen.incidents.clear()),
    ("administrators_have_no_false_alarm", lambda seen: seen.incidents.clear()),
    ("completions_are_backed_by_the_database", gone("processed_tasks")),
    ("completions_are_backed_by_the_database", lambda seen: seen.successes.append("T1")),
]


def test_sound_evidence_breaks_no_rule() -> None:
    assert audit(sound()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED)
def test_a_planted_violation_is_found(rule: str, plant: Callable[[Evidence], object]) -> None:
    evidence = sound()

    plant(evidence)

    assert rule in {violation.rule for violation in audit(evidence)}


def test_every_rule_has_been_seen_to_find_something() -> None:
    assert {rule.__name__ for rule in RULES} == {name for name, _ in PLANTED}


def test_a_deal_whose_acknowledgement_was_lost_is_no_stranger() -> None:
    evidence = sound()
    del evidence.acknowledged["key2"]
    evidence.unknown.add("key2")

    found = audit(evidence)

    assert found == []
