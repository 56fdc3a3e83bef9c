"""Files of deals: taken in as a stream, given out only to those who may read them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from api.deals.access import Visiting, at_the_door
from api.deals.responses import FileSchema
from api.deals.views import Viewed, file_cards
from api.dependencies import CurrentActor, CurrentCaller, EmployeesDep, Resources, ResourcesDep
from api.files.downloads import contents, sent
from api.files.names import clean
from api.files.uploads import Upload, received
from api.http.idempotency import OncePerKey
from api.http.problems import HttpRefusal
from api.http.schema import Code, ResponseSchema
from api.http.strict_json import StrictRoute
from db.domain.errors import DealNotFound

router = APIRouter(tags=["Файлы"], route_class=StrictRoute)


class FileList(ResponseSchema):
    items: list[FileSchema] = Field(title="Файлы")


class MultipartRefused(HttpRefusal):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class FileNotFound(DealNotFound):
    code = "FILE_NOT_FOUND"

    def __init__(self) -> None:
        Exception.__init__(self, "Файл не найден или у вас нет к нему доступа.")


@router.get("/deals/{deal_id}/files", summary="Файлы сделки")
def list_files(visitor: Visiting, resources: ResourcesDep, employees: EmployeesDep) -> FileList:
    """All versions of all files that the caller may read."""
    names = employees.names()
    with resources.database.reading() as store:
        deal, right = visitor.enter(store)
        return FileList(items=file_cards(Viewed(store, deal, right, names)))


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
    visitor: Visiting,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    once: OncePerKey,
) -> JSONResponse:
    """The body is the file itself. PDF, JPEG, PNG, TIFF, DOCX, XLSX, P7S; type by content.

    Each upload is a new version; the older ones stay. 413: too large, or more than the deal or
    the person may have; 422: damaged, or something in it runs or loads; 507: hardly any room.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise MultipartRefused("Передайте сам файл в теле запроса, без multipart/form-data.")
    names, quota = await run_in_threadpool(employees.names), resources.quota
    upload = Upload(visitor, actor, field, clean(name), names, quota)
    await run_in_threadpool(_admitted, upload, resources)
    settings = resources.settings
    incoming = await received(request, settings.files_dir, settings.max_file_bytes, quota)
    try:
        async with resources.turns.of(visitor.caller.login):
            media_type = await upload.checked(incoming, resources.inspection, resources.scanning)
        return await run_in_threadpool(upload.kept, incoming, media_type, once)
    finally:
        await run_in_threadpool(incoming.drop)


def _admitted(upload: Upload, resources: Resources) -> None:
    """Refuse before the bytes come."""
    with resources.database.reading() as store:
        upload.admitted(store)


@router.get("/files/{file_id}", response_class=StreamingResponse, summary="Скачать файл")
def read_file(
    file_id: Annotated[str, Path(title="Номер файла", pattern=r"^[0-9a-f-]{36}$")],
    caller: CurrentCaller,
    actor: CurrentActor,
    resources: ResourcesDep,
    inline: Annotated[bool, Query(title="Показать в окне, если это PDF или картинка")] = False,
) -> StreamingResponse:
    """The bytes. Who read a file with personal data stays in the deal's history."""
    with resources.database.reading() as store:
        attachment = store.attachments.get(file_id)
    if attachment is None:
        raise FileNotFound
    try:
        visitor = at_the_door(attachment.deal_id, caller, resources)
        with resources.database.reading() as store:
            _, right = visitor.enter(store)
    except DealNotFound:
        raise FileNotFound from None
    restricted = resources.database.catalog.fields[attachment.field].restricted
    if restricted and not right.reads_restricted:
        raise FileNotFound
    body = contents(resources.settings.files_dir, attachment)
    if restricted:
        with resources.database.writing() as store:
            store.attachments.downloaded(attachment, actor)
    return sent(attachment, body, inline=inline)
