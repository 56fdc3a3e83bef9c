"""A file on its way from the client to the store: streamed, limited, looked at, never half kept."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from api.cards import Viewed, file_card
from api.clock import now
from api.file_names import clean
from api.idempotency import Answer, Once
from api.media_types import media_type_of
from api.people import Names
from api.visitors import Visitor
from db.domain.card import locked
from db.domain.catalog import Field
from db.domain.errors import (
    AccessDenied,
    DealClosed,
    FieldProblem,
    FieldsInvalid,
    FieldsLocked,
    FileRefused,
    FileTooLarge,
)
from db.domain.history import Actor
from db.domain.ports import Store
from db.domain.records import Attachment
from db.store.blobs import Blob, Incoming


class UploadAborted(FileRefused):
    code = "UPLOAD_ABORTED"
    status = 400


@dataclass(frozen=True)
class Upload:
    """One file of one deal, named by the caller."""

    visitor: Visitor
    actor: Actor
    field: str
    name: str
    names: Names

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

    def kept(self, incoming: Incoming, once: Once) -> JSONResponse:
        """Check what came, then keep bytes, row and history together.

        Raises: FileRefused and what `admitted` raises.
        """
        name = clean(self.name)
        if incoming.size == 0:
            raise FileRefused(f"Файл «{name}» пустой. Выберите другой файл.")
        with incoming.reopened() as content:
            media_type = media_type_of(name, content)
        blobs: list[Blob] = []

        def effect(store: Store) -> Answer:
            field = self.admitted(store, for_update=True)
            blobs[:] = blobs or [incoming.keep()]
            attachment = self._attachment(blobs[0], name, media_type)
            stored = store.attachments.add(attachment, self.actor)
            return Answer.of(file_card(field, stored, self.names), 201)

        return once.do(effect, incoming.sha256)

    def _attachment(self, blob: Blob, name: str, media_type: str) -> Attachment:
        return Attachment(
            id=str(uuid.uuid4()),
            deal_id=self.visitor.deal_id,
            field=self.field,
            version=0,
            name=name,
            size=blob.size,
            media_type=media_type,
            sha256=blob.sha256,
            uploaded_by=self.visitor.caller.login,
            uploaded_at=now(),
        )


async def received(request: Request, root: Path, limit: int) -> Incoming:
    """The whole body in a temporary file; whoever gets it drops it in the end.

    Raises: FileTooLarge, UploadAborted, Unavailable. A body that stands still is given up by
    `api.protection`.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:15]) > limit:
        raise FileTooLarge(f"Файл больше {limit // 1_000_000} МБ. Сожмите его.")
    incoming = await run_in_threadpool(Incoming, root, limit)
    try:
        async for chunk in request.stream():
            await run_in_threadpool(incoming.write, chunk)
    except ClientDisconnect:
        await run_in_threadpool(incoming.drop)
        raise UploadAborted("Передача файла прервана, повторите.") from None
    except BaseException:
        incoming.drop()
        raise
    return incoming
