"""Stage moves: allowed by the catalog, idempotent, each sent to the process exactly once."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.api.conftest import Office
from tests.support.builders import READY_FILES, a_deal, a_ready_deal, ready_values


def test_a_move_is_kept_with_a_message_for_the_process(office: Office) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").post(
        f"/deals/{deal_id}/stage", {"stage": "collectingDocuments", "version": 1}
    )

    assert answer.status_code == 200
    assert answer.json()["stage"]["name"] == "Сбор документов"
    assert office.outbox(deal_id)[1:] == [{"message": "StageMoved", "moveVersion": 1}]


def test_the_same_move_again_is_a_success_without_a_second_message(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    move = {"stage": "collectingDocuments", "version": 1}

    answers = [manager.post(f"/deals/{deal_id}/stage", move) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(office.outbox(deal_id)) == 2
    assert [row[0] for row in office.history(deal_id)] == ["created", "stage"]


def test_two_moves_at_once_wake_the_process_once(office: Office) -> None:
    deal_id, manager = office.keep(a_ready_deal()), office.person("manager1")

    def move(_: int) -> int:
        body = {"stage": "termsApproval", "version": 1}
        return manager.post(f"/deals/{deal_id}/stage", body).status_code

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(move, range(4)))

    assert answers == [200] * 4
    assert office.outbox(deal_id) == [{"message": "StageMoved", "moveVersion": 1}]


def test_of_two_different_moves_at_once_only_one_is_made(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    def act(path: str) -> int:
        bodies = {"stage": {"stage": "collectingDocuments"}, "lost": {"reason": "price"}}
        return manager.post(f"/deals/{deal_id}/{path}", {**bodies[path], "version": 1}).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(act, ["stage", "lost"]))

    assert answers == [200, 412] or answers == [200, 409]
    assert len(office.outbox(deal_id)) == 2


def test_approval_is_refused_with_everything_that_is_missing(office: Office) -> None:
    values = ready_values(limit=None, inn=None, signerIsDirector=False)
    deal_id = office.keep(a_ready_deal(values=values, files=READY_FILES - {"companyCard"}))

    answer = office.person("manager1").post(f"/deals/{deal_id}/stage", {"stage": "termsApproval"})

    problem = answer.json()
    labels = {missing["label"] for missing in problem["missing"]}
    assert answer.status_code == 409
    assert problem["code"] == "FIELDS_MISSING"
    assert labels == {"ИНН", "Лимит", "Карточка предприятия", "Доверенность"}
    assert office.outbox(deal_id) == []


def test_the_card_says_beforehand_what_a_stage_still_asks_for(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(values=ready_values(limit=None)))

    card = office.person("manager1").get(f"/deals/{deal_id}").json()

    missing = {stage["code"]: stage["missing"] for stage in card["stages"]}
    required = {f["code"] for g in card["groups"] for f in g["fields"] if f["required"]}
    assert missing == {"termsApproval": ["Лимит"], "lost": []}
    assert {"limit", "inn"} <= required
    assert "holding" not in required


def test_a_stage_out_of_turn_is_refused_with_the_ones_allowed(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    out_of_turn = manager.post(f"/deals/{deal_id}/stage", {"stage": "won"})
    unknown = manager.post(f"/deals/{deal_id}/stage", {"stage": "moon"})

    allowed = [stage["code"] for stage in out_of_turn.json()["allowed"]]
    assert (out_of_turn.status_code, unknown.status_code) == (409, 422)
    assert allowed == ["collectingDocuments", "lost"]


def test_a_stage_of_the_system_cannot_be_set_by_hand(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="termsApproval"))

    answer = office.person("manager1").post(f"/deals/{deal_id}/stage", {"stage": "termsAgreed"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "STAGE_NOT_ALLOWED"


def test_a_move_against_a_stale_version_is_refused(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"holding": "Сад"}})

    answer = manager.post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments", "version": 1})

    assert answer.status_code == 412
    assert answer.json()["changed"] == ["Холдинг"]


def test_losing_needs_a_reason_of_the_list_and_ends_the_process(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    without = manager.post(f"/deals/{deal_id}/lost", {})
    unknown = manager.post(f"/deals/{deal_id}/lost", {"reason": "badWeather"})
    by_stage = manager.post(f"/deals/{deal_id}/stage", {"stage": "lost"})
    lost = manager.post(f"/deals/{deal_id}/lost", {"reason": "price", "comment": "Дорого."})
    again = manager.post(f"/deals/{deal_id}/lost", {"reason": "competitor"})

    codes = [a.status_code for a in (without, unknown, by_stage, lost, again)]
    assert codes == [422, 422, 422, 200, 200]
    assert lost.json()["outcome"] == "lost"
    assert lost.json()["closedAt"]
    assert office.outbox(deal_id)[1:] == [{"message": "DealLost"}]
    assert ("field", "lossReason", None, "price") in office.history(deal_id)


def test_a_closed_deal_moves_nowhere(office: Office) -> None:
    deal_id = office.keep(a_deal(stage="won", closed_at=a_deal().created_at))
    manager = office.person("manager1")

    moved = manager.post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"})
    lost = manager.post(f"/deals/{deal_id}/lost", {"reason": "price"})

    assert [moved.status_code, lost.status_code] == [409, 409]
