"""A file on its way from the client to the store: streamed, limited, looked at, never half kept."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from api.deals.access import Visitor
from api.deals.views import Viewed, file_card
from api.engine.users import Names
from api.files.antivirus import Scanning
from api.files.media_types import INSPECTED_AS, media_type_of
from api.files.quota import Quota
from api.http.clock import now
from api.http.idempotency import Answer, Once
from api.http.problems import HttpRefusal
from api.inspection.bounded import Inspection
from db.domain.catalog import Field
from db.domain.entities import Attachment
from db.domain.errors import (
    AccessDenied,
    DealClosed,
    FieldProblem,
    FieldsInvalid,
    FieldsLocked,
    FileRefused,
    FileTooLarge,
)
from db.domain.field_updates import locked
from db.domain.history import Actor
from db.ports.store import Store
from db.store.blobs import Blob, Incoming


class UploadAborted(HttpRefusal):
    code = "UPLOAD_ABORTED"
    status = 400


@dataclass(frozen=True)
class Upload:
    """One file of one deal; ``name`` is as people may see it."""

    visitor: Visitor
    actor: Actor
    field: str
    name: str
    names: Names
    quota: Quota

    def admitted(self, store: Store, *, for_update: bool = False) -> Field:
        """The field, if the caller may put a file there now.

        Raises: DealNotFound, AccessDenied, FieldsInvalid, DealClosed, FieldsLocked.
        """
        deal, right = self.visitor.enter(store, for_update=for_update)
        viewed = Viewed(store, deal, right, self.names)
        field = next((f for f in viewed.fields if f.code == self.field and f.is_file), None)
        if field is None:
            problem = "Такого документа нет в этом направлении."
            raise FieldsInvalid([FieldProblem(self.field, self.field, problem)])
        if viewed.may_edit(field):
            return field
        if not deal.is_open:
            raise DealClosed(deal.id)
        if right.writes and locked(store.catalog, deal, [field.code]):
            stage = viewed.direction.stage(deal.stage)
            raise FieldsLocked(stage.name, [field.label], [field.code])
        raise AccessDenied(f"Документ «{field.label}» прикладывает другой сотрудник.")

    async def checked(self, incoming: Incoming, inspection: Inspection, scanning: Scanning) -> str:
        """Look into what came. Returns: its type. Raises: FileRefused, Unavailable."""
        if incoming.size == 0:
            raise FileRefused(f"Файл «{self.name}» пустой. Выберите другой файл.")
        media_type = media_type_of(self.name, incoming.head)
        with await run_in_threadpool(incoming.reopened) as content:
            await inspection.look(self.name, INSPECTED_AS[media_type], content)
            await scanning.look(self.name, content)
        return media_type

    def kept(self, incoming: Incoming, media_type: str, once: Once) -> JSONResponse:
        """Keep bytes, row and history together.

        Raises: QuotaExceeded and what `admitted` raises.
        """
        blobs: list[Blob] = []

        def effect(store: Store) -> Answer:
            field = self.admitted(store, for_update=True)
            login = self.visitor.caller.login
            self.quota.check(store, self.visitor.deal_id, login, incoming.size)
            blobs[:] = blobs or [incoming.keep()]
            attachment = self._attachment(blobs[0], media_type)
            stored = store.attachments.add(attachment, self.actor)
            return Answer.of(file_card(field, stored, self.names), 201)

        return once.do(effect, incoming.sha256)

    def _attachment(self, blob: Blob, media_type: str) -> Attachment:
        return Attachment(
            id=str(uuid.uuid4()),
            deal_id=self.visitor.deal_id,
            field=self.field,
            version=0,
            name=self.name,
            size=blob.size,
            media_type=media_type,
            sha256=blob.sha256,
            uploaded_by=self.visitor.caller.login,
            uploaded_at=now(),
        )


async def received(request: Request, root: Path, limit: int, quota: Quota) -> Incoming:
    """The whole body in a temporary file; whoever gets it drops it in the end.

    Raises: FileTooLarge, DiskNearlyFull, UploadAborted, Unavailable. A body that stands still is
    given up by `api.http.middleware`.
    """
    length = request.headers.get("content-length", "")
    declared = int(length[:15]) if length.isdecimal() else limit
    if declared > limit:
        raise FileTooLarge(f"Файл больше {limit // 1_000_000} МБ. Сожмите его.")
    await run_in_threadpool(quota.check_disk, root, declared)
    incoming = await run_in_threadpool(Incoming, root, limit)

    def take(chunk: bytes) -> None:
        quota.check_disk(root, len(chunk))  # again: many may be on their way at once
        incoming.write(chunk)

    try:
        async for chunk in request.stream():
            await run_in_threadpool(take, chunk)
    except ClientDisconnect:
        await run_in_threadpool(incoming.drop)
        raise UploadAborted("Передача файла прервана, повторите.") from None
    except BaseException:
        incoming.drop()
        raise
    return incoming
