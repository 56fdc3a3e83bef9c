"""Reports over HTTP: who sees which directions, what is refused, and the files."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from api.reports.tables import REPORTS
from db.domain.approval.rounds import Decision, DecisionOutcome, Round
from db.domain.deals.history import Actor, Cause
from db.domain.deals.stages import lose
from tests.integration.api.conftest import Office
from tests.support.builders import a_deal

FORMULA = '=HYPERLINK("http://x")'


def lost(office: Office, reason: str, amount: str) -> str:
    """A deal of «Тендеры», lost now."""
    first = office.database.catalog.directions["tenders"].first_stage.code
    deal_id = office.keep(
        a_deal(direction="tenders", stage=first, values={"ourPrice": amount, "counterparty": "А"})
    )
    with office.database.writing() as store:
        deal = store.deals.get(deal_id)
        lose(store.catalog, deal, reason, None, store.lists, at=datetime.now(UTC))
        store.deals.save(deal, Actor("manager1", Cause.API))
    return deal_id


def rejected(office: Office, comment: str) -> None:
    deal_id, at = office.keep(a_deal()), datetime.now(UTC)
    with office.database.writing() as store:
        store.rounds.open(
            Round(deal_id, 1, "newClient", at, "manager1", f"r-{deal_id}", "newClientTerms")
        )
        chain = store.catalog.chains["newClientTerms"]
        store.rounds.record(
            Decision(
                deal_id=deal_id,
                round=1,
                step=chain.first_step.code,
                role="salesHeads",
                person="salesHead",
                outcome=DecisionOutcome.REJECTED,
                comment=comment,
                at=at,
                task_id=f"t-{deal_id}",
            )
        )


@pytest.mark.parametrize("code", REPORTS)
def test_each_report_is_a_table_with_a_chart(office: Office, code: str) -> None:
    lost(office, "price", "10.00")

    answer = office.person("salesHead").get(f"/reports/{code}?direction=tenders")

    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["columns"][made["bars"]]["unit"] != "text"
    assert all(len(row["cells"]) == len(made["columns"]) for row in made["rows"])


def test_a_head_sees_the_own_directions_and_an_administrator_all(office: Office) -> None:
    known = {
        login: {one["code"] for one in office.person(login).get("/reports").json()["directions"]}
        for login in ("salesHead", "serviceHead", "admin1")
    }

    assert known["admin1"] == set(office.database.catalog.directions)
    assert "tenders" in known["salesHead"]
    assert not known["salesHead"] & known["serviceHead"]
    assert office.person("serviceHead").get("/reports/funnel?direction=tenders").status_code == 422
    assert office.person("manager1").get("/reports/losses").status_code == 403


def test_losses_of_another_direction_do_not_count(office: Office) -> None:
    def known(login: str, more: str = "") -> int:
        made = office.person(login).get(f"/reports/losses{more}").json()
        return int(made["total"]["cells"][1]["value"])

    before = {who: known(who) for who in ("salesHead", "serviceHead")}
    narrow = known("salesHead", "?direction=tenders")
    lost(office, "price", "0.10")
    lost(office, "competitor", "0.20")

    assert known("salesHead") == before["salesHead"] + 2
    assert known("salesHead", "?direction=tenders") == narrow + 2
    assert known("serviceHead") == before["serviceHead"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "direction"),
        ("?direction=tenders&since=2026-02-01&until=2026-01-01", "since"),
        ("?direction=tenders&since=2010-01-01&until=2026-01-01", "since"),
    ],
)
def test_a_query_without_sense_is_refused_at_its_field(
    office: Office, query: str, field: str
) -> None:
    answer = office.person("salesHead").get(f"/reports/funnel{query}")

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_unknown_report_is_not_found(office: Office) -> None:
    assert office.person("salesHead").get("/reports/horoscope").status_code == 404


def test_csv_holds_the_table_and_no_formula(office: Office) -> None:
    rejected(office, FORMULA)
    head = office.person("salesHead")

    answer = head.get("/reports/refusals/export?format=csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="refusals-')
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    shown = head.get("/reports/refusals").json()
    assert lines[0] == [REPORTS["refusals"].name]
    assert lines[3] == [column["label"] for column in shown["columns"]]
    assert len(lines) == 4 + len(shown["rows"]) + 1
    assert [line[0] for line in lines if FORMULA in line[0]] == [f"'{FORMULA}"]


def test_xlsx_holds_numbers_as_numbers_and_no_formula(office: Office) -> None:
    rejected(office, FORMULA)

    answer = office.person("salesHead").get("/reports/refusals/export?format=xlsx")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        texts = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    known = [text.findtext(f"{main}t") for text in texts]
    assert FORMULA in known
    assert not list(sheet.iter(f"{main}f"))
    (row,) = [
        row
        for row in sheet.iter(f"{main}row")
        if row[0].get("t") == "s" and known[int(row[0].findtext(f"{main}v") or 0)] == FORMULA
    ]
    assert [cell.get("t") for cell in row] == ["s", "s", None, None]
    assert int(row[2].findtext(f"{main}v") or 0) >= 1
