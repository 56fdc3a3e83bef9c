"""HTTP client for external tasks: camunda-external-task-client-python3 over kept connections."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from camunda.client.external_task_client import ExternalTaskClient

from bpmn.camunda.client.session import EngineError, EngineRefused, EngineUnavailable
from bpmn.camunda.client.values import Variables, encode
from workers.runtime.polling import BackOff
from workers.runtime.runner.connections import Connections, NoAnswer

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
POLL_EXTRA_SECONDS = 5.0
"""Read timeout of fetchAndLock on top of the long-polling timeout."""
MESSAGE_LIMIT = 600
"""Characters of an error message; the engine truncates at 666."""
REPORT_BACK_OFF = BackOff(timedelta(seconds=0.05), timedelta(seconds=5))


class LockExpired(EngineError):
    """400: another worker holds the task, or this worker's lock has expired."""


class TaskNotFound(EngineError):
    """404: the task was completed, canceled or modified."""


class TaskClient(ExternalTaskClient):  # type: ignore[misc]
    """The library's client over kept connections; reports are repeated until the lock expires.

    Every call raises `EngineError`: `LockExpired`, `TaskNotFound`, `EngineUnavailable` for an
    answer that may differ the next time (its ``status`` is None when there was no answer), or
    `EngineRefused`.
    """

    def __init__(self, worker_id: str, base_url: str, config: Mapping[str, Any]) -> None:
        super().__init__(worker_id, base_url, dict(config))
        self._connections = Connections(base_url, self._get_headers(), CONNECT_SECONDS)

    def _log_with_context(self, *_: object, **__: object) -> None:
        """Log nothing: the library would log its configuration and variables."""

    def fetch_and_lock(
        self,
        topic_names: Mapping[str, Sequence[str]],
        process_variables: Mapping[str, Any] | None = None,
        variables: Sequence[str] | None = None,
        max_tasks: int | None = None,
        *,
        wait_seconds: float | None = None,
    ) -> list[dict[str, Any]]:
        """Fetch and lock tasks; ``topic_names``: topic → names of the variables to fetch.

        A variable is read where the task sees it: an input parameter of the step hides a process
        variable of the same name.

        ``wait_seconds``: long polling, i.e. the engine answers when there is a task; by default
        as configured.
        Raises: EngineError.
        """
        configured = self.config["asyncResponseTimeout"]
        poll = configured if wait_seconds is None else round(wait_seconds * 1000)
        body = {
            "workerId": self.worker_id,
            "maxTasks": max_tasks or self.config["maxTasks"],
            "usePriority": True,
            "asyncResponseTimeout": poll,
            "topics": [
                {
                    "topicName": topic,
                    "lockDuration": self.config["lockDuration"],
                    "deserializeValues": False,
                    "includeExtensionProperties": False,
                    "variables": list(names),
                }
                for topic, names in topic_names.items()
            ],
        }
        raw = self._post(self.get_fetch_and_lock_url(), body, poll / 1000 + POLL_EXTRA_SECONDS)
        try:
            tasks = json.loads(raw)
        except ValueError as error:
            raise EngineUnavailable("fetchAndLock: the answer is not JSON") from error
        if not isinstance(tasks, list):
            raise EngineUnavailable("fetchAndLock: the answer is not a list")
        return cast(list[dict[str, Any]], tasks)

    def complete(
        self, task_id: str, global_variables: Variables, local_variables: Variables | None = None
    ) -> bool:
        """Report success with process variables. Raises: EngineError."""
        body = {"workerId": self.worker_id, "variables": encode(global_variables)}
        return self._report(self.get_task_complete_url(task_id), body)

    def failure(
        self,
        task_id: str,
        error_message: str,
        error_details: str,
        retries: int,
        retry_timeout: int,
    ) -> bool:
        """Report a failure; ``retry_timeout`` is in milliseconds. Raises: EngineError."""
        body = {
            "workerId": self.worker_id,
            "errorMessage": error_message[:MESSAGE_LIMIT],
            "errorDetails": error_details,
            "retries": retries,
            "retryTimeout": retry_timeout,
        }
        return self._report(self.get_task_failure_url(task_id), body)

    def bpmn_failure(
        self, task_id: str, error_code: str, error_message: str, variables: Variables | None = None
    ) -> bool:
        """Report a BPMN error. Raises: EngineError."""
        body = {
            "workerId": self.worker_id,
            "errorCode": error_code,
            "errorMessage": error_message[:MESSAGE_LIMIT],
            "variables": encode(variables or {}),
        }
        return self._report(self.get_task_bpmn_error_url(task_id), body)

    def extend_lock(self, task_id: str, milliseconds: int) -> None:
        """Extend the lock of a task by ``milliseconds`` from now. Raises: EngineError."""
        body = {"workerId": self.worker_id, "newDuration": milliseconds}
        self._post(f"{self.external_task_base_url}/{task_id}/extendLock", body)

    def unlock(self, task_id: str) -> None:
        """Unlock a task without using a retry. Raises: EngineError."""
        self._post(f"{self.external_task_base_url}/{task_id}/unlock", {})

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _report(self, url: str, body: Mapping[str, Any]) -> bool:
        """Send a report, repeated until the lock expires.

        A 404 after a lost answer means that the first report arrived.
        """
        deadline = time.monotonic() + self.config["lockDuration"] / 1000
        tries = 0
        while True:
            try:
                self._post(url, body)
                return True
            except TaskNotFound:
                if tries:
                    return True
                raise
            except EngineUnavailable:
                pause = REPORT_BACK_OFF.pause(tries).total_seconds()
                tries += 1
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _post(self, url: str, body: Mapping[str, Any], read: float = READ_SECONDS) -> bytes:
        try:
            status, data = self._connections.post(url, json.dumps(body).encode(), read)
        except NoAnswer as error:
            raise EngineUnavailable(f"no answer: {error}") from None
        if status < 300:
            return data
        raise _error_of(url.rsplit("/", 1)[-1], status, data)


def _error_of(call: str, status: int, body: bytes) -> EngineError:
    """Return the error of an answer; without the engine's message, which may quote variables."""
    message = f"{call} answered {status}"
    if status == 404:
        return TaskNotFound(message)
    if status == 400 and (b"locked by worker" in body or b"expired" in body):
        return LockExpired(message)
    if status >= 500 or status in (401, 408, 429):
        return EngineUnavailable(message, status)
    return EngineRefused(status, "", message)
