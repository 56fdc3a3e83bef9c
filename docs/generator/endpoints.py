"""Roles reference: what each role may call, endpoint by endpoint."""

from collections.abc import Iterator

from api.auth.endpoint_permissions import TABLE, Reach
from bpmn.camunda.provisioning.identities import load_identities
from db.catalog.loading import load_catalog
from docs.generator.page import Page, code, codes, table

MEANINGS = {
    Reach.NONE: "–",
    Reach.TASK: "task",
    Reach.OWN: "own",
    Reach.DIRECTION: "direction",
    Reach.ALL: "all",
}

INTRODUCTION = """# Roles and endpoints

A role is a Camunda group. Several roles of one person add up: the widest permission counts. The
demo logins exist only with `DEMO=true`.
"""

LEGEND = """## Endpoints

Paths are below `/api/v1`. A cell says for which deals the endpoint is open to the role:

- `task`: deals in which the caller has or had a task; writing only in a task assigned to them
- `own`: also the deals that the caller leads
- `direction`: also all deals of the directions that the role heads
- `all`: no restriction at this endpoint
- `–`: refused with 403

Which column holds for a role says its `access` in `db/catalog/roles.yaml`. The last column names
the scope that a program's token needs. An endpoint that is not in the table
is closed to everybody. The table is `api/auth/endpoint_permissions.py`; this page is generated from
it, and a test calls every cell.
"""


def pages() -> Iterator[Page]:
    """The page `reference/roles.md`."""
    yield Page("reference/roles.md", "\n".join([INTRODUCTION, _roles(), LEGEND, _endpoints()]))


def _roles() -> str:
    demo = load_identities().demo
    rows = [
        (
            code(role.code),
            role.name,
            role.access,
            role.description,
            codes(person.login for person in demo if person.group == role.code),
        )
        for role in load_catalog().roles.values()
    ]
    return table(("group", "name", "column below", "description", "demo logins"), rows)


def _endpoints() -> str:
    rows = [
        (
            f"`{method} {path}`",
            MEANINGS[row.leaders],
            MEANINGS[row.heads],
            MEANINGS[row.performers],
            MEANINGS[row.admins],
            "any scope" if row.machines == "any" else code(row.machines),
        )
        for (method, path), row in TABLE.items()
    ]
    return table(("endpoint", "leaders", "heads", "performers", "admins", "token scope"), rows)
