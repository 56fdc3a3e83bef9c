"""``python -m api.documents``: reads or fills one template and ends.

Its stdin has a line of JSON that says what to do, then the file; its stdout a line of JSON with the
result, then the document. It limits its own time and memory first, and has no settings.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from api.documents.docx import TOO_LARGE, BadTemplate, fill, scan
from api.documents.outline import outline
from api.inspection.limits import limit_resources

MAX_RESULT = 40_000_000  # bytes of a document


def run(order: Any, content: bytes) -> tuple[dict[str, Any], bytes]:
    """The result for the API, and the document if there is one."""
    try:
        if order["do"] == "scan":
            return asdict(scan(content)), b""
        document = fill(content, order["texts"], order["rows"])
        if len(document) > MAX_RESULT:
            raise BadTemplate(TOO_LARGE)
        return {"sections": outline(document)}, document
    except BadTemplate as bad:
        return {"refused": str(bad)}, b""
    except (MemoryError, RecursionError):
        return {"refused": TOO_LARGE}, b""


if __name__ == "__main__":
    limit_resources()
    head, document = run(json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + document)
