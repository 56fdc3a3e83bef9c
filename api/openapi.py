"""OpenAPI document of the API, with the deal fields of the catalog."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth.sessions import COOKIE
from db.domain.catalog import Catalog, Field, FieldKind
from db.domain.fields.goods import MAX_ARTICLE, MAX_LINES, MAX_NAME, MAX_UNIT

DESCRIPTION = """
Сделки компании: карточки, стадии, файлы, согласования.

- Вход: HTTP Basic логином сотрудника, сессией Tasklist (тогда нужен заголовок
  `X-Requested-With: XMLHttpRequest`) или токеном машины (`Authorization: Bearer …`).
- Изменение полей требует версии карточки: `If-Match: "7"` или поле `version`.
- Изменение и удаление значения списка требуют его версии из `ETag`: `If-Match: "9f86d081884c7d65"`.
- POST принимает `Idempotency-Key`: повтор вернёт тот же ответ и ничего не сделает дважды. Кроме
  учётных записей (`/people`): ответ с паролем не хранится.
- Параметр адреса, которого у операции нет, отклоняется (422): молча ничего не пропускается.
- HEAD отвечает как GET без тела, OPTIONS называет методы адреса в `Allow`.
- Тело запроса: до 1 МБ, 10 000 значений, 20 уровней.
- Ошибки: `application/problem+json`, русский текст в `detail`, код для программы в `code`.
"""

LOGINS: Mapping[str, Any] = {
    "employee": {"type": "http", "scheme": "basic", "description": "Логин и пароль сотрудника."},
    "machine": {
        "type": "http",
        "scheme": "bearer",
        "description": "Ключ доступа программы, его выдаёт администратор.",
    },
    "tasklist": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Сессия Tasklist; нужен заголовок X-Requested-With: XMLHttpRequest.",
    },
}

_SCHEMAS: Mapping[FieldKind, Mapping[str, Any]] = {
    FieldKind.TEXT: {"type": "string", "maxLength": 500},
    FieldKind.LONG_TEXT: {"type": "string", "maxLength": 10_000},
    FieldKind.MONEY: {"type": "string", "examples": ["1500000.00"]},
    FieldKind.INTEGER: {"type": "integer", "examples": [3]},
    FieldKind.DATE: {"type": "string", "format": "date", "examples": ["2026-11-23"]},
    FieldKind.DATE_RANGE: {
        "type": "object",
        "properties": {
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
        },
        "required": ["from", "to"],
        "examples": [{"from": "2026-12-01", "to": "2026-12-31"}],
    },
    FieldKind.BOOLEAN: {"type": "boolean", "examples": [True]},
    FieldKind.LIST: {"type": "string"},
    FieldKind.MULTI_LIST: {"type": "array", "items": {"type": "string"}},
    FieldKind.GOODS: {
        "type": "array",
        "maxItems": MAX_LINES,
        "items": {
            "type": "object",
            "properties": {
                "article": {"type": "string", "maxLength": MAX_ARTICLE},
                "name": {"type": "string", "maxLength": MAX_NAME},
                "quantity": {"type": "string", "examples": ["2.5"]},
                "unit": {"type": "string", "maxLength": MAX_UNIT},
                "price": {"type": ["string", "null"], "examples": ["1990.50"]},
            },
            "required": ["name", "quantity"],
        },
        "examples": [
            [
                {
                    "article": "ПЦ-16",
                    "name": "Пила цепная",
                    "quantity": "2",
                    "unit": "шт.",
                    "price": "8990.00",
                }
            ]
        ],
    },
    FieldKind.INN: {"type": "string", "examples": ["7712345671"]},
    FieldKind.OGRN: {"type": "string", "examples": ["1237700123451"]},
    FieldKind.KPP: {"type": "string", "examples": ["770701001"]},
    FieldKind.USER: {"type": "string", "examples": ["manager1"]},
    FieldKind.EMAIL: {"type": "string", "examples": ["ivan@example.ru"]},
    FieldKind.PHONE: {"type": "string", "examples": ["+7 495 123-45-67"]},
}


PROBLEM: Mapping[str, Any] = {
    "title": "Ошибка (RFC 9457)",
    "type": "object",
    "description": "Кроме общих полей ошибка несёт свои данные: errors, missing, allowed, changed.",
    "properties": {
        "type": {"title": "Вид ошибки, URI", "type": "string"},
        "title": {"title": "Коротко", "type": "string"},
        "status": {"title": "Код ответа HTTP", "type": "integer"},
        "detail": {"title": "Что случилось и что делать", "type": "string"},
        "code": {"title": "Код для программы", "type": "string"},
        "requestId": {"title": "Номер запроса", "type": "string"},
        "errors": {
            "title": "Неверные поля, все сразу",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"title": "Код поля", "type": "string"},
                    "label": {"title": "Подпись", "type": "string"},
                    "message": {"title": "Что исправить", "type": "string"},
                },
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "examples": [
        {
            "type": "urn:pit:problem:fields-missing",
            "title": "Сейчас это невозможно",
            "status": 409,
            "detail": "Перед стадией «Условия согласования» заполните: ИНН; Лимит.",
            "code": "FIELDS_MISSING",
            "requestId": "3f0c8f0a4b6f4c0d8a5f6f3a1f2b7c9d",
            "missing": [{"fields": ["inn"], "label": "ИНН"}],
        }
    ],
}


def documented(app: FastAPI, catalog: Catalog) -> Callable[[], dict[str, Any]]:
    """Replacement for ``app.openapi``: the document is created at the first call and cached."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, catalog)
        return app.openapi_schema

    return openapi


def _document(app: FastAPI, catalog: Catalog) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    document = _with_published_names(document)
    schemas = document["components"]["schemas"]
    fields = [field for field in catalog.fields.values() if not field.is_file]
    schemas["DealFields"] = {
        "title": "Поля сделки",
        "type": "object",
        "properties": {field.code: field_schema(catalog, field) for field in fields},
        "additionalProperties": False,
    }
    for request_schema in ("NewDeal", "DealChange"):
        fields_schema = schemas[request_schema]["properties"]["fields"]
        schemas[request_schema]["properties"]["fields"] = {
            "title": fields_schema["title"],
            "description": fields_schema["description"],
            "examples": fields_schema["examples"],
            "$ref": "#/components/schemas/DealFields",
        }
    _declare_problems(document)
    _declare_security(document)
    return document


def _with_published_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with each schema under its title, which is its published name.

    The published name stays when a class is renamed.
    """
    schemas = document["components"]["schemas"]
    names = {name: schema.get("title", name) for name, schema in schemas.items()}
    references = {f"#/components/schemas/{old}": new for old, new in names.items()}

    def renamed(node: Any) -> Any:
        if isinstance(node, list):
            return [renamed(item) for item in node]
        if not isinstance(node, dict):
            return node
        if (published := references.get(node.get("$ref", ""))) is not None:
            node = {**node, "$ref": f"#/components/schemas/{published}"}
        return {key: renamed(value) for key, value in node.items()}

    document["components"]["schemas"] = dict(
        sorted((names[name], schema) for name, schema in schemas.items())
    )
    return dict(renamed(document))


def _declare_security(document: dict[str, Any]) -> None:
    """Declare that /api/v1 accepts any of `LOGINS`, and that other paths are open."""
    document["components"]["securitySchemes"] = LOGINS
    for path, methods in document["paths"].items():
        for operation in methods.values():
            open_to_all = not path.startswith("/api/v1/")
            operation["security"] = [] if open_to_all else [{name: []} for name in LOGINS]


def _declare_problems(document: dict[str, Any]) -> None:
    """Declare `PROBLEM` for all errors instead of FastAPI's own schema for 422."""
    schemas = document["components"]["schemas"]
    for foreign in ("HTTPValidationError", "ValidationError"):
        schemas.pop(foreign, None)
    schemas["Problem"] = PROBLEM
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    response = {"description": "Ошибка", "content": {"application/problem+json": content}}
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = response


def field_schema(catalog: Catalog, field: Field) -> dict[str, Any]:
    """JSON Schema of one deal field; null clears the field."""
    base = dict(_SCHEMAS[field.kind])
    kind = base.pop("type")
    schema = {"title": field.label, "type": [kind, "null"], **base}
    sentences = [field.hint] if field.hint else []
    if field.list:
        listed = catalog.lists[field.list]
        sentences.append(f"Код из списка «{listed.name}»: GET /api/v1/lists/{field.list}.")
        codes = [item.code for item in listed.items[:1]]
        schema["examples"] = [
            codes if field.kind is FieldKind.MULTI_LIST else next(iter(codes), "")
        ]
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.system:
        schema["readOnly"] = True
    if sentences:
        schema["description"] = " ".join(sentences)
    return schema
