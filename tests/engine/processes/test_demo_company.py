"""The demo's company: its deals reach their stages on the real engine, and are made once."""

import pytest

from ops.demo.company import Company, planned
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.engine


def test_deals_are_brought_to_their_stages_once(suite: RunningSuite) -> None:
    lines: list[str] = []
    company = Company(suite.url, PASSWORD, suite.onec, lines.append, suite.people)
    chosen = list({deal.direction: deal for deal in planned()}.values())  # the last of each

    first, again = company.works(chosen), company.works(chosen)

    assert (first, again) == (len(chosen), 0)
    found = suite("portal1").api("GET", "/deals?limit=200").json()["items"]
    stages = {line["subject"]: line["stage"]["code"] for line in found}
    assert {deal.subject: stages[deal.subject] for deal in chosen} == {
        deal.subject: deal.stage for deal in chosen
    }
    assert len(lines) == len(chosen) + 2
    subjects = {deal.subject for deal in chosen}
    for line in found:  # other tests find their tasks on the first page of the list
        if line["subject"] in subjects and line["stage"]["outcome"] is None:
            path, reason = f"/deals/{line['id']}/lost", {"reason": "noResponse"}
            suite(line["manager"]["login"]).api("POST", path, json=reason).raise_for_status()
