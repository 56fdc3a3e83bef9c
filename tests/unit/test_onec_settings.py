"""ONEC_*: what is refused at start, and which book is opened."""

import pytest
from pydantic import ValidationError

from workers.gateways.onec.contracts import ODataContractBook
from workers.gateways.onec.manual import ManualContractBook
from workers.gateways.onec.port import Found
from workers.gateways.onec.settings import OnecSettings, open_books
from workers.gateways.onec.simulator.demo import GARDENER_INN
from workers.gateways.onec.simulator.running import running


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
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
