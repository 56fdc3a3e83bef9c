"""E-mails over a real SMTP server: sent once, retried, never dropped."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import text

from db.domain.deals.entities import CLIENT, MailState
from db.store.database import connect
from tests.support.builders import a_deal
from tests.support.fakes.ports import FakePeople, Office, an_office
from workers.background.mail_sender import (
    LEASE,
    MailSender,
    MailServer,
    MisconfiguredMailServer,
    mail_server,
)
from workers.integrations.smtp import Smtp
from workers.ports.employees import Employee
from workers.settings import SmtpSettings, server_of

ADMIN = Employee("portalAdmin", "Анна Лебедева")


class Mailbox:
    """SMTP handler that stores e-mails; each configured reply is used once."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.senders: list[str] = []
        self.recipients: list[str] = []
        self.talks = 0
        self.mail_reply: str | None = None
        self.rcpt_reply: str | None = None
        self.data_reply: str | None = None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.talks += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        reply, self.mail_reply = self.mail_reply, None
        if reply:
            return reply
        envelope.mail_from = address
        self.senders.append(address)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        reply, self.rcpt_reply = self.rcpt_reply, None
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply, self.data_reply = self.data_reply, None
        if not reply:
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.contents.append(envelope.content)
        return reply or "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[Smtp]:
    """Local SMTP server with options of aiosmtpd."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield Smtp("127.0.0.1", "deals@pit.example", port=port, security="none")
    finally:
        controller.stop()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Smtp]:
    """Server without SMTPUTF8."""
    with serving(mailbox, enable_SMTPUTF8=False) as smtp:
        yield smtp


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path, people=FakePeople({"portalAdmins": [ADMIN]})) as office:
        yield office


def write(office: Office, **given: str) -> None:
    letter = {
        "message_id": "<D-1.round-1.termsAgreed.ivan@deals.invalid>",
        "recipient": "ivan",
        "address": "ivan@pit.example",
        "subject": "Условия согласованы: ООО «Садовый мир»",
        "body": "Свяжитесь с клиентом и выставьте счёт.",
        **given,
    }
    with office.database.writing() as store:
        store.mails.add(*letter.values())


def unsent(office: Office) -> list[Any]:
    with office.database.reading() as store:
        return list(store.mails.unsent())


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_sender(office: Office, server: MailServer, clock: Clock | None = None) -> MailSender:
    site = "https://deals.pit.example"
    return MailSender(office.database.writing, server, office.people, site, clock=clock or Clock())


def told(office: Office, login: str = ADMIN.login) -> list[str]:
    with office.database.reading() as store:
        return [one.text for one in store.notifications.of(login)]


def state(office: Office) -> tuple[MailState, str]:
    (mail,) = unsent(office)
    return mail.state, mail.last_error


def test_a_letter_arrives_in_russian_with_its_own_stable_id(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)

    tried = a_sender(office, server).round()

    letter = mailbox.letters[0]
    assert tried == 1
    assert letter["Message-ID"] == "<D-1.round-1.termsAgreed.ivan@deals.invalid>"
    assert letter["Subject"] == "Условия согласованы: ООО «Садовый мир»"
    assert letter["To"] == "ivan@pit.example"
    assert letter.get_content().strip() == "Свяжитесь с клиентом и выставьте счёт."
    assert unsent(office) == []


def test_a_client_gets_no_link_to_the_task_and_the_text_is_forgotten(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    deal = office.keep(a_deal())
    with office.database.writing() as store:
        letter = ("Стоимость ремонта", "https://deals.pit.example/offer/secret", deal)
        store.mails.add("<offer-1@deals.invalid>", CLIENT, "maria@example.ru", *letter, secret=True)

    a_sender(office, server).round()

    assert mailbox.letters[0].get_content().strip() == "https://deals.pit.example/offer/secret"
    with office.database.reading() as store:
        sent = store.mails.get(1)
    assert sent is not None
    assert (sent.state, sent.body) == (MailState.SENT, "")


def test_a_refused_letter_to_a_client_is_told_to_the_manager(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    deal = office.keep(a_deal(manager="engineer1"))
    with office.database.writing() as store:
        letter = ("Стоимость ремонта", "Текст", deal)
        store.mails.add("<offer-1@deals.invalid>", CLIENT, "nobody@example.ru", *letter)
    mailbox.rcpt_reply = "550 5.1.1 no such user"

    a_sender(office, server).round()

    (word,) = told(office, "engineer1")
    assert "Письмо клиенту" in word
    assert told(office) == []


def test_a_sent_letter_is_not_sent_again(office: Office, server: Smtp, mailbox: Mailbox) -> None:
    write(office)
    sender = a_sender(office, server)

    sender.round()
    sender.round()

    assert len(mailbox.letters) == 1


@pytest.mark.parametrize("reply", ["451 try later", "421 closing"])
@pytest.mark.parametrize("at", ["rcpt_reply", "data_reply"])
def test_a_busy_server_gets_the_letter_later(
    office: Office, server: Smtp, mailbox: Mailbox, at: str, reply: str
) -> None:
    write(office)
    setattr(mailbox, at, reply)

    a_sender(office, server).round()

    waiting = unsent(office)[0]
    assert waiting.state is MailState.WAITING
    assert waiting.attempts == 1
    assert (waiting.next_attempt_at - waiting.created_at).total_seconds() >= 45
    assert mailbox.letters == []


@pytest.mark.parametrize("at", ["rcpt_reply", "data_reply"])
def test_a_refused_letter_is_marked_and_an_administrator_is_told(
    office: Office, server: Smtp, mailbox: Mailbox, at: str
) -> None:
    write(office)
    setattr(mailbox, at, "550 no such mailbox")

    a_sender(office, server).round()

    with office.database.reading() as store:
        told = store.notifications.of(ADMIN.login)
    assert unsent(office)[0].state is MailState.FAILED
    assert "550" in unsent(office)[0].last_error
    assert "не принято почтовым сервером" in told[0].text


def test_a_server_that_is_down_costs_no_letter(office: Office) -> None:
    write(office)

    a_sender(office, Smtp("127.0.0.1", "deals@pit.example", port=1, security="none")).round()

    assert unsent(office)[0].state is MailState.WAITING


def test_a_server_without_tls_gets_no_letter_when_tls_is_demanded(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    strict = Smtp("127.0.0.1", "deals@pit.example", port=server.port, security="starttls")

    a_sender(office, strict).round()

    assert mailbox.letters == []
    assert unsent(office)[0].state is MailState.WAITING


def test_a_line_break_makes_no_header_and_no_second_recipient(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office, subject="Сделка\r\nBcc: thief@evil.example")
    write(office, message_id="<2@deals.invalid>", address="a@pit.example\r\nBcc: b@evil.example")
    sender = a_sender(office, server)

    sender.round()
    sender.round()

    assert mailbox.recipients == ["ivan@pit.example"]
    assert mailbox.letters[0]["Bcc"] is None
    assert unsent(office)[0].state is MailState.FAILED


def test_two_postmen_do_not_send_the_same_letter(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    with office.database.writing() as store:
        leased = store.mails.lease(LEASE)

    tried = a_sender(office, server).round()

    assert len(leased) == 1
    assert tried == 0


def test_without_a_host_there_is_no_server_and_letters_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SMTP_HOST", raising=False)

    assert server_of(SmtpSettings(_env_file=None)) is None


SENDER = "Сделки П.И.Т. <deals@pit.example>"


@pytest.mark.parametrize("modern", [True, False], ids=["SMTPUTF8", "plain"])
def test_a_sender_with_a_russian_name_needs_no_smtputf8(
    office: Office, mailbox: Mailbox, modern: bool
) -> None:
    write(office)

    with serving(mailbox, enable_SMTPUTF8=modern) as server:
        a_sender(office, replace(server, sender=SENDER)).round()

    assert unsent(office) == []
    assert mailbox.senders == ["deals@pit.example"]
    assert mailbox.letters[0]["From"].addresses[0].display_name == "Сделки П.И.Т."
    assert mailbox.letters[0]["From"].addresses[0].addr_spec == "deals@pit.example"
    assert mailbox.contents[0].isascii()


@pytest.mark.parametrize(
    "sender", ["deals", "", "Сделки <>", "a b@pit.example", "x@pit.example\r\nBcc: y@evil.example"]
)
def test_a_sender_that_is_no_address_makes_letters_wait(
    office: Office, server: Smtp, mailbox: Mailbox, sender: str
) -> None:
    write(office)

    a_sender(office, replace(server, sender=sender)).round()

    assert state(office)[0] is MailState.WAITING
    assert "SMTP_SENDER" in state(office)[1]
    assert mailbox.letters == []


def test_a_cyrillic_sender_waits_for_a_server_that_takes_it(
    office: Office, mailbox: Mailbox
) -> None:
    write(office)
    cyrillic = "отдел@почта.рф"

    with serving(mailbox, enable_SMTPUTF8=False) as plain:
        a_sender(office, replace(plain, sender=cyrillic)).round()
    waiting = state(office)
    again(office)
    with serving(mailbox, enable_SMTPUTF8=True) as modern:
        a_sender(office, replace(modern, sender=cyrillic)).round()

    assert waiting[0] is MailState.WAITING
    assert "SMTP_SENDER" in waiting[1]
    assert mailbox.senders == ["отдел@xn--80a1acny.xn--p1ai"]


@pytest.mark.parametrize("address", ["иван@pit.example", "не адрес", "и@[@пит.рф"])
def test_a_recipient_whom_the_server_cannot_spell_is_the_letters_own_failure(
    office: Office, mailbox: Mailbox, address: str
) -> None:
    write(office, address=address)

    with serving(mailbox, enable_SMTPUTF8=False) as plain:
        a_sender(office, plain).round()

    assert state(office)[0] is MailState.FAILED
    assert told(office)


@pytest.mark.parametrize(
    ("at", "reply"),
    [
        ("mail_reply", "550 5.1.8 no such sender domain"),
        ("mail_reply", "553 5.7.1 deals@pit.example: not owned by user"),
        ("mail_reply", "451 4.3.0 try later"),
        ("rcpt_reply", "554 5.7.1 <ivan@pit.example>: Relay access denied"),
        ("rcpt_reply", "530 5.7.0 Authentication required"),
        ("rcpt_reply", "553 5.1.8 <deals@pit.example>: Sender address rejected"),
        ("rcpt_reply", "554 no"),
        ("data_reply", "550 5.7.26 unauthenticated sender"),
    ],
)
def test_what_a_server_has_against_us_makes_letters_wait(
    office: Office, server: Smtp, mailbox: Mailbox, at: str, reply: str
) -> None:
    write(office)
    setattr(mailbox, at, reply)

    a_sender(office, server).round()

    found, why = state(office)
    assert found is MailState.WAITING
    assert reply[:3] in why
    assert "SMTP_" in why
    assert "@" not in why
    assert told(office) == []


@pytest.mark.parametrize(
    ("at", "reply"),
    [
        ("rcpt_reply", "550 5.1.1 <ivan@pit.example>: Recipient address rejected: User unknown"),
        ("rcpt_reply", "552 5.2.2 mailbox full"),
        ("rcpt_reply", "556 domain does not accept mail"),
        ("data_reply", "552 5.6.0 no such content"),
    ],
)
def test_what_a_server_has_against_the_recipient_fails_the_letter(
    office: Office, server: Smtp, mailbox: Mailbox, at: str, reply: str
) -> None:
    write(office)
    setattr(mailbox, at, reply)

    a_sender(office, server).round()

    assert state(office)[0] is MailState.FAILED
    assert "@" not in state(office)[1]
    assert len(told(office)) == 1


def test_a_refused_password_makes_letters_wait_and_is_not_tried_at_once_again(
    office: Office, mailbox: Mailbox
) -> None:
    for number in range(3):
        write(office, message_id=f"<{number}@deals.invalid>")
    clock = Clock()

    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with serving(mailbox, authenticator=refuse, auth_require_tls=False) as strict:
        sender = a_sender(office, replace(strict, user="deals", password="wrong"), clock)
        rounds = [sender.round() for _ in range(10)]
        clock.seconds += 37
        later = [sender.round() for _ in range(10)]

    assert (sum(rounds), sum(later)) == (1, 1)
    assert mailbox.talks == 2
    assert {mail.state for mail in unsent(office)} == {MailState.WAITING}
    errors = [mail.last_error for mail in unsent(office) if mail.last_error]
    assert len(errors) == 2
    assert all("535" in one and "SMTP_PASSWORD" in one for one in errors)
    assert not any("wrong" in one for one in errors)


def test_a_password_that_cannot_be_said_makes_letters_wait(
    office: Office, mailbox: Mailbox
) -> None:
    write(office)

    with serving(mailbox, auth_require_tls=False, authenticator=lambda *_: None) as strict:
        a_sender(office, replace(strict, user="deals", password="пароль")).round()

    assert state(office)[0] is MailState.WAITING
    assert "SMTP_PASSWORD" in state(office)[1]
    assert "пароль" not in state(office)[1]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_wrong_encryption_makes_letters_wait(office: Office, server: Smtp, security: Any) -> None:
    write(office)

    a_sender(office, replace(server, security=security)).round()

    assert state(office)[0] is MailState.WAITING
    assert "SMTP_SECURITY" in state(office)[1]


@pytest.mark.parametrize("port", [1, 0, 70000])
def test_a_wrong_port_makes_letters_wait(office: Office, server: Smtp, port: int) -> None:
    write(office)

    a_sender(office, replace(server, port=port)).round()

    assert state(office)[0] is MailState.WAITING
    assert "SMTP_PORT" in state(office)[1]


def test_a_greylisted_letter_goes_later_and_holds_up_no_other(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    write(office, message_id="<2@deals.invalid>")
    mailbox.rcpt_reply = "450 4.2.0 greylisted"
    sender = a_sender(office, server)

    assert [sender.round() for _ in range(3)] == [1, 1, 0]

    assert len(mailbox.letters) == 1
    assert state(office)[0] is MailState.WAITING


def test_letters_that_a_server_never_lets_through_hold_up_no_other(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    clock = Clock()
    sender = a_sender(office, server, clock)
    for number in range(3):
        write(office, message_id=f"<{number}@deals.invalid>", address="blocked@pit.example")
        mailbox.rcpt_reply = "554 5.7.1 policy"
        sender.round()
        clock.seconds += 3600
    again(office)
    write(office, message_id="<new@deals.invalid>")

    assert sender.round() == 1

    assert mailbox.recipients == ["ivan@pit.example"]


def test_a_letter_that_meets_a_bug_is_kept_told_of_and_holds_up_no_other(
    office: Office, tmp_path: Path
) -> None:
    class Broken:
        def send(self, mail: Any) -> None:
            raise AttributeError("a parser")

    write(office)
    write(office, message_id="<2@deals.invalid>")
    age(tmp_path, timedelta(hours=2))

    assert [a_sender(office, Broken()).round() for _ in range(3)] == [1, 1, 0]

    assert {(mail.state, mail.attempts) for mail in unsent(office)} == {(MailState.WAITING, 1)}
    assert "AttributeError" in told(office)[0]


def age(tmp_path: Path, by: timedelta) -> None:
    """Make every e-mail older."""
    connection = connect(f"sqlite:///{tmp_path / 'deals.sqlite3'}")
    with connection.begin() as begun:
        at = datetime.now(UTC) - by
        begun.execute(text("UPDATE mails SET created_at = :at"), {"at": at})
    connection.dispose()


def again(office: Office) -> None:
    """Resend every unsent e-mail as an administrator."""
    with office.database.writing() as store:
        for mail in store.mails.unsent():
            assert store.mails.resend(mail.id, ADMIN.login, datetime.now(UTC))


def test_a_failed_letter_is_sent_again_to_the_address_that_the_person_has_by_now(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    mailbox.rcpt_reply = "550 5.1.1 no such mailbox"
    sender = a_sender(office, server)
    sender.round()
    idle = sender.round()
    office.people.roles["salesManagers"] = [Employee("ivan", "Иван", "ivan.new@pit.example")]

    again(office)
    sender.round()

    assert idle == 0
    assert mailbox.recipients == ["ivan.new@pit.example"]
    assert mailbox.letters[0]["To"] == "ivan.new@pit.example"
    assert mailbox.letters[0]["Message-ID"] == "<D-1.round-1.termsAgreed.ivan@deals.invalid>"
    assert unsent(office) == []


def test_a_letter_refused_once_more_is_told_once_more(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    sender = a_sender(office, server)

    for _ in range(2):
        mailbox.rcpt_reply = "550 5.1.1 no such mailbox"
        sender.round()
        again(office)

    assert len(told(office)) == 2


def test_a_letter_that_was_sent_is_not_sent_again_even_if_asked(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    (mail,) = unsent(office)
    a_sender(office, server).round()

    with office.database.writing() as store:
        asked = store.mails.resend(mail.id, ADMIN.login, datetime.now(UTC))
        store.mails.failed(mail.id, "a sender whose lease ran out")
        store.mails.delayed(mail.id, "the same", timedelta(0))

    assert not asked
    assert unsent(office) == []


def test_asking_again_takes_no_letter_out_of_a_senders_hands(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    write(office)
    with office.database.writing() as store:
        store.mails.lease(LEASE)

    again(office)

    assert a_sender(office, server).round() == 0
    assert mailbox.letters == []


def test_letters_that_wait_long_are_told_once_a_day(office: Office, tmp_path: Path) -> None:
    write(office)
    hurried = MisconfiguredMailServer("Настройка SMTP_SENDER: нужен адрес.")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    connection = connect(f"sqlite:///{tmp_path / 'deals.sqlite3'}")
    with connection.begin() as begun:
        begun.execute(text("UPDATE mails SET created_at = :at"), {"at": long_ago})
    clock = Clock()
    sender = a_sender(office, hurried, clock)

    for _ in range(3):
        with connection.begin() as begun:
            begun.execute(text("UPDATE mails SET next_attempt_at = NULL"))
        clock.seconds += 3600
        assert sender.round() == 1
    connection.dispose()

    assert len(told(office)) == 1
    assert "SMTP_SENDER" in told(office)[0]


def test_wrong_settings_of_mail_make_letters_wait_and_deals_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMTP_HOST", "mail.pit.example")
    monkeypatch.setenv("SMTP_SENDER", "Сделки")
    write(office)

    configured = mail_server()
    assert configured is not None
    a_sender(office, configured).round()

    assert state(office) == (
        MailState.WAITING,
        "Настройка SMTP_SENDER: нужен адрес: deals@company.ru или Сделки <deals@company.ru>.",
    )


def test_a_letter_about_a_deal_has_a_link_to_it(
    office: Office, server: Smtp, mailbox: Mailbox
) -> None:
    with office.database.writing() as store:
        store.mails.add("<1@x>", "ivan", "ivan@pit.example", "Тема", "Текст.", "D-2026-00001")

    a_sender(office, server).round()

    text = mailbox.letters[0].get_content()
    assert "https://deals.pit.example/deals/D-2026-00001" in text


def test_a_server_that_hangs_up_in_the_middle_costs_no_letter(office: Office) -> None:
    write(office)
    with socket.create_server(("127.0.0.1", 0)) as rude:
        Thread(target=hang_up, args=(rude,), daemon=True).start()
        port = rude.getsockname()[1]

        a_sender(office, Smtp("127.0.0.1", SENDER, port=port, security="none")).round()

    assert state(office)[0] is MailState.WAITING


def hang_up(server: socket.socket) -> None:
    """Close the connection after MAIL FROM."""
    client, _ = server.accept()
    with client, client.makefile("rb") as said:
        client.sendall(b"220 hello\r\n")
        for line in said:
            if line.upper().startswith(b"MAIL"):
                return
            client.sendall(b"250 OK\r\n")
