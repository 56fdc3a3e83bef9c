"""Verifies passwords at the engine and caches successful verifications for some seconds."""

import hashlib
import hmac
import secrets
import threading

from api.auth.expiring_cache import ExpiringCache
from api.auth.login_alert import LoginAlert
from api.auth.login_throttle import Attempt, LoginThrottle, canonical_login
from bpmn.camunda.client.rest import Engine, EngineError
from db.domain.errors import Unavailable
from db.store.database import Database

CACHE_SECONDS = 15.0
"""A password changed through the webapp proxy becomes invalid at once; one changed in the engine
itself, or a user deleted there, after this time at the latest."""
LOCKS = 64


class PasswordVerifier:
    """Caches an HMAC of login and password, never the password; the key lives in this process.

    Concurrent requests with the same password share one verification by the engine.
    """

    def __init__(
        self, engine: Engine, throttle: LoginThrottle, alert: LoginAlert, database: Database
    ) -> None:
        self._engine, self._throttle = engine, throttle
        self._alert, self._database = alert, database
        self._key = secrets.token_bytes(32)
        self._proven: ExpiringCache[int] = ExpiringCache(CACHE_SECONDS)
        """HMAC → password generation that was current before the verification."""
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def verify(self, attempt: Attempt, password: str) -> bool:
        """Whether the password is right. Raises: TooManyAttempts, Unavailable."""
        credentials = f"{attempt.login}\0{password}".encode()
        proof = hmac.new(self._key, credentials, hashlib.sha256)
        with self._locks[proof.digest()[0] % LOCKS]:
            generation = self._generation(attempt.login)
            if self._proven.get(proof.hexdigest()) == generation:
                return True
            if self._verified(attempt, password):
                self._proven.put(proof.hexdigest(), generation)
                return True
            return False

    def _generation(self, login: str) -> int:
        with self._database.reading() as store:
            return store.web_sessions.generation(canonical_login(login))

    def _verified(self, attempt: Attempt, password: str) -> bool:
        counted = self._throttle.begin(attempt)
        try:
            right = self._engine.verify_password(attempt.login, password)
        except EngineError as error:
            self._throttle.withdraw(counted)
            raise Unavailable("The engine does not answer a password check.") from error
        if right:
            self._throttle.succeeded(counted)
        elif counted.triggers_alert:
            self._alert.send(attempt.login)
        return right
