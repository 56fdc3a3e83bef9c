"""Changing the last day of agreed temporary terms: only heads of the direction may."""

from typing import Any

from db.domain.approval.temporary_terms import side_key
from db.domain.deals.side_processes import SideProcess
from tests.integration.api.conftest import Office
from tests.support.builders import NOW, a_deal, ready_values

PERIOD = {"from": "2026-12-01", "to": "2026-12-20"}


def an_agreed_deal(office: Office, **given: object) -> str:
    values = ready_values(temporaryLimit="900000.00", temporaryPeriod=PERIOD)
    deal_id = office.keep(a_deal(**{"stage": "termsAgreed", "values": values, **given}))
    with office.database.writing() as store:
        side = SideProcess(side_key(deal_id), deal_id, "temporary-terms", {}, NOW)
        store.side_processes.open(side)
    return deal_id


def version_told(office: Office, deal_id: str) -> int:
    """Version of the terms that the side process is to receive."""
    with office.database.reading() as store:
        side = store.side_processes.find(side_key(deal_id))
    assert side is not None
    return side.version


def put(
    office: Office, deal_id: str, to: object, login: str = "salesHead", version: int | None = 1
) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    path = f"/deals/{deal_id}/temporary-period"
    return office.person(login).put(path, {"to": to}, headers=headers)


def test_a_head_prolongs_agreed_terms_and_their_process_hears_of_it(office: Office) -> None:
    deal_id = an_agreed_deal(office)

    answer = put(office, deal_id, "2027-01-31")
    again = put(office, deal_id, "2027-01-31")

    after = {"from": "2026-12-01", "to": "2027-01-31"}
    assert (answer.status_code, again.status_code) == (200, 200), answer.text
    assert answer.headers["ETag"] == again.headers["ETag"] == '"2"'
    assert office.history(deal_id)[-1:] == [("field", "temporaryPeriod", PERIOD, after)]
    assert version_told(office, deal_id) == 2
    assert office.outbox(deal_id) == []


def test_terms_may_be_shortened_also_in_a_closed_deal(office: Office) -> None:
    deal_id = an_agreed_deal(office, stage="won", closed_at=NOW)

    assert put(office, deal_id, "2026-12-02").status_code == 200
    assert version_told(office, deal_id) == 2


def test_only_a_head_of_the_direction_changes_agreed_terms(office: Office) -> None:
    deal_id = an_agreed_deal(office)

    answers = [put(office, deal_id, "2027-01-31", login) for login in ("manager1", "serviceHead")]

    assert [answer.status_code for answer in answers] == [403, 404]
    assert version_told(office, deal_id) == 1


def test_without_a_version_or_against_a_stale_one_nothing_changes(office: Office) -> None:
    deal_id = an_agreed_deal(office)
    put(office, deal_id, "2026-12-21")

    answers = [put(office, deal_id, "2027-01-31", version=seen) for seen in (None, 1)]

    assert [answer.status_code for answer in answers] == [428, 412]
    assert answers[1].json()["changed"] == ["Период временной группы"]
    assert version_told(office, deal_id) == 2


def test_terms_that_are_not_agreed_are_refused_with_what_to_do(office: Office) -> None:
    deal_id = office.keep(a_deal(values=ready_values(temporaryPeriod=PERIOD)))

    answer = put(office, deal_id, "2027-01-31")

    assert (answer.status_code, answer.json()["code"]) == (409, "NO_TEMPORARY_TERMS")
    assert "меняют в карточке" in answer.json()["detail"]


def test_a_day_that_is_none_or_before_the_period_is_refused(office: Office) -> None:
    deal_id = an_agreed_deal(office)

    answers = [put(office, deal_id, to) for to in ("2026-11-30", "soon", 7, None)]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert "раньше его начала" in answers[0].json()["detail"]
    assert version_told(office, deal_id) == 1
