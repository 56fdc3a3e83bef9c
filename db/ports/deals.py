"""Storage ports of a deal and everything that belongs to it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from db.domain.approval import Decision, Round, RoundState
from db.domain.deal import Deal
from db.domain.entities import (
    Attachment,
    Note,
    NoteKind,
)
from db.domain.fulfilment import Run, RunState
from db.domain.history import Actor, Change, HistoryRow
from db.domain.onec_bindings import Binding, BindingKind
from db.domain.side_processes import SideProcess
from db.domain.values import Json


@dataclass(frozen=True)
class DealFilter:
    """Which deals to list; all conditions hold together, None means any."""

    direction: str | None = None
    stage: str | None = None
    manager: str | None = None
    inn: str | None = None
    text: str | None = None
    """Words found in number, client and text fields, case-insensitive."""
    open: bool | None = None
    readable_by: str | None = None
    """Only deals led by this login, of ``directions``, or with a decision of this login…"""
    directions: tuple[str, ...] = ()
    """… or of these directions (heads). Ignored without ``readable_by``."""
    also: tuple[str, ...] = ()
    """… or these deal ids (open tasks). Ignored without ``readable_by``."""


class Deals(Protocol):
    def add(self, deal: Deal, actor: Actor) -> Deal:
        """Store a new deal; its id "D-<year>-<number>" is given here. History: created."""
        ...

    def get(self, deal_id: str, *, for_update: bool = False) -> Deal:
        """Raises: DealNotFound."""
        ...

    def save(self, deal: Deal, actor: Actor) -> None:
        """Store the recorded changes with history, version + 1; without changes nothing happens.

        Raises: DealChanged if somebody saved it since it was read.
        """
        ...

    def page(self, wanted: DealFilter, *, after: str | None, limit: int) -> Sequence[Deal]:
        """Newest first; ``after``: id of the last deal of the page before (keyset)."""
        ...

    def open_ids(self) -> Sequence[str]: ...

    def stages(self, ids: Collection[str] | None = None) -> Mapping[str, tuple[str, str]]:
        """Direction and stage by id: of all open deals, or of ``ids`` as far as they exist."""
        ...

    def managers(self) -> Mapping[str, str]:
        """Of the open deals: id → login of the manager."""
        ...

    def changed_fields(self, deal_id: str, since_version: int) -> Sequence[str]:
        """Subjects changed after a version, for the words of a conflict."""
        ...


class History(Protocol):
    def append(
        self, deal_id: str, changes: Iterable[Change], actor: Actor, version: int
    ) -> None: ...

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[HistoryRow]: ...


class Rounds(Protocol):
    def open(self, round_: Round) -> Round:
        """Store a new round with the next number; the same instance again gets its own round."""
        ...

    def of(self, deal_id: str) -> Sequence[Round]: ...

    def latest(self, deal_id: str) -> Round | None: ...

    def close(self, deal_id: str, number: int, state: RoundState, at: datetime) -> bool:
        """Returns: whether it was open until now."""
        ...

    def decisions(self, deal_id: str) -> Sequence[Decision]: ...

    def decision(self, deal_id: str, round_: int, step: str) -> Decision | None: ...

    def record(self, decision: Decision) -> None: ...


class Runs(Protocol):
    """Runs of fulfilment."""

    def open(self, run: Run) -> Run:
        """Store a new run with the next number; an instance again gets its own run, and a repaired
        process takes over the run that is open."""
        ...

    def of(self, deal_id: str) -> Sequence[Run]: ...

    def current(self, deal_id: str) -> Run | None:
        """The open run."""
        ...

    def numbered(self, run: Run, shipment_number: str) -> None: ...

    def redirected(self, run: Run, direction: str) -> None: ...

    def close(self, run: Run, state: RunState, at: datetime) -> bool:
        """Returns: whether it was open until now."""
        ...


class Bindings(Protocol):
    """Which rows of 1C stand behind the numbers of deals."""

    def active(self, deal_id: str, kind: BindingKind, run: int = 0) -> Binding | None: ...

    def of(self, deal_id: str) -> Sequence[Binding]:
        """Also those that are not active any more."""
        ...

    def elsewhere(
        self, infobase: str, kind: BindingKind, ref_key: str, deal_id: str, run: int
    ) -> Sequence[Binding]:
        """Active bindings of the same row to other deals, or to other runs of this one."""
        ...

    def all_active(self) -> Sequence[Binding]: ...

    def put(self, binding: Binding) -> None:
        """Store it by id; another active one of the same deal, kind and run is active no more.

        Raises: Conflict at the end of the transaction, if the shipment is another deal's.
        """
        ...

    def release(self, deal_id: str, kind: BindingKind, run: int) -> None:
        """Nothing is bound there any more: the row may serve another deal."""
        ...


class SideProcesses(Protocol):
    """Processes beside a deal's own one."""

    def open(self, side: SideProcess) -> bool:
        """Returns: whether it is new, or was closed until now."""
        ...

    def register(self, key: str, instance_id: str) -> bool:
        """Make this instance the one. Returns: False if another one is, or none is wanted."""
        ...

    def release(self, key: str, instance_id: str) -> None:
        """Forget this instance: the engine has lost it. Another one stays."""
        ...

    def changed(self, key: str, told: Mapping[str, Json] | None = None) -> bool:
        """What it works with has changed: its instance must hear of a newer version.

        ``told``: variables of the row that are other now; if none is, nothing has changed.
        Returns: False if there is nothing or nobody to hear.
        """
        ...

    def close(self, key: str, at: datetime) -> bool: ...

    def find(self, key: str) -> SideProcess | None: ...

    def running(self) -> Sequence[SideProcess]:
        """All that are not closed."""
        ...


class Attachments(Protocol):
    def add(self, attachment: Attachment, actor: Actor) -> Attachment:
        """Store the next version of a deal's file, with history. The deal's version stays."""
        ...

    def get(self, file_id: str) -> Attachment | None: ...

    def of(self, deal_id: str) -> Sequence[Attachment]: ...

    def bytes_of(self, deal_id: str) -> int:
        """Of all versions of all files of a deal."""
        ...

    def bytes_by(self, login: str, since: datetime) -> int:
        """Of all that somebody put into whatever deals since then."""
        ...

    def uses(self, sha256: str) -> bool:
        """Whether any deal has, or had, a file with this content."""
        ...

    def downloaded(self, attachment: Attachment, actor: Actor) -> None:
        """A restricted file was read: history says who."""
        ...


class Notes(Protocol):
    def add(
        self,
        deal_id: str,
        kind: NoteKind,
        text: str,
        actor: Actor,
        *,
        invoice_number: str | None = None,
        amount: str | None = None,
    ) -> Note: ...

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[Note]:
        """The oldest first, from behind the note ``after``."""
        ...
