"""Worker on operaton-tasks, run by the Python of its own virtual environment."""

import asyncio
import base64
import os
import sys

os.environ["ENGINE_REST_BASE_URL"] = os.environ["BENCH_ENGINE"]
_account = f"{os.environ['BENCH_USER']}:{os.environ['BENCH_PASSWORD']}".encode()
os.environ["ENGINE_REST_AUTHORIZATION"] = f"Basic {base64.b64encode(_account).decode()}"
os.environ["LOG_LEVEL"] = "WARNING"

from operaton.tasks.config import handlers  # noqa: E402 - it reads the environment when imported
from operaton.tasks.deco import task  # noqa: E402
from operaton.tasks.runtime import ExternalTaskComplete  # noqa: E402
from operaton.tasks.types import (  # noqa: E402
    CompleteExternalTaskDto,
    LockedExternalTaskDto,
    VariableValueDto,
)
from operaton.tasks.worker import external_task_worker  # noqa: E402


@task(os.environ["BENCH_TOPIC"])  # type: ignore[untyped-decorator]
async def no_op(locked: LockedExternalTaskDto) -> ExternalTaskComplete:
    """Do nothing and write two variables."""
    variables = {
        "sum": VariableValueDto(value=1, type="Integer"),
        "word": VariableValueDto(value="ok", type="String"),
    }
    response = CompleteExternalTaskDto(workerId=locked.workerId, variables=variables)
    return ExternalTaskComplete(task=locked, response=response)


if __name__ == "__main__":
    sys.exit(asyncio.run(external_task_worker(handlers)))
