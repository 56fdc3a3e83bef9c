"""`python -m ops.development.commit_message FILE`: check the message of a commit (hook commit-msg).

Standard library only. The convention stands in CONTRIBUTING.md.
"""

import re
import sys
from pathlib import Path

MAX_SUBJECT = 72
PREFIX = re.compile(
    r"(?:feat|fix|docs|chore|refactor|test|build|ci|perf|style|wip)(?:\(.*\))?!?:", re.I
)
GENERATED = ("Merge ", "Revert ", "fixup! ", "squash! ")


def faults(message: str) -> list[str]:
    """Violations of the commit convention in a message, one sentence each."""
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if subject.startswith(GENERATED):
        return []
    found = []
    if len(subject) > MAX_SUBJECT:
        found.append(
            f"the subject has {len(subject)} characters, at most {MAX_SUBJECT} are allowed"
        )
    if not subject[:1].isupper():
        found.append("the subject must begin with a capital letter")
    if PREFIX.match(subject):
        found.append("the subject must not have a prefix")
    if subject.endswith("."):
        found.append("the subject must not end with a period")
    if len(lines) > 1 and lines[1]:
        found.append("the second line must be blank")
    return found


def main(path: str) -> int:
    """Print the violations; returns 1 if there are any."""
    found = faults(Path(path).read_text(encoding="utf-8"))
    for fault in found:
        print(f"commit message: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
