"""Idempotency-Key for POST requests: the response is stored with the effect and replayed."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.http.problems import HttpRefusal
from db.domain.deals.entities import Answered
from db.ports.store import Conflict, Store
from db.store.database import Database

REPLAYED = "Idempotency-Replayed"


class KeyInvalid(HttpRefusal):
    """The Idempotency-Key header is empty, too long or not visible ASCII."""

    code = "IDEMPOTENCY_KEY_INVALID"
    status = 400
    sentence = "Idempotency-Key: от 1 до 255 видимых знаков ASCII, например случайный UUID."


class KeyReused(HttpRefusal):
    """The Idempotency-Key was used before with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422
    sentence = "С этим Idempotency-Key уже был другой запрос. Для нового действия нужен новый ключ."


@dataclass(frozen=True)
class IdempotentResponse:
    """Status, JSON body and headers of a response that can be stored."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, schema: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "IdempotentResponse":
        return cls(status, schema.model_dump(mode="json", by_alias=True), headers or {})


@dataclass(frozen=True)
class IdempotentRequest:
    """One POST of one caller, with or without a key."""

    database: Database
    principal: str
    """Hash that separates the keys of different callers."""
    key: str | None
    request_hash: str

    @classmethod
    def of(
        cls, request: Request, database: Database, caller: str, key: str | None
    ) -> "IdempotentRequest":
        """``caller``: identifies the caller among all people and machines."""
        body = getattr(request, "_body", b"")
        place = f"{request.method} {request.url.path}?{request.url.query}\n"
        request_hash = hashlib.sha256(place.encode() + body).hexdigest()
        return cls(database, _hash(caller), key, request_hash)

    @property
    def key_elsewhere(self) -> str | None:
        """The key for another system: it differs between callers and between requests."""
        if self.key is None:
            return None
        return _hash(f"{self.principal}:{self.key}:{self.request_hash}")

    def run(
        self, effect: Callable[[Store], IdempotentResponse], content_hash: str = ""
    ) -> JSONResponse:
        """Run ``effect`` and store its response in one transaction.

        A repeated request gets the stored response and has no effect. A refusal stores nothing.
        ``content_hash``: hash of a streamed body, which `of` has not seen.
        Raises: KeyReused, and what ``effect`` raises.
        """
        fingerprint = self.request_hash + content_hash
        try:
            return self._try(effect, fingerprint)
        except Conflict:
            return self._try(effect, fingerprint)  # a concurrent request stored its response first

    def run_in_parts(self, work: Callable[[], IdempotentResponse]) -> JSONResponse:
        """Run ``work``, which has several transactions, then store its response.

        ``work`` must be safe to repeat: it runs again if the first request stored no response.
        Raises as `run`.
        """
        with self.database.reading() as store:
            stored = self._stored(store, _hash(self.request_hash))
        if stored is not None:
            return _replayed(stored)
        response = work()
        return self.run(lambda _: response)

    def _try(self, effect: Callable[[Store], IdempotentResponse], fingerprint: str) -> JSONResponse:
        body_hash = _hash(fingerprint)
        with self.database.writing() as store:
            if (stored := self._stored(store, body_hash)) is not None:
                return _replayed(stored)
            response = effect(store)
            if self.key is not None:
                stored = Answered(response.status, response.body, response.headers, body_hash)
                store.idempotency.keep(self.principal, self.key, stored)
        return JSONResponse(response.body, response.status, dict(response.headers))

    def _stored(self, store: Store, body_hash: str) -> Answered | None:
        stored = None if self.key is None else store.idempotency.find(self.principal, self.key)
        if stored is not None and stored.body_hash != body_hash:
            raise KeyReused
        return stored


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _replayed(stored: Answered) -> JSONResponse:
    return JSONResponse(stored.body, stored.status, {**stored.headers, REPLAYED: "true"})


def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            title="Ключ повтора",
            description="Повтор с тем же ключом вернёт тот же ответ и ничего не сделает дважды. "
            "Ключ хранится 7 дней; другой запрос с ним: 422.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
) -> str | None:
    """FastAPI dependency: the Idempotency-Key header. Raises: KeyInvalid."""
    if idempotency_key is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", idempotency_key):
        raise KeyInvalid
    return idempotency_key
