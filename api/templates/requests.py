"""Request schemas of document templates."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StringConstraints

from api.http.schema import Line, RequestSchema

TemplateId = Annotated[
    str,
    Path(
        title="Номер шаблона",
        pattern=r"^[0-9a-f-]{36}$",
        examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"],
    ),
]
FileName = Annotated[str, Query(title="Имя файла", max_length=1000, examples=["Договор.docx"])]
TemplateName = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=100),
    Query(title="Название", examples=["Договор поставки"]),
]
DirectionCodes = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9,]{0,1000}$"),
    Query(title="Коды направлений через запятую; пусто: все", examples=["newClients"]),
]


class TemplateUse(RequestSchema):
    """Change of a template: offered to deals or not."""

    in_use: bool = Field(title="В работе", examples=[False])
