"""`python -m ops.demo`: play the demo through a running suite and print each step."""

import argparse
import sys
import time

import requests

from ops.demo import STORIES
from ops.demo.company import Company, planned
from ops.demo.product import NewProduct, play_product
from ops.demo.repair import Repair, play_repair
from ops.demo.scenario import Story, play
from ops.demo.simulator import NoSimulator, refuse_real_onec
from ops.demo.waiting import Stuck


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
            if given.story == "product":
                play_product(NewProduct(given.url, given.password, tell, onec=given.onec))
            elif given.story == "company":
                Company(given.url, given.password, given.onec, tell).works(planned())
            else:
                play(Story(given.url, given.password, given.onec, tell))
    except (NoSimulator, Stuck, requests.RequestException) as trouble:
        print(f"Показ остановился: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
