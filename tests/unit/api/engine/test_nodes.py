"""Engine nodes: session affinity by cookie, spreading, name resolution."""

import pytest

from api.engine.nodes import EngineNodes, Node
from db.domain.errors import Unavailable

ONE, OTHER = "127.0.0.1", "127.0.0.2"


def nodes(*addresses: str, port: int = 8080) -> EngineNodes:
    return EngineNodes(f"http://engine:{port}", lambda *_: addresses)


def test_a_marked_session_goes_to_its_node_and_the_node_sees_its_own_value() -> None:
    known = nodes(ONE, OTHER)
    for node in {known.destination(None).node for _ in range(50)}:
        ways = [known.destination(f"ABCDEF0123456789.{node.mark}") for _ in range(20)]

        assert {(way.node, way.session, way.bound) for way in ways} == {
            (node, "ABCDEF0123456789", True)
        }


def test_people_without_a_session_are_spread_over_all_nodes() -> None:
    known = nodes(ONE, OTHER)

    assert {known.destination(None).node.origin for _ in range(100)} == {
        "http://127.0.0.1:8080",
        "http://127.0.0.2:8080",
    }


def test_every_api_process_finds_the_same_node() -> None:
    first, second = nodes(ONE, OTHER), nodes(OTHER, ONE)
    mark = first.destination(None).node.mark

    assert first.destination(f"A.{mark}").node == second.destination(f"A.{mark}").node


def test_the_session_of_a_node_that_is_gone_goes_to_another_and_is_not_bound() -> None:
    gone = nodes(ONE).destination(None).node.mark

    way = nodes(OTHER).destination(f"ABC.{gone}")

    assert (way.node.origin, way.session, way.bound) == ("http://127.0.0.2:8080", "ABC", False)


def test_a_cookie_cannot_name_an_address() -> None:
    for forged in ("A.n00000000", "A.10.0.0.1", "A.nzzzzzzzz", "A.n1234567"):
        way = nodes(ONE).destination(forged)

        assert way.node.origin == "http://127.0.0.1:8080"
        assert not way.bound


def test_a_node_that_refused_gets_no_new_sessions_for_a_while() -> None:
    known = nodes(ONE, OTHER)
    dead = known.destination(None)
    other = known.alternative(dead)

    assert other is not None
    assert other.node != dead.node
    assert {known.destination(None).node for _ in range(50)} == {other.node}
    assert known.destination(f"A.{dead.node.mark}").node == dead.node  # it may be back at once


def test_with_one_node_there_is_no_other() -> None:
    known = nodes(ONE)

    assert known.alternative(known.destination(None)) is None


def test_a_name_that_nobody_has_is_unavailable() -> None:
    def unknown(*_: object) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Unavailable):
        EngineNodes("http://engine:8080", unknown).destination(None)


def test_a_hiccup_of_the_name_service_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[ONE], OSError("try again"), [OTHER]])

    def resolve_host(*_: object) -> list[str]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        assert isinstance(answer, list)
        return answer

    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("api.engine.nodes.time.monotonic", lambda: next(clock))
    known = EngineNodes("http://engine:8080", resolve_host)

    assert [known.destination(None).node.origin for _ in range(3)] == [
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080",
        "http://127.0.0.2:8080",
    ]


def node(known: EngineNodes, address: str) -> Node:
    while True:
        if f"{address}:" in (found := known.destination(None).node).origin:
            return found
