"""What must be true when the storm is over, one rule per function, over evidence alone.

Reads nothing itself and uses none of our code: a mistake in a repository cannot hide here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.faults.evidence import Evidence, Row

APPROVAL = ("head", "accountant", "lawyer")
EXPERTS, DIRECTOR = {"demand", "service", "accountant"}, "director"
"""Reviewers of a new product, who decide at the same time, and whoever decides after them."""
RETURNS = {"review", "directorDecision", "onecItem"}
"""Stages from which a new product returns to its application."""
ENDED = (":termsAgreed", ":termsRejected", ":approvalGranted", ":approvalRefused")
"""Ends of the keys of notifications about a round."""
DUPLICATE = "EndEvent_DuplicateStopped"
END_OF = {
    "EndEvent_DealWon": "won",
    "EndEvent_DealLost": "lost",
    "EndEvent_LostFromCard": "lost",
}
UNVERSIONED = {"file", "download", "note"}
"""History that does not change the deal itself."""


@dataclass(frozen=True)
class Violation:
    rule: str
    deal: str
    what: str


def audit(evidence: Evidence) -> list[Violation]:
    """Every broken rule with its deal; an empty list is the only good answer."""
    return [Violation(rule.__name__, deal, what) for rule in RULES for deal, what in rule(evidence)]


Found = Iterator[tuple[str, str]]


def acknowledged_deals_exist(seen: Evidence) -> Found:
    there = {row["id"] for row in seen.tables["deals"]}
    for deal in seen.acknowledged.values():
        if deal not in there:
            yield deal, "was acknowledged and is not there"


def no_deal_twice(seen: Evidence) -> Found:
    """A deal is a key's first and only one: none is left over, none is shared."""
    told = Counter(seen.acknowledged.values())
    known = told.keys() | _continuing(seen).keys()
    strange = [row["id"] for row in seen.tables["deals"] if row["id"] not in known]
    for deal in strange[len(seen.unknown) :]:
        yield deal, "nobody asked for it"
    for deal, times in told.items():
        if times > 1:
            yield deal, f"answers {times} requests"


def requests_go_on_once(seen: Evidence) -> Found:
    """A request without warranty has exactly one paid repair that continues it."""
    times = Counter(_continuing(seen).values())
    asked = {
        row["deal_id"]
        for row in seen.tables["history"]
        if row["kind"] == "field"
        and row.get("subject") == "warrantyDecision"
        and row["new"] == "paid"
    }
    for request in asked | times.keys():
        expected = int(request in asked)
        if times[request] != expected:
            yield request, f"{times[request]} paid repairs continue it, {expected} expected"


def one_process_per_deal(seen: Evidence) -> Found:
    running = Counter(one["businessKey"] for one in seen.roots if not one["endTime"])
    registered = {row["deal_id"]: row["instance_id"] for row in seen.tables["deal_processes"]}
    for deal in seen.tables["deals"]:
        expected = 0 if deal["closed_at"] else 1
        if running[deal["id"]] != expected:
            yield deal["id"], f"{running[deal['id']]} processes run, {expected} expected"
    for one in seen.roots:
        known = registered.get(one["businessKey"])
        if not one["endTime"] and known != one["id"]:
            yield one["businessKey"], f"process {one['id']} runs, {known} is registered"


def ended_where_the_deal_ended(seen: Evidence) -> Found:
    outcomes = {row["id"]: _stage(seen, row).get("outcome") for row in seen.tables["deals"]}
    lives = Counter(one["businessKey"] for one in seen.roots if one["end"] != DUPLICATE)
    for one in seen.roots:
        if one["endTime"] and one["end"] != DUPLICATE:
            reached = END_OF.get(one["end"] or "")
            if reached is None or reached != outcomes.get(one["businessKey"]):
                yield one["businessKey"], f"its process ended at {one['end']}"
    for deal, times in lives.items():
        if deal not in outcomes:
            yield deal, "a process without a deal"
        elif times != 1:
            yield deal, f"lived {times} lives"


def a_next_step_for_every_deal(seen: Evidence) -> Found:
    moving = {one["deal"] for one in seen.tasks}
    moving |= {step["deal"] for step in seen.steps if step["retries"] != 0}
    for deal in seen.tables["deals"]:
        if not deal["closed_at"] and deal["id"] not in moving:
            yield deal["id"], "nobody and nothing will move it on"


def outbox_is_empty(seen: Evidence) -> Found:
    for row in seen.tables["outbox"]:
        if row["delivered_at"] is None:
            yield row["deal_id"], f"row {row['id']} waits: {row['last_error']}"


def history_is_a_walk(seen: Evidence) -> Found:
    """Stages follow each other as the catalog allows, from the first one to the present one."""
    moves = _by_deal(row for row in seen.tables["history"] if row["kind"] == "stage")
    before = defaultdict(set)
    for round_ in seen.tables["approval_rounds"]:
        before[round_["deal_id"]].add(round_["stage_before"])
    continuing = _continuing(seen)
    for deal in seen.tables["deals"]:
        stages = seen.stages[deal["direction"]]
        at = "diagnostics" if deal["id"] in continuing else next(iter(stages))
        for row in moves[deal["id"]]:
            back = at == "termsApproval" and row["new"] in before[deal["id"]]
            back |= at in RETURNS and row["new"] == "application"
            if row["old"] != at or not (back or row["new"] in stages[at].get("next", ())):
                yield deal["id"], f"{row['old']} → {row['new']} while at {at}"
            at = row["new"]
        if at != deal["stage"]:
            yield deal["id"], f"its history leads to {at}, it is at {deal['stage']}"
        if len(moves[deal["id"]]) != deal["moves"]:
            yield deal["id"], f"{deal['moves']} moves, {len(moves[deal['id']])} in its history"


def versions_count_changes(seen: Evidence) -> Found:
    rows = _by_deal(row for row in seen.tables["history"] if row["kind"] not in UNVERSIONED)
    for deal in seen.tables["deals"]:
        written = {row["version"] for row in rows[deal["id"]]}
        if written != set(range(1, deal["version"] + 1)):
            yield deal["id"], f"version {deal['version']}, history of {sorted(written)}"


def decisions_in_order(seen: Evidence) -> Found:
    rounds = _by_deal(seen.tables["approval_rounds"])
    decisions = _by_deal(seen.tables["decisions"])
    products = {row["id"] for row in seen.tables["deals"] if row["direction"] == "newProduct"}
    for deal, known in rounds.items():
        wrong_in = _wrong_in_review if deal in products else _wrong_in
        numbers = sorted(row["number"] for row in known)
        if numbers != list(range(1, len(known) + 1)):
            yield deal, f"rounds {numbers}"
        for round_ in known:
            said = [row for row in decisions[deal] if row["round"] == round_["number"]]
            yield from ((deal, what) for what in wrong_in(round_, said))
    for task, times in Counter(row["task_id"] for row in seen.tables["decisions"]).items():
        if times > 1:
            yield "", f"task {task} made {times} decisions"


def _wrong_in(round_: Row, said: list[Row]) -> Iterator[str]:
    said = sorted(said, key=lambda row: row["at"])
    steps, outcomes = [row["step"] for row in said], [row["outcome"] for row in said]
    if steps != list(APPROVAL[: len(steps)]):
        yield f"round {round_['number']}: decided in the order {steps}"
    if "rejected" in outcomes[:-1]:
        yield f"round {round_['number']}: decided on after a rejection"
    expected = {
        "approved": outcomes == ["approved"] * len(APPROVAL),
        "rejected": outcomes[-1:] == ["rejected"],
        "open": "rejected" not in outcomes,
        "withdrawn": True,
    }
    if not expected[round_["state"]]:
        yield f"round {round_['number']} is {round_['state']} after {outcomes}"


def _wrong_in_review(round_: Row, said: list[Row]) -> Iterator[str]:
    said = sorted(said, key=lambda row: row["at"])
    steps, outcomes = [row["step"] for row in said], [row["outcome"] for row in said]
    first, after = steps[: len(EXPERTS)], steps[len(EXPERTS) :]
    if not set(first) <= EXPERTS or len(set(first)) != len(first) or after not in ([], [DIRECTOR]):
        yield f"round {round_['number']}: decided in the order {steps}"
    if after and "rejected" in outcomes[: len(EXPERTS)]:
        yield f"round {round_['number']}: decided on after a rejection"
    whole = set(first) == EXPERTS
    expected = {
        "approved": whole and "rejected" not in outcomes,
        "rejected": whole and "rejected" in outcomes,
        "open": True,
        "withdrawn": True,
    }
    if not expected[round_["state"]]:
        yield f"round {round_['number']} is {round_['state']} after {outcomes}"


def decisions_are_in_the_history_once(seen: Evidence) -> Found:
    written = Counter(r["deal_id"] for r in seen.tables["history"] if r["kind"] == "decision")
    made = Counter(row["deal_id"] for row in seen.tables["decisions"])
    for deal in written.keys() | made.keys():
        if written[deal] != made[deal]:
            yield deal, f"{made[deal]} decisions, {written[deal]} in its history"


def open_rounds_have_their_process(seen: Evidence) -> Found:
    running = {one["id"] for one in seen.instances}
    for row in seen.tables["approval_rounds"]:
        if row["state"] == "open" and row["instance_id"] not in running:
            yield row["deal_id"], f"round {row['number']} is open and nobody is asked"


def notifications_are_once(seen: Evidence) -> Found:
    told = Counter((r["deal_id"], r["recipient"], r["key"]) for r in seen.tables["notifications"])
    for (deal, recipient, key), times in told.items():
        if times > 1:
            yield deal, f"{recipient} was told {key} {times} times"


def managers_heard_of_each_round(seen: Evidence) -> Found:
    """The end of a round is told to the manager exactly once, unless the deal was lost first."""
    managers = {row["id"]: row["manager"] for row in seen.tables["deals"]}
    told = Counter(
        (row["deal_id"], row["recipient"])
        for row in seen.tables["notifications"]
        if row["key"].endswith(ENDED)
    )
    closed = Counter(
        row["deal_id"]
        for row in seen.tables["approval_rounds"]
        if row["state"] in ("approved", "rejected")
    )
    for deal, rounds in closed.items():
        if told[deal, managers.get(deal, "")] != rounds:
            yield deal, f"{rounds} rounds ended, {told[deal, managers.get(deal, '')]} were told"


def files_are_what_they_were(seen: Evidence) -> Found:
    for row in seen.tables["attachments"]:
        if seen.files.get(row["sha256"]) != row["sha256"]:
            yield row["deal_id"], f"file {row['id']} is missing or altered"


def stopped_steps_have_an_administrator(seen: Evidence) -> Found:
    deals = {one["id"]: one["businessKey"] for one in seen.instances}
    for row in seen.incidents:
        if row["configuration"] not in seen.failure_tasks:
            deal = deals.get(row["processInstanceId"]) or ""
            yield deal, f"{row['activityId']} stopped: {row['incidentMessage']}"
    known = {row["configuration"] for row in seen.incidents}
    for step in seen.steps:
        if step["retries"] == 0 and step["id"] not in known:
            yield step["deal"] or "", f"{step['topicName']} stopped without an incident"


def administrators_have_no_false_alarm(seen: Evidence) -> Found:
    stopped = {row["configuration"] for row in seen.incidents}
    for failure in seen.failure_tasks - stopped:
        yield "", f"a task about {failure}, which has not stopped"


def completions_are_backed_by_the_database(seen: Evidence) -> Found:
    """The engine heard of nothing that was not committed, and of everything once."""
    committed = {row["task_id"] for row in seen.tables["processed_tasks"]}
    for task, times in Counter(seen.successes).items():
        if task not in committed:
            yield "", f"step {task} was completed without a transaction"
        if times > 1:
            yield "", f"step {task} was completed {times} times"


RULES: tuple[Callable[[Evidence], Found], ...] = (
    acknowledged_deals_exist,
    no_deal_twice,
    requests_go_on_once,
    one_process_per_deal,
    ended_where_the_deal_ended,
    a_next_step_for_every_deal,
    outbox_is_empty,
    history_is_a_walk,
    versions_count_changes,
    decisions_in_order,
    decisions_are_in_the_history_once,
    open_rounds_have_their_process,
    notifications_are_once,
    managers_heard_of_each_round,
    files_are_what_they_were,
    stopped_steps_have_an_administrator,
    administrators_have_no_false_alarm,
    completions_are_backed_by_the_database,
)


def _stage(seen: Evidence, deal: Row) -> Row:
    return seen.stages[deal["direction"]].get(deal["stage"], {})


def _continuing(seen: Evidence) -> dict[str, str]:
    """Paid repair → the request without warranty that it continues."""
    return {
        row["deal_id"]: row["new"]
        for row in seen.tables["history"]
        if row["kind"] == "field" and row.get("subject") == "warrantyRequest"
    }


def _by_deal(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["deal_id"]].append(row)
    return found
