"""`python -m ops.install LOCK`: install a lock file, with progress in one line.

Standard library only, because nothing else is installed yet.
"""

import subprocess
import sys
from collections import deque

SHOWN = ("Collecting", "Downloading", "Installing")
WIDTH = 70
LAST_LINES = 15  # shown after a failure
ADVICE = (
    "Не удалось установить пакеты Python, причина выше. Проверьте сеть и прокси (HTTPS_PROXY, "
    "PIP_INDEX_URL) и повторите команду: загруженное сохранено."
)


def main(lock: str) -> int:
    """Install a lock file into this Python. Returns: pip's exit code."""
    argv = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    argv += ["--require-hashes", "--only-binary", ":all:", "-r", lock]
    output: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            output.append(line.rstrip())
            if line.startswith(SHOWN):
                print(f"\r  {line.strip()[:WIDTH].ljust(WIDTH)}", end="", flush=True)
    print(flush=True)
    if pip.returncode:
        print("\n".join(output), ADVICE, sep="\n", file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
