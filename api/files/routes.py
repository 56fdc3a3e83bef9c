"""Endpoints of files: list, upload as a stream, download."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

from api.deals.access import DealAccessDep, deal_access
from api.deals.responses import FileSchema
from api.deals.views import file_cards
from api.dependencies import CurrentActor, CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.files.downloads import download_response, open_content
from api.files.names import clean
from api.files.quota import Quota
from api.files.responses import FileList
from api.files.uploads import Upload, receive
from api.http.problems import HttpRefusal
from api.http.schema import Code
from api.routing import StrictRoute
from db.domain.errors import DealNotFound

router = APIRouter(tags=["Файлы"], route_class=StrictRoute)


class MultipartRefused(HttpRefusal):
    """The file was sent as multipart/form-data instead of the plain body."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class FileNotFound(HttpRefusal):
    """The file does not exist, or the caller may not read it."""

    code = "FILE_NOT_FOUND"
    status = 404
    sentence = "Файл не найден или у вас нет к нему доступа."


@router.get("/deals/{deal_id}/files", summary="Файлы сделки")
def list_files(access: DealAccessDep) -> FileList:
    """All versions of all files that the caller may read."""
    with access.reading() as context:
        return FileList(items=file_cards(context))


@router.post(
    "/deals/{deal_id}/files/{field}",
    status_code=201,
    response_model=FileSchema,
    summary="Приложить файл",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload_file(
    field: Annotated[Code, Path(title="Код поля", examples=["companyCard"])],
    name: Annotated[str, Query(title="Имя файла", max_length=1000, examples=["Карточка.pdf"])],
    request: Request,
    access: DealAccessDep,
    actor: CurrentActor,
    resources: ResourcesDep,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """The body is the file itself: PDF, JPEG, PNG, TIFF, DOCX, XLSX or P7S. The type is detected
    from the content.

    Each upload adds a version; older versions stay. 413 if the file exceeds the size limit or a
    quota; 422 if it is damaged or has active content; 507 if the disk is nearly full.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise MultipartRefused("Передайте сам файл в теле запроса, без multipart/form-data.")
    settings, quota = resources.settings, Quota.of(resources.settings)
    upload = Upload(access, actor, field, clean(name), quota)
    await run_in_threadpool(upload.authorize_early)
    incoming = await receive(request, settings.files_dir, settings.max_file_bytes, quota)
    try:
        async with resources.upload_queues.turn_of(access.caller.login):
            media_type = await upload.check_content(
                incoming, resources.inspection, resources.scanner
            )
        return await run_in_threadpool(upload.store, incoming, media_type, once)
    finally:
        await run_in_threadpool(incoming.drop)


@router.get("/files/{file_id}", response_class=StreamingResponse, summary="Скачать файл")
def read_file(
    file_id: Annotated[str, Path(title="Номер файла", pattern=r"^[0-9a-f-]{36}$")],
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    inline: Annotated[bool, Query(title="Показать в окне, если это PDF или картинка")] = False,
) -> StreamingResponse:
    """The content of a file. Downloads of files with personal data are recorded in the history."""
    with resources.database.reading() as store:
        attachment = store.attachments.get(file_id)
    if attachment is None:
        raise FileNotFound
    try:
        access = deal_access(attachment.deal_id, caller, resources)
        with access.reading() as context:
            permissions = context.permissions
    except DealNotFound:
        raise FileNotFound from None
    restricted = resources.database.catalog.fields[attachment.field].restricted
    if restricted and not permissions.can_read_restricted:
        raise FileNotFound
    body = open_content(resources.settings.files_dir, attachment)
    if restricted:
        with resources.database.writing() as store:
            store.attachments.downloaded(attachment, actor)
    return download_response(attachment, body, inline=inline)
