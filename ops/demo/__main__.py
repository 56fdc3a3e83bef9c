"""`python -m ops.demo`: play the demo through a running suite and print each step."""

import argparse
import sys
import time

import requests

from ops.demo import STORIES
from ops.demo.employee import TIMEOUT, Stuck
from ops.demo.repair import Repair, play_repair
from ops.demo.scenario import Story, play

SIMULATOR = "1C simulator"
"""Name that the simulator gives in its health response."""


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
        known = answer.ok and answer.json().get("name") == SIMULATOR
    except (requests.RequestException, ValueError, AttributeError):
        known = False
    if not known:
        raise NoSimulator(
            "Показ заводит в 1С выдуманных клиентов, поэтому играет только с имитатором 1С, а "
            "здесь подключена другая. Запустите make up без ONEC_URL."
        )


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and play; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--onec", required=True, help="address of the 1C simulator")
    parser.add_argument("--password", required=True, help="of the demo people")
    parser.add_argument("--story", choices=STORIES, default=STORIES[0])
    given = parser.parse_args(arguments)
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} с  {text}", flush=True)

    try:
        if given.story == "service":
            play_repair(Repair(given.url, given.password, tell))
        else:
            refuse_real_onec(given.onec)
            play(Story(given.url, given.password, given.onec, tell))
    except (NoSimulator, Stuck, requests.RequestException) as trouble:
        print(f"Показ остановился: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
