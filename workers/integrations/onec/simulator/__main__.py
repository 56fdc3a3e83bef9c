"""Command `python -m workers.integrations.onec.simulator`: runs the simulated 1C as a process."""

import argparse
from pathlib import Path

import uvicorn

from workers.integrations.onec.simulator.account import Account
from workers.integrations.onec.simulator.app import create_app
from workers.integrations.onec.simulator.demo import fill
from workers.integrations.onec.simulator.infobase import Infobase


def main() -> None:
    """Serve the infobase until the process is stopped."""
    options = _options()
    infobase = Infobase(options.configuration, options.data)
    if infobase.is_empty:
        fill(infobase)
    account = Account(options.user, options.password)
    app = create_app(infobase, base=options.base, account=account)
    # URLs contain tax numbers, so there is no access log.
    uvicorn.run(app, host=options.host, port=options.port, access_log=False, ws="none")


def _options() -> argparse.Namespace:
    default = Account()
    parser = argparse.ArgumentParser(
        prog="python -m workers.integrations.onec.simulator",
        description="A 1C infobase for demo and tests, with OData at /<base>/odata/standard.odata",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8091, help="0: any free one")
    parser.add_argument("--base", default="trade", help="name of the publication")
    parser.add_argument("--configuration", choices=("ut11", "bp30"), default="ut11")
    parser.add_argument("--user", default=default.login)
    parser.add_argument("--password", default=default.password)
    parser.add_argument("--data", type=Path, help="JSON file that keeps the rows between runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
