"""The OpenAPI document and the catalog's fields in it."""

import json
import re
from typing import Any

from tests.integration.api.conftest import Office
from tests.support.builders import a_catalog


def document(office: Office) -> dict[str, Any]:
    return dict(office.person("manager1").get("/openapi.json").json())


def test_every_field_has_its_russian_label_and_type(office: Office) -> None:
    fields = document(office)["components"]["schemas"]["DealFields"]["properties"]

    catalog = a_catalog()
    assert set(fields) == {code for code, field in catalog.fields.items() if not field.is_file}
    assert all(fields[code]["title"] == catalog.fields[code].label for code in fields)
    assert fields["limit"]["examples"] == ["1500000.00"]
    assert fields["temporaryPeriod"]["required"] == ["from", "to"]
    assert fields["contractNumber"]["readOnly"] is True


def test_everything_that_is_sent_or_answered_is_explained_in_russian(office: Office) -> None:
    schemas = document(office)["components"]["schemas"]
    ours = {name: schema for name, schema in schemas.items() if "Error" not in name}

    silent = [
        f"{name}.{field}"
        for name, schema in ours.items()
        if name != "DealFields"
        for field, told in schema.get("properties", {}).items()
        if not any("а" <= c <= "я" for c in told.get("title", "").lower())
    ]

    assert silent == []


def test_every_operation_has_a_russian_summary(office: Office) -> None:
    operations = [
        (path, method, operation)
        for path, methods in document(office)["paths"].items()
        for method, operation in methods.items()
    ]

    silent = [
        (path, method)
        for path, method, operation in operations
        if not any("а" <= c <= "я" for c in operation["summary"].lower())
    ]

    assert silent == []


def test_every_post_takes_an_idempotency_key(office: Office) -> None:
    """But for accounts, whose stored responses would hold passwords."""
    paths = document(office)["paths"]

    without = {
        path
        for path, methods in paths.items()
        if "post" in methods
        and not any(p["name"] == "idempotency-key" for p in methods["post"].get("parameters", ()))
    }

    people = ("/people", "/people/{login}/deactivate", "/people/{login}/password")
    accounts = ("/me/password", *people)
    assert without == {f"/api/v1{path}" for path in accounts}


def test_every_error_is_described_as_the_problem_it_is(office: Office) -> None:
    told = document(office)
    operations = [each for methods in told["paths"].values() for each in methods.values()]

    assert all(
        "application/problem+json" in each["responses"]["default"]["content"] for each in operations
    )
    assert "HTTPValidationError" not in told["components"]["schemas"]
    assert "422" not in {code for each in operations for code in each["responses"]}


def test_every_reference_leads_somewhere(office: Office) -> None:
    told = document(office)
    text = json.dumps(told)

    names = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", text))

    assert names <= set(told["components"]["schemas"])


def test_the_document_says_how_to_log_in(office: Office) -> None:
    told = document(office)

    ways = told["components"]["securitySchemes"]
    assert {way["type"] for way in ways.values()} == {"http", "apiKey"}
    assert told["paths"]["/healthz"]["get"]["security"] == []
    assert told["paths"]["/api/v1/deals"]["post"]["security"] == [{name: []} for name in ways]
