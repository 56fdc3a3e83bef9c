"""Web Push client: encrypts a message for one browser and gives it to its push service."""

import hashlib
import os
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.domain.people.push import Browser, host_of, is_allowed
from db.vapid import CURVE, PushKey, decoded, point, point_of

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
RECORD_SIZE = 4096  # bytes; the standard's limit of a whole message
SALT_BYTES = 16
LAST_RECORD = b"\x02"
TOPIC = 32  # characters, at most
GONE = (404, 410)
OK = range(200, 300)
LATER = (401, 403, 408, 425, 429)
"""Refusals that concern the moment or the server's key, not this message."""


class BrowserGone(Exception):
    """The push service no longer knows the browser."""


class PushRefused(Exception):
    """The push service refuses this message for good."""


class PushServiceError(Exception):
    """The push service cannot take messages now; ``pause``: how long it asks to wait."""

    def __init__(self, why: str, pause: timedelta = timedelta(0)) -> None:
        super().__init__(why)
        self.pause = pause


class PushClient:
    """Sends to the allowed push services with the company's key."""

    def __init__(self, key: PushKey, services: Sequence[str], site: str | None) -> None:
        """``site``: https address of the company, which push services may write to in trouble."""
        self._key, self._services = key, services
        self._site = site if site and site.startswith("https://") else None
        self._http = requests.Session()

    def send(self, browser: Browser, message: bytes, topic: str, life: timedelta) -> None:
        """Give a message to the push service; a waiting one of the same ``topic`` is replaced.

        ``life``: how long the service keeps it for a browser that is off.

        Raises: BrowserGone, PushRefused, PushServiceError.
        """
        host = host_of(browser.endpoint)
        if host is None or not is_allowed(host, self._services):
            raise BrowserGone(f"{host} is not among the allowed push services")
        if browser.server_key != self._key.public:
            raise BrowserGone("subscribed for another key of this server")
        now = datetime.now(UTC)
        headers = {
            "Authorization": self._key.authorization(f"https://{host}", self._site, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int(life.total_seconds()))),
            "Topic": topic_of(topic),
            "Urgency": "high",
        }
        try:
            body = encrypted(message, browser)
        except ValueError as wrong:
            raise BrowserGone("its keys are none") from wrong
        try:
            # A redirect would lead past the allowed hosts; the answer's body is of no interest.
            with self._http.post(
                browser.endpoint,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, wait = answer.status_code, answer.headers.get("Retry-After", "")
        except requests.RequestException as trouble:
            raise PushServiceError(f"{host}: {type(trouble).__name__}") from None
        _check(host, status, wait)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _check(host: str, status: int, wait: str) -> None:
    if status in OK:
        return
    if status in GONE:
        raise BrowserGone(f"{host} answers {status}")
    if status >= 500 or status in LATER:
        pause = timedelta(seconds=int(wait)) if wait.isdecimal() and len(wait) < 6 else timedelta(0)
        raise PushServiceError(f"{host} answers {status}", pause)
    raise PushRefused(f"{host} answers {status}")


def topic_of(text: str) -> str:
    """Topic of a text in the alphabet that push services accept."""
    digest = hashlib.sha256(text.encode()).digest()
    return urlsafe_b64encode(digest).decode()[:TOPIC]


def encrypted(
    message: bytes,
    browser: Browser,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """Encrypt for a browser by RFC 8291; ``sender`` and ``salt`` are random unless given.

    Raises: ValueError if the keys of the browser are none.
    """
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT_BYTES)
    receiver = point_of(browser.p256dh)
    ours = point(sender.public_key())
    about = b"WebPush: info\x00" + point(receiver) + ours
    shared = _derived(sender.exchange(ec.ECDH(), receiver), decoded(browser.auth), about, 32)
    key = _derived(shared, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(shared, salt, b"Content-Encoding: nonce\x00", 12)
    content = AESGCM(key).encrypt(nonce, message + LAST_RECORD, None)
    return salt + RECORD_SIZE.to_bytes(4) + len(ours).to_bytes(1) + ours + content


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
