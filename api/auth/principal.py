"""Who is calling."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True)
class Principal:
    """A caller whose identity is proven: an employee, or a machine with a token."""

    login: str
    """Of a machine: ``token:`` and the token's name."""
    roles: frozenset[str]
    """Groups of the engine; none for machines."""
    kind: Kind = Kind.PERSON
    scopes: frozenset[str] = frozenset()
    """What a machine's token allows; none for people."""

    @property
    def is_machine(self) -> bool:
        return self.kind is Kind.MACHINE
