"""Sends waiting letters; none is dropped: it is sent, waiting, or failed with an alert."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from db.config.errors import WRONG, sentence_of
from db.domain.entities import Mail
from db.domain.errors import Unavailable
from db.ports.store import OpenStore
from workers.integrations.smtp import MailRefused, MailServerTrouble
from workers.ports.employees import EmployeeDirectory
from workers.services.notification_texts import mail_refused, mails_waiting
from workers.services.notifications import ADMINISTRATORS, notify_people
from workers.settings import SmtpSettings, server_of

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than one conversation with the server may take."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
FIRST_BREAK, LONGEST_BREAK = timedelta(seconds=30), timedelta(minutes=10)
"""After a trouble of the server itself no letter is tried: a login refused again and again would
get the account or our address blocked."""
TOLD_AFTER = timedelta(hours=1)
"""Administrators hear of letters that wait so long, once a day."""
BUG = "Ошибка программы при отправке ({}), подробности в журнале исполнителей."
IDLE_SECONDS = 2.0


class MailServer(Protocol):
    def send(self, mail: Mail) -> None:
        """Raises: MailRefused, MailServerTrouble, Unavailable."""
        ...


class Misconfigured:
    """Mail server whose settings cannot be meant: letters wait with the reason."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, mail: Mail) -> None:
        raise MailServerTrouble(self._why)


def mail_server() -> MailServer | None:
    """The configured server; None without one. Wrong settings of mail do not stop the deals."""
    try:
        settings = SmtpSettings()
    except WRONG as wrong:
        why = sentence_of(wrong)
        log.error("Letters wait: %s", why)
        return Misconfigured(why)
    return server_of(settings)


class Postman:
    """Delivers at least once: a letter sent just before a crash goes again, same Message-ID."""

    def __init__(
        self,
        open_store: OpenStore,
        server: MailServer,
        people: EmployeeDirectory,
        public_url: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``public_url``: address of the suite, for links; None: letters have no link."""
        self._open, self._server, self._people = open_store, server, people
        self._public_url, self._clock = public_url, clock
        self._troubles, self._break_ends = 0, float("-inf")

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                sent = self.round()
            except Unavailable as trouble:
                log.warning("Letters wait: %s", trouble)
                sent = 0
            except Exception:
                log.exception("Letters wait because of a bug")
                sent = 0
            if not sent:
                stopping.wait(IDLE_SECONDS)

    def round(self) -> int:
        """Try one waiting letter. Returns: how many were tried. Raises: Unavailable (database)."""
        if self._clock() < self._break_ends:
            return 0
        with self._open() as store:
            mails = store.mails.lease(LEASE, limit=1)
        for mail in mails:
            self._try(mail)
        return len(mails)

    def _try(self, mail: Mail) -> None:
        try:
            self._server.send(self._with_link(self._to_current_address(mail)))
        except MailServerTrouble as trouble:
            self._take_a_break()
            self._wait(mail, str(trouble))
        except Unavailable as busy:
            self._troubles = 0
            self._wait(mail, str(busy))
        except MailRefused as refusal:
            self._troubles = 0
            self._give_up(mail, str(refusal))
        except Exception as bug:
            log.exception("Letter %d waits because of a bug", mail.id)
            self._wait(mail, BUG.format(type(bug).__name__))
        else:
            self._troubles = 0
            with self._open() as store:
                store.mails.sent(mail.id)
            log.info("Letter %d is sent", mail.id)

    def _take_a_break(self) -> None:
        pause = min(LONGEST_BREAK, FIRST_BREAK * (1 << min(self._troubles, 10)))
        self._troubles += 1
        self._break_ends = self._clock() + pause.total_seconds()

    def _wait(self, mail: Mail, why: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(mail.attempts, 10)))
        log.warning("Letter %d is tried again later: %s", mail.id, why)
        now = datetime.now(UTC)
        waits_long = now - (mail.resent_at or mail.created_at) > TOLD_AFTER
        administrators = self._people.last_known(ADMINISTRATORS) if waits_long else ()
        with self._open() as store:
            store.mails.delayed(mail.id, why, pause * random.uniform(0.8, 1.2))
            if waits_long:
                notify_people(
                    store, administrators, f"mails-wait-{now:%Y-%m-%d}", mails_waiting(why), None
                )

    def _give_up(self, mail: Mail, why: str) -> None:
        log.error("Letter %d is refused for good: %s", mail.id, why)
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            store.mails.failed(mail.id, why)
            text = mail_refused(mail.subject)
            notify_people(
                store, administrators, f"mail-{mail.id}-{mail.attempts}", text, mail.deal_id
            )

    def _to_current_address(self, mail: Mail) -> Mail:
        """A letter that did not go goes to the address that its recipient has by now."""
        if not mail.attempts:
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
        if not self._public_url or not mail.deal_id:
            return mail
        link = link_to_deal(self._public_url, mail.deal_id)
        return replace(mail, body=f"{mail.body}\n\nОткрыть задачу по сделке: {link}")


def link_to_deal(public_url: str, deal_id: str) -> str:
    """Tasklist, where `deal/link.js` opens the task that the reader has in the deal by then."""
    return f"{public_url.rstrip('/')}/camunda/app/tasklist/default/?deal={quote(deal_id, safe='')}"
