"""Response schemas of document templates and of documents made from them."""

from datetime import datetime

from pydantic import Field

from api.http.schema import Named, PersonSchema, ResponseSchema
from db.domain.documents.placeholders import TemplateKind


class TemplateVersionSchema(ResponseSchema):
    """A version of a template."""

    number: int = Field(title="Номер версии", examples=[1])
    file_name: str = Field(title="Имя файла", examples=["Договор.docx"])
    size: int = Field(title="Размер, байт")
    uploaded_by: PersonSchema = Field(title="Кто загрузил")
    uploaded_at: datetime = Field(title="Когда")


class TemplateSchema(ResponseSchema):
    """A template with its versions."""

    id: str = Field(title="Номер")
    kind: TemplateKind = Field(title="Вид: contract, approvalSheet", examples=["contract"])
    kind_name: str = Field(title="Вид", examples=["Договор"])
    name: str = Field(title="Название", examples=["Договор поставки"])
    directions: list[Named] = Field(title="Направления; пусто: все")
    in_use: bool = Field(title="В работе")
    retired_by: PersonSchema | None = Field(title="Кто вывел из работы")
    retired_at: datetime | None = Field(title="Когда")
    unknown: list[str] = Field(title="Подстановки, которых больше нет")
    versions: list[TemplateVersionSchema] = Field(title="Версии, новые сначала")


class TemplateList(ResponseSchema):
    """All templates."""

    items: list[TemplateSchema] = Field(title="Шаблоны")
    kinds: list[Named] = Field(title="Виды шаблонов")


class PlaceholderSchema(ResponseSchema):
    """A placeholder that templates may use."""

    name: str = Field(title="Имя в шаблоне", examples=["Контрагент"])
    about: str = Field(title="Что это")
    forms: list[str] = Field(title="Формы после черты", examples=[["прописью"]])
    records: str | None = Field(title="Строка таблицы, которая повторяется", examples=["Товар"])


class PlaceholderList(ResponseSchema):
    """Everything that templates may use."""

    items: list[PlaceholderSchema] = Field(title="Подстановки")


class DealTemplate(ResponseSchema):
    """A template that a deal may use."""

    id: str = Field(title="Номер")
    kind: TemplateKind = Field(title="Вид: contract, approvalSheet", examples=["contract"])
    name: str = Field(title="Название", examples=["Договор поставки"])
    version: int = Field(title="Версия", examples=[1])


class DealTemplateList(ResponseSchema):
    """Templates that a deal may use."""

    items: list[DealTemplate] = Field(title="Шаблоны")


class BlockSchema(ResponseSchema):
    """A paragraph, or a table with the texts of its cells."""

    text: str = Field("", title="Текст абзаца")
    heading: bool = Field(False, title="Заголовок")
    align: str = Field("", title="Выравнивание: center, right или пусто")
    rows: list[list[str]] = Field([], title="Строки таблицы")


class SectionSchema(ResponseSchema):
    """A part of the document."""

    name: str = Field(title="Часть", examples=["основной текст"])
    blocks: list[BlockSchema] = Field(title="Абзацы и таблицы")


class DocumentPreview(DealTemplate):
    """Text of a document, and what a person has to finish in it."""

    fingerprint: str = Field(title="Отпечаток для скачивания")
    file_name: str = Field(title="Имя файла", examples=["Договор поставки D-2026-00001.docx"])
    sections: list[SectionSchema] = Field(title="Части документа")
    missing: list[str] = Field(title="Не заполнено в сделке")
    undeclined: list[str] = Field(title="Имена, которые не удалось просклонять")
