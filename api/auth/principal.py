"""The authenticated caller of a request."""

from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    """Kinds of callers."""

    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True)
class Principal:
    """An authenticated caller: an employee, or a machine with an access token."""

    login: str
    """For a machine: ``token:`` and the token's name."""
    roles: frozenset[str]
    """Groups of the engine; empty for machines."""
    kind: PrincipalKind = PrincipalKind.PERSON
    scopes: frozenset[str] = frozenset()
    """Scopes of a machine's token; empty for people."""

    @property
    def is_machine(self) -> bool:
        return self.kind is PrincipalKind.MACHINE
