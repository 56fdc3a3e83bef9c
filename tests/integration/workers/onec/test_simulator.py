"""The simulator answers as live bases of 1C were seen to; asked here without our client."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from workers.integrations.onec.simulator.demo import (
    COMPANY_INN,
    GARDENER_INN,
    TOOLS_INN,
    WAREHOUSES,
    fill,
)
from workers.integrations.onec.simulator.filters import condition
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.rendering import ODataError
from workers.integrations.onec.simulator.running import Running
from workers.integrations.onec.simulator.schema import EdmType

CLIENTS, CONTRACTS = "Catalog_Контрагенты", "Catalog_ДоговорыКонтрагентов"
NOBODY = "5f0f6b5e-0000-4000-8000-000000000000"
SHIPMENTS = "Document_РеализацияТоваровУслуг"


class Asker:
    """A bare HTTP client that writes its addresses by hand."""

    def __init__(self, onec: Running) -> None:
        account = onec.account
        self.http = httpx2.Client(
            base_url=f"{onec.publication}/odata/standard.odata",
            auth=httpx2.BasicAuth(account.login, account.password),
            trust_env=False,
            timeout=10,
        )

    def __call__(
        self, method: str, resource: str, query: str = "$format=json", **more: Any
    ) -> httpx2.Response:
        place = quote(resource, safe="/()',$")
        return self.http.request(method, f"/{place}?{query}", **more)

    def rows(self, resource: str, **options: str) -> list[dict[str, Any]]:
        query = "&".join(f"${name}={quote(value)}" for name, value in options.items())
        response = self("GET", resource, f"$format=json&{query}")
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["value"]
        return found


@pytest.fixture
def ask(onec: Running) -> Iterator[Asker]:
    asker = Asker(onec)
    yield asker
    asker.http.close()


def code_of(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["odata.error"]["code"]


def test_a_cyrillic_filter_selects_rows_and_only_the_wanted_fields(ask: Asker) -> None:
    found = ask.rows(CLIENTS, filter=f"ИНН eq '{GARDENER_INN}'", select="ИНН,Description")

    assert found == [{"ИНН": GARDENER_INN, "Description": "Садовый мастер ООО"}]


def test_a_plus_is_never_a_space_and_ends_in_500_as_on_a_live_base(ask: Asker) -> None:
    response = ask("GET", CLIENTS, f"$format=json&$filter={quote('ИНН')}+eq+'{GARDENER_INN}'")

    assert code_of(response) == (500, "-1")


def test_pages_are_cut_after_ordering_and_the_total_is_a_string(ask: Asker) -> None:
    query = f"$format=json&$select=Description&$orderby={quote('Description desc')}"
    response = ask("GET", CLIENTS, f"{query}&$skip=1&$top=2&$inlinecount=allpages")
    names = sorted((row["Description"] for row in ask.rows(CLIENTS)), reverse=True)

    assert [row["Description"] for row in response.json()["value"]] == names[1:3]
    assert response.json()["odata.count"] == str(len(names))


def test_counting_answers_a_bare_number(ask: Asker) -> None:
    wanted = quote(f"ИНН eq '{TOOLS_INN}'")

    response = ask("GET", f"{CLIENTS}/$count", f"$filter={wanted}")

    assert response.text == "1"


def test_who_does_not_ask_for_json_gets_atom(ask: Asker) -> None:
    response = ask("GET", CLIENTS, "")

    assert response.headers["content-type"].startswith("application/atom+xml")
    assert b"<d:Description>" in response.content


def test_who_does_not_ask_for_json_gets_errors_in_xml_too(ask: Asker) -> None:
    assert "<m:code>8</m:code>" in ask("GET", "Catalog_Нет", "").text


@pytest.mark.parametrize("login", ["СделкиЧтение:неверный пароль", ":"])
def test_a_wrong_login_is_answered_by_the_web_server_not_by_odata(ask: Asker, login: str) -> None:
    response = ask("GET", CLIENTS, auth=httpx2.BasicAuth(*login.split(":")))

    assert response.status_code == 401
    assert "html" in response.headers["content-type"]


def test_credentials_in_windows_1251_are_refused(ask: Asker, onec: Running) -> None:
    words = f"{onec.account.login}:{onec.account.password}".encode("cp1251")
    header = {"Authorization": "Basic " + base64.b64encode(words).decode()}

    assert ask("GET", CLIENTS, auth=None, headers=header).status_code == 401


@pytest.mark.parametrize(
    ("resource", "query", "expected"),
    [
        ("Catalog_Нет", "", (404, "8")),
        (f"{CLIENTS}(guid'{NOBODY}')", "", (404, "9")),
        (f"{CLIENTS}(guid'нет')", "", (400, "1")),
        (CLIENTS, "&$select=" + quote("Нет"), (400, "6")),
        (CLIENTS, "&$filter=" + quote("Нет eq 'x'"), (400, "14")),
        (CLIENTS, "&$filter=" + quote("trim(ИНН) eq 'x'"), (400, "14")),
        (CLIENTS, "&$filter=" + quote("ИНН eq"), (400, "14")),
        (CLIENTS, "&$filter=" + quote("Ref_Key eq guid'x'"), (400, "1")),
        (CLIENTS, "&$search=x", (400, "0")),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_the_code_of_the_platform(
    ask: Asker, resource: str, query: str, expected: tuple[int, str]
) -> None:
    assert code_of(ask("GET", resource, f"$format=json{query}")) == expected


def test_an_unknown_field_is_refused_even_of_an_empty_set(ask: Asker, onec: Running) -> None:
    for row in ask.rows(WAREHOUSES):
        onec.delete(WAREHOUSES, row["Ref_Key"])

    response = ask("GET", WAREHOUSES, "$format=json&$select=" + quote("Нет"))

    assert code_of(response) == (400, "6")


def test_a_method_that_is_not_there_is_refused_with_code_19(ask: Asker) -> None:
    assert code_of(ask("PUT", CLIENTS)) == (405, "19")


def test_a_new_row_gets_key_code_and_version_and_a_location_in_plain_cyrillic(ask: Asker) -> None:
    response = ask("POST", CLIENTS, json={"Description": "Новый", "Нет": 1, "ИНН": "9" * 30})

    row = response.json()
    assert response.status_code == 201
    assert row["Code"].startswith("00-")
    assert row["DataVersion"]
    assert "Нет" not in row
    assert row["ИНН"] == "9" * 12
    raw = dict(response.headers.raw)[b"location"]
    assert CLIENTS.encode() in raw


def test_a_change_needs_no_fresh_version_and_always_makes_a_new_one(ask: Asker) -> None:
    row = ask("POST", CLIENTS, json={"Description": "Новый"}).json()
    place = f"{CLIENTS}(guid'{row['Ref_Key']}')"

    changed = ask("PATCH", place, json={"КПП": "540001001"}, headers={"If-Match": "stale"})

    assert changed.status_code == 200
    assert changed.json()["КПП"] == "540001001"
    assert changed.json()["DataVersion"] != row["DataVersion"]


def test_a_broken_body_is_an_error_of_business(ask: Asker) -> None:
    assert code_of(ask("POST", CLIENTS, content=b"{")) == (500, "-1")


def test_a_document_is_numbered_posted_and_unposted(ask: Asker) -> None:
    row = ask("POST", SHIPMENTS, json={"Date": "2026-11-23T00:00:00", "Posted": True}).json()
    place = f"{SHIPMENTS}(guid'{row['Ref_Key']}')"

    posted = ask("POST", f"{place}/Post", "PostingModeOperational=false")
    assert (posted.status_code, posted.content) == (200, b"")
    assert ask("GET", place).json()["Posted"] is True
    ask("POST", f"{place}/Unpost", "$format=json")

    assert row["Number"] == "ПТУТ-000133"
    assert row["Posted"] is False
    assert ask("GET", place).json()["Posted"] is False


def test_a_document_in_a_closed_period_is_not_posted(ask: Asker) -> None:
    row = ask("POST", SHIPMENTS, json={"Date": "2001-01-01T00:00:00"}).json()

    refused = ask("POST", f"{SHIPMENTS}(guid'{row['Ref_Key']}')/Post")

    assert code_of(refused) == (500, "-1")


def test_the_operator_enters_a_contract_and_odata_shows_it(ask: Asker, onec: Running) -> None:
    entered = onec.enter_contract(name="Лесопилка ООО", inn="5000007069", kpp="500001001")

    rows = ask.rows(CONTRACTS, filter="Контрагент/ИНН eq '5000007069' and Номер ne ''")
    assert [row["Номер"] for row in rows] == [entered["number"]]
    assert onec.enter_contract(inn="5000007069", kpp="500001001")["number"] != entered["number"]


def test_the_operator_ships_and_odata_shows_it(ask: Asker, onec: Running) -> None:
    entered = onec.enter_shipment(
        name="Лесопилка ООО",
        inn="5000007069",
        number="ПТУТ-000900",
        date="2026-11-23",
        amount=100.5,
        contract_number="Д-1",
    )

    rows = ask.rows(
        SHIPMENTS,
        filter="Договор/Номер eq 'Д-1' and endswith(Number,'900') "
        "and Date ge datetime'2026-11-23T00:00:00' and Date lt datetime'2026-11-24T00:00:00'",
    )

    assert [row["Ref_Key"] for row in rows] == [entered["shipment"]]
    assert (rows[0]["Posted"], rows[0]["СуммаДокумента"]) == (True, 100.5)
    again = onec.enter_shipment(inn="5000007069", contract_number="Д-1", date="2026-12-01")
    assert (again["contract"], again["number"]) == (entered["contract"], "ПТУТ-000901")


def test_numbers_of_shipments_begin_anew_every_year(onec: Running) -> None:
    first, second, third = (
        onec.enter_shipment(inn="5000007069", date=day)["number"]
        for day in ("2027-01-11", "2027-02-01", "2028-01-10")
    )

    assert (first, second, third) == ("ПТУТ-000001", "ПТУТ-000002", "ПТУТ-000001")


def test_the_operator_changes_posts_and_deletes_a_row(ask: Asker, onec: Running) -> None:
    key = onec.enter_shipment(inn="5000007069", posted=False)["shipment"]
    place = f"{SHIPMENTS}(guid'{key}')"

    onec.post(SHIPMENTS, key)
    onec.change(SHIPMENTS, key, Number="ПТУТ-000999")
    posted = ask("GET", place).json()
    onec.change(SHIPMENTS, key, DeletionMark=True)
    marked = ask("GET", place).json()
    onec.delete(SHIPMENTS, key)

    assert (posted["Number"], posted["Posted"]) == ("ПТУТ-000999", True)
    assert (marked["DeletionMark"], marked["Posted"]) == (True, False)
    assert code_of(ask("GET", place)) == (404, "9")


def test_the_operators_hands_find_nothing_where_nothing_is(onec: Running) -> None:
    for method, place in (
        ("PATCH", f"rows/{SHIPMENTS}/{NOBODY}"),
        ("POST", f"rows/{SHIPMENTS}/{NOBODY}/post"),
        ("DELETE", f"rows/Document_Нет/{NOBODY}"),
        ("GET", "rows/Document_Нет"),
    ):
        with pytest.raises(httpx2.HTTPStatusError, match="404"):
            onec.control(method, place, {} if method == "PATCH" else None)


def test_a_file_of_an_older_simulator_gets_the_fields_it_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "infobase.json"
    fill(Infobase(file=file))
    kept = json.loads(file.read_text("utf-8"))
    del kept["rows"][WAREHOUSES]
    for row in kept["rows"][SHIPMENTS].values():
        del row["Склад_Key"]
    file.write_text(json.dumps(kept), "utf-8")

    opened = Infobase(file=file)

    assert opened.rows(WAREHOUSES) == []
    assert all(row["Склад_Key"] for row in opened.rows(SHIPMENTS))


def test_a_session_lasts_until_1c_ends_it(ask: Asker, onec: Running) -> None:
    cookie = ask("GET", CLIENTS, headers={"IBSession": "start"}).headers["set-cookie"]
    kept = {"Cookie": cookie.partition(";")[0]}

    assert ask("GET", CLIENTS, headers=kept).status_code == 200
    onec.control("POST", "end-sessions")
    assert ask("GET", CLIENTS, headers=kept).status_code == 404


def test_rows_outlive_the_process_when_a_file_is_given(tmp_path: Path) -> None:
    file = tmp_path / "infobase.json"
    first = Infobase("bp30", file)
    fill(first)
    first.create(CLIENTS, {"Description": "Новый"})

    second = Infobase("bp30", file)

    assert second.rows(CLIENTS) == first.rows(CLIENTS)
    assert second.create(CLIENTS, {})["Code"] > second.rows(CLIENTS)[-2]["Code"]


def test_a_file_of_another_configuration_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "infobase.json"
    fill(Infobase("bp30", file))

    with pytest.raises(ValueError, match="bp30"):
        Infobase("ut11", file)


ROW = {"Номер": "О'Нил-15", "Сумма": 10.5, "Дата": "2026-05-01T00:00:00", "Удалён": False}
KINDS = {
    "Номер": EdmType.STRING,
    "Сумма": EdmType.DOUBLE,
    "Дата": EdmType.DATETIME,
    "Удалён": EdmType.BOOLEAN,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Номер eq 'О''Нил-15'", True),
        ("Номер ne 'О''Нил-15'", False),
        ("Сумма gt 10 and Сумма lt 11", True),
        ("Сумма ge 11 or Сумма le 10", False),
        ("not Удалён eq true", True),
        ("not (Удалён eq true or Номер eq 'x')", True),
        ("Номер eq 'x' or Удалён eq false and Сумма gt 100", False),
        ("(Номер eq 'x' or Удалён eq false) and Сумма gt 1", True),
        ("Дата ge datetime'2026-01-01T00:00:00' and Дата lt datetime'2027-01-01T00:00:00'", True),
        ("substringof('Нил', Номер)", True),
        ("startswith(Номер,'О')", True),
        ("endswith(Номер,'16')", False),
        ("Номер eq 'a+b'", False),
    ],
)
def test_a_filter_means_what_it_says(text: str, expected: bool) -> None:
    test = condition(text, lambda path: (KINDS[path], lambda row: row[path]))

    assert test(ROW) is expected


@pytest.mark.parametrize("text", ["Номер eq 15", "Номер 'x'", "(Номер eq 'x'", "Номер eq 'x' )"])
def test_a_filter_that_compares_unlike_things_or_does_not_end_is_refused(text: str) -> None:
    with pytest.raises(ODataError) as refused:
        condition(text, lambda path: (KINDS[path], lambda row: row[path]))

    assert (refused.value.status, refused.value.code) == (400, 14)


def test_the_simulator_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "workers.integrations.onec.simulator", "--port", "0"]
    output = tmp_path / "output"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--data", str(tmp_path / "infobase.json")], stderr=sink, stdout=sink
        )
    try:
        address = _announced(output)
        health = httpx2.get(f"{address}/_simulator/health", trust_env=False, timeout=10)
    finally:
        process.terminate()
        process.wait(timeout=10)

    kept = json.loads((tmp_path / "infobase.json").read_text("utf-8"))
    organisations = kept["rows"]["Catalog_Организации"].values()
    assert health.json() == {"state": "ready", "name": "1C simulator"}
    assert COMPANY_INN in {row["ИНН"] for row in organisations}


def _announced(output: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for word in output.read_text("utf-8").split():
            if word.startswith("http://127.0.0.1:"):
                return word
        time.sleep(0.05)
    raise AssertionError(f"no address within 20 s: {output.read_text('utf-8')}{os.linesep}")
