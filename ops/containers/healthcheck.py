"""Health checks of the containers: ``WORKS_WHEN`` names a URL that answers 200, an address that
takes connections (tcp://host:port), or a young file.

Only the standard library, and nothing of ours: it runs every few seconds.
"""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

WORKS_WHEN = "WORKS_WHEN"
SECONDS = 4.0
YOUNG = 30.0  # seconds


def is_healthy(what: str) -> bool:
    """Raises: OSError (no answer, an error status, no such file)."""
    if what.startswith("http"):
        with urllib.request.urlopen(what, timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    if what.startswith("tcp"):
        address = urlsplit(what)
        with socket.create_connection((address.hostname or "", address.port or 0), SECONDS):
            return True
    return time.time() - Path(what).stat().st_mtime < YOUNG


if __name__ == "__main__":
    wanted = os.environ[WORKS_WHEN]
    try:
        sys.exit(not is_healthy(wanted))
    except OSError as trouble:
        sys.exit(f"{wanted}: {trouble}")
