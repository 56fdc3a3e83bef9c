"""The table of the demo's company: every deal exists in the catalog and can reach its stage."""

import pytest

from db.catalog import load_catalog
from db.domain.fields.requisites import is_inn, is_ogrn
from ops.demo.company import CLIENT_FIELDS, Company, PlannedDeal, inn_of, ogrn_of, planned, way_to

CATALOG = load_catalog(demo=True)


def test_the_company_works_in_every_direction() -> None:
    deals = planned()

    assert {deal.direction for deal in deals} == set(CATALOG.directions)
    assert len({deal.subject for deal in deals}) == len(deals) == 60


def test_every_deal_can_be_brought_to_its_stage() -> None:
    for deal in planned():
        direction = CATALOG.directions[deal.direction]
        stages = [{"code": one.code, "next": one.next} for one in direction.stages]

        assert stages[0]["code"] == deal.stage or way_to(stages, deal.stage)
        assert set(deal.fields) <= set(direction.fields)
        assert set(CLIENT_FIELDS) & set(direction.fields)


def test_the_numbers_of_its_clients_have_valid_check_digits() -> None:
    for number in range(1, 61):
        assert is_inn(inn_of(number))
        assert is_ogrn(ogrn_of(number))


def test_a_resumed_story_gives_no_client_the_number_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deals = planned()
    there: dict[str, int] = {}

    def play(_: Company, deal: PlannedDeal, number: int) -> None:
        if len(there) == 7 and not stopped:
            stopped.append(deal.subject)
            raise KeyboardInterrupt
        there[deal.subject] = number

    stopped: list[str] = []
    stages = [{"code": deal.stage, "name": ""} for deal in deals]
    directions = {deal.direction: {"name": "", "stages": stages} for deal in deals}
    company = Company("", "", "", lambda _: None)
    company.__dict__["_directions"] = directions
    monkeypatch.setattr(Company, "_subjects", lambda _: set(there))
    monkeypatch.setattr(Company, "_play", play)

    with pytest.raises(KeyboardInterrupt):
        company.works(deals)

    assert company.works(deals) == 53
    assert sorted(there.values()) == list(range(1, 61))
