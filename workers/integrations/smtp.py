"""Sends letters by SMTP, one at a time, with time-outs; says whose fault a refusal is."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from db.domain.entities import Mail
from db.domain.errors import Unavailable

TIMEOUT = 15.0  # seconds for every step of the conversation
SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")
"""Some servers do not take 8BITMIME, and many not SMTPUTF8."""
OF_RECIPIENT = frozenset({550, 551, 552, 556})
"""Reply codes about a mailbox, where the server adds no enhanced status code (RFC 3463)."""
ENHANCED = re.compile(r"5\.(\d{1,3})\.(\d{1,3})")
LONGEST_LOCAL = 64  # bytes before the @, by RFC 5321
QUOTED = 160  # characters of a server's reply
ADDRESS_STATUS, MAILBOX_STATUS, CONTENT_STATUS = "1", "2", "6"
OF_SENDER = frozenset({"7", "8"})
"""Details of the address status that speak of the sender: its mailbox, its system."""


class MailRefused(Exception):
    """The recipient's address or this letter will never be taken. Russian, for administrators."""


class MailServerTrouble(Unavailable):
    """Connection, login, sender or policy: no letter goes through. Russian, for administrators."""


class AddressUnusable(ValueError):
    """A text that holds no e-mail address."""


@dataclass(frozen=True)
class Mailbox:
    """An e-mail address with an optional name before it; the domain in ASCII (IDNA)."""

    name: str
    address: str

    @classmethod
    def of(cls, text: str) -> "Mailbox":
        """Parse ``Name <user@domain>``, ``"Name" <user@domain>`` or ``user@domain``.

        Raises: AddressUnusable.
        """
        text = text.strip()
        name, address = "", text
        if text.endswith(">"):
            name, _, address = text[:-1].rpartition("<")
        local, _, domain = address.strip().rpartition("@")
        if "<" in name or ">" in name or len(local.encode(errors="replace")) > LONGEST_LOCAL:
            raise AddressUnusable(text)
        try:
            local.encode()  # half a character of a foreign encoding is no letter
            plain = f"{local}@{domain.encode('idna').decode('ascii')}"
            # Refuses line breaks, blanks and all that is no address; letters of any alphabet pass.
            Address(addr_spec=f"{_ascii(local)}@{plain.rpartition('@')[2]}")
        except (ValueError, LookupError, AttributeError, MessageError) as wrong:
            # The library's parser of addresses stumbles over some of them.
            raise AddressUnusable(text) from wrong
        return cls(" ".join(name.strip().strip('"').split()), plain)

    @property
    def international(self) -> bool:
        """Whether it needs a server with SMTPUTF8."""
        return not self.address.isascii()

    @property
    def header(self) -> str:
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.address}>' if quoted else self.address


def _ascii(local: str) -> str:
    return "".join(sign if sign.isascii() else "x" for sign in local)


@dataclass(frozen=True)
class Smtp:
    """A mail server, and how to speak to it."""

    host: str
    sender: str
    """With or without a name: ``Сделки П.И.Т. <deals@pit.example>``."""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: Mail) -> None:
        """Deliver once; a repeated letter carries the same Message-ID.

        Raises: MailRefused (this letter is refused for good), MailServerTrouble (no letter goes
        through until somebody mends it), Unavailable (try this letter later).
        """
        sender = self._sender()
        recipient = _recipient(mail.address)
        letter = _letter(mail, sender, recipient)
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as refused:
            raise MailServerTrouble(
                f"Почтовый сервер не принял логин или пароль (код {refused.smtp_code}): "
                "проверьте SMTP_USER и SMTP_PASSWORD."
            ) from None
        except smtplib.SMTPResponseException as refused:
            raise MailServerTrouble(
                f"Почтовый сервер отказал в начале разговора (код {refused.smtp_code}): "
                "проверьте SMTP_HOST, SMTP_PORT и SMTP_SECURITY."
            ) from None
        except ssl.SSLError as broken:
            raise MailServerTrouble(
                f"Не удалось шифрование с почтовым сервером ({_reason(broken)}): проверьте "
                "SMTP_HOST, SMTP_PORT и SMTP_SECURITY, и сертификат сервера."
            ) from None
        except UnicodeEncodeError:
            raise MailServerTrouble(
                "SMTP_USER и SMTP_PASSWORD могут состоять только из латинских букв, цифр и знаков."
            ) from None
        except (smtplib.SMTPException, OSError, ValueError, OverflowError) as broken:
            raise MailServerTrouble(
                f"Почтовый сервер не отвечает ({type(broken).__name__}): проверьте, работает ли "
                "он, а также SMTP_HOST, SMTP_PORT и SMTP_SECURITY."
            ) from None
        with _closing(server):
            _hand_over(server, letter, sender, recipient)

    def _sender(self) -> Mailbox:
        try:
            return Mailbox.of(self.sender)
        except AddressUnusable:
            raise MailServerTrouble(
                "В настройке SMTP_SENDER нет адреса: нужно deals@company.ru или "
                "«Сделки <deals@company.ru>»."
            ) from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            server.ehlo_or_helo_if_needed()
        except smtplib.SMTPNotSupportedError:
            server.close()
            raise MailServerTrouble(
                "Почтовый сервер не предлагает STARTTLS или вход по паролю: проверьте SMTP_PORT, "
                "SMTP_SECURITY и SMTP_USER."
            ) from None
        except BaseException:
            server.close()
            raise
        return server


def _hand_over(
    server: smtplib.SMTP, letter: EmailMessage, sender: Mailbox, recipient: Mailbox
) -> None:
    """The three commands by which a letter changes hands: each tells whose fault a refusal is."""
    international = sender.international or recipient.international
    if international and not server.has_extn("smtputf8"):
        if sender.international:
            raise MailServerTrouble(
                "Почтовый сервер принимает только латинские адреса отправителя: проверьте "
                "SMTP_SENDER."
            )
        raise MailRefused("Почтовый сервер принимает только латинские адреса получателей.")
    options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
    server.command_encoding = "utf-8" if international else "ascii"
    content = letter.as_bytes(policy=SEVEN_BIT.clone(utf8=international))
    try:
        _taken_from(*server.mail(sender.address, options))
        _taken_for_recipient(*server.rcpt(recipient.address))
        try:
            _taken_for_recipient(*server.data(content))
        except smtplib.SMTPDataError as refused:  # the server did not even want to hear it
            _taken_for_recipient(refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPException, OSError) as broken:
        raise MailServerTrouble(
            f"Почтовый сервер прервал разговор ({type(broken).__name__})."
        ) from None


def _taken_from(code: int, said: bytes) -> None:
    """Raises: MailServerTrouble."""
    if not 200 <= code < 300:
        raise MailServerTrouble(
            f"Почтовый сервер не принимает отправителя (код {code}): проверьте SMTP_SENDER и права "
            f"SMTP_USER.{_quoted(said)}"
        )


def _taken_for_recipient(code: int, said: bytes | str) -> None:
    """Raises: MailRefused, MailServerTrouble, Unavailable."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    if 200 <= code < 300:
        return
    if 400 <= code < 500:  # greylisting, a full mailbox, a busy server
        raise Unavailable(f"Почтовый сервер просит повторить позже (код {code}).")
    if _is_about_letter(code, text):
        raise MailRefused(f"Почтовый сервер отказал (код {code}).{_quoted(text)}")
    raise MailServerTrouble(
        f"Почтовый сервер не пропускает наши письма (код {code}): проверьте SMTP_SENDER, "
        f"SMTP_USER и правила сервера.{_quoted(text)}"
    )


def _is_about_letter(code: int, text: str) -> bool:
    """Whether a refusal speaks of the recipient or of this letter's content.

    Servers answer RCPT with what they have against the sender, the login or the connection as
    well (Postfix does by default), so the enhanced status code decides where there is one.
    """
    enhanced = ENHANCED.match(text.lstrip())
    if enhanced is None:
        return code in OF_RECIPIENT
    subject, detail = enhanced.groups()
    if subject == ADDRESS_STATUS:
        return detail not in OF_SENDER
    return subject in (MAILBOX_STATUS, CONTENT_STATUS)


def _quoted(said: bytes | str) -> str:
    """A server's words, shortened, without addresses: these are personal data."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    words = [word for word in text.split() if "@" not in word]
    short = "".join(sign for sign in " ".join(words) if sign.isprintable())[:QUOTED]
    return f" Ответ сервера: {short}" if short else ""


def _recipient(address: str) -> Mailbox:
    """Raises: MailRefused."""
    try:
        return Mailbox.of(address)
    except AddressUnusable:
        raise MailRefused("Адрес получателя записан с ошибкой.") from None


def _letter(mail: Mail, sender: Mailbox, recipient: Mailbox) -> EmailMessage:
    """No header can get a line break. Raises: MailRefused."""
    letter = EmailMessage(policy=SEVEN_BIT)
    try:
        letter["From"] = sender.header
        letter["To"] = recipient.header
        letter["Subject"] = " ".join(mail.subject.split())
        letter["Message-ID"] = mail.message_id
        letter["Date"] = format_datetime(mail.created_at)
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(mail.body, cte="base64")
    except (ValueError, MessageError):
        raise MailRefused("Письмо нельзя записать: ошибка в заголовке.") from None
    return letter


def _reason(broken: ssl.SSLError) -> str:
    return str(getattr(broken, "reason", None) or type(broken).__name__)


@contextmanager
def _closing(server: smtplib.SMTP) -> Iterator[None]:
    """What a server answers to QUIT changes nothing: the letter has been taken or refused."""
    try:
        yield
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
