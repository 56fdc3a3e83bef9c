"""Sends queued e-mails; each is sent, retried, or marked as failed with an alert."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from db.config.errors import WRONG, sentence_of
from db.domain.deals.entities import CLIENT, Mail
from db.domain.errors import Unavailable
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import OpenStore
from workers.integrations.smtp import MailRefused, MailServerError
from workers.ports.employees import Employee, EmployeeDirectory
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import client_mail_refused, mail_refused, mails_waiting
from workers.services.notifications import notify_people
from workers.settings import SmtpSettings, server_of

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than one SMTP conversation may take."""
MAIL_BACK_OFF = BackOff(timedelta(minutes=1), timedelta(hours=1))
"""Pauses between attempts of one e-mail."""
SERVER_BACK_OFF = BackOff(timedelta(seconds=30), timedelta(minutes=10))
"""Pauses of all e-mails after an error of the server itself: repeated login failures could get
the account or our address blocked."""
ALERT_AFTER = timedelta(hours=1)
"""Age of an unsent e-mail that is reported to the administrators, once a day."""
BUG = "Ошибка программы при отправке ({}), подробности в журнале исполнителей."
IDLE = timedelta(seconds=2)


class MailServer(Protocol):
    """Port of a mail server."""

    def send(self, mail: Mail) -> None:
        """Deliver one e-mail. Raises: MailRefused, MailServerError, Unavailable."""
        ...


class MisconfiguredMailServer:
    """Mail server with invalid settings: every e-mail is retried with the reason."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, mail: Mail) -> None:
        """Raise `MailServerError` with the reason."""
        raise MailServerError(self._why)


def mail_server() -> MailServer | None:
    """Return the configured server, None without one; invalid SMTP settings stop only e-mails."""
    try:
        settings = SmtpSettings()
    except WRONG as wrong:
        why = sentence_of(wrong)
        log.error("E-mails are not sent: %s", why)
        return MisconfiguredMailServer(why)
    return server_of(settings)


class MailSender:
    """Sends queued e-mails at least once; a repeated one has the same Message-ID."""

    def __init__(
        self,
        open_store: OpenStore,
        server: MailServer,
        people: EmployeeDirectory,
        public_url: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``public_url``: base URL of links to deals; None leaves them out."""
        self._open, self._server, self._people = open_store, server, people
        self._public_url, self._clock = public_url, clock
        self._server_failures, self._paused_until = 0, float("-inf")

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Send e-mails until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(IDLE, IDLE)
        poll(lambda: self.round() > 0, "E-mails", stopping, idle=IDLE, back_off=back_off, when=when)

    def round(self) -> int:
        """Send one queued e-mail. Returns: number of attempts. Raises: Unavailable (database)."""
        if self._clock() < self._paused_until:
            return 0
        with self._open() as store:
            mails = store.mails.lease(LEASE, limit=1)
        for mail in mails:
            self._send(mail)
        return len(mails)

    def _send(self, mail: Mail) -> None:
        try:
            self._server.send(self._with_link(self._to_current_address(mail)))
        except MailServerError as trouble:
            self._pause_server()
            self._retry_later(mail, str(trouble))
        except Unavailable as busy:
            self._server_failures = 0
            self._retry_later(mail, str(busy))
        except MailRefused as refusal:
            self._server_failures = 0
            self._fail(mail, str(refusal))
        except Exception as bug:
            log.exception("E-mail %d is retried because of a bug", mail.id)
            self._retry_later(mail, BUG.format(type(bug).__name__))
        else:
            self._server_failures = 0
            with self._open() as store:
                store.mails.sent(mail.id)
            log.info("E-mail %d is sent", mail.id)

    def _pause_server(self) -> None:
        pause = SERVER_BACK_OFF.pause(self._server_failures)
        self._server_failures += 1
        self._paused_until = self._clock() + pause.total_seconds()

    def _retry_later(self, mail: Mail, why: str) -> None:
        log.warning("E-mail %d is retried later: %s", mail.id, why)
        now = datetime.now(UTC)
        waits_long = now - (mail.resent_at or mail.created_at) > ALERT_AFTER
        administrators = self._people.last_known(ADMINISTRATORS) if waits_long else ()
        with self._open() as store:
            store.mails.delayed(mail.id, why, MAIL_BACK_OFF.pause(mail.attempts))
            if waits_long:
                notify_people(
                    store, administrators, f"mails-wait-{now:%Y-%m-%d}", mails_waiting(why), None
                )

    def _fail(self, mail: Mail, why: str) -> None:
        log.error("E-mail %d is refused permanently: %s", mail.id, why)
        people, text = self._people.last_known(ADMINISTRATORS), mail_refused(mail.subject)
        with self._open() as store:
            store.mails.failed(mail.id, why)
            if mail.recipient == CLIENT and mail.deal_id:
                manager = store.deals.get(mail.deal_id).manager
                people, text = [Employee(manager, manager)], client_mail_refused(mail.subject)
            notify_people(store, people, f"mail-{mail.id}-{mail.attempts}", text, mail.deal_id)

    def _to_current_address(self, mail: Mail) -> Mail:
        """Return a retried e-mail with the current address of its recipient."""
        if not mail.attempts or mail.recipient == CLIENT:
            return mail
        try:
            person = self._people.person(mail.recipient)
        except Unavailable:
            return mail
        if person is None or not person.email or person.email == mail.address:
            return mail
        with self._open() as store:
            store.mails.readdressed(mail.id, person.email)
        return replace(mail, address=person.email)

    def _with_link(self, mail: Mail) -> Mail:
        if not self._public_url or not mail.deal_id or mail.recipient == CLIENT:
            return mail
        link = link_to_deal(self._public_url, mail.deal_id)
        return replace(mail, body=f"{mail.body}\n\nОткрыть сделку: {link}")


def link_to_deal(public_url: str, deal_id: str) -> str:
    """Return the address of the page of a deal, which leads to the reader's task in it."""
    return f"{public_url.rstrip('/')}/deals/{quote(deal_id, safe='')}"
