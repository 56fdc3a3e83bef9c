"""The counting relay in front of HTTP and of PostgreSQL."""

import psycopg
import requests

from bench.wire import wire
from tests.support.fakes.ports import an_engine
from tests.support.servers.postgres import server_or_skip


def test_requests_to_a_server_that_closes_connections_are_counted() -> None:
    with an_engine() as engine, wire(int(engine.url.split(":")[2].split("/")[0])) as relay:
        path = engine.url.split("/", 3)[3]
        for _ in range(3):
            requests.get(f"http://127.0.0.1:{relay.port}/{path}/version", timeout=10)
        counted = relay.traffic

    assert (counted.connections, counted.exchanges) == (3, 3)


def test_statements_of_a_pipeline_are_one_round_trip() -> None:
    with server_or_skip() as address, wire(int(address.rpartition(":")[2])) as relay:
        url = f"postgresql://pit@127.0.0.1:{relay.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            before = relay.traffic
            for _ in range(5):
                connection.execute("SELECT 1")
            single = relay.traffic.since(before)
            with connection.pipeline():
                for _ in range(5):
                    connection.execute("SELECT 1")
            piped = relay.traffic.since(before)

    assert (single.connections, single.exchanges) == (0, 5)
    assert piped.exchanges - single.exchanges <= 2
