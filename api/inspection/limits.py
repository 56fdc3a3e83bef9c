"""Limits of a process that reads a stranger's file."""

import resource
from contextlib import suppress
from pathlib import Path

CPU_SECONDS = 30
MEMORY_BYTES = 512 * 1024 * 1024  # of address space


def limit_resources() -> None:
    """Limit this process; under memory pressure the kernel kills it before others."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        with suppress(ValueError, OSError):  # unsupported by the system, or its limit is lower
            resource.setrlimit(limit, (value, value))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
