"""Letters over a real SMTP conversation: sent once, kept while they wait, never dropped."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from db.domain.records import MailState
from tests.fakes import FakePeople, Office, an_office
from workers.gateways.mail import Smtp
from workers.mail import LEASE, Postman
from workers.services import Person
from workers.settings import SmtpSettings, mail_server

ADMIN = Person("portalAdmin", "Анна Лебедева")


class Mailbox:
    """Takes letters; answers each command with the reply it was told, once."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.rcpt_reply: str | None = None
        self.data_reply: str | None = None

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
        return reply or "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Smtp]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield Smtp("127.0.0.1", "deals@pit.example", port=port, security="none")
    controller.stop()


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


def a_postman(office: Office, server: Smtp) -> Postman:
    return Postman(office.database.writing, server, office.people)


def test_a_letter_arrives_in_russian_with_its_own_stable_id(office, server, mailbox):
    write(office)

    tried = a_postman(office, server).round()

    letter = mailbox.letters[0]
    assert tried == 1
    assert letter["Message-ID"] == "<D-1.round-1.termsAgreed.ivan@deals.invalid>"
    assert letter["Subject"] == "Условия согласованы: ООО «Садовый мир»"
    assert letter["To"] == "ivan@pit.example"
    assert letter.get_content().strip() == "Свяжитесь с клиентом и выставьте счёт."
    assert unsent(office) == []


def test_a_sent_letter_is_not_sent_again(office, server, mailbox):
    write(office)
    postman = a_postman(office, server)

    postman.round()
    postman.round()

    assert len(mailbox.letters) == 1


@pytest.mark.parametrize("reply", ["451 try later", "421 closing"])
@pytest.mark.parametrize("at", ["rcpt_reply", "data_reply"])
def test_a_busy_server_gets_the_letter_later(office, server, mailbox, at, reply):
    write(office)
    setattr(mailbox, at, reply)

    a_postman(office, server).round()

    waiting = unsent(office)[0]
    assert waiting.state is MailState.WAITING
    assert waiting.attempts == 1
    assert (waiting.next_attempt_at - waiting.created_at).total_seconds() >= 45
    assert mailbox.letters == []


@pytest.mark.parametrize("at", ["rcpt_reply", "data_reply"])
def test_a_refused_letter_is_marked_and_an_administrator_is_told(office, server, mailbox, at):
    write(office)
    setattr(mailbox, at, "550 no such mailbox")

    a_postman(office, server).round()

    with office.database.reading() as store:
        told = store.notifications.of(ADMIN.login)
    assert unsent(office)[0].state is MailState.FAILED
    assert "550" in unsent(office)[0].last_error
    assert "не принято почтовым сервером" in told[0].text


def test_a_server_that_is_down_costs_no_letter(office):
    write(office)

    a_postman(office, Smtp("127.0.0.1", "deals@pit.example", port=1, security="none")).round()

    assert unsent(office)[0].state is MailState.WAITING


def test_a_server_without_tls_gets_no_letter_when_tls_is_demanded(office, server, mailbox):
    write(office)
    strict = Smtp("127.0.0.1", "deals@pit.example", port=server.port, security="starttls")

    a_postman(office, strict).round()

    assert mailbox.letters == []
    assert unsent(office)[0].state is MailState.WAITING


def test_a_line_break_makes_no_header_and_no_second_recipient(office, server, mailbox):
    write(office, subject="Сделка\r\nBcc: thief@evil.example")
    write(office, message_id="<2@deals.invalid>", address="a@pit.example\r\nBcc: b@evil.example")
    postman = a_postman(office, server)

    postman.round()
    postman.round()

    assert mailbox.recipients == ["ivan@pit.example"]
    assert mailbox.letters[0]["Bcc"] is None
    assert unsent(office)[0].state is MailState.FAILED


def test_two_postmen_do_not_send_the_same_letter(office, server, mailbox):
    write(office)
    with office.database.writing() as store:
        leased = store.mails.lease(LEASE)

    tried = a_postman(office, server).round()

    assert len(leased) == 1
    assert tried == 0


def test_without_a_host_there_is_no_server_and_letters_wait(monkeypatch):
    monkeypatch.delenv("SMTP_HOST", raising=False)

    assert mail_server(SmtpSettings(_env_file=None)) is None
