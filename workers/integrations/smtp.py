"""SMTP client that tells errors of the server, of the sender and of the recipient apart."""

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

from db.domain.deals.entities import Mail
from db.domain.errors import Unavailable

TIMEOUT = 15.0  # seconds per SMTP command
SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")
"""Some servers lack 8BITMIME, many lack SMTPUTF8."""
OF_RECIPIENT = frozenset({550, 551, 552, 556})
"""Reply codes about the recipient, for servers without enhanced status codes (RFC 3463)."""
ENHANCED = re.compile(r"5\.(\d{1,3})\.(\d{1,3})")
LONGEST_LOCAL = 64  # bytes before the @, by RFC 5321
QUOTED = 160  # characters of a server's reply
ADDRESS_STATUS, MAILBOX_STATUS, CONTENT_STATUS = "1", "2", "6"
OF_SENDER = frozenset({"7", "8"})
"""Details of the address status that mean the sender's mailbox or system."""


class MailRefused(Exception):
    """The recipient's address or this e-mail is refused permanently. Message is Russian."""


class MailServerError(Unavailable):
    """Failure that stops all e-mails: connection, login, sender or policy. Message is Russian."""


class AddressUnusable(ValueError):
    """A text without a valid e-mail address."""


@dataclass(frozen=True)
class Mailbox:
    """An e-mail address with an optional display name; its domain is in ASCII (IDNA)."""

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
            local.encode()  # refuse lone surrogates
            plain = f"{local}@{domain.encode('idna').decode('ascii')}"
            # Refuses line breaks, blanks and invalid addresses; accepts every alphabet.
            Address(addr_spec=f"{_ascii(local)}@{plain.rpartition('@')[2]}")
        except (ValueError, LookupError, AttributeError, MessageError) as wrong:
            # The standard library raises all of these for some invalid addresses.
            raise AddressUnusable(text) from wrong
        return cls(" ".join(name.strip().strip('"').split()), plain)

    @property
    def international(self) -> bool:
        """True if the address requires SMTPUTF8."""
        return not self.address.isascii()

    @property
    def header(self) -> str:
        """Value of a From or To header."""
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.address}>' if quoted else self.address


def _ascii(local: str) -> str:
    return "".join(sign if sign.isascii() else "x" for sign in local)


@dataclass(frozen=True)
class Smtp:
    """A mail server with its connection settings."""

    host: str
    sender: str
    """Address, with or without a name: ``Сделки П.И.Т. <deals@pit.example>``."""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: Mail) -> None:
        """Send one e-mail; a repeated one carries the same Message-ID.

        Raises: MailRefused (permanent refusal of this e-mail), MailServerError (no e-mail can be
        sent until an administrator acts), Unavailable (retry this e-mail later).
        """
        sender = self._sender()
        recipient = _recipient(mail.address)
        letter = _letter(mail, sender, recipient)
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as refused:
            raise MailServerError(
                f"Почтовый сервер не принял логин или пароль (код {refused.smtp_code}): "
                "проверьте SMTP_USER и SMTP_PASSWORD."
            ) from None
        except smtplib.SMTPResponseException as refused:
            raise MailServerError(
                f"Почтовый сервер отказал в начале разговора (код {refused.smtp_code}): "
                "проверьте SMTP_HOST, SMTP_PORT и SMTP_SECURITY."
            ) from None
        except ssl.SSLError as broken:
            raise MailServerError(
                f"Не удалось шифрование с почтовым сервером ({_reason(broken)}): проверьте "
                "SMTP_HOST, SMTP_PORT и SMTP_SECURITY, и сертификат сервера."
            ) from None
        except UnicodeEncodeError:
            raise MailServerError(
                "SMTP_USER и SMTP_PASSWORD могут состоять только из латинских букв, цифр и знаков."
            ) from None
        except (smtplib.SMTPException, OSError, ValueError, OverflowError) as broken:
            raise MailServerError(
                f"Почтовый сервер не отвечает ({type(broken).__name__}): проверьте, работает ли "
                "он, а также SMTP_HOST, SMTP_PORT и SMTP_SECURITY."
            ) from None
        with _closing(server):
            _transmit(server, letter, sender, recipient)

    def _sender(self) -> Mailbox:
        try:
            return Mailbox.of(self.sender)
        except AddressUnusable:
            raise MailServerError(
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
            raise MailServerError(
                "Почтовый сервер не предлагает STARTTLS или вход по паролю: проверьте SMTP_PORT, "
                "SMTP_SECURITY и SMTP_USER."
            ) from None
        except BaseException:
            server.close()
            raise
        return server


def _transmit(
    server: smtplib.SMTP, letter: EmailMessage, sender: Mailbox, recipient: Mailbox
) -> None:
    """Send MAIL, RCPT and DATA: the refused command tells the cause."""
    international = sender.international or recipient.international
    if international and not server.has_extn("smtputf8"):
        if sender.international:
            raise MailServerError(
                "Почтовый сервер принимает только латинские адреса отправителя: проверьте "
                "SMTP_SENDER."
            )
        raise MailRefused("Почтовый сервер принимает только латинские адреса получателей.")
    options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
    server.command_encoding = "utf-8" if international else "ascii"
    content = letter.as_bytes(policy=SEVEN_BIT.clone(utf8=international))
    try:
        _check_sender(*server.mail(sender.address, options))
        _check_recipient(*server.rcpt(recipient.address))
        try:
            _check_recipient(*server.data(content))
        except smtplib.SMTPDataError as refused:  # the server refused the DATA command itself
            _check_recipient(refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPException, OSError) as broken:
        raise MailServerError(
            f"Почтовый сервер прервал разговор ({type(broken).__name__})."
        ) from None


def _check_sender(code: int, reply: bytes) -> None:
    """Raises: MailServerError."""
    if not 200 <= code < 300:
        raise MailServerError(
            f"Почтовый сервер не принимает отправителя (код {code}): проверьте SMTP_SENDER и права "
            f"SMTP_USER.{_quoted(reply)}"
        )


def _check_recipient(code: int, reply: bytes | str) -> None:
    """Raises: MailRefused, MailServerError, Unavailable."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    if 200 <= code < 300:
        return
    if 400 <= code < 500:  # greylisting, a full mailbox or a busy server
        raise Unavailable(f"Почтовый сервер просит повторить позже (код {code}).")
    if _concerns_this_mail(code, text):
        raise MailRefused(f"Почтовый сервер отказал (код {code}).{_quoted(text)}")
    raise MailServerError(
        f"Почтовый сервер не пропускает наши письма (код {code}): проверьте SMTP_SENDER, "
        f"SMTP_USER и правила сервера.{_quoted(text)}"
    )


def _concerns_this_mail(code: int, text: str) -> bool:
    """Return whether a refusal concerns the recipient or the content of this e-mail.

    Servers such as Postfix refuse RCPT also because of the sender, the login or the connection, so
    an enhanced status code takes precedence.
    """
    enhanced = ENHANCED.match(text.lstrip())
    if enhanced is None:
        return code in OF_RECIPIENT
    subject, detail = enhanced.groups()
    if subject == ADDRESS_STATUS:
        return detail not in OF_SENDER
    return subject in (MAILBOX_STATUS, CONTENT_STATUS)


def _quoted(reply: bytes | str) -> str:
    """Return the reply of a server, truncated, without addresses (personal data)."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
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
    """Build the message; line breaks in headers are refused. Raises: MailRefused."""
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
    """Quit the session; errors of QUIT are ignored, because the e-mail has been answered."""
    try:
        yield
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
