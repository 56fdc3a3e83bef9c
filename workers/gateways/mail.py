"""Letters by SMTP: one at a time, with time-outs, in UTF-8."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from db.domain.errors import Unavailable
from db.domain.records import Mail

TIMEOUT = 15.0  # seconds for every step of the conversation


class MailRefused(Exception):
    """The server will never take this letter. Holds the reply code, not the letter."""


@dataclass(frozen=True)
class Smtp:
    """A mail server, and how to speak to it."""

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: Mail) -> None:
        """Deliver once; a repeated letter carries the same Message-ID.

        Raises: MailRefused (this letter is refused for good), Unavailable (try later).
        """
        letter = self._letter(mail)
        try:
            with self._connected() as server:
                server.send_message(letter, self.sender, [mail.address])
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()), (550, b""))[0]
            raise _fate(code) from None
        except smtplib.SMTPDataError as refused:
            raise _fate(refused.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefused("the server does not take such an address") from None
        except smtplib.SMTPResponseException as refused:
            # Login or sender: a setting is wrong, the letter is not.
            raise Unavailable(f"SMTP reply {refused.smtp_code} before the letter") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"no SMTP conversation: {type(error).__name__}") from None

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
        except smtplib.SMTPNotSupportedError:
            server.close()
            raise Unavailable("the mail server offers no TLS or no login") from None
        except BaseException:
            server.close()
            raise
        return server

    def _letter(self, mail: Mail) -> EmailMessage:
        """Raises: MailRefused if the address is no address; no header can get a line break."""
        letter = EmailMessage()
        try:
            letter["From"] = self.sender
            letter["To"] = mail.address
            letter["Subject"] = " ".join(mail.subject.split())
            letter["Message-ID"] = mail.message_id
            letter["Date"] = format_datetime(mail.created_at)
            letter["Auto-Submitted"] = "auto-generated"
        except ValueError:
            raise MailRefused("a header is malformed") from None
        letter.set_content(mail.body)
        return letter


def _fate(code: int) -> Exception:
    if 500 <= code < 600:
        return MailRefused(f"SMTP reply {code}")
    return Unavailable(f"SMTP reply {code}")
