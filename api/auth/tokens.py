"""Access tokens of machines: stored as a hash, limited by scope and expiry."""

import hashlib
import re
from datetime import UTC, datetime

from api.auth.principal import Principal, PrincipalKind
from db.domain.deals.entities import Token
from db.store.database import Database

SCOPES = {
    "deals:read": "Читать все сделки, их историю и файлы без персональных данных",
    "deals:write": "Создавать и изменять сделки",
    "lists:read": "Читать справочники и универсальные списки",
}
"""Scope → description for administrators."""
_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{20,200}")


def secret_hash(secret: str) -> str:
    """SHA-256 of a token's secret; a plain hash is enough for a long random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class MachineTokens:
    """Authenticates machines by their access tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def holder(self, secret: str) -> Principal | None:
        """The machine; None for an unknown, revoked or expired token. Raises: Unavailable."""
        if not _SECRET.fullmatch(secret):
            return None
        with self._database.reading() as store:
            token = store.tokens.find(secret_hash(secret))
        if token is None or not _is_valid(token, datetime.now(UTC)):
            return None
        return Principal(f"token:{token.name}", frozenset(), PrincipalKind.MACHINE, token.scopes)


def _is_valid(token: Token, now: datetime) -> bool:
    if token.revoked_at is not None:
        return False
    return token.expires_at is None or now < token.expires_at
