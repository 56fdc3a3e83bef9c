"""Access tokens of machines: stored as a hash, limited in scope and time."""

import hashlib
import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

from api.auth.principal import Kind, Principal
from db.domain.entities import Token
from db.ports.store import Store

SCOPES = {
    "deals:read": "Читать все сделки, их историю и файлы без персональных данных",
    "deals:write": "Создавать и изменять сделки",
    "lists:read": "Читать справочники и универсальные списки",
}
_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{20,200}")


class Reading(Protocol):
    """Opens a transaction that only reads."""

    def reading(self) -> AbstractContextManager[Store]: ...


def secret_hash(secret: str) -> str:
    """The secret is random and long, so a plain hash is enough to keep it from the table."""
    return hashlib.sha256(secret.encode()).hexdigest()


class MachineTokens:
    def __init__(self, database: Reading) -> None:
        self._database = database

    def holder(self, secret: str) -> Principal | None:
        """None: no such token, or it is not valid now. Raises: Unavailable."""
        if not _SECRET.fullmatch(secret):
            return None
        with self._database.reading() as store:
            token = store.tokens.find(secret_hash(secret))
        if token is None or not _is_valid(token, datetime.now(UTC)):
            return None
        return Principal(f"token:{token.name}", frozenset(), Kind.MACHINE, token.scopes)


def _is_valid(token: Token, now: datetime) -> bool:
    if token.revoked_at is not None:
        return False
    return token.expires_at is None or now < token.expires_at
