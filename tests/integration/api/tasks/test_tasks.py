"""User tasks: the data of a form in one response, for assignees and candidates only."""

from datetime import timedelta
from typing import Any

from db.domain.approval.rounds import Decision, DecisionOutcome, Round, RoundState
from tests.integration.api.conftest import Office
from tests.integration.api.deals.test_deals import fields_of
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import NOW, a_deal, a_ready_deal, ready_values

REVIEW = ("Task_ReviewTerms", ("salesHeads",))


def a_task(office: Office, deal_id: str, key: str, groups: tuple[str, ...], **given: Any) -> str:
    task = StandInTask(f"task-{deal_id}", key, deal_id, groups=groups, **given)
    office.engine.tasks = [task]
    return task.id


def a_round(office: Office, deal_id: str, number: int, state: RoundState, **terms: Any) -> None:
    with office.database.writing() as store:
        kept = store.rounds.open(
            Round(
                deal_id,
                number,
                "collectingDocuments",
                NOW + timedelta(hours=number),
                "manager1",
                f"round-{deal_id}-{number}",
                "newClientTerms",
                terms,
            )
        )
        if state is not RoundState.OPEN:
            store.rounds.close(
                deal_id, kept.number, state, NOW + timedelta(hours=number, minutes=9)
            )


def a_decision(office: Office, deal_id: str, round_: int, step: str, **given: Any) -> None:
    with office.database.writing() as store:
        store.rounds.record(
            Decision(
                **{
                    "deal_id": deal_id,
                    "round": round_,
                    "step": step,
                    "role": "salesHeads",
                    "person": "salesHead",
                    "outcome": DecisionOutcome.REJECTED,
                    "comment": "Лимит велик.",
                    "at": NOW,
                    "task_id": f"ext-{deal_id}-{round_}-{step}",
                    **given,
                }
            )
        )


def test_the_head_sees_terms_requisites_and_the_reliability_check(office: Office) -> None:
    deal_id = office.keep(
        a_ready_deal(stage="termsApproval", values=ready_values(courtCases="Нет"))
    )
    task_id = a_task(office, deal_id, *REVIEW)
    a_round(office, deal_id, 1, RoundState.OPEN, limit="500000.00")

    answer = office.person("salesHead").get(f"/tasks/{task_id}")

    card = answer.json()
    fields = fields_of(card["deal"])
    head = next(step for step in card["approval"]["steps"] if step["code"] == "head")
    assert answer.status_code == 200, answer.text
    assert card["task"]["key"] == "Task_ReviewTerms"
    assert card["task"]["mine"] is False
    assert fields["limit"]["text"] == "500\u00a0000\u00a0₽"
    assert fields["courtCases"]["value"] == "Нет"
    assert {file["field"] for file in card["deal"]["files"]} >= {"companyCard", "signatureCard"}
    assert card["reliability"]["verdictText"]
    assert card["reliability"]["source"] == "Прозрачный бизнес"
    assert head["edits"] == ["limit", "markupGroup", "temporaryMarkupGroup", "temporaryPeriod"]
    assert card["approval"]["round"] == 1
    assert {"code": "wholesale", "name": "Опт"} in card["lists"]["markupGroups"]
    assert not any(field["editable"] for field in fields.values())


def test_the_manager_sees_who_refused_why_and_what_they_offer(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(values=ready_values(limit="400000.00")))
    a_round(office, deal_id, 1, RoundState.REJECTED, **ready_values(limit="500000.00"))
    offer = {"limit": {"old": "500000.00", "new": "300000.00"}}
    a_decision(office, deal_id, 1, "head", changed=offer)
    task_id = a_task(office, deal_id, "Task_RenegotiateTerms", ("salesHeads",), assignee="manager1")

    card = office.person("manager1").get(f"/tasks/{task_id}").json()

    rejection = card["approval"]["rejection"]
    assert card["task"]["mine"] is True
    assert rejection["person"] == {"login": "salesHead", "name": "Имя salesHead"}
    assert rejection["roleName"] == "Руководитель отдела продаж"
    assert rejection["comment"] == "Лимит велик."
    assert rejection["offer"] == [
        {
            "code": "limit",
            "label": "Лимит",
            "old": "500\u00a0000\u00a0₽",
            "new": "300\u00a0000\u00a0₽",
            "value": "300000.00",
        }
    ]
    assert [c["new"] for c in card["approval"]["changedSinceLastRound"]] == ["400\u00a0000\u00a0₽"]
    assert [stage["code"] for stage in card["stages"]] == ["termsApproval", "lost"]
    reasons = {reason["code"] for reason in card["lists"]["lossReasons"]}
    assert {"termsNotAgreed", "other"} < reasons  # its own, and those that fit every direction
    assert not {"tenderLost", "notRepairable"} & reasons


def test_a_second_round_shows_what_changed_since_the_first(office: Office) -> None:
    now = ready_values(limit="300000.00")
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=now))
    a_round(office, deal_id, 1, RoundState.REJECTED, **ready_values(limit="500000.00"))
    a_decision(office, deal_id, 1, "head")
    a_round(office, deal_id, 2, RoundState.OPEN, **now)

    told = office.person("manager1").get(f"/deals/{deal_id}/approvals").json()

    assert told["round"] == 2
    assert [c["code"] for c in told["changedSinceLastRound"]] == ["limit"]
    assert told["rejection"] is None
    assert [(r["number"], r["state"]) for r in told["rounds"]] == [(1, "rejected"), (2, "open")]
    assert told["rounds"][0]["decisions"][0]["stepName"] == "Согласование условий"


def test_what_changed_is_told_as_it_stands_after_the_heads_edit(office: Office) -> None:
    """The round opened with 900 000, the head changed it to 800 000: the change has 800 000."""
    values = ready_values(limit="800000.00")
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=values))
    a_round(office, deal_id, 1, RoundState.REJECTED, **ready_values(limit="1500000.00"))
    a_decision(office, deal_id, 1, "head")
    a_round(office, deal_id, 2, RoundState.OPEN, **ready_values(limit="900000.00"))
    edit = {"limit": {"old": "900000.00", "new": "800000.00"}}
    a_decision(office, deal_id, 2, "head", outcome=DecisionOutcome.APPROVED, changed=edit)

    told = office.person("manager1").get(f"/deals/{deal_id}/approvals").json()

    (limit,) = told["changedSinceLastRound"]
    assert (limit["old"], limit["new"]) == ("1\u00a0500\u00a0000\u00a0₽", "800\u00a0000\u00a0₽")


def test_what_was_agreed_in_the_last_round_is_no_change_since_it(office: Office) -> None:
    """The head changed it to 500 000, the accountant rejected: the next round opens with that."""
    values = ready_values(limit="500000.00")
    deal_id = office.keep(a_ready_deal(stage="termsApproval", values=values))
    a_round(office, deal_id, 1, RoundState.REJECTED, **ready_values(limit="900000.00"))
    edit = {"limit": {"old": "900000.00", "new": "500000.00"}}
    a_decision(office, deal_id, 1, "head", outcome=DecisionOutcome.APPROVED, changed=edit)
    a_decision(office, deal_id, 1, "accountant")
    a_round(office, deal_id, 2, RoundState.OPEN, **values)

    told = office.person("manager1").get(f"/deals/{deal_id}/approvals").json()

    assert told["changedSinceLastRound"] == []


def test_a_task_is_shown_to_its_person_and_candidates_only(office: Office) -> None:
    deal_id = office.keep(a_deal())
    task_id = a_task(office, deal_id, *REVIEW, assignee="salesHead")

    seen = {
        login: office.person(login).get(f"/tasks/{task_id}").status_code
        for login in ("salesHead", "manager1", "lawyer1", "admin1")
    }
    gone = office.person("salesHead").get("/tasks/no-such-task")

    assert seen == {"salesHead": 200, "manager1": 404, "lawyer1": 404, "admin1": 404}
    assert gone.status_code == 404
    assert gone.json()["code"] == "TASK_NOT_FOUND"


def test_open_tasks_of_a_deal_have_names_and_people(office: Office) -> None:
    deal_id = office.a_deal()
    a_task(office, deal_id, "Task_CollectDocuments", (), assignee="manager1", name="Собрать")

    items = office.person("manager1").get(f"/deals/{deal_id}/tasks").json()["items"]

    assert len(items) == 1
    assert items[0]["name"] == "Собрать"
    assert items[0]["assignee"] == "manager1"
    assert items[0]["person"]["name"] == "Имя manager1"
    assert items[0]["mine"] is True


def test_an_approver_who_decided_reads_on_when_the_engine_has_forgotten(office: Office) -> None:
    deal_id = office.keep(a_ready_deal())
    a_round(office, deal_id, 1, RoundState.REJECTED)
    a_decision(office, deal_id, 1, "accountant", person="accountant1")

    accountant = office.person("accountant1")

    assert accountant.get(f"/deals/{deal_id}").status_code == 200
    assert deal_id in [d["id"] for d in accountant.get("/deals").json()["items"]]


def test_without_the_engine_a_task_is_unavailable_not_lost(office: Office) -> None:
    office.person("manager1").get("/me")
    office.engine.down = True

    answer = office.person("manager1").get("/tasks/any-task")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_an_operator_can_choose_another_direction_of_shipping(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="delivery"))
    task_id = a_task(office, deal_id, "Task_ClarifyDirection", ("onecOperators",))

    card = office.person("onec1").get(f"/tasks/{task_id}").json()

    assert {"code": "moscowPickup", "name": "Москва, самовывоз"} in card["lists"][
        "shippingDirections"
    ]
    assert not any(field["editable"] for field in fields_of(card["deal"]).values())
