"""The kinds of mistakes, which register themselves when their module is imported."""

from collections.abc import Callable

from tests.support.diagrams.mutation.places import Kind, Places

KINDS: list[Kind] = []


def kind(name: str, *, graph: bool = False, drawing: bool = False) -> Callable[[Places], Places]:
    """Register a kind of mistake; ``graph``: only the whole diagram shows that it is one."""

    def register(places: Places) -> Places:
        KINDS.append(Kind(name, not graph, places, drawing))
        return places

    return register
