"""Sends waiting notifications to the browsers in which people have switched them on."""

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from db.domain.people.notices import TITLES
from db.domain.people.push import TIME_TO_LIVE, Browser, PushMessage, host_of
from db.ports.store import OpenStore
from workers.integrations.web_push import BrowserGone, PushRefused, PushServiceError
from workers.runtime.polling import BackOff, poll

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
"""Longer than one call of a push service may take."""
MESSAGE_BACK_OFF = BackOff(timedelta(seconds=30), timedelta(hours=1))
"""Pauses between attempts of one notification."""
HOST_BACK_OFF = BackOff(timedelta(seconds=10), timedelta(minutes=10))
"""Pauses of all notifications for a push service that is in trouble; the others go on."""
IDLE = timedelta(seconds=2)


class PushService(Protocol):
    """Port of the push services."""

    def send(self, browser: Browser, message: bytes, topic: str, life: timedelta) -> None:
        """Send to one browser. Raises: BrowserGone, PushRefused, PushServiceError."""
        ...


class PushSender:
    """Sends notifications at least once; a repeated one replaces the first on the screen."""

    def __init__(
        self,
        open_store: OpenStore,
        service: PushService,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._service, self._clock = open_store, service, clock
        self._failures: dict[str, int] = {}
        self._paused_until: dict[str, float] = {}

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Send notifications until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(IDLE, IDLE)
        poll(lambda: self.round() > 0, "Pushes", stopping, idle=IDLE, back_off=back_off, when=when)

    def round(self) -> int:
        """Send one notification. Returns: number of attempts. Raises: Unavailable (database)."""
        now = self._clock()
        paused = [host for host, until in self._paused_until.items() if until > now]
        with self._open() as store:
            store.pushes.prune(datetime.now(UTC) - TIME_TO_LIVE)
            messages = store.pushes.lease(LEASE, limit=1, except_hosts=paused)
        for message in messages:
            self._send(message)
        return len(messages)

    def _send(self, message: PushMessage) -> None:
        browser, host = message.browser, host_of(message.browser.endpoint) or ""
        life = message.created_at + TIME_TO_LIVE - datetime.now(UTC)
        try:
            self._service.send(browser, _content(message), _tag(message), life)
        except PushServiceError as trouble:
            self._pause(host, trouble.pause)
            self._retry_later(message, str(trouble), trouble.pause)
            return
        except BrowserGone as gone:
            log.info("A browser gets no more notifications: %s", gone)
            with self._open() as store:
                store.pushes.unsubscribe(browser.login, browser.id)
        except PushRefused as refusal:
            log.error("Notification %d is refused: %s", message.id, refusal)
            self._forget(message)
        except Exception as bug:
            log.exception("Notification %d is retried because of a bug", message.id)
            self._retry_later(message, type(bug).__name__)
            return
        else:
            self._forget(message)
        self._failures.pop(host, None)

    def _forget(self, message: PushMessage) -> None:
        with self._open() as store:
            store.pushes.delete(message.id)

    def _retry_later(
        self, message: PushMessage, why: str, at_least: timedelta = timedelta(0)
    ) -> None:
        log.warning("Notification %d is retried later: %s", message.id, why)
        with self._open() as store:
            store.pushes.delayed(message.id, MESSAGE_BACK_OFF.pause(message.attempts, at_least))

    def _pause(self, host: str, at_least: timedelta) -> None:
        failures = self._failures.get(host, 0)
        self._failures[host] = failures + 1
        pause = HOST_BACK_OFF.pause(failures, at_least)
        self._paused_until[host] = self._clock() + pause.total_seconds()


def _tag(message: PushMessage) -> str:
    return f"{message.deal_id or ''}:{message.kind}"


def _content(message: PushMessage) -> bytes:
    """What the service worker of the browser shows: kind and number of the deal only."""
    deal = message.deal_id
    shown = {
        "title": TITLES[message.kind],
        "body": f"Сделка {deal}" if deal else "Откройте уведомления",
        "path": f"/deals/{deal}" if deal else "/notifications",
        "tag": _tag(message),
    }
    return json.dumps(shown, ensure_ascii=False).encode()
