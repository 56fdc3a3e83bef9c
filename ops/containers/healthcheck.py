"""Health check of a container; ``WORKS_WHEN`` names its target.

Targets: a URL that responds with 200, tcp://host:port that accepts connections, or a file modified
less than 30 s ago. Standard library only, because it is started every few seconds.
"""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

WORKS_WHEN = "WORKS_WHEN"
TIMEOUT_SECONDS = 4.0
MAX_AGE_SECONDS = 30.0


def is_healthy(target: str) -> bool:
    """Check one target. Raises: OSError (no connection, HTTP error status, no such file)."""
    if target.startswith("http"):
        with urllib.request.urlopen(target, timeout=TIMEOUT_SECONDS) as answer:
            return bool(answer.status == 200)
    if target.startswith("tcp"):
        address = urlsplit(target)
        with socket.create_connection((address.hostname or "", address.port or 0), TIMEOUT_SECONDS):
            return True
    return time.time() - Path(target).stat().st_mtime < MAX_AGE_SECONDS


if __name__ == "__main__":
    wanted = os.environ[WORKS_WHEN]
    try:
        sys.exit(not is_healthy(wanted))
    except OSError as error:
        sys.exit(f"{wanted}: {error}")
