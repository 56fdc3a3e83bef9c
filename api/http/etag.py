"""Entity tags (RFC 9110): reading ``If-Match`` and writing ``ETag``."""

import re

from api.http.problems import HttpRefusal


class VersionMissing(HttpRefusal):
    """The request does not name the version it is based on."""

    code = "VERSION_MISSING"
    status = 428


class VersionInvalid(HttpRefusal):
    """A precondition header is malformed, or contradicts the rest of the request."""

    code = "VERSION_INVALID"
    status = 422


def parse_etag(header: str, version: str) -> str | None:
    """The version in an entity tag; None when the header is malformed.

    ``version``: regular expression that the version must match. A proxy that compresses responses
    makes the tag weak (``W/"7"``) or appends ``-gzip`` to it; both are accepted.
    """
    found = re.fullmatch(rf'(?:W/)?"({version})(?:-[a-z]{{1,8}})?"', header.strip())
    return None if found is None else found[1]


def etag_header(version: int | str) -> dict[str, str]:
    """The ``ETag`` response header with this version."""
    return {"ETag": f'"{version}"'}
