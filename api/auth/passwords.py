"""Login and password, proven at the engine; a right one is remembered for some seconds."""

import hashlib
import hmac
import secrets
import threading
from typing import Protocol

from api.auth.alarm import Directory, LoginAlert
from api.auth.expiring_cache import ExpiringCache
from api.auth.throttle import Attempt, LoginThrottle, Transactions, account
from bpmn.camunda.client.rest import EngineError
from db.domain.errors import Unavailable

FRESH = 15.0
"""Seconds that a right password is believed. One changed through the front door ends at once; one
changed in the engine itself, or a person deleted there, at the latest after so long."""
STRIPES = 64


class Accounts(Directory, Protocol):
    """What the engine knows about people. Every method raises EngineError when it is down."""

    def verify_password(self, user: str, password: str) -> bool: ...

    def groups_of(self, user: str) -> frozenset[str]: ...


class Passwords:
    """Remembers proofs, not passwords: a hash under a key that dies with the process."""

    def __init__(
        self, accounts: Accounts, throttle: LoginThrottle, alarm: LoginAlert, database: Transactions
    ) -> None:
        self._accounts, self._throttle, self._alarm = accounts, throttle, alarm
        self._database = database
        self._key = secrets.token_bytes(32)
        self._proven: ExpiringCache[int] = ExpiringCache(FRESH)
        """Proof → how often the password had been changed before it was looked at."""
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    def are_right(self, attempt: Attempt, password: str) -> bool:
        """Raises: TooManyAttempts, Unavailable."""
        told = f"{attempt.login}\0{password}".encode()
        proof = hmac.new(self._key, told, hashlib.sha256)
        with self._stripes[proof.digest()[0] % STRIPES]:
            generation = self._generation(attempt.login)
            if self._proven.get(proof.hexdigest()) == generation:
                return True
            if self._verified(attempt, password):
                self._proven.put(proof.hexdigest(), generation)
                return True
            return False

    def _generation(self, login: str) -> int:
        with self._database.reading() as store:
            return store.web_sessions.generation(account(login))

    def _verified(self, attempt: Attempt, password: str) -> bool:
        counted = self._throttle.begin(attempt)
        try:
            right = self._accounts.verify_password(attempt.login, password)
        except EngineError as error:
            self._throttle.unfinished(counted)
            raise Unavailable("The engine does not answer about a password.") from error
        if right:
            self._throttle.succeeded(counted)
        elif counted.is_telling:
            self._alarm.ring(attempt.login)
        return right
