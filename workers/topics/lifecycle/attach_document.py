"""Checks that an uploaded file is the required document of the deal."""

from typing import Any, ClassVar

from db.domain.errors import DocumentMissing
from db.domain.onec.bindings import BindingKind
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.onec.recheck import (
    CurrentRow,
    apply_current_row,
    fetch_current_row_if_available,
)
from workers.services.process_variables import person_actor


class AttachDocument(TaskInput):
    """Input of ``attach-document``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("file_id",)

    field: str
    """Code of the file field."""
    decided_by: str | None = None
    file_id: Any = None
    """Id of the uploaded file."""


class DocumentAttached(TaskResult):
    """Result of ``attach-document``."""

    document_id: str


def ask_onec(task: Task[AttachDocument, None], external: ExternalServices) -> CurrentRow | None:
    """Read the contract in 1C, because the document shows its number."""
    return fetch_current_row_if_available(task.deal_id, BindingKind.CONTRACT, external)


def attach_document(
    task: Task[AttachDocument, CurrentRow | None], services: Services
) -> DocumentAttached:
    """Check the file, and take over what has changed in 1C.

    Safe to repeat because the upload has stored file, hash and history already, and a change in
    1C is taken over once.
    """
    given, store = task.input, services.store
    label = store.catalog.fields[given.field].label
    if not isinstance(given.file_id, str):
        raise DocumentMissing(label)
    document = store.attachments.get(given.file_id)
    if document is None or (document.deal_id, document.field) != (task.deal_id, given.field):
        raise DocumentMissing(label)
    if task.fetched is not None:
        deal = store.deals.get(task.deal_id, for_update=True)
        apply_current_row(store, deal, task.fetched, person_actor(task, given.decided_by), task.at)
        store.deals.save(deal, person_actor(task, given.decided_by))
    return DocumentAttached(document_id=document.id)


TOPIC = Topic(
    "attach-document",
    AttachDocument,
    DocumentAttached,
    attach_document,
    fetch=ask_onec,
    refusals=(DocumentMissing,),
)
