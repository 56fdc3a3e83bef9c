"""The made-up company comes once, into an empty database, with the simulated 1C only."""

import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.local.company import MadeUpCompany
from ops.local.settings import SuiteSettings
from ops.local.stack import Suite, banner
from tests.support.builders import a_deal
from tests.support.fakes.ports import Office

SECONDS = 60.0


class Told:
    """What a player says when it ends by itself."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._said = threading.Event()

    def __call__(self, words: str) -> None:
        self.words.append(words)
        self._said.set()

    def wait(self) -> str:
        assert self._said.wait(SECONDS)
        return self.words[-1]


def company(folder: Path, code: str) -> MadeUpCompany:
    command = [sys.executable, "-c", code]
    return MadeUpCompany(command, folder / "company.state", folder / "logs" / "company.log")


def test_it_comes_once(office: Office, tmp_path: Path) -> None:
    told = Told()
    first = company(tmp_path, "print('played')")
    assert first.is_due(office.database)

    first.begin(told)

    assert "за работой" in told.wait()
    assert (tmp_path / "logs" / "company.log").read_text() == "played\n"
    assert not company(tmp_path, "").is_due(office.database)


def test_it_goes_on_where_it_failed(office: Office, tmp_path: Path) -> None:
    told, again = Told(), Told()

    company(tmp_path, "raise SystemExit(1)").begin(told)
    assert "Продолжит при следующем запуске" in told.wait()
    office.keep(a_deal(id=""))  # its own deals do not end it

    second = company(tmp_path, "")
    assert second.is_due(office.database)
    second.begin(again)
    assert "за работой" in again.wait()
    assert not second.is_due(office.database)


def test_a_stop_ends_it_silently_until_the_next_start(office: Office, tmp_path: Path) -> None:
    told = Told()
    playing = company(tmp_path, "import time; print('begun', flush=True); time.sleep(600)")
    playing.begin(told)
    process = playing._process
    assert process is not None

    playing.stop()
    playing.stop()

    assert process.poll() is not None
    assert told.words == []
    assert playing.is_due(office.database)


def test_where_people_have_deals_it_does_not_come(office: Office, tmp_path: Path) -> None:
    office.keep(a_deal(id=""))

    assert not company(tmp_path, "").is_due(office.database)


@pytest.mark.parametrize(
    ("given", "comes"),
    [({}, True), ({"demo": False}, False), ({"onec_url": "http://127.0.0.1:9/trade"}, False)],
)
def test_no_real_installation_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Mapping[str, Any], comes: bool
) -> None:
    monkeypatch.setattr(MadeUpCompany, "is_due", lambda *_: True)
    begun: list[MadeUpCompany] = []
    monkeypatch.setattr(MadeUpCompany, "begin", lambda self, _: begun.append(self))
    settings = SuiteSettings(_env_file=None, data_dir=tmp_path, **given)

    assert Suite(settings)._settle_company() is comes

    assert len(begun) == comes


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, True), ({"demo": False}, False), ({"onec_url": "http://127.0.0.1:9/trade"}, False)],
)
def test_the_api_of_no_real_installation_knows_a_simulator(
    tmp_path: Path, given: Mapping[str, Any], told: bool
) -> None:
    suite = Suite(SuiteSettings(_env_file=None, data_dir=tmp_path, **given))

    _, environment = suite._api()

    simulator = environment.get("API_ONEC_SIMULATOR_URL")
    assert simulator == (suite.onec_url if told else None)


def test_the_hint_says_what_happens(tmp_path: Path) -> None:
    settings = SuiteSettings(_env_file=None, data_dir=tmp_path)

    assert "сами появляются" in banner(settings, settled=True)
    assert "STORY=company" in banner(settings)


def test_the_hint_names_the_button_beside_the_simulator_only(tmp_path: Path) -> None:
    simulated = SuiteSettings(_env_file=None, data_dir=tmp_path)
    real = SuiteSettings(_env_file=None, data_dir=tmp_path, onec_url="http://127.0.0.1:9/trade")

    assert "Создать в 1С" in banner(simulated)
    assert "Создать в 1С" not in banner(real)
