"""Settings `ONEC_*`: validation, choice of the gateways, and reload."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from db.domain.errors import Unavailable
from tests.support.fakes.onec import find
from workers.integrations.onec.gateways import open_gateways, open_reloading_gateways
from workers.integrations.onec.manual import ManualGateway
from workers.integrations.onec.odata_gateway import ODataGateway
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.demo import GARDENER_INN
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec import Found, OnecGateways
from workers.ports.onec_errors import OnecLoginRefused, OnecMisconfigured


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in OnecSettings.model_fields:
        monkeypatch.delenv(f"ONEC_{name.upper()}", raising=False)


def test_without_an_address_numbers_are_taken_as_entered_and_marked_unverified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONEC_URL", "")
    gateway = open_gateways(OnecSettings()).contracts

    answer = find(gateway, GARDENER_INN, "  ПТ-2026-014 ", kpp="540001001")

    assert isinstance(gateway, ManualGateway)
    assert isinstance(answer, Found)
    assert not answer.verified
    assert answer.record.ref_key is None
    assert (answer.record.number, answer.record.inn) == ("ПТ-2026-014", GARDENER_INN)


def test_with_an_address_1c_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", f"{onec.publication}/odata/standard.odata/")
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", onec.account.password)
        gateway = open_gateways(OnecSettings()).contracts

        answer = find(gateway, GARDENER_INN, "ПТ-2026-014")
        gateway.close()

    assert isinstance(gateway, ODataGateway)
    assert isinstance(answer, Found)
    assert answer.verified


def test_without_an_address_shipments_are_taken_as_entered_and_nothing_is_known_about_them() -> (
    None
):
    gateways = open_gateways(OnecSettings())

    answer = find(gateways.shipments, GARDENER_INN, " ПТУТ-000123 ")

    assert isinstance(answer, Found)
    assert not answer.verified
    assert (answer.record.number, answer.record.ref_key) == ("ПТУТ-000123", None)
    assert not gateways.shipments.verifies
    assert not gateways.contracts.verifies
    with pytest.raises(Unavailable):
        gateways.shipments.fetch([str(uuid4())])
    with pytest.raises(Unavailable):
        gateways.contracts.fetch([str(uuid4())])


def test_both_books_of_an_infobase_share_one_refused_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", onec.publication)
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", "не тот")
        gateways = open_gateways(OnecSettings())

        with pytest.raises(OnecLoginRefused):
            gateways.contracts.check()
        with pytest.raises(OnecLoginRefused):
            gateways.shipments.check()
        gateways.close()

        assert len(onec.journal()) == 1


def test_books_end_the_session_that_they_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as onec:
        monkeypatch.setenv("ONEC_URL", onec.publication)
        monkeypatch.setenv("ONEC_USER", onec.account.login)
        monkeypatch.setenv("ONEC_PASSWORD", onec.account.password)
        monkeypatch.setenv("ONEC_SESSION", "true")
        gateways = open_gateways(OnecSettings())
        gateways.check()
        gateways.close()
        gateways.close()

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


@pytest.fixture
def onec() -> Iterator[Running]:
    with running() as onec:
        yield onec


def save(onec: Running, **changed: str) -> None:
    """`.env` as an administrator writes it."""
    known = {"url": onec.publication, "user": onec.account.login, "password": onec.account.password}
    lines = [f"ONEC_{name.upper()}={value}" for name, value in {**known, **changed}.items()]
    Path(".env").write_text("\n".join(lines), encoding="utf-8")


def written(onec: Running, **changed: str) -> OnecSettings:
    save(onec, **changed)
    return OnecSettings()


@contextmanager
def current(settings: OnecSettings) -> Iterator[OnecGateways]:
    with closing(open_reloading_gateways(settings)) as gateways:
        yield gateways


def test_a_mended_password_is_used_by_the_next_question(onec: Running) -> None:
    with current(written(onec, password="не тот")) as gateways:
        for _ in range(2):
            with pytest.raises(OnecLoginRefused, match="повторите шаг"):
                find(gateways.contracts, GARDENER_INN, "ПТ-2026-014")
        assert len(onec.journal()) == 1

        save(onec)

        assert isinstance(find(gateways.contracts, GARDENER_INN, "ПТ-2026-014"), Found)
        gateways.shipments.check()


def test_an_address_that_was_wrong_is_mended_without_a_restart(onec: Running) -> None:
    with current(written(onec, url=f"{onec.publication}-old")) as gateways:
        with pytest.raises(OnecMisconfigured, match="нет публикации"):
            gateways.check()

        save(onec)

        gateways.check()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": ""}, "ONEC_URL убран"),
        ({"url": "trade"}, "ONEC_URL"),
        ({"infobase": "branch"}, "ONEC_INFOBASE"),
        ({"user": ""}, r"негодные настройки ONEC_\*"),
    ],
)
def test_settings_that_are_half_written_take_no_number_unverified(
    onec: Running, changed: dict[str, str], words: str
) -> None:
    with current(written(onec)) as gateways:
        save(onec, **changed)

        with pytest.raises(OnecMisconfigured, match=words):
            find(gateways.contracts, GARDENER_INN, "ПТ-2026-014")

        save(onec)
        assert isinstance(find(gateways.contracts, GARDENER_INN, "ПТ-2026-014"), Found)


def test_settings_saved_in_another_encoding_are_no_bug(onec: Running) -> None:
    with current(written(onec)) as gateways:
        Path(".env").write_text("# пароль для обмена", encoding="cp1251")

        with pytest.raises(OnecMisconfigured, match="UTF-8"):
            find(gateways.contracts, GARDENER_INN, "ПТ-2026-014")

        save(onec)
        gateways.check()


def test_without_an_address_at_the_start_numbers_are_taken_as_entered_all_the_time(
    onec: Running,
) -> None:
    with current(OnecSettings()) as gateways:
        save(onec)

        assert not gateways.contracts.verifies


def test_books_that_were_replaced_are_closed_at_the_end(onec: Running) -> None:
    with current(written(onec, session="true")) as gateways:
        gateways.check()
        save(onec, session="true", allowed_only="true")
        gateways.check()

    queries = [asked["query"] for asked in onec.journal()]
    assert queries[-2:] == ["", ""]  # both sessions are ended
    assert "allowedOnly=true" in queries[-3]
