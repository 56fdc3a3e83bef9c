"""Client of the 1C simulator's control API; calls nothing that is not the simulator."""

import httpx2

from api.http.problems import HttpRefusal
from api.simulated_onec.documents import OnecDocument

NAME = "1C simulator"
"""Name that the simulator gives in its health response."""
TIMEOUT = 5.0  # seconds


class SimulatorSilent(HttpRefusal):
    """The simulator does not answer, or another program does in its place."""

    code = "ONEC_SIMULATOR_SILENT"
    status = 503
    sentence = "Имитатор 1С не отвечает. Подождите минуту и нажмите «Создать в 1С» ещё раз."


def create_document(address: str, document: OnecDocument, key: str | None) -> str:
    """Create a document, with a ``key`` once. Returns: its number. Raises: SimulatorSilent."""
    repeat = {} if key is None else {"Idempotency-Key": key}
    base = f"{address.rstrip('/')}/_simulator"
    try:
        with httpx2.Client(timeout=TIMEOUT, trust_env=False) as http:
            known = http.get(f"{base}/health")
            known.raise_for_status()
            if known.json().get("name") != NAME:
                raise SimulatorSilent
            made = http.post(f"{base}/{document.place}", json=document.body, headers=repeat)
            made.raise_for_status()
            return str(made.json()[document.number])
    except (httpx2.HTTPError, ValueError, KeyError, AttributeError) as trouble:
        raise SimulatorSilent from trouble
