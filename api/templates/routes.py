"""Endpoints of document templates, and of the documents that deals make from them."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from api.deals.access import DealAccess, DealAccessDep
from api.dependencies import (
    CurrentActor,
    IdempotentRequestDep,
    NamesDep,
    Resources,
    ResourcesDep,
)
from api.engine.users import PersonNames
from api.files.downloads import download_headers
from api.files.media_types import DOCX, FORMATS, media_type_of
from api.files.names import clean
from api.files.quota import Quota
from api.files.uploads import receive
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import Named
from api.routing import StrictRoute
from api.templates.requests import (
    DirectionCodes,
    FileName,
    TemplateId,
    TemplateName,
    TemplateUse,
)
from api.templates.responses import (
    DealTemplate,
    DealTemplateList,
    DocumentPreview,
    PlaceholderList,
    PlaceholderSchema,
    SectionSchema,
    TemplateList,
    TemplateSchema,
    TemplateVersionSchema,
)
from api.templates.values import filling_of
from db.domain.catalog import Catalog
from db.domain.clock import BUSINESS_ZONE
from db.domain.documents.placeholders import (
    KIND_NAMES,
    Filling,
    TemplateKind,
    Vocabulary,
    placeholders,
)
from db.domain.documents.templates import (
    PreviewOutdated,
    Template,
    TemplateNotFound,
    TemplateRefused,
    TemplateVersion,
    problems_of,
    uses_of,
)
from db.domain.errors import FieldProblem, FieldsInvalid, FileRefused
from db.ports.store import Store

MAX_TEMPLATE = 3_000_000  # bytes
router = APIRouter(tags=["Шаблоны документов"], route_class=StrictRoute)
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/templates", summary="Шаблоны документов")
def list_templates(resources: ResourcesDep, names: NamesDep) -> TemplateList:
    """All templates with their versions, also those out of use."""
    catalog = resources.database.catalog
    with resources.database.reading() as store:
        found = store.templates.all()
    return TemplateList(
        items=[_template(each, catalog, names) for each in found],
        kinds=[Named(code=kind, name=name) for kind, name in KIND_NAMES.items()],
    )


@router.get("/placeholders", summary="Подстановки шаблонов")
def list_placeholders(resources: ResourcesDep) -> PlaceholderList:
    """Everything that a template may write between double braces."""
    items = [
        PlaceholderSchema(
            name=each.name,
            about=each.about,
            forms=list(each.forms),
            records=each.records.value if each.records else None,
        )
        for each in placeholders(resources.database.catalog)
    ]
    return PlaceholderList(items=items)


@router.post(
    "/templates",
    status_code=201,
    response_model=TemplateSchema,
    summary="Добавить шаблон",
    openapi_extra=BODY,
)
async def add_template(
    name: TemplateName,
    kind: Annotated[TemplateKind, Query(title="Вид: contract, approvalSheet")],
    file: FileName,
    request: Request,
    actor: CurrentActor,
    resources: ResourcesDep,
    names: NamesDep,
    once: IdempotentRequestDep,
    directions: DirectionCodes = "",
) -> JSONResponse:
    """The body is the DOCX file itself, 3 MB at most.

    422 names every placeholder that does not exist, with its place in the document.
    """
    catalog = resources.database.catalog
    chosen = _directions(catalog, directions)
    received = await _receive(request, resources, actor.id, file)

    def effect(store: Store) -> IdempotentResponse:
        version = received.version(1)
        added = Template(str(uuid.uuid4()), kind, name, chosen, (version,))
        store.templates.add(added, received.content)
        return IdempotentResponse.of(_template(added, catalog, names), 201)

    return await run_in_threadpool(once.run, effect, received.sha256)


@router.post(
    "/templates/{template_id}/versions",
    status_code=201,
    response_model=TemplateSchema,
    summary="Загрузить новую версию шаблона",
    openapi_extra=BODY,
)
async def add_version(
    template_id: TemplateId,
    file: FileName,
    request: Request,
    actor: CurrentActor,
    resources: ResourcesDep,
    names: NamesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """The body is the DOCX file itself. Documents are made from the newest version; older ones
    stay. 422 as for a new template.
    """
    received = await _receive(request, resources, actor.id, file)

    def effect(store: Store) -> IdempotentResponse:
        found = _found(store, template_id, for_update=True)
        version = received.version(found.latest.number + 1)
        store.templates.add_version(found.id, version, received.content)
        changed = _found(store, template_id)
        return IdempotentResponse.of(_template(changed, store.catalog, names), 201)

    return await run_in_threadpool(once.run, effect, received.sha256)


@router.post(
    "/templates/{template_id}/use",
    response_model=TemplateSchema,
    summary="Вывести шаблон из работы или вернуть",
)
def use_template(
    template_id: TemplateId,
    body: TemplateUse,
    actor: CurrentActor,
    names: NamesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Deals offer templates that are in use only; nothing is deleted. Safe to repeat."""

    def effect(store: Store) -> IdempotentResponse:
        found = _found(store, template_id, for_update=True)
        if found.in_use != body.in_use:
            retired = (None, None) if body.in_use else (actor.id, now())
            store.templates.set_retired(found.id, *retired)
        changed = _found(store, template_id)
        return IdempotentResponse.of(_template(changed, store.catalog, names))

    return once.run(effect)


@router.get(
    "/templates/{template_id}/versions/{number}",
    response_class=Response,
    summary="Скачать файл шаблона",
)
def read_version(
    template_id: TemplateId,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, title="Номер версии")],
    resources: ResourcesDep,
) -> Response:
    """The DOCX file as it was uploaded."""
    with resources.database.reading() as store:
        found = _found(store, template_id)
        content = store.templates.content(template_id, number)
    if content is None:
        raise TemplateNotFound
    version = next(each for each in found.versions if each.number == number)
    return _docx(version.file_name, content)


@router.get("/deals/{deal_id}/templates", summary="Шаблоны для сделки")
def list_for_deal(access: DealAccessDep) -> DealTemplateList:
    """Templates in use that are meant for the deal's direction."""
    with access.reading() as context:
        found = [t for t in context.store.templates.all() if t.fits(context.deal.direction)]
    return DealTemplateList(items=[_offered(each) for each in found])


@router.get("/deals/{deal_id}/templates/{template_id}", summary="Посмотреть документ")
async def preview(
    template_id: TemplateId, access: DealAccessDep, resources: ResourcesDep
) -> DocumentPreview:
    """Return the text of the document made from the template now, read from that document.

    It is not stored. What the deal does not have is left blank and named.
    """
    order = await run_in_threadpool(_order, access, template_id)
    document = await resources.templates.fill(order.content, order.filling)
    return DocumentPreview(
        **_offered(order.template).model_dump(),
        fingerprint=order.fingerprint,
        file_name=order.file_name,
        sections=[SectionSchema.model_validate(each) for each in document.sections],
        missing=list(order.filling.missing),
        undeclined=list(order.filling.undeclined),
    )


@router.get(
    "/deals/{deal_id}/templates/{template_id}/document",
    response_class=Response,
    summary="Скачать документ",
)
async def make_document(
    template_id: TemplateId,
    access: DealAccessDep,
    resources: ResourcesDep,
    fingerprint: Annotated[
        str, Query(title="Отпечаток просмотра", pattern=r"^[0-9a-f]{64}$|^$")
    ] = "",
) -> Response:
    """The document as DOCX. With the fingerprint of a preview: 412 if it would say other things."""
    order = await run_in_threadpool(_order, access, template_id)
    if fingerprint and fingerprint != order.fingerprint:
        raise PreviewOutdated
    document = await resources.templates.fill(order.content, order.filling)
    return _docx(order.file_name, document.content)


@dataclass(frozen=True)
class _Received:
    """An uploaded template that has passed all checks."""

    name: str
    content: bytes
    sha256: str
    expressions: tuple[str, ...]
    login: str

    def version(self, number: int) -> TemplateVersion:
        return TemplateVersion(
            number=number,
            file_name=self.name,
            size=len(self.content),
            sha256=self.sha256,
            expressions=self.expressions,
            uploaded_by=self.login,
            uploaded_at=now(),
        )


async def _receive(request: Request, resources: Resources, login: str, file: str) -> _Received:
    """Receive and check a DOCX file as a deal's files are, then its placeholders.

    Raises: FileRefused, TemplateRefused, Unavailable.
    """
    name, settings = clean(file), resources.settings
    quota = Quota.of(settings)
    incoming = await receive(request, settings.files_dir, MAX_TEMPLATE, quota)
    try:
        async with resources.upload_queues.turn_of(login):
            if incoming.size == 0 or media_type_of(name, incoming.head) != DOCX:
                raise FileRefused("Шаблон — это документ Word (.docx). Выберите его.")
            with await run_in_threadpool(incoming.reopened) as file_read:
                await resources.inspection.inspect(name, FORMATS[DOCX].inspected_as, file_read)
                await resources.scanner.check(name, file_read)
                await run_in_threadpool(file_read.seek, 0)
                content = await run_in_threadpool(file_read.read)
            scan = await resources.templates.scan(content)
    finally:
        await run_in_threadpool(incoming.drop)
    problems = list(problems_of(scan, Vocabulary(resources.database.catalog)))
    if problems:
        raise TemplateRefused(problems)
    if not scan.found:
        raise TemplateRefused(["В файле нет ни одной подстановки вида {{Контрагент}}."])
    expressions = tuple(dict.fromkeys(each.expression for each in scan.found))
    return _Received(name, content, hashlib.sha256(content).hexdigest(), expressions, login)


@dataclass(frozen=True)
class _Order:
    """A document to be made: the template's file and what it is filled with."""

    template: Template
    content: bytes
    filling: Filling
    file_name: str

    @property
    def fingerprint(self) -> str:
        """Equal as long as the document would say the same."""
        told = [self.template.latest.sha256, self.filling.texts, self.filling.rows]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _order(access: DealAccess, template_id: str) -> _Order:
    """Read everything that a document needs in one transaction. Raises: TemplateNotFound."""
    with access.reading() as context:
        found = _found(context.store, template_id)
        content = context.store.templates.content(template_id, found.latest.number)
        if not found.fits(context.deal.direction) or content is None:
            raise TemplateNotFound
        today = now().astimezone(BUSINESS_ZONE).date()
        filling = filling_of(context, found.latest.expressions, today)
        name = clean(f"{found.name} {context.deal.id}.docx".replace("/", "_").replace("\\", "_"))
    return _Order(found, content, filling, name)


def _found(store: Store, template_id: str, *, for_update: bool = False) -> Template:
    found = store.templates.get(template_id, for_update=for_update)
    if found is None:
        raise TemplateNotFound
    return found


def _directions(catalog: Catalog, codes: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(code for code in codes.split(",") if code))
    if unknown := [code for code in chosen if code not in catalog.directions]:
        problem = f"Направления «{unknown[0]}» нет."
        raise FieldsInvalid([FieldProblem("directions", "Направления", problem)])
    return chosen


def _template(template: Template, catalog: Catalog, names: PersonNames) -> TemplateSchema:
    uses = uses_of(template.latest.expressions, Vocabulary(catalog))
    by = template.retired_by
    return TemplateSchema.of(
        template,
        kind_name=KIND_NAMES[template.kind],
        directions=[
            Named.of(catalog.directions[code])
            for code in template.directions
            if code in catalog.directions
        ],
        retired_by=None if by is None else names.person(by),
        unknown=[expression for expression, use in uses.items() if use is None],
        versions=[
            TemplateVersionSchema.of(each, uploaded_by=names.person(each.uploaded_by))
            for each in template.versions
        ],
    )


def _offered(template: Template) -> DealTemplate:
    return DealTemplate.of(template, version=template.latest.number)


def _docx(name: str, content: bytes) -> Response:
    return Response(content, media_type=DOCX, headers=download_headers(name))
