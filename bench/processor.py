"""Processor time of process trees, and the class of the machine."""

import os
import platform
from pathlib import Path

PROC = Path("/proc")
PARENT, USER, SYSTEM, REAPED_USER, REAPED_SYSTEM = 1, 11, 12, 13, 14
"""Columns of /proc/PID/stat after the command name, see proc(5)."""


def cpu_seconds(*roots: int) -> float:
    """Processor time of processes and their descendants so far, ended ones included. Linux only."""
    table = dict(_processes())
    wanted = {pid for pid in table if _descends(pid, set(roots), table)}
    ticks = sum(
        int(table[pid][column])
        for pid in wanted
        for column in (USER, SYSTEM, REAPED_USER, REAPED_SYSTEM)
    )
    return ticks / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Class of this machine for reports, without its name: cores, memory, system."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"


def _processes() -> "list[tuple[int, list[str]]]":
    found = []
    for path in PROC.glob("[0-9]*/stat"):
        try:
            found.append((int(path.parent.name), path.read_text().rpartition(")")[2].split()))
        except OSError:  # it has just ended
            continue
    return found


def _descends(pid: int, roots: set[int], table: dict[int, list[str]]) -> bool:
    while pid in table:
        if pid in roots:
            return True
        pid = int(table[pid][PARENT])
    return False
