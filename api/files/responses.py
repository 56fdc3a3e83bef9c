"""Response schemas of files."""

from pydantic import Field

from api.deals.responses import FileSchema
from api.http.schema import ResponseSchema


class FileList(ResponseSchema):
    """Files of a deal."""

    items: list[FileSchema] = Field(title="Файлы")
