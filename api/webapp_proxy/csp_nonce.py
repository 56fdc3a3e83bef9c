"""Repairs the CSP nonce of HTML pages of the engine's web applications.

The engine keeps its latest nonce in one place for all requests. Under concurrent requests a page
may contain the nonce of another request than its Content-Security-Policy header; a browser then
runs none of its scripts and shows an empty page.
"""

import re

import httpx2

POLICY = re.compile(r"'nonce-([A-Za-z0-9+/_=-]+)'")
SCRIPT = re.compile(rb"(<script\b[^<>]*?\bnonce=\")[^\"]*")


def has_nonce(reply: httpx2.Response) -> bool:
    """Whether the response is an HTML page with a nonce in its policy."""
    media_type = reply.headers.get("content-type", "")
    return media_type.startswith("text/html") and _nonce(reply) is not None


def with_own_nonce(reply: httpx2.Response, page: bytes) -> bytes:
    """The page with the nonce of its own policy in every script that has a nonce."""
    nonce = _nonce(reply)
    return page if nonce is None else SCRIPT.sub(rb"\g<1>" + nonce.encode(), page)


def _nonce(reply: httpx2.Response) -> str | None:
    found = POLICY.search(reply.headers.get("content-security-policy", ""))
    return found[1] if found else None
