"""API reference: operations and schemas of the OpenAPI document as Markdown."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.app import create_app
from api.settings import ApiSettings
from docs.generator.page import Page, anchor, code, codes, table

Node = Mapping[str, Any]

INTRODUCTION = """# API

Base address `/api/v1`; titles and descriptions are in Russian, as in `/api/v1/openapi.json`, from
which this page is generated. [The how-to guide](../how-to/use-the-api.md) has examples with curl,
[roles](roles.md) has the permissions, [schemas](api-schemas.md) the bodies.

"""


def pages() -> Iterator[Page]:
    """The pages `reference/api.md` and `reference/api-schemas.md`."""
    document = openapi()
    yield Page("reference/api.md", INTRODUCTION + _operations(document))
    yield Page("reference/api-schemas.md", _schemas(document))


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of an application that is never started."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            ApiSettings(
                _env_file=None,
                database_url=f"sqlite:///{folder}/deals.sqlite3",
                files_dir=Path(folder) / "files",
                engine_password="unused",
                onec_simulator_url="http://unused",  # with the endpoint that only a demo has
            )
        )
        return dict(app.openapi())


def _operations(document: Node) -> str:
    parts = [str(document["info"].get("description", "")).strip() + "\n"]
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["–"])[0]
            tags.setdefault(tag, []).append(_operation(method.upper(), path, operation))
    for tag, operations in tags.items():
        parts += [f"## {tag}\n", *operations]
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Node) -> str:
    name = f"`{method} {path.removeprefix('/api/v1')}`"
    parts = [f"### {name} {anchor(operation['operationId'])}\n", operation.get("summary", ""), ""]
    if about := operation.get("description"):
        parts += [about, ""]
    if parameters := operation.get("parameters"):
        rows = [
            (
                code(one["name"]),
                one["in"],
                _type(one["schema"]),
                "yes" if one.get("required") else "",
                _about({**one["schema"], **one}),
            )
            for one in parameters
        ]
        parts.append(table(("parameter", "in", "type", "required", "meaning"), rows))
    if body := operation.get("requestBody"):
        kinds = ", ".join(_content(kind, media) for kind, media in body["content"].items())
        parts.append(f"Body: {kinds}\n")
    answers = [
        (status, ", ".join(_content(kind, one) for kind, one in answer.get("content", {}).items()))
        for status, answer in operation["responses"].items()
    ]
    return "\n".join([*parts, table(("status", "response"), answers)])


def _content(kind: str, media: Node) -> str:
    return f"{_type(media.get('schema', {}))} ({kind})"


def _schemas(document: Node) -> str:
    parts = [
        "# API schemas\n",
        "JSON bodies of the [API](api.md), generated from `/api/v1/openapi.json`.\n",
    ]
    for name, schema in document["components"]["schemas"].items():
        parts += [f"## {name} {anchor(name)}", "", _about(schema), ""]
        required = schema.get("required", [])
        rows = [
            (code(key), _type(one), "yes" if key in required else "", _about(one))
            for key, one in schema.get("properties", {}).items()
        ]
        if rows:
            parts.append(table(("member", "type", "required", "meaning"), rows))
        if values := schema.get("enum"):
            parts.append(f"One of {codes(values)}.\n")
    return "\n".join(parts)


def _about(schema: Node) -> str:
    parts = [str(schema.get("title", "")), str(schema.get("description", ""))]
    parts = [part.strip().rstrip(".") for part in parts if part.strip()]
    text = ". ".join(parts) + "." if parts else ""
    if "default" in schema and schema["default"] not in (None, ""):
        text += f" Default {code(schema['default'])}."
    return text.strip()


def _type(schema: Node) -> str:
    """Return the type of a JSON schema; a reference is a link to the schema's section."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return f"[{name}](api-schemas.md#{name})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if "enum" in schema:
        return codes(schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    kind = schema.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds and "items" in schema:
        return f"array of {_type(schema['items'])}"
    text = " or ".join(kinds)
    return f"{text} ({schema['format']})" if "format" in schema else text
