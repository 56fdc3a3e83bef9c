"""Login and password, proven at the engine; a right one is remembered for a minute."""

import hashlib
import hmac
import secrets
import threading
from typing import Protocol

from api.identity.expiring import Expiring
from api.identity.throttle import Throttle
from bpmn.engine.rest import EngineError
from db.domain.errors import Unavailable

FRESH = 60.0  # seconds
STRIPES = 64


class Accounts(Protocol):
    """What the engine knows about people. Every method raises EngineError when it is down."""

    def verify_password(self, user: str, password: str) -> bool: ...

    def groups_of(self, user: str) -> frozenset[str]: ...


class Passwords:
    """Remembers proofs, not passwords: a hash under a key that dies with the process."""

    def __init__(self, accounts: Accounts, throttle: Throttle) -> None:
        self._accounts, self._throttle = accounts, throttle
        self._key = secrets.token_bytes(32)
        self._proven: Expiring[bool] = Expiring(FRESH)
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    def are_right(self, login: str, password: str, address: str) -> bool:
        """Raises: TooManyAttempts, Unavailable."""
        proof = hmac.new(self._key, f"{login}\0{password}".encode(), hashlib.sha256)
        with self._stripes[proof.digest()[0] % STRIPES]:
            if self._proven.get(proof.hexdigest()):
                return True
            if self._verified(login, password, address):
                self._proven.put(proof.hexdigest(), True)
                return True
            return False

    def _verified(self, login: str, password: str, address: str) -> bool:
        self._throttle.begin(address, login)
        try:
            right = self._accounts.verify_password(login, password)
        except EngineError as error:
            self._throttle.unfinished(address, login)
            raise Unavailable("The engine does not answer about a password.") from error
        if right:
            self._throttle.succeeded(address, login)
        return right
