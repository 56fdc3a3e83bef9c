"""Uploads: receives a file as a stream, checks it, and stores content, row and history together."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from api.deals.access import DealAccess
from api.deals.views import file_card
from api.files.media_types import FORMATS, media_type_of
from api.files.quota import Quota
from api.http.clock import now
from api.http.idempotency import IdempotentRequest, IdempotentResponse
from api.http.problems import HttpRefusal
from api.inspection.antivirus import UploadScanner
from api.inspection.client import Inspection
from db.domain.catalog import Field
from db.domain.deals.entities import Attachment
from db.domain.deals.field_updates import locked
from db.domain.deals.history import Actor
from db.domain.errors import (
    AccessDenied,
    DealClosed,
    FieldProblem,
    FieldsInvalid,
    FieldsLocked,
    FileRefused,
    FileTooLarge,
)
from db.ports.store import Store
from db.store.blobs import Blob, Incoming


class UploadAborted(HttpRefusal):
    """The client closed the connection before the end of the body."""

    code = "UPLOAD_ABORTED"
    status = 400


@dataclass(frozen=True)
class Upload:
    """An upload of one file to a field of a deal; ``name`` is the cleaned display name."""

    access: DealAccess
    actor: Actor
    field: str
    name: str
    quota: Quota

    def authorize_early(self) -> None:
        """Refuse before the body is read. Raises as `authorize`."""
        with self.access.database.reading() as store:
            self.authorize(store)

    def authorize(self, store: Store, *, for_update: bool = False) -> Field:
        """Check that the caller may upload to the field now. Returns: the field.

        Raises: DealNotFound, AccessDenied, FieldsInvalid, DealClosed, FieldsLocked.
        """
        context = self.access.load(store, for_update=for_update)
        deal = context.deal
        field = next((f for f in context.fields if f.code == self.field and f.is_file), None)
        if field is None:
            problem = "Такого документа нет в этом направлении."
            raise FieldsInvalid([FieldProblem(self.field, self.field, problem)])
        if context.can_edit(field):
            return field
        if not deal.is_open:
            raise DealClosed(deal.id)
        if context.permissions.can_write and locked(store.catalog, deal, [field.code]):
            stage = context.direction.stage(deal.stage)
            raise FieldsLocked(stage.name, [field.label], [field.code])
        raise AccessDenied(f"Документ «{field.label}» прикладывает другой сотрудник.")

    async def check_content(
        self, incoming: Incoming, inspection: Inspection, scanner: UploadScanner
    ) -> str:
        """Inspect and scan the received file. Returns: its media type.

        Raises: FileRefused, Unavailable.
        """
        if incoming.size == 0:
            raise FileRefused(f"Файл «{self.name}» пустой. Выберите другой файл.")
        media_type = media_type_of(self.name, incoming.head)
        with await run_in_threadpool(incoming.reopened) as content:
            await inspection.inspect(self.name, FORMATS[media_type].inspected_as, content)
            await scanner.check(self.name, content)
        return media_type

    def store(self, incoming: Incoming, media_type: str, once: IdempotentRequest) -> JSONResponse:
        """Store content, row and history in one transaction. Returns: the response.

        Raises: QuotaExceeded and what `authorize` raises.
        """
        blobs: list[Blob] = []

        def effect(store: Store) -> IdempotentResponse:
            field = self.authorize(store, for_update=True)
            login = self.access.caller.login
            self.quota.check(store, self.access.deal_id, login, incoming.size)
            blobs[:] = blobs or [incoming.keep()]  # a retried transaction finds the content kept
            attachment = self._attachment(blobs[0], media_type)
            stored = store.attachments.add(attachment, self.actor)
            return IdempotentResponse.of(file_card(field, stored, self.access.names), 201)

        return once.run(effect, incoming.sha256)

    def _attachment(self, blob: Blob, media_type: str) -> Attachment:
        return Attachment(
            id=str(uuid.uuid4()),
            deal_id=self.access.deal_id,
            field=self.field,
            version=0,
            name=self.name,
            size=blob.size,
            media_type=media_type,
            sha256=blob.sha256,
            uploaded_by=self.access.caller.login,
            uploaded_at=now(),
        )


async def receive(request: Request, root: Path, limit: int, quota: Quota) -> Incoming:
    """Write the request body to a temporary file, at most ``limit`` bytes.

    The caller must drop the returned file in the end. A stalled body is aborted by
    `api.http.middleware`.
    Raises: FileTooLarge, DiskNearlyFull, UploadAborted, Unavailable.
    """
    length = request.headers.get("content-length", "")
    declared = int(length[:15]) if length.isdecimal() else limit
    if declared > limit:
        raise FileTooLarge(f"Файл больше {limit // 1_000_000} МБ. Сожмите его.")
    await run_in_threadpool(quota.check_disk, root, declared)
    incoming = await run_in_threadpool(Incoming, root, limit)

    def write(chunk: bytes) -> None:
        quota.check_disk(root, len(chunk))  # again: other uploads fill the disk at the same time
        incoming.write(chunk)

    try:
        async for chunk in request.stream():
            await run_in_threadpool(write, chunk)
    except ClientDisconnect:
        await run_in_threadpool(incoming.drop)
        raise UploadAborted("Передача файла прервана, повторите.") from None
    except BaseException:
        incoming.drop()
        raise
    return incoming
