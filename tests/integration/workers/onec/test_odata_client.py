"""The OData client against a simulated 1C that misbehaves, over real HTTP."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.domain.errors import Unavailable
from workers.integrations.onec.odata.client import Limits, ODataClient
from workers.integrations.onec.odata.literals import address, guid, text
from workers.integrations.onec.odata.responses import RowUnknown, error_of, parse_body
from workers.integrations.onec.odata.row_reader import ODataRow
from workers.integrations.onec.simulator.demo import GARDENER_INN
from workers.integrations.onec.simulator.running import Running
from workers.ports.onec_errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)

CLIENTS = "Catalog_Контрагенты"
NEVER = timedelta(milliseconds=1)
HASTY = Limits(connect=1, read=0.3, total=1.0, pause=NEVER)
CALM = Limits(connect=5, read=10, total=15, pause=NEVER)


@pytest.fixture
def client(onec: Running) -> Iterator[ODataClient]:
    with a_client(onec) as client:
        yield client


@contextmanager
def a_client(onec: Running, limits: Limits = CALM, **more: Any) -> Iterator[ODataClient]:
    password = more.pop("password", onec.account.password)
    with ODataClient(
        onec.publication, onec.account.login, password, limits=limits, **more
    ) as client:
        yield client


def inns(client: ODataClient, where: str = "") -> set[str]:
    return {row.text("ИНН") for row in client.rows(CLIENTS, select=("ИНН",), where=where)}


def test_a_cyrillic_question_of_a_cyrillic_login_is_answered(client: ODataClient) -> None:
    assert inns(client, f"ИНН eq {text(GARDENER_INN)}") == {GARDENER_INN}


def test_spaces_travel_as_percent_20_because_1c_takes_a_plus_literally(
    client: ODataClient, onec: Running
) -> None:
    inns(client, f"ИНН eq {text(GARDENER_INN)} and DeletionMark eq false")

    query = onec.journal()[-1]["query"]
    assert "%20eq%20" in query
    assert "+" not in query
    assert "$filter=" in query


def test_a_quote_and_a_plus_inside_a_value_stay_a_value(client: ODataClient) -> None:
    name = text("O'Neil + Co & Sons #1 100%")

    assert inns(client, f"Description eq {name}") == set()


def test_an_address_is_written_by_hand() -> None:
    key = str(UUID(int=1))

    written = address("http://1c/base", f"Catalog_Я({guid(key)})", {"$filter": "Имя eq 'a+b'"})

    assert written == (
        "http://1c/base/Catalog_%D0%AF(guid'00000000-0000-0000-0000-000000000001')"
        "?$filter=%D0%98%D0%BC%D1%8F%20eq%20'a%2Bb'"
    )


def test_long_answers_are_read_page_by_page_without_losing_or_repeating_a_row(
    onec: Running,
) -> None:
    with a_client(onec) as whole, a_client(onec, Limits(page=2)) as paged:
        expected = [row.text("Ref_Key") for row in whole.rows(CLIENTS, select=("Ref_Key",))]
        found = [row.text("Ref_Key") for row in paged.rows(CLIENTS, select=("Ref_Key",))]
        three = paged.rows(CLIENTS, select=("Ref_Key",), limit=3)

    assert found == expected
    assert len(three) == 3


def test_more_pages_than_can_be_meant_are_not_read(onec: Running) -> None:
    with a_client(onec, Limits(page=1, pages=3)) as client, pytest.raises(OnecMisconfigured):
        inns(client)


@pytest.mark.parametrize("switch", ["bom", "charset_lies"])
def test_a_byte_order_mark_and_a_lying_charset_change_nothing(
    client: ODataClient, onec: Running, switch: str
) -> None:
    onec.set_faults(**{switch: True})

    rows = client.rows(CLIENTS, select=("Description",), where=f"ИНН eq {text(GARDENER_INN)}")

    assert [row.text("Description") for row in rows] == ["Садовый мастер ООО"]


def test_a_row_is_found_by_its_key_and_a_missing_one_is_none(client: ODataClient) -> None:
    known = client.rows(CLIENTS, select=("Ref_Key",), limit=1)[0].key("Ref_Key")

    row = client.row(CLIENTS, known, select=("Ref_Key", "ИНН"))

    assert row is not None
    assert row.key("Ref_Key") == known
    assert client.row(CLIENTS, str(uuid4()), select=("Ref_Key",)) is None


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"instead": "noLicence"}, OnecUnavailable),
        ({"instead": "unavailable"}, OnecUnavailable),
        ({"instead": "badGateway"}, OnecUnavailable),
        ({"instead": "noSession"}, OnecUnavailable),
        ({"outcome_unknown": True}, OnecUnavailable),
        ({"bent": "html"}, OnecUnavailable),
        ({"bent": "cutJson"}, OnecUnavailable),
        ({"bent": "cutConnection"}, OnecUnavailable),
        ({"bent": "empty"}, OnecUnavailable),
        ({"bent": "windows1251"}, OnecUnavailable),
        ({"bent": "nan"}, OnecUnavailable),
        ({"bent": "shapeless"}, OnecUnavailable),
        ({"bent": "huge"}, OnecUnavailable),
        ({"instead": "wrongLogin"}, OnecLoginRefused),
        ({"instead": "forbidden"}, OnecMisconfigured),
        ({"instead": "notFound"}, OnecMisconfigured),
        ({"refusal": "noRights"}, OnecMisconfigured),
        ({"hidden_sets": [CLIENTS]}, OnecMisconfigured),
        ({"refusal": "rejected"}, OnecRejected),
    ],
)
def test_every_trouble_of_1c_is_told_apart_by_who_must_act(
    client: ODataClient, onec: Running, faults: dict[str, Any], expected: type[Exception]
) -> None:
    onec.set_faults(**faults)

    with pytest.raises(expected) as trouble_:
        client.rows(CLIENTS, select=("ИНН", "Description"))
    assert type(trouble_.value) is expected

    assert isinstance(trouble_.value, Unavailable) == (expected is OnecUnavailable)


def odata_error(code: int, words: str = "слова") -> bytes:
    message = {"lang": "ru", "value": words}
    error = {"odata.error": {"code": str(code), "message": message}}
    return json.dumps(error, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, odata_error(8), OnecMisconfigured),
        (404, odata_error(9), RowUnknown),
        (400, odata_error(0), OnecMisconfigured),
        (400, odata_error(1), OnecMisconfigured),
        (400, odata_error(6), OnecMisconfigured),
        (400, odata_error(14), OnecMisconfigured),
        (405, odata_error(19), OnecMisconfigured),
        (401, odata_error(20), OnecMisconfigured),
        (500, odata_error(-1), OnecRejected),
        (400, odata_error(-1), OnecRejected),
        (500, odata_error(15), OnecRejected),
        (500, odata_error(-1, "Не найдена лицензия"), OnecUnavailable),
        (500, b"<html>\xcd\xe5</html>", OnecUnavailable),
        (400, b"<html></html>", OnecUnavailable),
        (401, b"<html></html>", OnecLoginRefused),
        (302, b"", OnecMisconfigured),
        (404, b"\xef\xbb\xbf" + odata_error(9), RowUnknown),
        (404, b"<m:error xmlns:m='x'><m:code>9</m:code></m:error>", RowUnknown),
        (500, b'{"odata.error": null}', OnecUnavailable),
        (500, b"[" * 100_000, OnecUnavailable),
    ],
)
def test_the_code_of_an_error_decides_what_it_means(
    status: int, body: bytes, expected: type[Exception]
) -> None:
    assert type(error_of(status, body)) is expected


def test_the_words_of_1c_stay_out_of_the_message_that_goes_to_logs() -> None:
    error = error_of(500, odata_error(-1, "Контрагент 540000201912 Иванов"))

    assert isinstance(error, OnecRejected)
    assert "Иванов" not in str(error)
    assert "Иванов" in error.detail


@pytest.mark.parametrize(
    ("header", "seconds"), [(30, 30), (86_400, 900), (None, 60), ("Wed, 21 Oct", 60)]
)
def test_the_pause_that_a_server_asks_for_is_kept_within_reason(
    header: int | str | None, seconds: int
) -> None:
    error = error_of(503, b"", None if header is None else str(header))

    assert isinstance(error, OnecUnavailable)
    assert error.retry_after == timedelta(seconds=seconds)


def test_the_pause_of_a_busy_server_reaches_the_caller(client: ODataClient, onec: Running) -> None:
    onec.set_faults(instead="unavailable", retry_after=17)

    with pytest.raises(OnecUnavailable) as busy:
        inns(client)

    assert busy.value.retry_after == timedelta(seconds=17)


def test_a_field_that_the_configuration_does_not_have_is_a_matter_of_settings(
    client: ODataClient,
) -> None:
    with pytest.raises(OnecMisconfigured, match="ONEC_PROFILE"):
        client.rows(CLIENTS, select=("НетТакогоПоля",))


def test_after_one_refused_login_1c_is_not_asked_again(onec: Running) -> None:
    with a_client(onec, password="не тот") as client:
        for _ in range(3):
            with pytest.raises(OnecLoginRefused):
                inns(client)

    assert len(onec.journal()) == 1


def test_a_password_that_was_mended_in_1c_is_tried_again_after_a_pause(onec: Running) -> None:
    with a_client(onec, replace(CALM, login_pause=timedelta(0))) as client:
        onec.set_faults(instead="wrongLogin", times=1)
        with pytest.raises(OnecLoginRefused):
            inns(client)

        assert GARDENER_INN in inns(client)


class Shifting(BaseHTTPRequestHandler):
    """1C with two rows on a page, where a new first row pushes the others on between two pages."""

    def do_GET(self) -> None:
        start = 1 if "skip=2&" in self.path else 0
        rows = [{"Ref_Key": str(UUID(int=number))} for number in range(start, start + 2 - start)]
        body = json.dumps({"value": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_a_row_that_was_pushed_into_the_next_page_is_there_once() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shifting) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/trade"
        with ODataClient(address, "login", "password", limits=replace(CALM, page=2)) as client:
            rows = client.rows(CLIENTS, select=("Ref_Key",))
        server.shutdown()

    assert [row.key("Ref_Key") for row in rows] == [str(UUID(int=0)), str(UUID(int=1))]


def test_several_threads_with_a_wrong_password_knock_once(onec: Running) -> None:
    with a_client(onec, password="не тот") as client:
        refusals: list[OnecLoginRefused] = []
        threads = [threading.Thread(target=_refused, args=(client, refusals)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    assert len(refusals) == 6
    assert len(onec.journal()) == 1


def _refused(client: ODataClient, refusals: list[OnecLoginRefused]) -> None:
    try:
        inns(client)
    except OnecLoginRefused as refused:
        refusals.append(refused)


def test_missing_rights_on_one_set_do_not_stop_the_others(
    client: ODataClient, onec: Running
) -> None:
    onec.set_faults(refusal="noRights", times=1)
    with pytest.raises(OnecMisconfigured):
        inns(client)

    assert inns(client)


def test_a_slow_1c_is_left_after_the_time_allowed_and_not_asked_twice(onec: Running) -> None:
    onec.set_faults(delay_seconds=2)

    with a_client(onec, HASTY) as client, pytest.raises(OnecUnavailable, match="вовремя"):
        inns(client)

    assert len(onec.journal()) == 1


def test_an_answer_that_drips_in_is_left_as_well(onec: Running) -> None:
    onec.set_faults(bent="drip")
    started = time.monotonic()

    with a_client(onec, HASTY) as client, pytest.raises(OnecUnavailable, match="долго"):
        inns(client)

    assert time.monotonic() - started < 3


def test_a_connection_that_breaks_once_is_not_even_noticed(
    client: ODataClient, onec: Running
) -> None:
    onec.set_faults(bent="cutConnection", times=1)

    assert inns(client)
    assert len(onec.journal()) == 2


def test_a_connection_that_breaks_again_is_reported_after_one_repeat(
    client: ODataClient, onec: Running
) -> None:
    onec.set_faults(bent="cutConnection")

    with pytest.raises(OnecUnavailable, match="связи"):
        inns(client)

    assert len(onec.journal()) == 2


def test_a_1c_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with (
        ODataClient(f"http://127.0.0.1:{port}/trade", "u", "p", limits=HASTY) as client,
        pytest.raises(OnecUnavailable, match="связи"),
    ):
        inns(client)


def test_a_dead_1c_is_left_alone_for_a_while_and_then_asked_again(onec: Running) -> None:
    limits = Limits(failures=2, pause=timedelta(seconds=0.5))
    onec.set_faults(instead="unavailable")
    with a_client(onec, limits) as client:
        for _ in range(5):
            with pytest.raises(OnecUnavailable):
                inns(client)
        asked = len(onec.journal())
        onec.set_faults()
        found = _once_the_pause_is_over(client)

    assert asked == 2
    assert GARDENER_INN in found


def _once_the_pause_is_over(client: ODataClient) -> set[str]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            return inns(client)
        except OnecUnavailable as early:
            time.sleep(early.retry_after.total_seconds())
    raise AssertionError("1C was not asked again within 5 s")


def test_no_more_calls_at_a_time_than_there_are_licences_for(onec: Running) -> None:
    with a_client(onec, Limits(parallel=2, pause=NEVER)) as client:
        inns(client)
        onec.set_faults(delay_seconds=0.3)
        started = time.monotonic()
        threads = [threading.Thread(target=inns, args=(client,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    assert time.monotonic() - started > 0.55


def test_a_session_is_kept_between_calls_and_opened_anew_when_1c_has_ended_it(
    onec: Running,
) -> None:
    with a_client(onec, session=True) as client:
        first, second = inns(client), inns(client)
        ended = onec.control("POST", "end-sessions")
        third = inns(client)

    assert first == second == third
    assert ended == 1
    assert onec.control("POST", "end-sessions") == 0


def test_no_tax_number_reaches_the_log(
    client: ODataClient, onec: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    inns(client, f"ИНН eq {text(GARDENER_INN)}")
    onec.set_faults(refusal="rejected")
    with pytest.raises(OnecRejected):
        inns(client, f"ИНН eq {text(GARDENER_INN)}")

    assert "refused" in caplog.text
    assert GARDENER_INN not in caplog.text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"125400.5", "125400.50"),
        (b"0.1", "0.10"),
        (b"1e3", "1000.00"),
        (b"15", "15.00"),
        (b'"99000.00"', "99000.00"),
        (b"-12.34", "-12.34"),
        (b'""', None),
        (b"null", None),
    ],
)
def test_a_sum_keeps_the_digits_that_1c_wrote(written: bytes, meant: str | None) -> None:
    amount = ODataRow(parse_body(b'{"S": ' + written + b"}")).money("S")

    assert amount == (None if meant is None else Decimal(meant))
    assert meant is None or str(amount) == meant


@pytest.mark.parametrize("written", [b"true", b'"many"', b"[]", b'"NaN"', b'"1,5"', b"1e400"])
def test_what_is_no_sum_is_never_taken_for_one(written: bytes) -> None:
    row = ODataRow(parse_body(b'{"S": ' + written + b"}"))

    with pytest.raises(OnecUnavailable, match="S"):
        row.money("S")


def test_a_number_beyond_all_numbers_is_no_data() -> None:
    with pytest.raises(OnecUnavailable):
        parse_body(b'{"S": 1e99999999999999999999}')


@pytest.mark.parametrize("written", [f'"{UUID(int=0)}"', "null", '""'])
def test_an_empty_reference_is_none_however_it_is_written(written: str) -> None:
    assert ODataRow(parse_body(f'{{"R": {written}}}'.encode())).reference("R") is None
