"""Sends waiting letters; none is dropped: it is sent, waiting, or failed with an alert."""

import logging
import random
import threading
from datetime import timedelta
from typing import Protocol

from db.domain.errors import Unavailable
from db.domain.ports import OpenStore
from db.domain.records import Mail
from workers.gateways.mail import MailRefused
from workers.services import People
from workers.topics.notify import ADMINISTRATORS, tell
from workers.topics.texts import mail_refused

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than one conversation with the server may take."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
IDLE_SECONDS = 2.0


class MailServer(Protocol):
    def send(self, mail: Mail) -> None:
        """Raises: MailRefused, Unavailable."""
        ...


class Postman:
    """Delivers at least once: a letter sent just before a crash goes again, same Message-ID."""

    def __init__(self, open_store: OpenStore, server: MailServer, people: People) -> None:
        self._open, self._server, self._people = open_store, server, people

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
        with self._open() as store:
            mails = store.mails.lease(LEASE, limit=1)
        for mail in mails:
            self._try(mail)
        return len(mails)

    def _try(self, mail: Mail) -> None:
        try:
            self._server.send(mail)
        except MailRefused as refusal:
            self._give_up(mail, str(refusal))
        except Unavailable as trouble:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(mail.attempts, 10)))
            log.warning("Letter %d is tried again later: %s", mail.id, trouble)
            with self._open() as store:
                store.mails.delayed(mail.id, str(trouble), pause * random.uniform(0.8, 1.2))
        else:
            with self._open() as store:
                store.mails.sent(mail.id)
            log.info("Letter %d is sent", mail.id)

    def _give_up(self, mail: Mail, why: str) -> None:
        log.error("Letter %d is refused for good: %s", mail.id, why)
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            store.mails.failed(mail.id, why)
            text = mail_refused(mail.subject)
            tell(store, administrators, f"mail-{mail.id}", text, None)
