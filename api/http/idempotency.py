"""POST requests that happen once: the answer is kept with the effect and given again."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.auth import Principal
from api.dependencies import CurrentCaller, DatabaseDep
from api.http.problems import HttpRefusal
from db.domain.entities import Answered
from db.ports.store import Conflict, Store
from db.store.database import Database

REPLAYED = "Idempotency-Replayed"


class KeyInvalid(HttpRefusal):
    code = "IDEMPOTENCY_KEY_INVALID"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key: от 1 до 255 видимых знаков ASCII, например случайный UUID."
        )


class KeyReused(HttpRefusal):
    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "С этим Idempotency-Key уже был другой запрос. Для нового действия нужен новый ключ."
        )


@dataclass(frozen=True)
class Answer:
    """What an effect answers, before it is kept: JSON body and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, shape: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "Answer":
        return cls(status, shape.model_dump(mode="json", by_alias=True), headers or {})


@dataclass(frozen=True)
class Once:
    """One POST of one caller, with or without a key."""

    database: Database
    principal: str
    key: str | None
    request_hash: str

    def do(self, effect: Callable[[Store], Answer], content_hash: str = "") -> JSONResponse:
        """Run ``effect`` in one transaction and keep its answer in the same; a repeated request
        gets the kept answer and has no effect. A refused request keeps nothing.

        ``content_hash``: of a body that was streamed.
        Raises: KeyReused, and what ``effect`` raises.
        """
        fingerprint = self.request_hash + content_hash
        try:
            return self._try(effect, fingerprint)
        except Conflict:
            return self._try(effect, fingerprint)  # somebody was faster: take their answer

    def do_in_parts(self, work: Callable[[], Answer]) -> JSONResponse:
        """For work of several transactions that is safe to repeat by itself: it is done again
        only if the first request never came to its answer. Raises as `do`.
        """
        with self.database.reading() as store:
            kept = self._kept(store, _hash(self.request_hash))
        if kept is not None:
            return _replayed(kept)
        answer = work()
        return self.do(lambda _: answer)

    def _try(self, effect: Callable[[Store], Answer], fingerprint: str) -> JSONResponse:
        body_hash = _hash(fingerprint)
        with self.database.writing() as store:
            if (kept := self._kept(store, body_hash)) is not None:
                return _replayed(kept)
            answer = effect(store)
            if self.key is not None:
                kept = Answered(answer.status, answer.body, answer.headers, body_hash)
                store.idempotency.keep(self.principal, self.key, kept)
        return JSONResponse(answer.body, answer.status, dict(answer.headers))

    def _kept(self, store: Store, body_hash: str) -> Answered | None:
        kept = None if self.key is None else store.idempotency.find(self.principal, self.key)
        if kept is not None and kept.body_hash != body_hash:
            raise KeyReused
        return kept


def _hash(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()


def _replayed(kept: Answered) -> JSONResponse:
    return JSONResponse(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


def _key(
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
    if idempotency_key is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", idempotency_key):
        raise KeyInvalid
    return idempotency_key


async def _once(
    request: Request,
    caller: CurrentCaller,
    database: DatabaseDep,
    key: Annotated[str | None, Depends(_key)],
) -> Once:
    body = getattr(request, "_body", b"")
    place = f"{request.method} {request.url.path}?{request.url.query}\n"
    request_hash = hashlib.sha256(place.encode() + body).hexdigest()
    return Once(database, _scope(caller), key, request_hash)


def _scope(caller: Principal) -> str:
    """Whose key it is; another caller's key is another key. At most 64 characters."""
    return hashlib.sha256(f"{caller.kind}:{caller.login}".encode()).hexdigest()


OncePerKey = Annotated[Once, Depends(_once)]
