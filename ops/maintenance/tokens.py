"""Commands for access tokens of API clients: token, tokens, revoke."""

import hashlib
import re
import secrets
import sys
import uuid
from datetime import UTC, datetime, timedelta

from db.domain.deals.entities import Token
from db.ports.store import Conflict
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say

LONGEST_TOKEN = 3650  # days
TOKEN_NAME = re.compile(r"[A-Za-z0-9._-]{1,58}")
"""With the prefix `token:` a name fits the column of the history."""


def token(settings: SuiteSettings, name: str, scopes: list[str], days: int) -> None:
    """Create an access token of an API client; it is shown once and stored as a hash."""
    if not TOKEN_NAME.fullmatch(name):
        raise SystemExit("Имя: от 1 до 58 латинских букв, цифр и знаков . _ -, например site.")
    if not 1 <= days <= LONGEST_TOKEN:
        raise SystemExit(f"Срок: от 1 до {LONGEST_TOKEN} дней.")
    secret = f"pit_{secrets.token_urlsafe(32)}"
    now = datetime.now(UTC)
    made = Token(str(uuid.uuid4()), name, frozenset(scopes), now, now + timedelta(days=days))
    try:
        with known_database(settings).writing() as store:
            store.tokens.add(made, hashlib.sha256(secret.encode()).hexdigest())
    except Conflict:
        raise SystemExit(
            f"Токен с именем {name} уже есть: история называет программы по именам. Выберите "
            "другое имя или отзовите прежний (manage.py tokens, manage.py revoke НОМЕР)."
        ) from None
    print(secret)
    print(f"Действует до {made.expires_at:%d.%m.%Y}. Больше не будет показан.", file=sys.stderr)


def tokens(settings: SuiteSettings) -> None:
    """List access tokens without their secrets."""
    with known_database(settings).reading() as store:
        for one in store.tokens.all():
            until = f"до {one.expires_at:%d.%m.%Y}" if one.expires_at else "бессрочно"
            state = f"отозван {one.revoked_at:%d.%m.%Y}" if one.revoked_at else until
            print(f"{one.id}  {one.name}  {' '.join(sorted(one.scopes))}  {state}")


def revoke(settings: SuiteSettings, token_id: str) -> None:
    """Revoke an access token; it stops working at once."""
    with known_database(settings).writing() as store:
        if not store.tokens.revoke(token_id):
            raise SystemExit("Такого действующего токена нет. Список: manage.py tokens")
    say("Токен отозван.")
