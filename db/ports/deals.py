"""Storage ports of a deal and everything that belongs to it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from db.domain.approval.rounds import Decision, Round, RoundState
from db.domain.deals.deal import Deal
from db.domain.deals.entities import Attachment, Note, NoteKind
from db.domain.deals.history import Actor, Change, HistoryRow, Kind
from db.domain.deals.side_processes import SideProcess
from db.domain.fields.values import Json
from db.domain.onec.bindings import Binding, BindingKind
from db.domain.onec.orders import OrderAnswer, OrderRequest
from db.domain.shipping.fulfillment import Run, RunState
from db.domain.steps.offers import CostOffer


@dataclass(frozen=True)
class DealFilter:
    """Filter of a list of deals; all conditions are combined with AND, None means any."""

    direction: str | None = None
    stage: str | None = None
    manager: str | None = None
    inn: str | None = None
    number: int | None = None
    serial: str | None = None
    """Serial number of the machine, see `repairs.serial_key`."""
    contact: str | None = None
    """Key of a phone or an e-mail address, see `contacts.contact_keys`."""
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
    """Deals with optimistic locking by version."""

    def add(self, deal: Deal, actor: Actor) -> Deal:
        """Store a new deal, assign its id "D-<year>-<number>" and record its creation."""
        ...

    def get(self, deal_id: str, *, for_update: bool = False) -> Deal:
        """Deal by id. Raises: DealNotFound."""
        ...

    def save(self, deal: Deal, actor: Actor) -> None:
        """Store the recorded changes with history and version + 1; no effect without changes.

        Raises: DealChanged if somebody saved it since it was read.
        """
        ...

    def page(self, wanted: DealFilter, *, after: str | None, limit: int) -> Sequence[Deal]:
        """Page of deals, newest first; ``after``: id of the last deal of the previous page
        (keyset).
        """
        ...

    def count_open(self) -> Mapping[tuple[str, str], int]:
        """Number of open deals by direction and stage."""
        ...

    def some(self, ids: Collection[str]) -> Sequence[Deal]:
        """Those of the deals that exist, by number, in two queries; at most 500."""
        ...

    def of_serial(self, serial: str, *, limit: int) -> Sequence[Deal]:
        """Newest deals about the machine with this serial number, see `repairs.serial_key`."""
        ...

    def parts_of(self, repair_id: str) -> Sequence[Deal]:
        """Orders of parts for a repair, oldest first."""
        ...

    def open_ids(self) -> Sequence[str]: ...

    def stages(self, ids: Collection[str] | None = None) -> Mapping[str, tuple[str, str]]:
        """Direction and stage by deal id: of all open deals, or of ``ids`` that exist."""
        ...

    def open_after(self, after: str, limit: int) -> Mapping[str, tuple[str, str]]:
        """Direction and stage by id of the next open deals by number, behind the deal ``after``;
        "": from the beginning.
        """
        ...

    def managers(self, ids: Collection[str]) -> Mapping[str, str]:
        """Manager's login by id of each of these deals that is open."""
        ...

    def changed_fields(self, deal_id: str, since_version: int) -> Sequence[str]:
        """Codes of fields changed after a version, also `stage` and `manager`, in order."""
        ...


class CostOffers(Protocol):
    """Offers of a repair's cost, each answered at most once."""

    def add(self, offer: CostOffer, token_hash: str) -> None:
        """Store an offer; unanswered earlier ones of its deal are replaced by it."""
        ...

    def find(self, token_hash: str) -> CostOffer | None:
        """Offer by the hash of its token."""
        ...

    def latest(self, deal_id: str) -> CostOffer | None:
        """Newest offer of a deal."""
        ...

    def answer(self, offer_id: str, answer: str, at: datetime) -> bool:
        """Record the client's answer. Returns: False if it was answered before."""
        ...


class History(Protocol):
    """Append-only history of deals."""

    def append(
        self, deal_id: str, changes: Iterable[Change], actor: Actor, version: int
    ) -> None: ...

    def of(self, deal_id: str, *, after: int = 0, limit: int = 500) -> Sequence[HistoryRow]: ...

    def in_order(self, after: tuple[str, int], limit: int) -> Sequence[HistoryRow]:
        """Rows of all deals behind ``after`` (deal and row id), by deal and id; ("", 0): from the
        beginning."""
        ...

    def deals_after(self, after: int) -> Sequence[tuple[int, str]]:
        """Id and deal of the rows with a greater id."""
        ...

    def before(
        self, deal_id: str, kinds: Collection[Kind], *, at: datetime, id: int, limit: int
    ) -> Sequence[HistoryRow]:
        """Rows of some kinds, the last first, that precede the row ``id`` of the instant ``at``."""
        ...

    def until(self, deal_id: str, kinds: Collection[Kind], at: datetime) -> Sequence[HistoryRow]:
        """All rows of some kinds up to an instant, in order."""
        ...

    def after(self, deal_id: str, kind: Kind, at: datetime) -> Sequence[HistoryRow]:
        """The first row of a kind later than an instant, if there is one."""
        ...

    def newest(self) -> int:
        """Id of the newest row, 0 without any."""
        ...

    def given_away(self, after: int, since: datetime) -> Sequence[str]:
        """Deals that got another manager since an instant.

        ``after``: an id that was the newest one then; without an index on instants it bounds the
        search. Rows of transactions that were committed later may have smaller ids.
        """
        ...


@dataclass(frozen=True)
class DecisionCount:
    """Number of decisions of a step with one outcome."""

    chain: str
    step: str
    outcome: str
    count: int


class Rounds(Protocol):
    """Approval rounds and their decisions."""

    def open(self, round_: Round) -> Round:
        """Store a new round with the next number; the same instance gets its existing round."""
        ...

    def of(self, deal_id: str) -> Sequence[Round]: ...

    def latest(self, deal_id: str) -> Round | None: ...

    def numbers(self, deal_ids: Collection[str]) -> Mapping[str, int]:
        """Number of the latest round of each of the deals that have one."""
        ...

    def close(self, deal_id: str, number: int, state: RoundState, at: datetime) -> bool:
        """Close a round. Returns: whether it was open."""
        ...

    def decisions(self, deal_id: str) -> Sequence[Decision]: ...

    def decision(self, deal_id: str, round_: int, step: str) -> Decision | None: ...

    def record(self, decision: Decision) -> None: ...

    def counted(self, since: datetime) -> Sequence[DecisionCount]:
        """Decisions since an instant by chain, step and outcome, in one query over all of them."""
        ...


class Runs(Protocol):
    """Runs of fulfillment; one run is one shipment of a deal."""

    def open(self, run: Run) -> Run:
        """Store a new run with the next number; an instance again gets its own run, and a repaired
        process takes over the run that is open."""
        ...

    def of(self, deal_id: str) -> Sequence[Run]: ...

    def current(self, deal_id: str) -> Run | None:
        """The open run of a deal."""
        ...

    def numbered(self, run: Run, shipment_number: str) -> None: ...

    def redirected(self, run: Run, direction: str) -> None: ...

    def close(self, run: Run, state: RunState, at: datetime) -> bool:
        """Close a run. Returns: whether it was open."""
        ...


class Bindings(Protocol):
    """Bindings of deals' numbers to rows of 1C."""

    def active(self, deal_id: str, kind: BindingKind, run: int = 0) -> Binding | None: ...

    def of(self, deal_id: str) -> Sequence[Binding]:
        """All bindings of a deal, also inactive ones."""
        ...

    def elsewhere(
        self, infobase: str, kind: BindingKind, ref_key: str, deal_id: str, run: int
    ) -> Sequence[Binding]:
        """Active bindings of the same row to other deals or other runs of this deal."""
        ...

    def all_active(self) -> Sequence[Binding]: ...

    def put(self, binding: Binding) -> None:
        """Store a binding by id; another active one of the same deal, kind and run is deactivated.

        Raises: Conflict at the end of the transaction, if the shipment is another deal's.
        """
        ...

    def release(self, deal_id: str, kind: BindingKind, run: int) -> None:
        """Deactivate a binding, so that the row can be bound to another deal."""
        ...


class SideProcesses(Protocol):
    """Side processes: rows of processes that run in parallel to a deal's main process."""

    def open(self, side: SideProcess) -> bool:
        """Create or reopen a row. Returns: whether it is new or was closed."""
        ...

    def register(self, key: str, instance_id: str) -> bool:
        """Register the row's instance. Returns: False if another one is registered or none is
        wanted.
        """
        ...

    def release(self, key: str, instance_id: str) -> None:
        """Unregister an instance that the engine has lost; another one stays."""
        ...

    def changed(self, key: str, told: Mapping[str, Json] | None = None) -> bool:
        """Raise the version of a row, so that its instance is sent a message.

        ``told``: new values of the row's variables; if the row has them all, nothing changes.
        Returns: False if nothing changed, or the row is missing or closed.
        """
        ...

    def close(self, key: str, at: datetime) -> bool: ...

    def find(self, key: str) -> SideProcess | None: ...

    def running(self) -> Sequence[SideProcess]:
        """All rows that are not closed."""
        ...

    def unsettled(self) -> Sequence[SideProcess]:
        """Rows that are not closed and whose instance is not known to run with their version."""
        ...

    def of_instances(self, instance_ids: Collection[str]) -> Sequence[SideProcess]:
        """Rows that are not closed and have one of these instances."""
        ...

    def settle(self, side: SideProcess) -> None:
        """Record that the row's instance runs and knows its version, unless the row has changed."""
        ...


class Attachments(Protocol):
    """Metadata of the versions of deals' files."""

    def add(self, attachment: Attachment, actor: Actor) -> Attachment:
        """Store the next version of a file, with history; the deal's version is not raised."""
        ...

    def get(self, file_id: str) -> Attachment | None: ...

    def of(self, deal_id: str) -> Sequence[Attachment]: ...

    def bytes_of(self, deal_id: str) -> int:
        """Total size in bytes of all file versions of a deal."""
        ...

    def bytes_by(self, login: str, since: datetime) -> int:
        """Total size in bytes of a person's uploads to all deals since an instant."""
        ...

    def uses(self, sha256: str) -> bool:
        """Whether any version of any deal's file, current or replaced, has this content."""
        ...

    def downloaded(self, attachment: Attachment, actor: Actor) -> None:
        """Record in history who downloaded a restricted file."""
        ...


class OrderRequests(Protocol):
    """Requests for the goods of an order in 1C."""

    def add(self, request: OrderRequest) -> None:
        """Add a request; it replaces the one of the same person and deal that still waits."""
        ...

    def find(self, request_id: str) -> OrderRequest | None: ...

    def waiting(self, deal_id: str, person: str) -> OrderRequest | None:
        """The request of a person in a deal that has no answer yet."""
        ...

    def oldest(self) -> OrderRequest | None:
        """The request that has waited longest, of all deals."""
        ...

    def answer(self, request_id: str, answer: OrderAnswer, at: datetime) -> bool:
        """Store an answer. Returns: False if there was one, or the request is gone."""
        ...


class Notes(Protocol):
    """Notes, calls and invoices of deals."""

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
        """Notes of a deal, oldest first, after the note ``after``."""
        ...

    def some(self, deal_id: str, ids: Collection[int]) -> Sequence[Note]:
        """Those of the notes that the deal has."""
        ...
