"""ONEC_*: what is refused at start, and which book is opened."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from workers.gateways.onec.contracts import ODataContractBook
from workers.gateways.onec.errors import OnecLoginRefused
from workers.gateways.onec.manual import ManualContractBook
from workers.gateways.onec.port import Found
from workers.gateways.onec.settings import OnecSettings, open_books
from workers.gateways.onec.shipment_port import ShipmentFound
from workers.gateways.onec.simulator.demo import GARDENER_INN
from workers.gateways.onec.simulator.running import running


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in OnecSettings.model_fields:
        monkeypatch.delenv(f"ONEC_{name.upper()}", raising=False)


def test_without_an_address_numbers_are_taken_as_entered_and_marked_unverified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONEC_URL", "")
    book = open_books(OnecSettings()).contracts

    answer = book.find_contract(GARDENER_INN, "540001001", "  ПТ-2026-014 ")

    assert isinstance(book, ManualContractBook)
    assert isinstance(answer, Found)
    assert not answer.verified
    assert answer.contract.ref_key is None
    assert (answer.contract.number, answer.contract.inn) == ("ПТ-2026-014", GARDENER_INN)


def test_with_an_address_1c_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", f"{onec.publication}/odata/standard.odata/")
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", onec.account.password)
        book = open_books(OnecSettings()).contracts

        answer = book.find_contract(GARDENER_INN, None, "ПТ-2026-014")
        book.close()

    assert isinstance(book, ODataContractBook)
    assert isinstance(answer, Found)
    assert answer.verified


def test_without_an_address_shipments_are_taken_as_entered_and_nothing_is_known_about_them() -> (
    None
):
    books = open_books(OnecSettings())

    answer = books.shipments.find_shipment(GARDENER_INN, " ПТУТ-000123 ", since=date(2026, 1, 1))

    assert isinstance(answer, ShipmentFound)
    assert not answer.verified
    assert (answer.shipment.number, answer.shipment.ref_key) == ("ПТУТ-000123", None)
    assert not books.shipments.verifies
    assert not books.contracts.verifies
    assert books.shipments.shipments_now([uuid4()]) == books.contracts.contracts_now([]) == {}


def test_both_books_of_an_infobase_share_one_refused_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", onec.publication)
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", "не тот")
        books = open_books(OnecSettings())

        with pytest.raises(OnecLoginRefused):
            books.contracts.check()
        with pytest.raises(OnecLoginRefused):
            books.shipments.check()
        books.close()

        assert len(onec.journal()) == 1


def test_books_end_the_session_that_they_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", onec.publication)
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", onec.account.password)
        monkeypatch.setenv("ONEC_SESSION", "true")
        books = open_books(OnecSettings())
        books.check()
        books.close()
        books.close()

        assert onec.control("POST", "end-sessions") == 0


def test_settings_are_read_from_the_file_beside_the_suite(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8001\nONEC_URL=https://1c.example/trade\nONEC_USER=u\n")

    assert OnecSettings().url == "https://1c.example/trade"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONEC_URL", "1c.example.ru/trade"),
        ("ONEC_URL", "ftp://1c.example.ru/trade"),
        ("ONEC_URL", "https://user:secret@1c.example.ru/trade"),
        ("ONEC_URL", "https://1c.example.ru/trade?x=1"),
        ("ONEC_PROFILE", "ut10"),
        ("ONEC_ORGANISATION_INN", "7700001011"),
        ("ONEC_TIMEZONE", "Москва"),
        ("ONEC_TIMEZONE", "../etc/passwd"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("ONEC_USER", "u")
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        OnecSettings()


def test_an_address_without_a_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEC_URL", "https://1c.example.ru/trade")

    with pytest.raises(ValidationError, match="ONEC_USER"):
        OnecSettings()


def test_the_password_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEC_PASSWORD", "тайна")

    assert "тайна" not in repr(OnecSettings())
