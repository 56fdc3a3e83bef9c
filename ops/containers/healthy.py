"""Health checks of the containers: `healthy.py URL` answers 200, or `healthy.py FILE` is young.

Only the standard library, and nothing of ours: it runs every few seconds.
"""

import sys
import time
import urllib.request
from pathlib import Path

SECONDS = 4.0
YOUNG = 30.0  # seconds


def is_healthy(what: str) -> bool:
    """Raises: OSError (no answer, an error status, no such file)."""
    if what.startswith("http"):
        with urllib.request.urlopen(what, timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    return time.time() - Path(what).stat().st_mtime < YOUNG


if __name__ == "__main__":
    try:
        sys.exit(not is_healthy(sys.argv[1]))
    except OSError as trouble:
        sys.exit(f"{sys.argv[1]}: {trouble}")
