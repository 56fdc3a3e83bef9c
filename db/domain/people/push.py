"""Browsers that show notifications, and the addresses at which push services take them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.domain.people.notices import NoticeKind

MAX_BROWSERS = 10
"""Browsers of one person; the oldest gives way to another one."""
MAX_WAITING = 50
"""Notifications that wait for one browser; more are in the list of notifications only."""
TIME_TO_LIVE = timedelta(days=1)
"""Time after which a notification that was not delivered is deleted; the bell still lists it."""
LONGEST_ENDPOINT = 1000
SERVICES = (
    "fcm.googleapis.com",  # Chrome and most browsers made of it
    "push.services.mozilla.com",  # Firefox
    "push.apple.com",  # Safari
    "notify.windows.com",  # Edge
    "push.yandex.ru",
)
_ENDPOINT = re.compile(r"https://([a-z0-9.-]{1,253})(?::([0-9]{1,5}))?/[!-\[\]-~]*", re.ASCII)
"""Narrower than a URL, so that no two programs read a host differently: no login, no backslash."""
_SERVICE = re.compile(r"([a-z0-9][a-z0-9.-]{0,252})(?::([0-9]{1,5}))?", re.ASCII)
HTTPS = "443"


@dataclass(frozen=True)
class Browser:
    """A browser in which a person has switched notifications on."""

    login: str
    name: str
    """Browser and system, such as «Chrome, Android»."""
    endpoint: str
    """Address at the push service; whoever knows it may send, with the server's key."""
    p256dh: str
    """Public key of the browser in base64url."""
    auth: str
    """Secret shared with the browser in base64url."""
    server_key: str
    """Public VAPID key for which the browser subscribed; no other one may send."""
    created_at: datetime

    @property
    def id(self) -> str:
        return browser_id(self.endpoint)


@dataclass(frozen=True)
class PushMessage:
    """A notification that waits for one browser."""

    id: int
    kind: NoticeKind
    deal_id: str | None
    created_at: datetime
    attempts: int
    browser: Browser


def browser_id(endpoint: str) -> str:
    """SHA-256 of the endpoint, in hexadecimal."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def services_of(text: str) -> Sequence[str]:
    """Hosts of a comma-separated list. Raises: ValueError."""
    hosts = [host for part in text.split(",") if (host := part.strip().lower())]
    if not hosts or not all(_SERVICE.fullmatch(host) for host in hosts):
        raise ValueError("нужны имена служб через запятую, например fcm.googleapis.com")
    return hosts


def host_of(endpoint: str) -> str | None:
    """Host and, unless it is 443, port of an endpoint; None if it is no plain https address."""
    found = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= LONGEST_ENDPOINT else None
    if found is None:
        return None
    host, port = found.groups()
    return host if port in (None, HTTPS) else f"{host}:{port}"


def is_allowed(host: str, services: Sequence[str]) -> bool:
    """Whether a host, with its port unless that is 443, belongs to one of the services."""
    return any(host == service or host.endswith(f".{service}") for service in services)
