"""The mandated client on one pool of kept-alive connections, with errors that tell what to do."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import urllib3
from camunda.client.external_task_client import ExternalTaskClient

from bpmn.camunda.client.values import Variables, encode

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
POLL_EXTRA_SECONDS = 5.0
"""How much later than the long poll itself we stop waiting for its answer."""
MESSAGE_LIMIT = 600
"""Characters of an error message: the engine cuts at 666 itself."""


class EngineError(Exception):
    """The engine refused a call; the same call will be refused again."""


class EngineUnavailable(EngineError):
    """No answer, or one that may be better next time: 5xx, 429, 401, a cut body."""


class EngineSilent(EngineUnavailable):
    """Nobody answered at all: the engine or the network is down."""


class NotOurs(EngineError):
    """400: another worker holds the task, or our lock has run out."""


class TaskGone(EngineError):
    """404: the task was completed, cancelled or modified."""


class Client(ExternalTaskClient):  # type: ignore[misc]
    """Same methods as the library's client; answers are repeated as long as the lock lasts."""

    def __init__(self, worker_id: str, base_url: str, config: Mapping[str, Any]) -> None:
        super().__init__(worker_id, base_url, dict(config))
        self._pool = urllib3.PoolManager(
            maxsize=int(config["poolSize"]),
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        self._sent_headers = self._get_headers()

    def _log_with_context(self, *_: object, **__: object) -> None:
        """The library would log its configuration and variables through the root logger."""

    def fetch_and_lock(
        self,
        topic_names: Mapping[str, Sequence[str]],
        process_variables: Mapping[str, Any] | None = None,
        variables: Sequence[str] | None = None,
        max_tasks: int | None = None,
        *,
        wait: bool = True,
    ) -> list[dict[str, Any]]:
        """Lock tasks of ``topic_names``: topic → its local variables, and nothing else of them.

        ``wait``: let the engine hold the answer until there is a task.
        Raises: EngineError.
        """
        poll = self.config["asyncResponseTimeout"] if wait else 0
        body = {
            "workerId": self.worker_id,
            "maxTasks": max_tasks or self.config["maxTasks"],
            "usePriority": True,
            "asyncResponseTimeout": poll,
            "topics": [
                {
                    "topicName": topic,
                    "lockDuration": self.config["lockDuration"],
                    "localVariables": True,
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
        body = {"workerId": self.worker_id, "variables": encode(global_variables)}
        return self._answer(self.get_task_complete_url(task_id), body)

    def failure(
        self,
        task_id: str,
        error_message: str,
        error_details: str,
        retries: int,
        retry_timeout: int,
    ) -> bool:
        """``retry_timeout``: milliseconds."""
        body = {
            "workerId": self.worker_id,
            "errorMessage": error_message[:MESSAGE_LIMIT],
            "errorDetails": error_details,
            "retries": retries,
            "retryTimeout": retry_timeout,
        }
        return self._answer(self.get_task_failure_url(task_id), body)

    def bpmn_failure(
        self, task_id: str, error_code: str, error_message: str, variables: Variables | None = None
    ) -> bool:
        body = {
            "workerId": self.worker_id,
            "errorCode": error_code,
            "errorMessage": error_message[:MESSAGE_LIMIT],
            "variables": encode(variables or {}),
        }
        return self._answer(self.get_task_bpmn_error_url(task_id), body)

    def extend_lock(self, task_id: str, milliseconds: int) -> None:
        """Raises: EngineError."""
        body = {"workerId": self.worker_id, "newDuration": milliseconds}
        self._post(f"{self.external_task_base_url}/{task_id}/extendLock", body)

    def unlock(self, task_id: str) -> None:
        """Give the task back without using up a retry. Raises: EngineError."""
        self._post(f"{self.external_task_base_url}/{task_id}/unlock", {})

    def close(self) -> None:
        self._pool.clear()

    def _answer(self, url: str, body: Mapping[str, Any]) -> bool:
        """Say how a task went, again and again until the lock would be gone.

        A 404 after a lost answer means that the first one got through.
        """
        deadline = time.monotonic() + self.config["lockDuration"] / 1000
        tries = 0
        while True:
            try:
                self._post(url, body)
                return True
            except TaskGone:
                if tries:
                    return True
                raise
            except EngineUnavailable:
                pause = min(5.0, 0.05 * 2**tries) * random.uniform(0.5, 1.5)
                tries += 1
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _post(self, url: str, body: Mapping[str, Any], read: float = READ_SECONDS) -> bytes:
        try:
            answer = self._pool.request(
                "POST",
                url,
                headers=self._sent_headers,
                body=json.dumps(body).encode(),
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read),
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise EngineSilent(f"no answer: {type(error).__name__}") from None
        if answer.status < 300:
            return answer.data
        raise _trouble(url.rsplit("/", 1)[-1], answer.status, answer.data)


def _trouble(call: str, status: int, body: bytes) -> EngineError:
    """The engine's own words are not repeated: they may quote variables."""
    sentence = f"{call} answered {status}"
    if status == 404:
        return TaskGone(sentence)
    if status == 400 and (b"locked by worker" in body or b"expired" in body):
        return NotOurs(sentence)
    if status >= 500 or status in (401, 408, 429):
        return EngineUnavailable(sentence)
    return EngineError(sentence)
