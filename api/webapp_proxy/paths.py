"""Canonical form of paths and queries; ambiguous ones are refused."""

import re
from urllib.parse import parse_qsl, unquote_to_bytes

from api.webapp_proxy.refusals import RequestNotUnderstood

MAX_PATH, MAX_QUERY = 500, 4_000  # characters
MAX_RESULTS = 2_000  # rows of one response; Tasklist requests this many filters
_PATH = re.compile(r"/camunda(?:/[A-Za-z0-9_.~:@!$,=+-]+)*/?")
_QUERY = re.compile(r"[A-Za-z0-9_.~:@!$,=+*()'/?&;%-]*")


def canonical_path(raw_path: bytes) -> str:
    """The path for the engine, without any percent-encoding.

    Raises: RequestNotUnderstood for encoded or doubled slashes, dot segments, path parameters
    (`;`), double encoding, control characters.
    """
    if len(raw_path) > 3 * MAX_PATH:
        raise RequestNotUnderstood("Адрес составлен неверно.")
    try:
        path = unquote_to_bytes(raw_path).decode("ascii")
    except UnicodeDecodeError:
        raise RequestNotUnderstood("Адрес содержит недопустимые знаки.") from None
    encoded = re.findall(rb"%(..)", raw_path)
    ambiguous = any(code.lower() in (b"2f", b"5c", b"2e", b"25", b"3b") for code in encoded)
    if ambiguous or len(path) > MAX_PATH or not _PATH.fullmatch(path):
        raise RequestNotUnderstood("Адрес составлен неверно.")
    if any(part in (".", "..") for part in path.split("/")):
        raise RequestNotUnderstood("Адрес составлен неверно.")
    return path


def checked_query(raw_query: bytes) -> str:
    """The query string, if it is short and plain. Raises: RequestNotUnderstood."""
    query = raw_query.decode("latin-1")
    if len(query) > MAX_QUERY or not _QUERY.fullmatch(query):
        raise RequestNotUnderstood("Параметры адреса составлены неверно.")
    limits = [value for name, value in parse_qsl(query) if name == "maxResults"]
    if any(not re.fullmatch(r"[0-9]{1,4}", value) or int(value) > MAX_RESULTS for value in limits):
        raise RequestNotUnderstood(f"За один раз можно прочитать не больше {MAX_RESULTS} строк.")
    return query
