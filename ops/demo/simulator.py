"""Guard of the demo: refuses to write invented data into a real 1C."""

import requests

from api.simulated_onec.client import NAME
from ops.demo.employee import TIMEOUT


class NoSimulator(Exception):
    """The 1C at the address is a real one, or does not answer."""


def refuse_real_onec(address: str) -> None:
    """Check that the 1C is the simulator before invented data are written into it; sends no login.

    Raises: NoSimulator.
    """
    try:
        answer = requests.get(
            f"{address}/_simulator/health", timeout=TIMEOUT, allow_redirects=False
        )
        known = answer.ok and answer.json().get("name") == NAME
    except (requests.RequestException, ValueError, AttributeError):
        known = False
    if not known:
        raise NoSimulator(
            "Показ и сценарии заводят в 1С выдуманных клиентов, поэтому играют только с имитатором "
            "1С, а здесь подключена другая. Запустите make up без ONEC_URL."
        )
