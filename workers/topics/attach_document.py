"""Checks that the file a person named is really the deal's document."""

from typing import Any, ClassVar

from db.domain.errors import DocumentMissing
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.services import Services


class AttachDocument(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("file_id",)

    field: str
    decided_by: str | None = None
    file_id: Any = None


class DocumentAttached(TaskResult):
    document_id: str


def attach_document(task: Task[AttachDocument, None], services: Services) -> DocumentAttached:
    """Safe to repeat: it only reads; the upload itself has stored file, hash and history."""
    given, store = task.input, services.store
    label = store.catalog.fields[given.field].label
    if not isinstance(given.file_id, str):
        raise DocumentMissing(label)
    document = store.attachments.get(given.file_id)
    if document is None or (document.deal_id, document.field) != (task.deal_id, given.field):
        raise DocumentMissing(label)
    return DocumentAttached(document_id=document.id)


TOPIC = Topic(
    "attach-document",
    AttachDocument,
    DocumentAttached,
    attach_document,
    refusals=(DocumentMissing,),
)
