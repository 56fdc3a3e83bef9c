"""Pages of the engine's web applications, whose scripts must carry the nonce of their policy.

The engine keeps its last nonce once for all requests: a page made beside another request gets
that one's, and a browser runs none of its scripts. The page stays empty, without a word.
"""

import re

import httpx2

POLICY = re.compile(r"'nonce-([A-Za-z0-9+/_=-]+)'")
SCRIPT = re.compile(rb"(<script\b[^<>]*?\bnonce=\")[^\"]*")


def has_nonce(reply: httpx2.Response) -> bool:
    """Whether the answer is a page with a nonce in its policy."""
    kind = reply.headers.get("content-type", "")
    return kind.startswith("text/html") and _nonce(reply) is not None


def with_own_nonce(reply: httpx2.Response, page: bytes) -> bytes:
    """The page with the nonce of its policy in each script that has one."""
    nonce = _nonce(reply)
    return page if nonce is None else SCRIPT.sub(rb"\g<1>" + nonce.encode(), page)


def _nonce(reply: httpx2.Response) -> str | None:
    found = POLICY.search(reply.headers.get("content-security-policy", ""))
    return found[1] if found else None
