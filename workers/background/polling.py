"""The rhythm of those who compare what is with what should be, again and again."""

import logging
import random
import threading
from collections.abc import Callable

from bpmn.camunda.client.rest import EngineUnavailable
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0


def keep_looking(
    look: Callable[[], None], what: str, pause: float, stopping: threading.Event
) -> None:
    """Look at once and then every ``pause`` seconds until told to stop, whatever happens.

    A silent engine or database is asked less and less, and logged once.
    """
    silent, wait = 0, 0.0
    while not stopping.wait(wait):
        try:
            look()
            silent = 0
        except (EngineUnavailable, Unavailable) as trouble:
            silent += 1
            if silent == 1:
                log.warning("%s are not watched now: %s", what, type(trouble).__name__)
        except Exception:
            silent += 1
            log.exception("%s are not watched because of a bug", what)
        wait = min(LONGEST_PAUSE_SECONDS, pause * (1 << min(silent, 10)))
        wait *= random.uniform(0.8, 1.0)
