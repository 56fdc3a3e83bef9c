"""Diagnosis of the connection to a simulated 1C in every state."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from workers.integrations.onec.doctor import Finding, Severity, examine, wrong_settings
from workers.integrations.onec.profile import UT11
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.demo import (
    COMPANY_INN,
    CONTRACTS,
    GARDENER_INN,
    ITEMS,
    MAKERS,
    ORGANISATIONS,
    SHIPMENTS,
    WAREHOUSES,
)
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.running import Running, running

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in OnecSettings.model_fields:
        monkeypatch.delenv(f"ONEC_{name.upper()}", raising=False)


def settings_for(onec: Running, **more: Any) -> OnecSettings:
    password = more.pop("password", onec.account.password)
    return OnecSettings(
        url=onec.publication, user=onec.account.login, password=SecretStr(password), **more
    )


def told(onec: Running, **more: Any) -> list[Finding]:
    return list(examine(settings_for(onec, **more)))


def troubles(findings: list[Finding]) -> list[str]:
    return [finding.sentence for finding in findings if finding.severity is Severity.PROBLEM]


def words(findings: list[Finding]) -> str:
    return "\n".join(finding.sentence for finding in findings)


def test_a_1c_that_is_ready_is_told_so_set_by_set(onec: Running) -> None:
    findings = told(onec, organisation_inn=COMPANY_INN)

    assert troubles(findings) == []
    for name in (CONTRACTS, SHIPMENTS, ORGANISATIONS, WAREHOUSES):
        assert f"{name}: опубликован" in words(findings)
    assert "без BOM" in words(findings)
    assert "ONEC_SESSION=true ускорит" in words(findings)
    assert "Организация с ИНН из ONEC_ORGANISATION_INN найдена" in words(findings)
    assert onec.control("POST", "end-sessions") == 0


def test_the_other_configuration_is_ready_under_its_own_profile_only() -> None:
    with running(Infobase("bp30")) as accounting:
        right = told(accounting, profile="bp30")
        wrong = troubles(told(accounting, profile="ut11"))

    assert troubles(right) == []
    assert [sentence.partition(":")[0] for sentence in wrong] == [
        CONTRACTS,
        SHIPMENTS,
        ITEMS,
        MAKERS,
    ]
    assert f"{CONTRACTS}: нет полей Контрагент_Key." in wrong[0]
    assert f"{SHIPMENTS}: нет полей Договор_Key." in wrong[1]


def test_a_set_that_is_not_published_is_named_and_the_others_are_looked_at(onec: Running) -> None:
    onec.set_faults(hidden_sets=[CONTRACTS, ORGANISATIONS])

    findings = told(onec, organisation_inn=COMPANY_INN)

    assert [sentence.partition(":")[0] for sentence in troubles(findings)] == [
        CONTRACTS,
        ORGANISATIONS,
    ]
    assert f"{SHIPMENTS}: опубликован" in words(findings)


def test_hidden_warehouses_are_no_trouble(onec: Running) -> None:
    onec.set_faults(hidden_sets=[WAREHOUSES])

    findings = told(onec)

    assert troubles(findings) == []
    assert f"{WAREHOUSES}: не опубликован" in words(findings)


def test_hidden_orders_are_no_trouble_and_what_is_lost_without_them_is_told(onec: Running) -> None:
    assert all(f"{name}: опубликован" in words(told(onec)) for name in UT11.order_needs)
    onec.set_faults(
        hidden_sets=[UT11.orders.goods_set], hidden_fields=[f"{ITEMS}/{UT11.items.unit}"]
    )

    findings = told(onec)

    assert troubles(findings) == []
    notes = [one.sentence for one in findings if "взять из заказа 1С" in one.sentence]
    assert len(notes) == 2
    assert f"{UT11.orders.goods_set}: не опубликован" in notes[0]
    assert f"{ITEMS}: нет полей ЕдиницаИзмерения_Key" in notes[1]


def test_every_missing_field_is_named(onec: Running) -> None:
    onec.set_faults(hidden_fields=[f"{SHIPMENTS}/Posted", f"{SHIPMENTS}/СуммаДокумента"])

    assert [sentence.partition(".")[0] for sentence in troubles(told(onec))] == [
        f"{SHIPMENTS}: нет полей Posted, СуммаДокумента"
    ]


def test_missing_rights_are_told_of_every_set(onec: Running) -> None:
    onec.set_faults(refusal="noRights")

    found = troubles(told(onec))

    assert len(found) == 6
    assert all("право чтения" in sentence for sentence in found)


def test_a_company_of_ours_that_1c_does_not_know_is_told(onec: Running) -> None:
    found = troubles(told(onec, organisation_inn=GARDENER_INN))

    assert len(found) == 1
    assert "ONEC_ORGANISATION_INN" in found[0]


def test_a_byte_order_mark_and_missing_sessions_are_noticed(onec: Running) -> None:
    onec.set_faults(bom=True, no_sessions=True)

    findings = told(onec)

    assert troubles(findings) == []
    assert "начинаются с BOM" in words(findings)
    assert "не даёт сеанса" in words(findings)
    assert "не сохраняется" in words(told(onec, session=True))


def test_a_session_that_is_kept_is_noticed(onec: Running) -> None:
    assert "между запросами сохраняется" in words(told(onec, session=True))


def test_a_slow_first_answer_is_measured(onec: Running) -> None:
    onec.set_faults(delay_seconds=0.4, times=1)

    measured = next(one.sentence for one in told(onec) if "Первый ответ" in one.sentence)

    first, second = (int(word) for word in measured.split() if word.isdecimal())
    assert first >= 400 > second


def test_a_wrong_password_is_tried_once_and_never_shown(onec: Running) -> None:
    findings = told(onec, password="не тот пароль")

    assert len(onec.journal()) == 1
    assert len(troubles(findings)) == 1
    assert "ONEC_PASSWORD" in words(findings)
    assert "не тот пароль" not in words(findings)
    assert onec.account.login not in words(findings)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unavailable", "1С недоступна"),
        ("noLicence", "нет свободной лицензии"),
        ("notFound", "по адресу ONEC_URL нет публикации"),
        ("forbidden", "запрещён веб-сервером"),
    ],
)
def test_a_1c_that_cannot_be_reached_is_told_and_left(onec: Running, fault: str, said: str) -> None:
    onec.set_faults(instead=fault)

    found = troubles(told(onec))

    assert len(found) == 1
    assert said in found[0]
    assert len(onec.journal()) == 1


def test_nobody_at_the_address_is_told() -> None:
    nowhere = OnecSettings(url="http://127.0.0.1:9/trade", user="u")

    assert ["нет связи" in sentence for sentence in troubles(list(examine(nowhere)))] == [True]


def test_no_row_of_1c_is_shown(onec: Running) -> None:
    said = words(told(onec, organisation_inn=COMPANY_INN))

    for name in ("Catalog_Контрагенты", CONTRACTS, SHIPMENTS, ORGANISATIONS):
        for row in onec.control("GET", f"rows/{name}"):
            shown = {row.get("Description"), row.get("ИНН"), row.get("Номер"), row.get("Number")}
            assert not any(value and len(value) > 4 and value in said for value in shown)


def test_without_1c_the_doctor_says_what_to_set() -> None:
    found = troubles(list(examine(OnecSettings())))

    assert len(found) == 1
    assert "ONEC_URL" in found[0]


def test_settings_that_cannot_be_meant_are_named_without_their_values() -> None:
    with pytest.raises(ValidationError) as wrong:
        OnecSettings(url="https://user:secret@1c.example/trade", user="u")

    found = troubles(list(wrong_settings(wrong.value)))

    assert len(found) == 1
    assert "ONEC_URL" in found[0]
    assert "secret" not in found[0]


def test_the_command_ends_with_0_when_all_is_well_and_with_1_otherwise(
    onec: Running, tmp_path: Path
) -> None:
    account = onec.account
    connected = {
        "ONEC_URL": onec.publication,
        "ONEC_USER": account.login,
        "ONEC_PASSWORD": account.password,
    }

    well, not_configured = _command(tmp_path, connected), _command(tmp_path, {})
    broken = _command(tmp_path, {"ONEC_URL": "1c.example"})

    assert (well.returncode, well.stderr) == (0, "")
    assert "1С готова к обмену" in well.stdout
    assert account.password not in well.stdout
    assert (not_configured.returncode, broken.returncode) == (1, 1)
    assert "ONEC_URL" in not_configured.stdout
    assert "ONEC_URL" in broken.stdout
    assert well.stdout.startswith("· Антивирус не подключён")


def test_the_command_says_that_files_are_not_taken_without_their_antivirus(
    onec: Running, tmp_path: Path
) -> None:
    account = onec.account
    connected = {
        "ONEC_URL": onec.publication,
        "ONEC_USER": account.login,
        "ONEC_PASSWORD": account.password,
    }

    silent = _command(tmp_path, {**connected, "API_CLAMD": "127.0.0.1:9"})
    wrong = _command(tmp_path, {**connected, "API_CLAMD": "clamav"})

    assert (silent.returncode, wrong.returncode) == (1, 1)
    assert silent.stdout.startswith("✗ Антивирус не отвечает")
    assert wrong.stdout.startswith("✗ Неверная настройка API")
    assert "1С готова к обмену" in silent.stdout


def _command(directory: Path, given: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "doctor"],
        cwd=directory,
        env={**os.environ, "DATA_DIR": str(directory), "PYTHONUTF8": "1", **given},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
