"""Commands of `manage.py` that need no running suite."""

import sys
from pathlib import Path
from typing import Any

import pytest

import manage
from db.domain.deals.entities import MailState
from ops.local.shared_settings import OtherSettings, refuse_mixed_credentials
from tests.support.fakes.ports import Office, an_office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'deals.sqlite3'}")
    with an_office(tmp_path) as office:
        yield office


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str | None:
    """Returns: the sentence with which the command ended, if it failed."""
    monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
    try:
        manage.main()
    except SystemExit as ended:
        return str(ended.code)
    return None


def a_failed_letter(office: Office, number: int) -> int:
    with office.database.writing() as store:
        store.mails.add(f"<{number}@x>", "ivan", "ivan@pit.example", f"Тема {number}", "Текст")
        mail_id = store.mails.unsent()[-1].id
        store.mails.failed(mail_id, "Почтовый сервер отказал (код 550).")
    return mail_id


def states(office: Office) -> list[MailState]:
    with office.database.reading() as store:
        return [mail.state for mail in store.mails.unsent()]


def test_letters_that_did_not_go_are_listed_without_addresses(
    office: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = a_failed_letter(office, 1)

    assert run(monkeypatch, "mails") is None

    shown = capsys.readouterr().out
    assert f"{first}  отказ  ivan  «Тема 1», попыток: 1. Почтовый сервер отказал" in shown
    assert "@" not in shown


def test_letters_are_sent_again_by_number_or_all(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = a_failed_letter(office, 1), a_failed_letter(office, 2)

    one = run(monkeypatch, "mails", "--resend", str(first))
    after_one = states(office)
    every = run(monkeypatch, "mails", "--resend", "all")

    assert (one, every) == (None, None)
    assert after_one == [MailState.WAITING, MailState.FAILED]
    assert states(office) == [MailState.WAITING, MailState.WAITING]


@pytest.mark.parametrize(
    ("given", "words"),
    [("77", "Нет неотправленных писем с номерами: 77"), ("x", "Нужны номера"), ("9" * 50, "Нужны")],
)
def test_a_letter_that_is_not_there_is_told(
    office: Any, monkeypatch: pytest.MonkeyPatch, given: Any, words: str
) -> None:
    a_failed_letter(office, 1)

    assert words in (run(monkeypatch, "mails", "--resend", given) or "")
    assert states(office) == [MailState.FAILED]


@pytest.mark.parametrize(
    ("address", "other"), [("ONEC_URL", "https://b.example/t"), ("SMTP_HOST", "b.example")]
)
def test_a_password_of_the_file_is_not_sent_to_an_address_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, other: str
) -> None:
    monkeypatch.chdir(tmp_path)
    group = address.partition("_")[0]
    file = f"{address}=https://a.example/t\n{group}_USER=u\n{group}_PASSWORD=p\n"
    (tmp_path / ".env").write_text(file)
    monkeypatch.setenv(address, other)

    with pytest.raises(OtherSettings, match=f"{group}_USER, {group}_PASSWORD"):
        refuse_mixed_credentials()

    monkeypatch.setenv(f"{group}_USER", "v")
    monkeypatch.setenv(f"{group}_PASSWORD", "q")
    refuse_mixed_credentials()
